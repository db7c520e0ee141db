"""Schema of network.json: the layers of a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LayerRecord:
    """One use of a layer in network.json.

    shape: of its output for one row. of: the names of what goes in. weights, learning: numbers in its weights, and
    those that are trained. same_as: the first use of the same layer, if this is another one. inside: the layers of a
    network that is used as a layer.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...] | None = None
    of: tuple[str, ...] = ()
    weights: int = 0
    learning: int = 0
    same_as: str = ""
    inside: tuple[LayerRecord, ...] = ()


@dataclass(frozen=True)
class NetworkRecord:
    """network.json: the uses of layers in an order in which data flows."""

    layers: list[LayerRecord]
