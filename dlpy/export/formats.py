"""The formats that a run can be exported to."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from dlpy.core.errors import ConfigError, SetupError, did_you_mean

QUANTIZATIONS = ("float16", "int8")


@dataclass(frozen=True)
class Format:
    """A format.

    file: the network in the folder of an export. strings: whether the network can look up texts. needs: packages, and
    the extra of dlpy that brings them. one_row: whether the network takes one row at a time. mixed: whether layers
    may compute with 16 bits. label: for messages.
    """

    name: str
    file: str
    label: str
    strings: bool = True
    needs: tuple[str, ...] = ()
    one_row: bool = False
    mixed: bool = True


DOCKER = "docker"  # no format of a network: the run itself, with dlpy
FORMATS = {
    "keras": Format("keras", "model.keras", "a Keras file"),
    "savedmodel": Format("savedmodel", "saved_model", "a SavedModel"),
    "onnx": Format(
        "onnx", "model.onnx", "an ONNX file", strings=False, needs=("tf2onnx", "onnx", "onnxruntime"), mixed=False
    ),
    "litert": Format(
        "litert", "model.tflite", "a LiteRT file", strings=False, needs=("ai_edge_litert",), one_row=True, mixed=False
    ),
}


def format_of(name: str, quantize: str | None) -> Format:
    """Return a format.

    Raises:
        ConfigError: there is none of this name, or it cannot be quantized so.
        SetupError: it needs packages that are not installed.
    """
    if name not in FORMATS:
        raise ConfigError(f"--to {name}: there is no such format.{did_you_mean(name, [*FORMATS, DOCKER])}")
    if quantize is not None and quantize not in QUANTIZATIONS:
        raise ConfigError(f"--quantize {quantize}: expected float16 or int8.{did_you_mean(quantize, QUANTIZATIONS)}")
    if quantize is not None and name != "litert":
        raise ConfigError(f"--quantize applies to --to litert, not to {name}: leave it out.")
    found = FORMATS[name]
    missing = [package for package in found.needs if importlib.util.find_spec(package) is None]
    if missing:
        lacking = ", ".join(package.replace("_", "-") for package in missing)
        raise SetupError(f"--to {name} needs {lacking}: pip install 'dlpy[{name}]'.")
    return found
