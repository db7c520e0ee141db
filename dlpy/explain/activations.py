"""Activations of each layer for one image (Chollet 2017, 5.4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.explain.layer_graph import LayerGraph


@dataclass(frozen=True)
class Maps:
    """The activations of a layer for one image: (height, width, channels) float32."""

    layer: str
    values: np.ndarray

    @property
    def zeros(self) -> float:
        """The share of activations that are 0."""
        return float(np.mean(self.values == 0))

    @property
    def dead(self) -> int:
        """The number of channels that are 0 everywhere."""
        return int(np.sum(~self.values.any(axis=(0, 1))))

    def summary(self) -> dict[str, Any]:
        """Return the layer, the shape, the share of zeros and the number of dead channels."""
        return {"layer": self.layer, "shape": list(self.values.shape), "zeros": self.zeros, "dead": self.dead}


def activations(network: LayerGraph, layers: list[str], image: np.ndarray) -> list[Maps]:
    """Return the activations of the layers for an image (1, height, width, channels), preprocessed for the network."""
    import keras

    given = keras.tree.flatten(network.up_to(*layers)(image, training=False))
    return [Maps(name, np.asarray(values)[0]) for name, values in zip(layers, given, strict=True)]


def as_grey(maps: np.ndarray) -> np.ndarray:
    """Return channels (height, width, channels) as uint8 for display: mean 128, standard deviation 64.

    A constant channel is black.
    """
    mean, deviation = maps.mean(axis=(0, 1)), maps.std(axis=(0, 1))
    grey = (maps - mean) / np.maximum(deviation, 1e-12) * 64 + 128
    return np.where(deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6), grey.clip(0, 255), 0).astype(np.uint8)
