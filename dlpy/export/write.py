"""Writes a network in each format."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.export.formats import Format
from dlpy.export.functions import function_of
from dlpy.export.litert import write_litert

if TYPE_CHECKING:
    import keras


def write_network(network: keras.Model, to: Format, path: Path, quantize: str | None) -> None:
    """Write a network to a file, or for savedmodel to a folder.

    Args:
        network: takes and returns dicts.
        to: the format.
        path: of the file.
        quantize: the type of the weights in the file; None: float32.
    """
    ways: dict[str, Callable[[], object]] = {
        "keras": lambda: network.save(path),
        "savedmodel": lambda: _write_savedmodel(network, path),
        "onnx": lambda: _write_onnx(network, path),
        "litert": lambda: write_litert(network, path, quantize),
    }
    with redirect_stdout(StringIO()), _silent(), _without_recurrent_dropout(network):
        ways[to.name]()


@contextmanager
def _silent() -> Iterator[None]:
    """Discard what TensorFlow's C++ code prints on standard error: the error that follows says what matters."""
    before = os.dup(2)
    try:
        with open(os.devnull, "w") as nothing, warnings.catch_warnings():  # noqa: PTH123 - a device
            warnings.simplefilter("ignore")
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        os.dup2(before, 2)
        os.close(before)


@contextmanager
def _without_recurrent_dropout(network: keras.Model) -> Iterator[None]:
    """Turn the dropout of recurrent cells off: they draw masks when they predict too, and leave them unused."""
    from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

    cells: list[Any] = [layer for layer in network._flatten_layers() if isinstance(layer, DropoutRNNCell)]
    rates = [(cell, cell.dropout, cell.recurrent_dropout) for cell in cells]
    try:
        for cell in cells:
            cell.dropout = cell.recurrent_dropout = 0.0
        yield
    finally:
        for cell, dropout, recurrent_dropout in rates:
            cell.dropout, cell.recurrent_dropout = dropout, recurrent_dropout


def _write_savedmodel(network: keras.Model, path: Path) -> None:
    import tensorflow as tf

    function, _ = function_of(network, None)
    module: Any = tf.Module()
    module.network, module.function = network, function  # keep the weights, and the tables of lookups
    tf.saved_model.save(module, str(path), signatures={"serving_default": function})


def _write_onnx(network: keras.Model, path: Path) -> None:
    import tensorflow as tf

    tf2onnx: Any = import_module("tf2onnx")
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    _, specs = function_of(network, None)
    names = [spec.name for spec in specs]
    outputs = list(network.output)

    @tf.function(autograph=False, input_signature=specs)
    def answers(*given: Any) -> Any:
        found = network(dict(zip(names, given, strict=True)), training=False)
        return [tf.identity(found[name], name=name) for name in outputs]

    handlers = {"Erfc": (_as_erf, []), "SelectV2": (_as_where, [])}  # of gelu; of missing cells
    tf2onnx.convert.from_function(
        answers, input_signature=specs, opset=17, custom_op_handlers=handlers, output_path=str(path)
    )


def _as_erf(graph: Any, node: Any, name: str, options: Any) -> None:
    """Replace erfc(x), which ONNX lacks, by 1 - erf(x) in the graph of a converter."""
    import numpy as np

    (given,), (after,) = node.input, node.output
    shape, dtype = graph.get_shape(after), graph.get_dtype(after)
    graph.remove_node(node.name)
    one = graph.make_const(f"{node.name}_one", np.array(1, np.float32)).output[0]
    erf = graph.make_node("Erf", [given], shapes=[shape], dtypes=[dtype]).output[0]
    graph.make_node("Sub", [one, erf], outputs=[after], shapes=[shape], dtypes=[dtype])


def _as_where(graph: Any, node: Any, name: str, options: Any) -> None:
    """Let ONNX choose between numbers: the converter multiplies by 0 and 1, which makes NaN of a NaN not chosen."""
    node.type = "Where"
