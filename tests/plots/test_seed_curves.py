import json

import pytest

from dlpy.drawing.figures import style
from dlpy.plots.seeds import SeedsPlot
from dlpy.runs.history import seed_histories


def of_seeds(make_run, *curves):
    files = make_run(kind="seeds", seeds={"count": len(curves)}).summary()
    for number, curve in enumerate(curves, 1):
        files.metrics({"mae": curve, "val_mae": [2 * value for value in curve]}, f"seeds/{number}/metrics.csv")
        (files.run.path / f"seeds/{number}/run.json").write_text(json.dumps({}))
    return files.run


def test_the_band_is_one_standard_deviation_around_the_mean_of_the_epochs_that_all_seeds_have(make_run):
    run = of_seeds(make_run, [4, 2, 7], [6, 4])
    with style():
        (axes,) = SeedsPlot().draw([run])[""].axes
    training, validation = axes.lines[:2]
    assert training.get_ydata().tolist() == [5, 3]
    assert validation.get_ydata().tolist() == [10, 6]
    edges = {round(y, 4) for y in axes.collections[0].get_paths()[0].vertices[:, 1].tolist()}
    assert edges == {3.5858, 6.4142, 1.5858, 4.4142}  # 5 and 3, and on both sides the root of 2


def test_seeds_are_read_in_the_order_of_their_numbers(make_run):
    run = of_seeds(make_run, *([number] for number in range(1, 12)))
    assert [history.curves["mae"][0] for history in seed_histories(run)] == list(range(1, 12))


def test_a_run_of_one_training_has_no_such_plot(make_run, draw_parts):
    assert draw_parts("seeds", make_run().metrics({"loss": [1], "val_loss": [2]}).run) == []


def test_the_lines_below_a_panel_tell_the_spread(make_run):
    run = of_seeds(make_run, [4, 2], [6, 4])
    content = {"mean": {"val_mae": 7.0}, "std": {"val_mae": 1.5}, "standard_error": {"val_mae": 1.0625}}
    (run.path / "summary.json").write_text(json.dumps(content))
    with style():
        (axes,) = SeedsPlot().draw([run])[""].axes
    assert "best epochs: mean 7, std 1.5 (n - 1), standard error 1.062" in axes.get_xlabel()


@pytest.mark.parametrize("count", [1, 2])
def test_a_single_epoch_can_be_drawn(make_run, draw_parts, count):
    assert draw_parts("seeds", of_seeds(make_run, *[[1.0]] * count)) == [""]
