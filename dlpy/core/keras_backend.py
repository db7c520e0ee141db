"""Imports Keras with the TensorFlow backend, without messages and without optional packages."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dlpy.core import deferred_modules
from dlpy.core.errors import SetupError
from dlpy.core.hidden_packages import hidden
from dlpy.core.timing import stage

# Keras imports these at start if they are installed, for wrappers and galleries that dlpy does not use, which takes
# 0.5 to 1.5 s. They are hidden during the import.
_NOT_NEEDED = ("sklearn", "scipy", "pandas", "matplotlib")
_USUAL = ("float32", "channels_last", 1e-7)
_RETRACED = "triggered tf.function retracing"  # said of the graphs of another fold, too: the count is kept by id()
_CAPS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")


def start() -> None:
    """Import Keras with the TensorFlow backend.

    Raises:
        SetupError: Keras cannot be imported, or its settings would silently change results.
    """
    logging.getLogger("tensorflow").addFilter(_is_worth_reading)
    if "keras" in sys.modules:
        return
    check_settings()
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if os.environ.get("DLPY_LAZY") != "0":
        deferred_modules.defer()
    try:
        with hidden(*_NOT_NEEDED), _quiet(), _without_garbage_collection():
            with stage("TensorFlow"):
                import tensorflow  # noqa: F401 - Keras would import it
            with stage("Keras"):
                import keras
    except ImportError as error:
        raise SetupError(f"Keras and TensorFlow cannot be imported: {error}.") from error
    _let_gpu_memory_grow()
    asked = (keras.config.floatx(), keras.config.image_data_format(), keras.config.epsilon())
    if asked != _USUAL:
        names = "floatx, image_data_format or epsilon"
        raise SetupError(f"keras.json changes {names}; dlpy requires {', '.join(map(str, _USUAL))}.")


def _let_gpu_memory_grow() -> None:
    """Let TensorFlow take the memory of GPUs as it needs it; otherwise one process takes all of it at its start."""
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # TensorFlow was started before
            tf.config.experimental.set_memory_growth(gpu, True)


def _is_worth_reading(record: logging.LogRecord) -> bool:
    return _RETRACED not in record.getMessage()


def check_settings() -> None:
    """Raise SetupError, before anything is imported, for environment variables that change what Keras does."""
    for name in _CAPS:
        if os.environ.get(name):
            raise SetupError(f"${name} is set, and Keras would silently stop training early. Unset it.")
    if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
        raise SetupError(f"$KERAS_BACKEND is {os.environ['KERAS_BACKEND']}; dlpy requires tensorflow. Unset it.")


def give_back_memory() -> None:
    """Return unused memory, as after a training, to the system (glibc only)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Exclude imported modules from garbage collection, now and later: they are never freed anyway.

    Collection took a tenth of the import time, and a good part of the time for plots.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def _quiet() -> Iterator[None]:
    """Discard messages that C++ libraries write to standard error while they load."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
