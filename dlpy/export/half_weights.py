"""LiteRT files whose weights have 16 bits, while scales of rows and answers keep the 32 that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.portable.tables import CATEGORIES

if TYPE_CHECKING:
    import keras

_LEAST = 128  # numbers: of fewer, an operation that widens them again takes as much room as they
_PRODUCTS = (
    *("FULLY_CONNECTED", "BATCH_MATMUL", "CONV_2D", "CONV_3D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"),
    *("UNIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_RNN"),
)


def with_half_weights(file: bytes, network: keras.Model) -> bytes:
    """Return a LiteRT file with the weights of products, convolutions and embeddings as float16.

    The converter's own way would round all numbers, such as the mean and the deviation of the target.
    """
    flatbuffers: Any = import_module("tensorflow.lite.tools.flatbuffer_utils")
    schema: Any = import_module("tensorflow.lite.python.schema_py_generated")
    model = flatbuffers.read_model_from_bytearray(bytearray(file))
    name_of: dict[int, str] = {code: name for name, code in vars(schema.BuiltinOperator).items() if name.isupper()}
    kinds = [name_of[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in model.operatorCodes]
    embedded = {weights.tobytes() for weights in _embeddings(network)}
    for graph in model.subgraphs:
        halved = dict.fromkeys(
            place
            for operator in graph.operators
            for place in _weights(operator, kinds[operator.opcodeIndex], _arrays(graph, model.buffers), embedded)
        )
        _halve(model, graph, halved, schema)
    _drop_unused(model)
    return bytes(flatbuffers.convert_object_to_bytearray(model))


def _embeddings(network: keras.Model) -> Iterator[np.ndarray]:
    from keras import layers

    for layer in network._flatten_layers():
        if isinstance(layer, layers.Embedding) and not layer.name.startswith(CATEGORIES):
            yield from (np.asarray(weights, np.float32) for weights in layer.get_weights())


def _arrays(graph: Any, buffers: list[Any]) -> Callable[[int], np.ndarray | None]:
    """Return a function that returns the constant float32 numbers at a place in a graph, None where there are none."""

    def array(place: int) -> np.ndarray | None:
        tensor = graph.tensors[place]
        data = buffers[tensor.buffer].data
        return None if tensor.type != 0 or data is None or len(data) == 0 else np.frombuffer(bytes(data), np.float32)

    return array


def _weights(
    operator: Any, kind: str, array: Callable[[int], np.ndarray | None], embedded: set[bytes]
) -> Iterator[int]:
    """Yield the places of the weights that an operator reads."""
    for place in operator.inputs:
        numbers = array(place) if place >= 0 else None
        if numbers is None or len(numbers) < _LEAST:
            continue
        if kind in _PRODUCTS or (kind in ("GATHER", "EMBEDDING_LOOKUP") and numbers.tobytes() in embedded):
            yield place


def _halve(model: Any, graph: Any, places: Iterable[int], schema: Any) -> None:
    """Store the constants at these places of a graph as float16, and widen each by an operation."""
    added = []
    for place in places:
        tensor = graph.tensors[place]
        half = schema.TensorT()
        half.shape, half.type, half.name = tensor.shape, schema.TensorType.FLOAT16, tensor.name + b"_half"
        half.buffer = len(model.buffers)
        buffer, empty = schema.BufferT(), schema.BufferT()
        numbers = np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.float32)
        buffer.data = np.frombuffer(numbers.astype(np.float16).tobytes(), np.uint8)
        model.buffers += [buffer, empty]
        tensor.buffer = half.buffer + 1
        graph.tensors.append(half)
        operator = schema.OperatorT()
        operator.opcodeIndex = _code(model, schema)
        operator.inputs, operator.outputs = [len(graph.tensors) - 1], [place]
        operator.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
        operator.builtinOptions = schema.DequantizeOptionsT()
        added.append(operator)
    graph.operators = [*added, *graph.operators]


def _drop_unused(model: Any) -> None:
    """Empty the buffers that nothing refers to any more."""
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    used |= {entry.buffer for entry in model.metadata or ()}
    for place, buffer in enumerate(model.buffers):
        if place not in used:
            buffer.data = None


def _code(model: Any, schema: Any) -> int:
    """Return the place of DEQUANTIZE among the operations of a model, to which it is added."""
    wanted = schema.BuiltinOperator.DEQUANTIZE
    for place, code in enumerate(model.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == wanted:
            return place
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = wanted
    code.version = 3  # the first that takes float16
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
