"""The inputs of a model.keras, read without Keras."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

_MOST_BYTES = 64 << 20


def inputs_of(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return dtype and shape of each input of a model by name, the batch and other open sizes as -1.

    It is empty where the file does not say them, as for a model of a class of its own or with texts as inputs.
    """
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("config.json").file_size > _MOST_BYTES:
            return {}
        content = json.loads(archive.read("config.json"))
    layers = content.get("config", {}).get("layers", [])
    found = [layer["config"] for layer in layers if layer.get("class_name") == "InputLayer"]
    if any(config.get("dtype") == "string" for config in found):
        return {}
    return {config["name"]: (config["dtype"], _open(config["batch_shape"])) for config in found}


def _open(shape: list[Any]) -> tuple[int, ...]:
    return tuple(-1 if size is None else size for size in shape)
