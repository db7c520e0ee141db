"""TensorFlow's public names are imported when they are read, and are the same objects as without that."""

import os
import subprocess
import sys

import pytest

from dlpy.core.deferred_modules import names_of

_NAMES = """
import sys
from pathlib import Path
from dlpy.core import keras_backend
from dlpy.core.deferred_modules import Deferred, import_all
keras_backend.start()
deferred = {name: module for name, module in sys.modules.items() if isinstance(module, Deferred)}
count = 0
for name, module in deferred.items():
    usual = {"__name__": name, "__package__": name}
    exec(Path(module.__file__).read_text(), usual)  # the import of every name, as TensorFlow does it
    for key, value in usual.items():
        if not key.startswith("__") and key != "_sys":
            assert getattr(module, key) is value, (name, key)
            assert key in dir(module)
            count += 1
import_all()
print(len(deferred), count)
"""
_USED = """
import sys
from dlpy.core import keras_backend
keras_backend.start()
import tensorflow as tf
assert "tensorflow.python.keras" not in sys.modules and "tensorflow.lite.python.lite" not in sys.modules
from tensorflow.nn import *
from tensorflow.compat.v1 import placeholder
import tensorflow.compat.v1.nn as old_nn
assert relu(tf.constant(-1.0)) == 0.0
assert hasattr(tf.nn, "softmax") and not hasattr(tf.nn, "sofmax")
assert tf.compat.v1.placeholder is placeholder and tf.compat.v1.train.AdamOptimizer and old_nn.relu
assert tf.lite.TFLiteConverter and tf.lite.experimental.Analyzer and tf.feature_column.numeric_column("a")
assert tf.raw_ops.Add(x=1, y=2) == 3 and tf.tpu.experimental and tf.experimental.numpy.add(1, 2) == 3
assert tf.distribute.MirroredStrategy and tf.distribute.experimental.rpc.Client and tf.keras.Model and tf.saved_model.load
try:
    tf.nn.sofmax
except AttributeError as error:
    print(error)
"""


def printed(code: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | variables
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.slow
def test_every_name_is_the_same_object_as_without_it() -> None:
    modules, names = map(int, printed(_NAMES).split())
    assert modules > 40
    assert names > 2000


@pytest.mark.slow
def test_code_that_uses_what_was_left_out_finds_it() -> None:
    assert printed(_USED) == "module 'tensorflow.nn' has no attribute 'sofmax'"


@pytest.mark.slow
def test_a_variable_imports_everything_at_once() -> None:
    code = "from dlpy.core import keras_backend; keras_backend.start(); import sys; print({})"
    code = code.format("'tensorflow.python.keras' in sys.modules")
    assert (printed(code), printed(code, DLPY_LAZY="0")) == ("False", "True")


def test_a_module_that_does_more_than_import_is_left_alone() -> None:
    source = '# Made by a program.\n"""Public API\n"""\n\nimport sys as _sys\n\nfrom a.b import c as d # line: 12\n'
    assert names_of(source) == {"d": ("a.b", "c")}
    assert names_of(source + "from a import e\n") == {"d": ("a.b", "c"), "e": ("a", "e")}
    for more in ("d = 1\n", "if d:\n", "import a\n", "from a import *\n", "from a import b; c()\n"):
        assert names_of(source + more) is None
