"""Writes a network in each format."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.export.formats import Format

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
        "litert": lambda: _write_litert(network, path, quantize),
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


def _function(network: keras.Model, rows: int | None) -> tuple[Any, list[Any]]:
    """Return the network as a function of TensorFlow with named arguments, and their types.

    Args:
        network: takes and returns dicts.
        rows: that it takes at a time; None: any number.
    """
    import tensorflow as tf

    inputs = {tensor.name: tensor for tensor in network.inputs}
    specs = {name: tf.TensorSpec((rows, *x.shape[1:]), x.dtype, name=name) for name, x in inputs.items()}

    def answers(**given: Any) -> Any:
        return network(given, training=False)

    function: Any = tf.function(answers, autograph=False)
    return function.get_concrete_function(**specs), list(specs.values())


def _write_savedmodel(network: keras.Model, path: Path) -> None:
    import tensorflow as tf

    function, _ = _function(network, None)
    module: Any = tf.Module()
    module.network, module.function = network, function  # keep the weights, and the tables of lookups
    tf.saved_model.save(module, str(path), signatures={"serving_default": function})


def _write_onnx(network: keras.Model, path: Path) -> None:
    import tensorflow as tf

    tf2onnx: Any = import_module("tf2onnx")
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    _, specs = _function(network, None)
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


def _write_litert(network: keras.Model, path: Path, quantize: str | None) -> None:
    """Write a network for one row at a time: recurrent ones cannot be converted otherwise."""
    import tensorflow as tf

    module: Any = tf.Module()
    module.function = _frozen(network)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": module.function})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantize is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())


def _frozen(network: keras.Model) -> Any:
    """Return the function of a network for one row, with constants in place of weights.

    The converter would leave weights as variables, which no program fills.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    function, specs = _function(network, 1)
    frozen = convert_variables_to_constants_v2(function)
    given = [tensor.name.removesuffix(":0") for tensor in frozen.inputs]
    outputs = sorted(network.output)  # TensorFlow's order

    def answers(**rows: Any) -> Any:
        found = frozen(*(rows[name] for name in given))
        return dict(zip(outputs, found, strict=True))

    named: Any = tf.function(answers, autograph=False)
    return named.get_concrete_function(**{spec.name: spec for spec in specs})
