import numpy as np

from dlpy.drawing.figures import draw, style
from dlpy.drawing.process import draw_all
from dlpy.plots.regression import Regression
from dlpy.runs import prediction_digests


def test_scores_and_errors_are_those_worked_out_by_hand(make_run):
    files = make_run().task("regression").predictions([1.0, 2.0, 3.0], [[2.0], [2.0], [7.0]], "validation")
    with style():
        scatter, errors, histogram = Regression().draw([files.run])["validation"].axes
    assert scatter.get_title("left") == "mae 1.667, rmse 2.38"
    assert errors.lines[0].get_ydata().tolist() == [1, 0, 4]
    assert histogram.get_title("left") == "mean 1.667, standard deviation 1.7"
    assert scatter.get_xlim() == scatter.get_ylim()


def test_constant_predictions_and_single_rows_are_drawn(make_run):
    files = make_run().task("regression").predictions([5.0], [[5.0]], "test")
    files.predictions(np.arange(30.0), np.full((30, 1), 14.5), "out_of_fold")
    assert [path.name for path in draw([files.run], None, files.run.plots)] == [
        "regression-test.png",
        "regression-out_of_fold.png",
    ]


def test_several_numbers_a_row_get_a_row_of_panels_each(make_run):
    files = make_run().task("regression", 2).predictions(np.ones((4, 2)), np.zeros((4, 2)), "test")
    with style():
        assert len(Regression().draw([files.run])["test"].axes) == 6


def test_many_rows_are_thinned_and_the_plot_says_so(make_run):
    rows = 50_000
    files = make_run().task("regression").predictions(np.arange(rows), np.zeros((rows, 1)), "test")
    with style():
        scatter, errors, _ = Regression().draw([files.run])["test"].axes
    assert errors.get_title("left") == "errors (20,000 of 50,000 rows drawn)"
    assert len(scatter.lines[0].get_xdata()) == 20_000


def test_the_same_predictions_are_drawn_once(make_run):
    made = make_run().task("regression").predictions([1.0, 2.0], [[1.5], [2.5]], "test")
    path = made.run.plots / "regression-test.png"
    draw_all(made.run, print)
    first = path.stat().st_mtime_ns
    draw_all(made.run, print)
    assert path.stat().st_mtime_ns == first
    made.run.predictions.unlink()
    made.predictions([1.0, 2.0], [[1.5], [3.5]], "test")
    draw_all(made.run, print)
    assert path.stat().st_mtime_ns > first


def test_a_damaged_picture_is_drawn_again(make_run):
    run = make_run().task("regression").predictions([1.0, 2.0], [[1.5], [2.5]], "test").run
    draw_all(run, print)
    path = run.plots / "regression-test.png"
    whole = path.read_bytes()
    for damaged in (b"", whole[:30], whole[: len(whole) // 2], b"no picture"):
        path.write_bytes(damaged)
        draw_all(run, print)
        assert path.read_bytes() == whole


def test_another_version_of_dlpy_draws_again(make_run, monkeypatch):
    run = make_run().task("regression").predictions([1.0, 2.0], [[1.5], [2.5]], "test").run
    draw_all(run, print)
    path = run.plots / "regression-test.png"
    first = path.stat().st_mtime_ns
    monkeypatch.setattr(prediction_digests, "version_of", lambda package: "0.0.1")
    draw_all(run, print)
    assert path.stat().st_mtime_ns > first
