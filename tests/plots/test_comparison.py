import numpy as np

from dlpy.drawing.figures import style
from dlpy.plots.comparison import Comparison


def figure_of(*runs):
    with style():
        return Comparison().draw([files.run for files in runs])[""]


def scores(value, epochs=5):
    return {"loss": np.full(epochs, value), "val_loss": np.full(epochs, value + 1)}


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_runs_lie_over_each_other_with_a_panel_for_each_score(make_run):
    original = make_run("20260101-120000-original").metrics(scores(1) | {"accuracy": [0.5] * 5})
    smaller = make_run("20260101-120009-smaller").metrics(scores(2, 3))
    figure = figure_of(original, smaller)
    assert [axes.get_title("left") for axes in figure.axes] == ["training loss", "validation loss", "training accuracy"]
    assert labels(figure) == ["original", "smaller"]
    first, second = figure.axes[1].lines
    assert (first.get_ydata()[0], second.get_ydata()[0]) == (2, 3)
    assert len(second.get_xdata()) == 3


def test_runs_of_the_same_name_keep_their_dates(make_run):
    names = ["20260101-120000-imdb", "20260102-120000-imdb"]
    assert labels(figure_of(*(make_run(name).metrics(scores(1)) for name in names))) == names


def test_no_two_runs_look_the_same_without_colour(make_run):
    runs = [make_run(f"20260101-12000{i}-run{i}").metrics(scores(i)) for i in range(7)]
    looks = {(line.get_marker(), str(line._unscaled_dash_pattern)) for line in figure_of(*runs).axes[0].lines}
    assert len(looks) == 7


def test_run_of_folds_is_compared_by_their_mean(make_run):
    folds = make_run("20260101-120000-folds", kind="kfold").metrics(scores(1), "folds/01/metrics.csv")
    folds.metrics(scores(3), "folds/02/metrics.csv")
    figure = figure_of(folds, make_run("20260101-120001-plain").metrics(scores(5)))
    assert figure.axes[0].lines[0].get_ydata().tolist() == [2] * 5


def test_baseline_is_drawn_where_the_runs_share_it(make_run):
    def files(name, mae):
        curves = {"mae": [2.0, 3.0], "val_mae": [2.0, 3.0]}
        return make_run(name).metrics(curves).summary(baseline={"on": "validation", "mae": mae})

    shared = figure_of(files("a", 2.5), files("b", 2.5))
    assert [axes.get_title("right") for axes in shared.axes] == ["", "baseline 2.5"]
    assert [axes.get_title("right") for axes in figure_of(files("c", 2.5), files("d", 2.4)).axes] == ["", ""]
