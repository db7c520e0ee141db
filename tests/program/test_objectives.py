"""Losses, metrics, optimizers and schedules are Keras' own, with Keras' defaults."""

import inspect
from typing import Any

import numpy as np
import pytest
from every import OUTPUTS, fitting, made, names, rows_for
from pydantic import ValidationError

from dlpy.components.objectives import Loss, Metric, Optimizer, Schedule
from dlpy.data.task import Input, Output, Task
from dlpy.losses.keras_losses import KerasLoss
from dlpy.schedules import WarmupCosine

pytestmark = pytest.mark.slow  # imports Keras


OF_KERAS = [name for name in names("losses") if issubclass(Loss.registry.get(name), KerasLoss)]


def keras_defaults(cls: type) -> dict[str, object]:
    return {name: parameter.default for name, parameter in inspect.signature(cls).parameters.items()}


def same_options(component: Any, cls: type, *, but: tuple[str, ...] = ()) -> None:
    """Assert that every option is one of the Keras class, and that its default is the same."""
    theirs = keras_defaults(cls)
    for option, field in type(component).model_fields.items():
        if option in ("name", "label", *but):
            continue
        assert option in theirs, f"{cls.__name__} has no {option}"
        if not field.is_required():
            assert field.default == theirs[option], f"{component.name}.{option}"


@pytest.mark.parametrize("name", names("optimizers"))
def test_an_optimizer_is_that_of_keras(name: str) -> None:
    optimizer: Optimizer = made("optimizers", name)
    built = optimizer.build()
    same_options(optimizer, type(built))
    assert type(built).__name__.lower() == name
    config = built.get_config()
    for option in type(optimizer).model_fields:
        wanted = getattr(optimizer, option)
        assert option == "name" or wanted is None or config[option] == pytest.approx(wanted, rel=1e-6), option


@pytest.mark.parametrize("name", names("schedules"))
def test_a_schedule_is_that_of_keras_and_drives_an_optimizer(name: str) -> None:
    schedule: Schedule = made("schedules", name)
    built = schedule.build()
    same_options(schedule, type(built), but=("decay_steps",) if name == "inverse_time_decay" else ())
    first, later = float(built(0)), float(built(11))
    start = {"coslog4": 0.0, "warmup_cosine": 0.02}.get(name, 0.1)
    assert first == pytest.approx(start)
    assert 0 < later < 0.1
    optimizer = Optimizer.registry.get("sgd").model_validate({"learning_rate": schedule.model_dump()})
    assert float(optimizer.build().learning_rate) == pytest.approx(first)


@pytest.mark.parametrize("name", OF_KERAS)
def test_a_loss_is_that_of_keras_and_measures_the_targets_it_fits(name: str) -> None:
    loss: Loss = made("losses", name)
    built = loss.build()
    same_options(loss, type(built))
    for task in fitting(loss, [Task.single(Input("array", (6,)), output) for output in OUTPUTS]):
        y = rows_for(task).y
        y = y if y.ndim == 2 else y[:, None]
        value = float(built(y, np.full((24, task.output.units or 1), 0.4, np.float32)))
        assert np.isfinite(value)


@pytest.mark.parametrize("name", names("metrics"))
def test_a_metric_is_that_of_keras_and_measures_the_targets_it_fits(name: str) -> None:
    metric: Metric = made("metrics", name).model_copy(update={"label": "mine"})
    outputs = [*OUTPUTS, Output("ordinal", 3, ("a", "b", "c")), Output("codes", 6), Output("codes", 6, ("a", "b"))]
    if name == "span_f1":  # the tags of words
        outputs = [Output("multiclass", 3, ("B-x", "I-x", "O"), per_step=True)]
    for task in fitting(metric, [Task.single(Input("array", (6,)), output) for output in outputs]):
        built = metric.build(task)
        assert built.name == "mine"
        own = ("threshold", "average", "class_id") if name in ("precision", "recall", "f1") else ()
        same_options(metric, type(built), but=own)
        y = rows_for(task).y
        built.update_state(y if y.ndim == 2 else y[:, None], np.full((24, task.output.units or 1), 0.6, np.float32))
        assert np.isfinite(float(built.result()))


@pytest.mark.parametrize("name", OF_KERAS)
def test_a_perfect_prediction_has_the_least_loss(name: str) -> None:
    loss: Loss = made("losses", name)
    task = fitting(loss, [Task.single(Input("array", (6,)), output) for output in OUTPUTS])[-1]
    wanted, wrong = {
        "regression": ([[1.0], [2.0]], [[2.5], [0.5]]),
        "binary": ([[0.0], [1.0]], [[0.9], [0.1]]),
        "multiclass": ([[1.0, 0, 0], [0, 0, 1.0]], [[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]),
    }[task.output.kind]
    y = wanted if task.output.kind != "multiclass" or task.output.one_hot else [[0], [2]]
    built = loss.build()
    best = np.array(wanted, np.float32)
    if name.endswith("hinge"):
        best = best * 2 - 1
    assert float(built(np.array(y), best)) < float(built(np.array(y), np.array(wrong, np.float32)))


BETTER_UP = {"r2", "cosine", "accuracy", "top_k", "auc", "precision", "recall", "f1"} | {
    "recall_at_1", "recall_at_5", "recall_at_10", "mrr", "precision_at_1", "span_f1"
}  # fmt: skip


def test_the_direction_of_every_metric_is_known() -> None:
    found = {name: made("metrics", name).direction for name in names("metrics")}
    assert {name for name, way in found.items() if way == "max"} == BETTER_UP
    assert set(found.values()) == {"min", "max"}


@pytest.mark.parametrize("warmup", [0.2, 4])
def test_a_rate_warms_up_to_its_peak_and_falls_along_half_a_cosine_wave(warmup: float) -> None:
    schedule = WarmupCosine(peak_learning_rate=0.8, steps=20, warmup=warmup, alpha=0.25).build()
    found = [float(schedule(step)) for step in (0, 1, 3, 11, 19, 500)]
    # a quarter, half and all of the warm-up; in the middle of the decay, (1 + 0.25) / 2 of the peak
    assert found == pytest.approx([0.2, 0.4, 0.8, 0.5, 0.2, 0.2])
    assert float(WarmupCosine(peak_learning_rate=0.8, steps=20, warmup=0).build()(9)) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("warmup", "message"), [(20, "20 steps leave none of 20"), (2.5, "neither a fraction below 1")]
)
def test_a_warm_up_that_leaves_no_steps_is_refused(warmup: float, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        WarmupCosine(peak_learning_rate=0.8, steps=20, warmup=warmup)
