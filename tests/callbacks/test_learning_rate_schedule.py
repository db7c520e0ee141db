from pathlib import Path

import pytest

from dlpy.callbacks.learning_rate_schedule import LearningRateSchedule
from dlpy.core.errors import ConfigError
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow  # imports Keras

NOTHING: dict[str, float] = {}


def test_each_rate_holds_from_its_epoch_on_and_the_optimizers_own_before(drive) -> None:
    hooks = LearningRateSchedule(rates={5: 0.01, 3: 0.1}).build(Run(Path("unused")), {})
    assert drive(hooks, *[NOTHING] * 6).rates == [0.5, 0.5, 0.1, 0.1, 0.01, 0.01]


def test_the_first_epoch_can_have_its_rate(drive) -> None:
    hooks = LearningRateSchedule(rates={1: 0.25}).build(Run(Path("unused")), {})
    assert drive(hooks, *[NOTHING] * 2).rates == [0.25, 0.25]


def test_an_experiment_file_gives_epochs_as_keys(bench) -> None:
    text = "data: {name: blobs, validation: null}\nmodel: {name: dense, units: [4]}\ntraining: {epochs: 3}\n"
    text += "callbacks:\n  - name: learning_rate_schedule\n    rates: {2: 0.5, 3: 0.25}\n"
    assert bench.run("train", bench.write(text))[0] == 0
    (run,) = bench.folder.glob("runs/2*")
    rows = [line.split(",") for line in (run / "metrics.csv").read_text().splitlines()]
    assert [row[2] for row in rows[1:]] == ["0.001", "0.5", "0.25"]
    assert load(run / "config.yaml")[0].callbacks[0].model_dump()["rates"] == {2: 0.5, 3: 0.25}


@pytest.mark.parametrize("rates", ["{}", "{0: 0.1}", "{2: 0}", "{two: 0.1}", "{1: fast}"])
def test_rates_that_make_no_sense_are_refused_with_their_line(bench, rates: str) -> None:
    text = f"data: blobs\nmodel: dense\ncallbacks:\n  - name: learning_rate_schedule\n    rates: {rates}\n"
    with pytest.raises(ConfigError, match=r"experiment\.yaml:5: callbacks\.0\.rates"):
        load(bench.write(text))
