"""Batches are cut to their longest row only where that changes no number."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import yaml
from keras import layers

from dlpy.components.hooks import Hooks
from dlpy.components.model import Model
from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.engine.engine import Engine, Plan
from dlpy.engine.lengths import ignores_padding
from dlpy.engine.plan import Execution

pytestmark = pytest.mark.slow

AVERAGES = '''
from typing import Literal
from dlpy.components.model import Model

class Averages(Model):
    """Averages the vectors of all places, those that are filled up too."""

    {masks_padding}
    name: Literal["{name}"] = "{name}"

    def build(self, task):
        import keras
        from keras import layers
        length = {length}
        inputs = keras.Input((length,), dtype="int32", name="input")
        x = layers.GlobalAveragePooling1D()(layers.Embedding(task.input.vocabulary, 4)(inputs))
        return keras.Model(inputs, layers.Dense(task.output.units, task.output.activation)(x))
'''
BINARY = Output("binary", 1, ("no", "yes"))


def padded(front: bool, lengths: list[int], length: int = 12) -> Padded:
    rng = np.random.default_rng(5)
    splits = np.concatenate([[0], np.cumsum(lengths)])
    return Padded(rng.integers(1, 20, splits[-1]).astype(np.int32), splits, length, front)


def built(family: dict[str, Any], front: bool = True, output: Output = BINARY) -> keras.Model:
    keras.utils.set_random_seed(3)
    given = Input("sequence", (12,), 20, padding="front" if front else "back")
    return Model.registry.get(family["name"]).model_validate(family).build(Task.single(given, output))


CUT = [
    {"name": "rnn", "cell": "lstm", "units": [5, 4]},
    {"name": "rnn", "cell": "gru", "units": 5, "bidirectional": True},
    {"name": "rnn", "cell": "gru", "units": 5, "reset_after": False},
    {"name": "rnn", "cell": "simple", "units": 5, "dropout": 0.2, "recurrent_dropout": 0.2, "head": [4]},
]
WHOLE = [
    {"name": "rnn", "cell": "lstm", "units": 5, "masking": False},
    {"name": "rnn", "cell": "gru", "units": 5, "embedding": "one_hot", "masking": False},
    {"name": "conv1d", "filters": [4], "kernel": 3, "global_pooling": "max"},
    {"name": "conv1d", "filters": [4], "kernel": 3, "global_pooling": "average"},
    {"name": "conv1d", "filters": [4], "kernel": 3, "global_pooling": None},
    {"name": "conv1d", "filters": [4], "kernel": 3, "recurrent": {"cell": "gru", "units": 3}},
    {"name": "dense", "units": [4]},
]


@pytest.mark.parametrize("front", [True, False])
@pytest.mark.parametrize("family", CUT)
def test_families_that_mask_padding_take_rows_of_any_length_and_pass_the_check(family: dict, front: bool) -> None:
    network = built(family, front)
    assert network.inputs[0].shape == (None, None)
    seeds = [variable.numpy() for variable in network.variables if "seed" in variable.path]
    assert ignores_padding(network, Rows.single(padded(front, [3, 12, 1, 5, 0, 7])), "input")
    assert ignores_padding(network, Rows.single(padded(front, [12, 12, 12])), "input")  # cut to six
    after = [variable.numpy() for variable in network.variables if "seed" in variable.path]
    assert all(map(np.array_equal, seeds, after))


@pytest.mark.parametrize("front", [True, False])
@pytest.mark.parametrize("family", WHOLE)
def test_families_that_read_padding_take_rows_of_full_length_only(family: dict, front: bool) -> None:
    assert built(family, front).inputs[0].shape == (None, 12)


def averaging(*, masked: bool) -> keras.Model:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((None,), dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4, mask_zero=masked)(inputs))
    network = keras.Model(inputs, layers.Dense(1, "sigmoid")(x))
    network.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    return network


@pytest.mark.parametrize("lengths", [[3, 12, 1, 5], [12, 12, 12], [11, 12, 12]])
@pytest.mark.parametrize("front", [True, False])
def test_an_average_over_padding_is_found_and_one_that_masks_it_passes(front: bool, lengths: list[int]) -> None:
    assert not ignores_padding(averaging(masked=False), Rows.single(padded(front, lengths)), "input")
    assert ignores_padding(averaging(masked=True), Rows.single(padded(front, lengths)), "input")


def test_a_network_that_cannot_take_short_rows_gets_them_filled_up() -> None:
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Conv1D(2, 9)(layers.Embedding(20, 4)(inputs))
    network = keras.Model(inputs, layers.Dense(1)(layers.GlobalMaxPooling1D()(x)))
    assert not ignores_padding(network, Rows.single(padded(True, [3, 12, 1, 5])), "input")


class Scores(Hooks):
    def __init__(self) -> None:
        self.seen: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.seen.append(logs)


@pytest.mark.parametrize("mode", ["epoch", "steps"])
@pytest.mark.parametrize("said", [True, False])
def test_a_network_that_averages_over_padding_trains_as_with_rows_of_full_length(mode: Any, said: bool) -> None:
    x = padded(True, list(np.random.default_rng(2).integers(1, 13, 40)))
    y = np.arange(40) % 2
    told: list[str] = []
    ours, theirs, scores = averaging(masked=False), averaging(masked=False), Scores()
    engine = Engine(ours, Execution(mode), masks_padding=said, tell=told.append)
    engine.fit(Rows.single(x, y), Rows.single(x, y), Plan(8, 3, 7), [scores])
    wanted, full = Scores(), Rows.single(x.numbers(), y)
    Engine(theirs, Execution(mode)).fit(full, full, Plan(8, 3, 7), [wanted])
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)
    assert scores.seen[-1] == pytest.approx(wanted.seen[-1], rel=1e-5)
    np.testing.assert_allclose(engine.predict(Rows.single(x), 8), theirs.predict(x.numbers(), verbose=0), atol=1e-6)
    lines = "rows are padded to full length, not to the longest row of their batch: the model claims to mask"
    assert [line[: len(lines)] for line in told] == [lines] * said


def write_rows() -> None:
    rng = np.random.default_rng(4)
    words = np.array(["good", "bad", "so", "it", "was", "film"])
    lines = ["text,label"]
    for row in range(60):
        count = int(rng.integers(1, 12))
        lines.append(" ".join([["good", "bad"][row % 2], *words[rng.integers(2, 6, count)]]) + f",{row % 2}")
    Path("reviews.csv").write_text("\n".join(lines) + "\n")


def experiment(bench, name: str, length: str, masks_padding: str = "") -> Path:
    Path(f"{name}.py").write_text(AVERAGES.format(name=name, length=length, masks_padding=masks_padding))
    text = {"name": "text_csv", "path": "reviews.csv", "text": "text", "target": "label", "test": 0.2}
    data = text | {"transforms": ["tokenize", {"name": "pad", "length": 30}], "validation": 0.2}
    how = {"epochs": 3, "batch_size": 8, "optimizer": {"name": "sgd", "learning_rate": 2.0}}
    blocks = {"data": data, "model": name, "training": how, "plugins": [f"{name}.py"], "kfold": {"folds": 2}}
    return bench.write(yaml.safe_dump(blocks), f"{name}.yaml")


def ended(bench, name: str) -> list[Any]:
    """Return what a run of an experiment, its evaluation, predictions and folds give."""
    status, out, err = bench.run("train", f"{name}.yaml", "--runs", name)
    assert status == 0, err
    (run,) = Path(name).iterdir()
    assert bench.run("evaluate", run)[0] == 0
    status, predicted, err = bench.run("predict", run, "reviews.csv")
    assert status == 0, err
    metrics = [line.split(",")[2:] for line in (run / "metrics.csv").read_text().splitlines()[1:]]
    numbers = np.array(metrics, float)
    assert bench.run("kfold", f"{name}.yaml", "--runs", f"{name}-folds")[0] == 0
    (folds,) = Path(f"{name}-folds").iterdir()
    with np.load(folds / "predictions.npz") as given, np.load(run / "predictions.npz") as scored:
        arrays = [given["out_of_fold.prediction"], scored["validation.prediction"], scored["test.prediction"]]
    cells = [line.split(",")[-1] for line in predicted.splitlines()[1:]]
    return [out, numbers, np.array(cells, float), *arrays]


def test_a_plug_in_that_averages_over_padding_gives_the_numbers_of_full_length_everywhere(bench) -> None:
    write_rows()
    experiment(bench, "whole_length", "task.input.shape[0]")
    experiment(bench, "any_length", "None")
    experiment(bench, "promised_length", "None", "masks_padding = True")
    (_, *want), (out, *undeclared), (warned, *declared) = (
        ended(bench, name) for name in ("whole_length", "any_length", "promised_length")
    )
    for got in (undeclared, declared):
        for mine, other in zip(got, want, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)
    assert "padded to full length" not in out
    assert warned.count("rows are padded to full length") == 1
