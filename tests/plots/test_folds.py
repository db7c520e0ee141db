import numpy as np
import pytest

from dlpy.drawing.figures import style
from dlpy.plots.folds import Folds
from dlpy.runs.history import fold_histories, mean_history


def test_mean_is_over_the_epochs_that_every_fold_has(make_run):
    files = make_run(kind="kfold").metrics({"val_loss": [1, 2, 9]}, "folds/01/metrics.csv")
    files.metrics({"val_loss": [3, 6]}, "folds/02/metrics.csv")
    mean = mean_history(fold_histories(files.run))
    assert mean.epochs.tolist() == [1, 2]
    assert mean.curves["val_loss"].tolist() == [2, 4]


def figure_of(make_run, epochs, **summary):
    files = make_run(kind="kfold").summary(**summary)
    for fold in range(1, 5):
        mae = np.abs(np.arange(epochs) - 6) + fold
        files.metrics({"mae": mae, "val_loss": mae**2, "val_mae": mae}, f"folds/{fold:02d}/metrics.csv")
    with style():
        return Folds().draw([files.run])[""]


def test_short_runs_are_not_smoothed(make_run):
    assert len(figure_of(make_run, 20).axes) == 2


def test_long_runs_have_a_smoothed_panel_beside_each_score(make_run):
    axes = figure_of(make_run, 40, best={"epoch": 12}).axes
    assert len(axes) == 4
    raw, smooth = axes[2:]
    assert len(raw.lines) == 6  # four folds, their mean, the best epoch
    assert raw.lines[4].get_ydata()[6] == 2.5
    assert smooth.lines[0].get_xdata()[0] == 11
    assert smooth.lines[0].get_ydata()[:2].tolist() == pytest.approx([6.5, 6.6])
    assert list(smooth.lines[1].get_xdata()) == [12, 12]


def test_the_last_mean_has_its_interval(make_run):
    axes = figure_of(
        make_run, 15, mean={"val_mae": 10.5}, intervals={"level": 0.95, "scores": {"val_mae": [9, 11]}}
    ).axes
    assert [len(panel.containers) for panel in axes] == [0, 1]
    (bars,) = axes[1].containers[0].lines[2]
    assert bars.get_segments()[0].tolist() == [[15, 9], [15, 11]]


def test_best_epoch_of_an_unfinished_run_is_that_of_the_lowest_mean_loss(make_run):
    assert list(figure_of(make_run, 15).axes[0].lines[-1].get_xdata()) == [7, 7]


def test_run_without_folds_has_no_such_plot(make_run, draw_parts):
    assert draw_parts("folds", make_run().metrics({"loss": [1], "val_loss": [2]}).run) == []
