"""Graphs of rows: one for all parts of the data, and one for each kind of rows."""

import numpy as np
import pytest
import tensorflow as tf

from dlpy.engine.device_rows import Held, Moved, Tensors
from dlpy.engine.row_tensors import ArrayTensors, RowTensors, WindowTensors
from dlpy.engine.traced import Traced, of_any_rows

pytestmark = pytest.mark.slow  # imports Keras


def tensors_of(x: RowTensors, rows: int) -> Tensors:
    return Tensors(Held({"input": x}, {}, None, tf.constant(2)), Moved(tf.range(rows), {}, {}, {}, {}))


def of_array(rows: int) -> Tensors:
    return tensors_of(ArrayTensors(tf.ones((rows, 3))), rows)


def of_windows(rows: int) -> Tensors:
    return tensors_of(WindowTensors(tf.ones((9, 2)), tf.range(rows), tf.range(4)), rows)


def test_parts_of_any_number_of_rows_share_a_graph_and_other_kinds_get_their_own() -> None:
    shapes = []

    def sums(tensors: Tensors, factor: tf.Tensor) -> tf.Tensor:
        x = tensors.held.x["input"]
        assert x is not None
        taken = x.take(tensors.moved.order, ())
        shapes.append(taken.shape.as_list())
        return tf.reduce_sum(taken) * factor

    graph = Traced(sums, of_any_rows)
    two = tf.constant(2.0)
    assert [float(graph(of_array(rows), two)) for rows in (5, 7, 1, 5)] == [30, 42, 6, 30]
    assert shapes == [[None, 3]]
    assert [float(graph(of_windows(rows), two)) for rows in (3, 5)] == [48, 80]
    assert shapes == [[None, 3], [None, 4, 2]]  # windows keep their length


def test_without_types_the_first_shape_is_traced_as_it_is_and_the_second_for_all() -> None:
    shapes = []

    def count(tensors: Tensors) -> tf.Tensor:
        shapes.append(tensors.moved.order.shape.as_list())
        return tf.size(tensors.moved.order)

    graph = Traced(count)
    assert [int(graph(of_array(rows))) for rows in (5, 5, 7, 9)] == [5, 5, 7, 9]
    assert shapes == [[5], [None]]


def test_what_is_no_tensor_stays() -> None:
    found = of_any_rows(of_array(4))
    assert found.held.weight is None
    assert found.held.batch_size == tf.TensorSpec([], np.int32)
    assert found.held.x["input"].array == tf.TensorSpec([None, 3], np.float32)
