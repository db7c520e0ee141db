import numpy as np
import pytest
from PIL import Image

from dlpy.drawing.figures import draw, draw_baseline, style
from dlpy.plots.history import HistoryPlot
from dlpy.runs.history import read_history
from dlpy.runs.results import baseline_of

pytestmark = pytest.mark.slow


def drawn(run):
    """Return the figure with its layout settled."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with style():
        figure = HistoryPlot().draw([run])[""]
        FigureCanvasAgg(figure).draw()
    return figure


def scores(epochs):
    falling = np.exp(-np.arange(epochs) / 5)
    return {"loss": falling, "accuracy": 1 - falling / 2, "val_loss": falling + 0.1, "val_accuracy": 0.9 - falling / 2}


def test_training_is_dots_and_validation_a_line(make_run):
    files = make_run().metrics(scores(20)).summary(best={"epoch": 7}, baseline={"accuracy": 0.5, "guess": "always 1"})
    loss, accuracy = drawn(files.run).axes
    dots, line, best = loss.lines
    assert (dots.get_linestyle(), dots.get_marker()) == ("None", "o")
    assert (line.get_linestyle(), line.get_marker()) == ("-", "")
    assert dots.get_ydata()[2] == pytest.approx(np.exp(-0.4))
    assert list(best.get_xdata()) == [7, 7]
    assert list(accuracy.lines[-1].get_ydata()) == [0.5, 0.5]
    assert accuracy.lines[-1].get_linestyle() == "--"


def test_first_epochs_that_would_flatten_the_rest_are_cut_off_and_the_plot_says_so(make_run):
    loss = np.array([500.0, 100.0, 4.0, 3.0, 2.0, 3.0, 2.0, 3.0, 2.0, 3.0])
    files = make_run().metrics({"loss": loss, "accuracy": np.linspace(0.5, 0.9, 10)})
    cut, whole = drawn(files.run).axes
    assert cut.get_ylim() == pytest.approx((1.8, 6.2))  # 2 to 6, and a twentieth on each side
    assert [text.get_text() for text in cut.texts] == ["cut off: epochs 1 to 2, up to 500"]
    (arrows,) = [line for line in cut.lines if line.get_marker() == "^" and len(line.get_xdata())]
    assert (list(arrows.get_xdata()), list(arrows.get_ydata())) == ([1, 2], [6, 6])
    assert list(cut.lines[0].get_ydata()) == list(loss)
    assert not whole.texts


def test_legend_lies_below_every_panel(make_run):
    guess = "always class " + "x" * 200
    files = make_run().metrics(scores(20)).summary(best={"epoch": 7}, baseline={"accuracy": 0.5, "guess": guess})
    figure = drawn(files.run)
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert all(box.y1 <= axes.get_tightbbox().y0 for axes in figure.axes)


def test_baseline_far_away_is_told_in_words_and_leaves_the_curves_room():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    axes.plot([1, 2], [0.97, 0.99])
    limits = axes.get_ylim()
    draw_baseline(axes, 0.11, "baseline")
    assert axes.get_ylim() == limits
    assert axes.get_title(loc="right") == "baseline 0.11 (far below)"
    assert len(axes.lines) == 1


def test_a_weighted_loss_and_one_with_penalties_are_marked(make_run):
    curves = {"loss": [2, 1], "data_loss": [1, 0.5], "mae": [1, 1], "val_loss": [2, 1], "val_data_loss": [1, 0.6]}
    baseline = {"data_loss": 0.8, "guess": "the mean"}
    files = make_run(class_weighted=True).metrics(curves).summary(best={"epoch": 2}, baseline=baseline)
    loss, data_loss, mae = drawn(files.run).axes
    assert [loss.get_title(loc="left"), data_loss.get_title(loc="left"), data_loss.get_ylabel()] == [
        "loss with penalties", "data_loss", "loss without penalties",
    ]  # fmt: skip
    assert [axes.lines[0].get_label() for axes in (loss, data_loss, mae)] == [
        "training (class-weighted)", "training (class-weighted)", "training",
    ]  # fmt: skip
    assert [axes.get_title(loc="right") for axes in (loss, data_loss)] == ["", "baseline 0.8"]


def test_baseline_of_rmse_is_the_root_of_that_of_mse(make_run):
    files = make_run().summary(baseline={"mse": 9.0, "mae": 2.5, "guess": "the mean"})
    assert [baseline_of(files.run, name) for name in ("mse", "mae", "rmse", "loss")] == [9.0, 2.5, 3.0, None]


EDGES = {
    "one epoch": scores(1),
    "no validation": {"loss": [0.5, 0.4], "accuracy": [0.8, 0.9]},
    "diverged": {"loss": [2.3, 4e9], "val_loss": [2.4, float("inf")]},
    "never finite": {"loss": [float("nan")], "val_loss": [float("nan")]},
    "constant": {"loss": [0.5] * 6, "accuracy": [0.1] * 6},
    "constant zero": {"loss": [0.0] * 6},
    "odd names": {"loss": [1, 2], "cost_$x_1$": [3, 4], "learning_rate": [1e-3, 1e-4], "val_loss": [2, 1]},
    "seven panels": {name: [1, 2] for name in ("loss", "a", "b", "c", "d", "e", "f")},
}


@pytest.mark.parametrize("curves", EDGES.values(), ids=EDGES.keys())
def test_unusual_runs_are_drawn(make_run, curves):
    files = make_run(status="diverged").metrics(curves).summary(best={"epoch": 1}, baseline={"accuracy": 0.1})
    (path,) = draw([files.run], ["history"], files.run.plots)
    picture = Image.open(path).convert("RGB")
    assert picture.width >= 700
    assert len(picture.getcolors(1_000_000)) > 10
    panels = len({name.removeprefix("val_") for name in curves})
    assert len(drawn(files.run).axes) == panels


def test_values_over_many_powers_of_ten_get_a_logarithmic_axis(make_run):
    files = make_run().metrics({"loss": [2.3, 4e9], "accuracy": [0.1, 0.2]})
    assert [axes.get_yscale() for axes in drawn(files.run).axes] == ["log", "linear"]


def test_single_validation_point_can_be_seen(make_run):
    validation = drawn(make_run().metrics(scores(1)).run).axes[0].lines[1]
    assert validation.get_marker() == "_"


def test_row_that_is_half_written_is_not_read(make_run):
    files = make_run().metrics({"loss": [0.5, 0.25]})
    with files.run.metrics.open("a") as stream:
        stream.write("3,1.5,0.1")
    history = read_history(files.run.metrics)
    assert history.epochs.tolist() == [1, 2]
    assert history.curves["loss"].tolist() == [0.5, 0.25]


def test_file_of_a_header_alone_holds_no_epoch(make_run):
    assert read_history(make_run().metrics({"loss": []}).run.metrics) is None


@pytest.mark.parametrize(
    ("status", "summed_up", "mark"),
    [
        ("completed", True, ""),
        ("running", True, ""),  # as it is while training draws its own plots
        ("running", False, " (running)"),
        ("interrupted", True, " (interrupted)"),
    ],
)
def test_the_title_tells_of_training_that_is_not_over(make_run, status: str, summed_up: bool, mark: str) -> None:
    files = make_run(status=status).metrics(scores(3))
    files = files.summary(best={"epoch": 1}) if summed_up else files
    assert drawn(files.run).get_suptitle() == f"Training of 20260101-120000-toy{mark}"
