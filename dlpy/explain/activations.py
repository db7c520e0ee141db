"""What each layer of a network makes of one picture (Chollet 2017, 5.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.explain.layer_graph import Opened


@dataclass(frozen=True)
class Maps:
    """What a layer gives for a picture: (height, width, channels) float32."""

    layer: str
    values: np.ndarray

    @property
    def zeros(self) -> float:
        """The share of the numbers that are 0."""
        return float(np.mean(self.values == 0))

    @property
    def dead(self) -> int:
        """How many channels are 0 everywhere."""
        return int(np.sum(~self.values.any(axis=(0, 1))))

    def summary(self) -> dict[str, Any]:
        """Return the layer, the shape, and how much of it is silent."""
        return {"layer": self.layer, "shape": list(self.values.shape), "zeros": self.zeros, "dead": self.dead}


def activations(network: Opened, layers: list[str], picture: np.ndarray) -> list[Maps]:
    """Return what the layers give for a picture (1, height, width, channels), as the network takes it."""
    import keras

    given = keras.tree.flatten(network.up_to(*layers)(picture, training=False))
    return [Maps(name, np.asarray(values)[0]) for name, values in zip(layers, given, strict=True)]


def as_grey(maps: np.ndarray) -> np.ndarray:
    """Return channels (height, width, channels) as uint8 to look at: their mean at 128, a deviation 64 levels wide.

    A channel that is the same everywhere is black.
    """
    mean, deviation = maps.mean(axis=(0, 1)), maps.std(axis=(0, 1))
    grey = (maps - mean) / np.maximum(deviation, 1e-12) * 64 + 128
    return np.where(deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6), grey.clip(0, 255), 0).astype(np.uint8)
