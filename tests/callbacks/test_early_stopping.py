import math
from pathlib import Path

import pytest

from dlpy.callbacks.early_stopping import EarlyStopping
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow  # imports Keras

NAN = math.nan


def epochs_until_stop(drive, direction: str, values: list[float], **options) -> int:
    hooks = EarlyStopping(monitor="val_score", **options).build(Run(Path("unused")), {"val_score": direction})
    return drive(hooks, *({"val_score": value} for value in values)).epochs


@pytest.mark.parametrize(
    ("patience", "values", "epochs"),
    [
        (1, [3.0, 2.0, 2.0, 1.0], 3),
        (2, [3.0, 2.0, 2.5, 2.1, 1.0], 4),
        (2, [3.0, 2.0, 2.5, 1.9, 2.0, 2.0, 0.1], 6),
        (3, [3.0, 2.0, 1.0, 0.5], 4),
        (3, [1.0, 2.0, 3.0, 4.0, 0.5], 4),
    ],
)
def test_training_stops_after_that_many_epochs_without_a_better_score(drive, patience, values, epochs) -> None:
    assert epochs_until_stop(drive, "min", values, patience=patience) == epochs


def test_a_score_like_accuracy_is_better_when_it_is_higher(drive) -> None:
    assert epochs_until_stop(drive, "max", [0.5, 0.6, 0.7, 0.65, 0.69, 0.9], patience=2) == 5
    assert epochs_until_stop(drive, "min", [0.5, 0.6, 0.7, 0.65, 0.69, 0.9], patience=2) == 3


def test_a_gain_of_no_more_than_min_delta_does_not_count(drive) -> None:
    assert epochs_until_stop(drive, "min", [1.0, 0.875, 0.75, 0.625], patience=1, min_delta=0.125) == 2
    assert epochs_until_stop(drive, "min", [1.0, 0.75, 0.5, 0.25], patience=1, min_delta=0.125) == 4
    assert epochs_until_stop(drive, "max", [0.5, 0.625, 0.75], patience=1, min_delta=0.125) == 2


def test_small_gains_add_up_to_a_large_one(drive) -> None:
    assert epochs_until_stop(drive, "min", [1.0, 0.9, 0.8, 0.7, 0.6], patience=3, min_delta=0.25) == 5


def test_epochs_before_start_from_epoch_neither_count_nor_stop(drive) -> None:
    values = [0.1, 5.0, 5.0, 5.0, 4.0, 4.0]
    assert epochs_until_stop(drive, "min", values, patience=1) == 2
    assert epochs_until_stop(drive, "min", values, patience=1, start_from_epoch=4) == 6


@pytest.mark.parametrize("logs", [{"val_score": NAN}, {"other": 1.0}])
def test_a_score_that_is_nan_or_missing_is_never_better_and_can_stop_after_one_epoch(drive, logs) -> None:
    hooks = EarlyStopping(monitor="val_score", patience=1).build(Run(Path("unused")), {"val_score": "min"})
    assert drive(hooks, logs, {"val_score": 1.0}).epochs == 1


def test_a_number_after_nan_is_better(drive) -> None:
    assert epochs_until_stop(drive, "max", [NAN, 0.5, NAN, 0.6, NAN, NAN, 0.9], patience=2) == 6


def test_training_ends_early_and_keeps_the_best_epoch(bench) -> None:
    stop = {"name": "early_stopping", "monitor": "val_accuracy", "patience": 2}
    path = bench.experiment(training={"epochs": 50}, callbacks=[stop], data={"name": "blobs", "noise": 0.1})
    assert bench.run("train", path)[0] == 0
    (run,) = bench.folder.glob("runs/2*")
    lines = (run / "metrics.csv").read_text().splitlines()
    scores = [float(line.split(",")[6]) for line in lines[1:]]
    assert lines[0].split(",")[6] == "val_accuracy"
    assert len(scores) < 50
    assert len(scores) == scores.index(max(scores)) + 1 + 2
