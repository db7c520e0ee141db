import math
from pathlib import Path

import pytest

from dlpy.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow  # imports Keras


def rates(drive, direction: str, values: list[float], **options) -> list[float]:
    """Return the learning rate of each epoch; the first one's is 0.5."""
    hooks = ReduceLROnPlateau(monitor="val_score", **options).build(Run(Path("unused")), {"val_score": direction})
    return drive(hooks, *({"val_score": value} for value in values)).rates


def test_the_rate_is_multiplied_after_patience_epochs_without_a_better_score(drive) -> None:
    found = rates(drive, "min", [1.0, 1.0, 1.0, 1.0, 1.0, 0.5], patience=2, factor=0.1)
    assert found == [0.5, 0.5, 0.5, 0.05, 0.05, 0.005]


def test_a_better_score_starts_the_count_anew(drive) -> None:
    assert rates(drive, "min", [1.0, 1.0, 0.5, 0.5, 0.25, 0.25], patience=2, factor=0.5) == [0.5] * 6


def test_a_higher_score_is_better_where_the_direction_is_max(drive) -> None:
    assert rates(drive, "max", [0.1, 0.2, 0.3, 0.4], patience=1, factor=0.5) == [0.5] * 4


def test_a_gain_of_no_more_than_min_delta_does_not_count(drive) -> None:
    found = rates(drive, "min", [1.0, 0.875, 0.75], patience=1, factor=0.5, min_delta=0.125)
    assert found == [0.5, 0.5, 0.25]


def test_no_epoch_counts_while_the_rate_cools_down(drive) -> None:
    found = rates(drive, "min", [1.0] * 7, patience=1, factor=0.5, cooldown=2)
    assert found == [0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]


def test_a_better_score_while_cooling_down_is_remembered(drive) -> None:
    found = rates(drive, "min", [1.0, 1.0, 0.5, 0.75, 0.75], patience=1, factor=0.5, cooldown=1)
    assert found == [0.5, 0.5, 0.25, 0.25, 0.125]


def test_the_rate_never_falls_below_the_least(drive) -> None:
    found = rates(drive, "min", [1.0] * 5, patience=1, factor=0.1, min_learning_rate=0.02)
    assert found == [0.5, 0.5, 0.05, 0.02, 0.02]


def test_a_rate_that_is_below_the_least_from_the_start_is_not_raised(drive) -> None:
    assert rates(drive, "min", [1.0] * 3, patience=1, min_learning_rate=0.75) == [0.5] * 3


@pytest.mark.parametrize("value", [math.nan, 1.0])
def test_nan_is_no_improvement(drive, value) -> None:
    assert rates(drive, "min", [1.0, value, value], patience=1, factor=0.5) == [0.5, 0.5, 0.25]


def test_metrics_csv_records_the_rate_that_each_epoch_had(bench) -> None:
    plateau = {"name": "reduce_lr_on_plateau", "monitor": "loss", "patience": 1, "factor": 0.5, "min_delta": 100.0}
    training = {"epochs": 4, "optimizer": {"name": "sgd", "learning_rate": 0.5}}
    path = bench.experiment(callbacks=[plateau], training=training, data={"name": "blobs", "validation": None})
    assert bench.run("train", path)[0] == 0
    (run,) = bench.folder.glob("runs/2*")
    rows = [line.split(",") for line in (run / "metrics.csv").read_text().splitlines()]
    assert rows[0][2] == "learning_rate"
    assert [row[2] for row in rows[1:]] == ["0.5", "0.5", "0.25", "0.125"]
