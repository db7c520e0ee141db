"""Writes a network to a LiteRT file, which takes one row at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.export.functions import function_of
from dlpy.export.half_weights import with_half_weights

if TYPE_CHECKING:
    import keras


def write_litert(network: keras.Model, path: Path, quantize: str | None) -> None:
    """Write a network for one row at a time: recurrent ones cannot be converted otherwise."""
    import tensorflow as tf

    module: Any = tf.Module()
    with _without_missing_operations():
        module.function = _frozen(network)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": module.function})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if quantize == "int8":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        made = converter.convert()
    path.write_bytes(with_half_weights(made, network) if quantize == "float16" else made)


def _frozen(network: keras.Model) -> Any:
    """Return the function of a network for one row, with constants in place of weights.

    The converter would leave weights as variables, which no program fills.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    function, specs = function_of(network, 1)
    frozen = convert_variables_to_constants_v2(function)
    given = [tensor.name.removesuffix(":0") for tensor in frozen.inputs]
    outputs = sorted(network.output)  # TensorFlow's order

    def answers(**rows: Any) -> Any:
        found = frozen(*(rows[name] for name in given))
        return dict(zip(outputs, found, strict=True))

    named: Any = tf.function(answers, autograph=False)
    return named.get_concrete_function(**{spec.name: spec for spec in specs})


@contextmanager
def _without_missing_operations() -> Iterator[None]:
    """Let networks be traced with sums and poolings of images in place of operations that LiteRT lacks.

    These are a bias of other axes than the last or of integers, and the largest number of blocks of frames.
    """
    import tensorflow as tf

    of_tensorflow: Any = tf.nn
    bias_add, max_pool = of_tensorflow.bias_add, of_tensorflow.max_pool

    def added(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
        if data_format == "NCHW":
            bias = tf.reshape(bias, [-1, *[1] * (len(value.shape) - 2)])
        return tf.add(value, bias)

    def pooled(frames: Any, size: Any, strides: Any, padding: Any, *others: Any, **options: Any) -> Any:
        if len(frames.shape) != 5:
            return max_pool(frames, size, strides, padding, *others, **options)
        (_, count, *image), (of_time, *of_image), (step, *steps) = frames.shape, _three(size), _three(strides)
        images = max_pool(tf.reshape(frames, [-1, *image]), of_image, steps, padding)
        height, width, channels = images.shape[1:]
        rows = tf.reshape(images, [-1, count, height * width, channels])
        found = max_pool(rows, [of_time, 1], [step, 1], padding)
        return tf.reshape(found, [-1, found.shape[1], height, width, channels])

    of_tensorflow.bias_add, of_tensorflow.max_pool = added, pooled
    try:
        yield
    finally:
        of_tensorflow.bias_add, of_tensorflow.max_pool = bias_add, max_pool


def _three(size: Any) -> list[int]:
    """Return a size by frames, height and width."""
    given = [size] * 3 if isinstance(size, int) else list(size)
    return given[-4:-1] if len(given) == 5 else given
