"""No two parts of an experiment set the same, and what each epoch's learning rate was is told as it was."""

import csv
from typing import Literal

import pytest
import yaml

from dlpy.components.callback import LEARNING_RATE, Callback
from dlpy.components.hooks import Hooks

pytestmark = pytest.mark.slow

DECAY = {"name": "exponential_decay", "initial_learning_rate": 0.5, "decay_steps": 1, "decay_rate": 0.5}
WARM_UP = {
    "name": "cosine_decay",
    "initial_learning_rate": 0.0625,
    "decay_steps": 8,
    "warmup_target": 0.5,
    "warmup_steps": 7,
}
RATES = {"name": "learning_rate_schedule", "rates": {2: 0.1}}
PHASES = [{"freeze": "all", "epochs": 2}, {"freeze": "none", "epochs": 3, "learning_rate": 0.25}]
FALLING = [{"freeze": "all", "epochs": 2}, {"freeze": "none", "epochs": 3, "learning_rate": DECAY}]


class Warming(Callback):
    """Sets the rate."""

    sets = (LEARNING_RATE,)
    name: Literal["warming"] = "warming"


class Halving(Callback):
    """Changes the rate that it finds."""

    changes = (LEARNING_RATE,)
    name: Literal["halving"] = "halving"

    def build(self, run, directions) -> Hooks:
        return HalvingHooks()


class HalvingHooks(Hooks):
    def on_epoch_end(self, epoch, logs) -> None:
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(optimizer.learning_rate) / 2


class Sheets(Callback):
    """Writes files that another callback of dlpy writes too."""

    sets = ("samples/epoch-*.png",)
    name: Literal["sheets"] = "sheets"


class Rows(Callback):
    """Writes what every run has."""

    sets = ("metrics.csv",)
    name: Literal["rows"] = "rows"


def schedule(rate: object) -> dict[str, object]:
    return {"optimizer": {"name": "sgd", "learning_rate": rate}}


@pytest.mark.parametrize(
    ("callbacks", "training", "message"),
    [
        ([RATES, "warming"], {}, "callbacks.1: warming and learning_rate_schedule both write the learning rate"),
        (["warming", RATES], {}, "callbacks.1: learning_rate_schedule and warming both write the learning rate"),
        ([RATES], {"phases": PHASES}, "learning_rate_schedule and training.phases both set the learning rate: give each"),
        (["warming"], {"phases": PHASES}, "warming and training.phases both set the learning rate: give each phase"),
        ([RATES], schedule(DECAY), "callbacks.0: learning_rate_schedule needs a constant learning rate: replace the schedule"),
        (["halving"], schedule(DECAY), "callbacks.0: halving needs a constant learning rate: replace the schedule with a number."),
        (["halving"], {"phases": FALLING}, "callbacks.0: halving needs a constant learning rate"),
        (["sheets", "samples"], {}, "callbacks.1: samples and sheets both write samples/epoch-*.png: leave one of them"),
        (["checkpoint", "rows"], {}, "callbacks.1: rows and every run both write metrics.csv: leave one of them out."),
        (["halving", "halving"], {}, "callbacks.1: halving is listed twice: remove one."),
    ],
)  # fmt: skip
def test_two_that_set_the_same_are_refused(bench, callbacks: list, training: dict, message: str) -> None:
    path = bench.experiment(callbacks=callbacks, training=training, model={"name": "dense", "units": [8, 7]})
    status, out, _ = bench.run("check", path)
    assert (status, message in out) == (2, True), out


def rates(bench, **blocks: object) -> tuple[list[float], list[float]]:
    """Train for five epochs of two steps; return the rates in metrics.csv and in TensorBoard's events."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    data = {"name": "blobs", "rows": 64, "validation": None}  # without rows to score in each epoch
    training = {"batch_size": 32, **blocks.pop("training", {})}  # type: ignore
    training |= {} if "phases" in training else {"epochs": 5}
    callbacks = [*blocks.pop("callbacks", []), "tensorboard"]  # type: ignore
    path = bench.write(yaml.safe_dump({"data": data, "callbacks": callbacks, "training": training, **blocks}))
    status, _, err = bench.run("train", path)
    assert status == 0, err
    (run,) = bench.folder.glob("runs/2*")
    with (run / "metrics.csv").open() as file:
        told = [float(row["learning_rate"]) for row in csv.DictReader(file)]
    events = EventAccumulator(str(run / "tensorboard" / "train"), size_guidance={"tensors": 0})
    events.Reload()
    seen = [float(tensor_util.make_ndarray(one.tensor_proto)) for one in events.Tensors("epoch_learning_rate")]
    return told, seen


PLATEAU = {"name": "reduce_lr_on_plateau", "monitor": "loss", "patience": 1, "min_delta": 100.0, "factor": 0.5}
TWO_LAYERS = {"name": "dense", "units": [8, 7]}
# an epoch has two steps, and the last ones of epochs are steps 1, 3, 5, 7 and 9 (from 0); the warm-up rises by 0.0625 a
# step and ends with step 7, then comes 0.5 * (1 + cos(pi * 2 / 8)) / 2
COURSES = {
    "a plateau": ({"training": schedule(0.5), "callbacks": [PLATEAU]}, [0.5, 0.5, 0.25, 0.125, 0.0625]),
    "rates by epoch": (
        {"callbacks": [{**RATES, "rates": {1: 0.5, 3: 0.25, 5: 0.75}}]},
        [0.5, 0.5, 0.25, 0.25, 0.75],
    ),
    "a plateau beside rates by epoch": (
        {"callbacks": [PLATEAU, {**RATES, "rates": {1: 0.5, 4: 0.75}}]},
        [0.5, 0.5, 0.25, 0.75, 0.375],
    ),
    "two that change it": (
        {"training": schedule(0.5), "callbacks": [PLATEAU, "halving"]},
        [0.5, 0.25, 0.0625, 0.015625, 0.00390625],
    ),
    "a schedule by step": ({"training": schedule(DECAY)}, [0.25, 0.0625, 0.015625, 0.00390625, 0.0009765625]),
    "a warm-up": ({"training": schedule(WARM_UP)}, [0.125, 0.25, 0.375, 0.5, 0.426777]),
    "phases": ({"model": TWO_LAYERS, "training": {**schedule(0.5), "phases": PHASES}}, [0.5, 0.5, 0.25, 0.25, 0.25]),
    "a schedule in the second phase": (
        {"model": TWO_LAYERS, "training": {**schedule(0.5), "phases": FALLING}},
        [0.5, 0.5, 0.25, 0.0625, 0.015625],
    ),
    "a plateau in phases": (
        {"model": TWO_LAYERS, "training": {**schedule(0.5), "phases": PHASES}, "callbacks": [PLATEAU]},
        [0.5, 0.5, 0.25, 0.25, 0.125],
    ),
}  # fmt: skip


@pytest.mark.parametrize("course", COURSES)
def test_the_rate_that_is_told_is_that_of_the_epochs_last_step(bench, course: str) -> None:
    blocks, wanted = COURSES[course]
    told, seen = rates(bench, **{"model": {"name": "dense", "units": [4]}, **blocks})
    assert told == pytest.approx(wanted, rel=1e-5)
    assert seen == pytest.approx(wanted, rel=1e-5)
