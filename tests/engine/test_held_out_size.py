"""How many rows are scored or predicted at a time."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from dlpy.data.features import Padded
from dlpy.data.rows import Rows
from dlpy.engine.held_out_size import rows_at_a_time
from dlpy.models._attention import BlockOptions, encoder_block

pytestmark = pytest.mark.slow


def rows(length: int) -> Rows:
    return Rows({"input": Padded(np.ones(3, np.int32), np.arange(4), length, front=True)}, {}, np.arange(3))


def model(*, attention: bool) -> keras.Model:
    words = keras.Input((None,), dtype="int32")
    x = layers.Embedding(10, 4)(words)
    if attention:
        x = encoder_block(BlockOptions(4, 2, 4))(x)
    return keras.Model(words, layers.GlobalAveragePooling1D()(x))


@pytest.mark.parametrize(
    ("length", "batch_size", "expected"),
    [
        (50, 32, 512),
        (500, 32, 128),  # 128 million bytes / (4 bytes * 500 * 500)
        (4000, 2, 2),
        (500, 200, 200),
    ],
)
def test_attention_over_long_rows_scores_fewer_at_a_time(length: int, batch_size: int, expected: int) -> None:
    assert rows_at_a_time(model(attention=True), rows(length), batch_size) == expected


def test_other_layers_score_many_long_rows_at_a_time() -> None:
    assert rows_at_a_time(model(attention=False), rows(500), 32) == 512
