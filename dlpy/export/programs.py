"""The example program beside an exported network, which also checks it: it needs the format's own library alone."""

from __future__ import annotations

_KERAS = """import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

network = tf.function(keras.saving.load_model(folder / "model.keras"))


def answers(given):
    found = network({name: tf.constant(array) for name, array in given.items()})
    return {name: answer.numpy() for name, answer in found.items()}
"""
_SAVEDMODEL = """import tensorflow as tf

network = tf.saved_model.load(folder / "saved_model").signatures["serving_default"]


def answers(given):
    found = network(**{name: tf.constant(array) for name, array in given.items()})
    return {name: answer.numpy() for name, answer in found.items()}
"""
_ONNX = """import onnxruntime

network = onnxruntime.InferenceSession(folder / "model.onnx")


def answers(given):
    names = [output["name"] for output in signature["outputs"]]
    return dict(zip(names, network.run(None, given)))
"""
_LITERT = """from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(str(folder / "model.tflite"))
network = interpreter.get_signature_runner()


def answers(given):
    rows = len(next(iter(given.values())))  # the network takes one row at a time
    found = [network(**{name: array[i : i + 1] for name, array in given.items()}) for i in range(rows)]
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}
"""
_NETWORKS = {"keras": _KERAS, "savedmodel": _SAVEDMODEL, "onnx": _ONNX, "litert": _LITERT}

_BEFORE = '''"""Predicts rows with {file}. Needs {library}, and nothing of what trained it."""

import json
import sys
from pathlib import Path

import numpy as np

folder = Path(__file__).resolve().parent
sys.path.insert(0, str(folder))
signature = json.loads((folder / "signature.json").read_text("utf-8"))

from prepare import named, prepare

'''
_AFTER = '''

def predict(rows):
    """Return the answers by output for rows: a dict with an array for each input of signature.json."""
    return answers(prepare(rows, signature))


if __name__ == "__main__":
    rows = dict(np.load(folder / "example_rows.npz"))
    found = predict(rows)
    for output in signature["outputs"]:
        print(output["name"], named(found[output["name"]], output), output["unit"])
'''
_LIBRARIES = {
    "keras": "keras and tensorflow",
    "savedmodel": "tensorflow",
    "onnx": "onnxruntime and numpy",
    "litert": "ai-edge-litert and numpy",
}


def program(name: str, file: str) -> str:
    """Return the example program for a network of this format in a file of this name."""
    return _BEFORE.format(file=file, library=_LIBRARIES[name]) + _NETWORKS[name] + _AFTER
