"""A forecast without learning, as a model."""

import keras
import numpy as np
import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.features import Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.experiment.experiment import Experiment
from dlpy.models.baseline import Baseline
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.training.baseline import baseline
from dlpy.training.pipeline import Pipeline, measured
from dlpy.transforms.rescale import Rescale
from dlpy.transforms.reverse import Reverse

pytestmark = pytest.mark.slow  # imports Keras

SERIES = np.random.default_rng(8).normal(size=(60, 3))
WINDOWS = Windows(SERIES, np.arange(40), np.arange(0, 12, 3), target=2, before=6)
ROWS = Rows.single(WINDOWS, SERIES[14:54, 2].astype(np.float32))
TASK = measured(Task.single(Input("array", (4, 3)), Output("regression")), ROWS)


def compiled(model: Baseline, task: Task = TASK) -> keras.Model:
    network = model.build(task)
    network.compile("rmsprop", "mae")
    return network


@pytest.mark.parametrize(("kind", "offset"), [("last_value", 9), ("period_before", 6)])
def test_the_forecast_is_a_value_of_the_window(kind, offset, tmp_path, recwarn):
    engine = Engine(compiled(Baseline(kind=kind)))
    engine.fit(ROWS, ROWS, Plan(8, 2, 0), [])
    wanted = SERIES[offset : 40 + offset, 2].astype(np.float32)
    np.testing.assert_array_equal(engine.predict(ROWS, 8)[:, 0], wanted)
    assert engine.evaluate(ROWS, 8)["loss"] == pytest.approx(np.abs(wanted - ROWS.y).mean(), rel=1e-5)
    assert not [warning for warning in recwarn if "trainable" in str(warning.message)]
    run = Run(tmp_path)
    checkpoints.save(run, with_copies(engine.model, Snapshot(1, {}, {})), ["best"])
    assert checkpoints.load_weights(compiled(Baseline(kind=kind)), run) == 1
    engine.model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(WINDOWS.numbers().astype(np.float32), verbose=0)[:, 0], wanted)


def test_reversed_windows_still_end_with_their_last_value():
    _, rows, task = Pipeline.fit([Reverse()], ROWS, TASK)
    assert (task.input.last, task.input.before) == (0, 1)
    np.testing.assert_array_equal(rows.array, WINDOWS.numbers()[:, ::-1])
    np.testing.assert_array_equal(
        Engine(compiled(Baseline(), task)).predict(rows, 8)[:, 0], SERIES[9:49, 2].astype("f4")
    )


def test_common_sense_scores_of_windows_are_worked_out_by_hand():
    content = {"data": {"name": "jena_climate"}, "model": {"name": "baseline"}, "training": {"loss": "mae"}}
    found = baseline(Experiment.model_validate(content), TASK, ROWS, ROWS)
    errors = SERIES[9:49, 2] - SERIES[14:54, 2]
    assert found["guess"] == "the last value"
    assert found["mae"] == found["loss"] == pytest.approx(np.abs(errors).mean(), rel=1e-6)
    assert found["mse"] == pytest.approx(np.square(errors).mean(), rel=1e-6)
    (other,) = found["also"]
    assert other["loss"] == pytest.approx(np.abs(SERIES[6:46, 2] - SERIES[14:54, 2]).mean(), rel=1e-6)


def test_other_rows_have_no_such_baseline():
    with pytest.raises(ConfigError, match="needs windows of a time series"):
        Baseline().check(Task.single(Input("array", (4, 3)), Output("regression")))
    with pytest.raises(ConfigError, match=r"needs data\.period"):
        Baseline(kind="period_before").check(
            Task.single(Input("array", (4, 3), target=1, last=3), Output("regression"))
        )
    _, rows, task = Pipeline.fit([Rescale(scale=0.5)], ROWS, TASK)
    np.testing.assert_allclose(rows.array, WINDOWS.numbers() * 0.5, rtol=1e-6)
    with pytest.raises(ConfigError, match="on one scale"):
        Baseline().check(task)
