"""Whole series of different lengths: what follows their end changes no prediction, in any family that reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task

pytestmark = pytest.mark.slow

LENGTHS = [5, 9, 13, 16]
PADDED = Task.single(Input("array", (16, 2), padding="back", whole=True), Output("binary", 1, ("a", "b")))


def family(name: str, **options: Any) -> Model:
    return Model.registry.get(name).model_validate({"name": name, **options})


def series() -> np.ndarray:
    x = np.random.default_rng(1).normal(size=(len(LENGTHS), 16, 2)).astype(np.float32)
    for row, length in zip(x, LENGTHS, strict=True):
        row[length:] = np.nan
    return x


CONV = {"filters": [4, 4], "kernel": 3, "padding": "same"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rnn", {"cell": "gru", "units": [4, 4]}),
        ("rnn", {"cell": "lstm", "units": 4, "bidirectional": True, "masking": False}),
        ("transformer", {"size": 8, "dropout": 0.0}),
        ("transformer", {"size": 8, "positions": "learned", "pool": "token"}),
        ("conv1d", {**CONV, "pooling": 1}),
        ("conv1d", {**CONV, "pooling": 1, "global_pooling": "average", "activation": "tanh"}),
        ("conv1d", {**CONV, "pooling": 1, "padding": "causal", "recurrent": {"cell": "gru", "units": 4}}),
        ("conv1d", {**CONV, "pooling": [2, 2], "activation": "tanh"}),
        ("conv1d", {**CONV, "pooling": 1, "block": "separable", "batch_normalization": True}),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_a_series_is_predicted_as_if_it_were_alone(name: str, options: dict[str, Any]) -> None:
    import keras

    keras.utils.set_random_seed(3)
    model = family(name, **options).build(PADDED)
    x = series()
    together = np.asarray(model(x))
    assert np.isfinite(together).all()
    for row, length in enumerate(LENGTHS[:-1]):
        other = family(name, **options).build(PADDED.with_input(replace(PADDED.input, shape=(length + 1, 2))))
        other.set_weights(
            [mine if mine.shape == theirs.shape else mine[: theirs.shape[0]]  # of learned positions, the first ones
             for mine, theirs in zip(model.get_weights(), other.get_weights(), strict=True)]
        )  # fmt: skip
        assert np.asarray(other(x[row : row + 1, : length + 1]))[0] == pytest.approx(together[row], abs=1e-5)


def test_batch_normalization_learns_from_the_steps_before_the_ends_alone() -> None:
    model = family("conv1d", **CONV, pooling=1, batch_normalization=True).build(PADDED)
    normalization = next(layer for layer in model.layers if "batch_normalization" in layer.name)
    first = next(layer for layer in model.layers if layer.name.startswith("conv1d"))
    x = series()
    model(x, training=True)
    filled = np.where(np.isnan(x), 0, x)
    steps = np.asarray(first(filled))[~np.isnan(x[..., 0])]
    assert np.asarray(normalization.moving_mean) == pytest.approx(0.01 * steps.mean(axis=0), abs=1e-6)


def test_the_whole_model_survives_a_file(tmp_path: Any) -> None:
    import keras

    for name, options in (("conv1d", CONV), ("rnn", {"units": 4}), ("transformer", {"size": 8}), ("dense", {})):
        model = family(name, **options).build(PADDED)
        model.save(tmp_path / "m.keras")
        again = keras.models.load_model(tmp_path / "m.keras")
        assert np.asarray(again(series())) == pytest.approx(np.asarray(model(series())))


@pytest.mark.parametrize("name", ["combined", "dlinear", "convnet", "graph"])
def test_families_that_would_read_past_the_end_are_refused(name: str) -> None:
    options = {"layers": {"hidden": {"layer": "Flatten"}}} if name == "graph" else {}
    with pytest.raises(ConfigError, match=f"{name} cannot read series of different lengths: use conv1d, dense, rnn or"):
        family(name, **options).check_lengths(PADDED)


def test_convolutions_need_padding() -> None:
    with pytest.raises(ConfigError, match="set 'padding: same'"):
        family("conv1d", padding="valid").check(PADDED)
