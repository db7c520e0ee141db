"""The shapes that are worked out without Keras are those that Keras works out."""

from itertools import product
from typing import Any

import keras
import pytest
from keras import layers

from dlpy.networks.shapes import RULES, ShapeError, output_shape

pytestmark = pytest.mark.slow  # imports Keras

LISTS = ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract")
ATTENTION = ("AdditiveAttention", "Attention")
Case = tuple[str, list[tuple], dict[str, Any]]
ROWS: list[tuple] = [(5,), (9, 4), (None, 4), (8, 6, 4), (None, None, 3), (7, 6, 5, 4)]


def of_keras(kind: str, shapes: list[tuple], options: dict[str, Any]) -> tuple | None:
    """Return the shape that Keras gives, or None if it refuses."""
    options = dict(options)
    if "wrapped" in options:
        wrapped = dict(options.pop("wrapped"))
        options["layer"] = getattr(layers, wrapped.pop("layer"))(**wrapped)
    tensors = [keras.KerasTensor((None, *shape)) for shape in shapes]
    try:
        layer = getattr(layers, kind)(**options)
        found = layer(tensors) if kind in LISTS + ATTENTION else layer(*tensors)
    except (ValueError, TypeError, AssertionError, IndexError, ZeroDivisionError):
        return None
    return tuple(found.shape[1:])


def check(kind: str, shapes: list[tuple], options: dict[str, Any]) -> bool:
    """Compare both; return whether the shape is one that the layer takes."""
    theirs = of_keras(kind, shapes, options)
    try:
        ours = output_shape(kind, shapes, options)
    except ShapeError:
        assert theirs is None, (kind, shapes, options)
        return False
    if ours is not None and theirs is not None:
        assert ours == theirs, (kind, shapes, options)
    return theirs is not None and ours is not None


def windows(dimensions: int) -> list[Case]:
    sides = {1: [(9, 4), (2, 4), (None, 4)], 2: [(9, 7, 4), (2, 7, 4), (None, None, 4)], 3: [(7, 6, 5, 4)]}[dimensions]
    found: list[Case] = []
    for shape, size, stride, padding, dilation in product(sides, (1, 2, 3), (1, 2, 3), ("valid", "same"), (1, 2)):
        moving = {"strides": stride, "padding": padding}
        convolution = {**moving, "kernel_size": size, "dilation_rate": dilation}
        if dilation == 1:
            for kind in ("MaxPooling", "AveragePooling"):
                found.append((f"{kind}{dimensions}D", [shape], {**moving, "pool_size": size}))
            found.append((f"MaxPooling{dimensions}D", [shape], {"pool_size": size, "padding": padding}))
        if stride == 1 or dilation == 1:
            found.append((f"Conv{dimensions}D", [shape], {**convolution, "filters": 6, "groups": 2}))
            found.append((f"Conv{dimensions}DTranspose", [shape], {**convolution, "filters": 6}))
            if dimensions < 3:
                found.append((f"SeparableConv{dimensions}D", [shape], {**convolution, "filters": 6}))
                found.append((f"DepthwiseConv{dimensions}D", [shape], {**convolution, "depth_multiplier": 2}))
    if dimensions == 1:
        found += [("Conv1D", [s], {"filters": 6, "kernel_size": 3, "padding": "causal"}) for s in sides]
    return found


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_windows_move_as_in_keras(dimensions: int) -> None:
    cases = windows(dimensions)
    taken = sum(check(*case) for case in cases)
    assert taken >= 40 or dimensions == 3


RESIZED: list[Case] = [
    (f"{kind}{n}D", [shape], {option: value})
    for n in (1, 2, 3)
    for shape in ROWS
    for kind, option, values in (
        ("UpSampling", "size", (1, 2, [2] * n)),
        ("ZeroPadding", "padding", (1, [2] * n, [[1, 2]] * n if n > 1 else [1, 2])),
        ("Cropping", "cropping", (1, 3, 4, [[1, 2]] * n if n > 1 else [1, 2])),
        ("GlobalMaxPooling", "keepdims", (True, False)),
        ("GlobalAveragePooling", "keepdims", (True, False)),
    )
    for value in values
    if not (n == 1 and value == [2])
]
VECTORS: list[Case] = [
    *[("Dense", [shape], {"units": 3}) for shape in ROWS],
    *[("Embedding", [shape], {"input_dim": 10, "output_dim": 3}) for shape in ROWS[:3]],
    *[("Flatten", [shape], {}) for shape in ROWS],
    *[("RepeatVector", [shape], {"n": 3}) for shape in ROWS],
    *[("Permute", [shape], {"dims": dims}) for shape in ROWS for dims in ([1], [2, 1], [3, 1, 2])],
    *[("Reshape", [s], {"target_shape": t}) for s in ROWS if None not in s for t in ([-1], [4, -1], [2, 2, -1], [36])],
    *[("SpatialDropout1D", [shape], {"rate": 0.5}) for shape in ROWS],
    *[("SpatialDropout2D", [shape], {"rate": 0.5}) for shape in ROWS],
    *[("Masking", [shape], {}) for shape in ROWS[1:3]],
    *[(kind, [shape], {}) for kind in ("BatchNormalization", "LayerNormalization", "ReLU", "Softmax") for shape in ROWS
      if None not in shape],
    *[(kind, [(8, 6, 4)], {"height": 5, "width": 3}) for kind in ("Resizing", "CenterCrop")],
]  # fmt: skip
SEQUENCES: list[Case] = [
    *[(kind, [shape], {"units": 3, "return_sequences": every})
      for kind in ("LSTM", "GRU", "SimpleRNN") for shape in ROWS for every in (True, False)],
    *[("Bidirectional", [(9, 4)], {"merge_mode": mode, "wrapped": {"layer": "LSTM", "units": 3, "return_sequences": e}})
      for mode in ("concat", "sum", "mul", "ave") for e in (True, False)],
    *[("TimeDistributed", [shape], {"wrapped": {"layer": "Dense", "units": 3}}) for shape in ROWS],
    ("TimeDistributed", [(6, 9, 7, 4)], {"wrapped": {"layer": "Conv2D", "filters": 3, "kernel_size": 3}}),
    *[(kind, [(9, 4), (7, 4)], {}) for kind in ("Attention", "AdditiveAttention")],
    ("Attention", [(9, 4), (7, 5), (7, 4)], {}),
    ("Attention", [(9, 4), (7, 4), (7, 4)], {}),
    *[("MultiHeadAttention", [(9, 4), (7, 5)], {"num_heads": 2, "key_dim": 3, "output_shape": s}) for s in (None, 6)],
    ("GroupQueryAttention", [(9, 4), (7, 5)], {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
]  # fmt: skip
MERGES: list[Case] = [
    *[(kind, [first, second], {}) for kind in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
      for first, second in product(ROWS, [(5,), (9, 4), (9, 1), (7, 4), (8, 6, 4)])],
    *[("Concatenate", [first, second], {"axis": axis}) for first, second, axis in product(ROWS, ROWS, (-1, 1, 2))],
    *[("Dot", [(9, 4), (7, 4)], {"axes": axes}) for axes in (2, -1, [2, 2], [1, 1])],
    *[("Dot", [(5,), (5,)], {"axes": axes}) for axes in (1, -1)],
]  # fmt: skip


@pytest.mark.parametrize("cases", [RESIZED, VECTORS, SEQUENCES, MERGES], ids=["resized", "vectors", "rnn", "merges"])
def test_shapes_are_those_of_keras(cases: list[Case]) -> None:
    taken = sum(check(*case) for case in cases)
    assert taken >= 20


def test_every_rule_is_compared_with_keras() -> None:
    every = [*windows(1), *windows(2), *windows(3), *RESIZED, *VECTORS, *SEQUENCES, *MERGES]
    unchanged = {"Activation", "ActivityRegularization", "AlphaDropout", "Dropout", "ELU", "GaussianDropout",
                 "GaussianNoise", "Identity", "LeakyReLU", "PReLU", "RMSNormalization", "UnitNormalization"}  # fmt: skip
    assert RULES.keys() - {kind for kind, _, _ in every} - unchanged == set()


def test_attention_needs_a_value_for_each_key() -> None:  # Keras notices only when rows go through
    with pytest.raises(ShapeError, match="not 7 and 6"):
        output_shape("Attention", [(9, 4), (7, 4), (6, 4)], {})


def test_what_is_not_known_stays_unknown() -> None:
    assert output_shape("Dense", [None], {"units": 3}) is None
    assert output_shape("MelSpectrogram", [(1000,)], {}) is None
    assert output_shape("Concatenate", [(None, 4), (9, 4)], {"axis": 1}) == (None, 4)
