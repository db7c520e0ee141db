"""Reads network.json, the layers of a run's model as a graph."""

from __future__ import annotations

from dlpy.core.errors import RunError
from dlpy.core.parsing import parse
from dlpy.runs.directory import Run
from dlpy.runs.network_record import LayerRecord, NetworkRecord


def read_network(run: Run) -> list[LayerRecord]:
    """Return the uses of layers in an order in which data flows; none if the run has no network.json.

    Raises:
        RunError: the file is damaged.
    """
    content = run.read("network.json")
    layers = parse(content, NetworkRecord).layers if content else []
    known: set[str] = set()
    for layer in layers:
        if layer.name in known or not {*layer.of, *filter(None, [layer.same_as])} <= known:
            raise RunError(
                f"{run.path / 'network.json'} is damaged: its layers are not in an order in which data flows."
            )
        known.add(layer.name)
    return layers
