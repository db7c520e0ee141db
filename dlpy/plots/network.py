"""The run's model as a graph of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from dlpy.components.plot import Plot
from dlpy.drawing.network import network_figure
from dlpy.networks.summary import LayerUse, caption
from dlpy.runs.directory import Run
from dlpy.runs.network import read_network
from dlpy.runs.network_record import LayerRecord

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_LAYERS, _MOST_EDGES = 200, 400  # more are neither readable nor laid out quickly


class NetworkPlot(Plot):
    """The layers of a model of the family graph or combined: kinds, shapes, weights, and what goes into each."""

    name: Literal["network"] = "network"
    shows_training: ClassVar[bool] = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        uses = [_use(layer) for layer in read_network(run)]
        edges = [(source, use.name) for use in uses for source in use.of]
        if not uses or len(uses) > _MOST_LAYERS or len(edges) > _MOST_EDGES:
            return {}
        shared = [(use.same_as, use.name) for use in uses if use.same_as]
        boxes = {use.name: caption(use) for use in uses}
        return {"": network_figure(f"Network of {run.id}", boxes, edges, shared)}


def _use(layer: LayerRecord) -> LayerUse:
    """Return a stored use of a layer as `dlpy show model` describes it."""
    inside = tuple(map(_use, layer.inside))
    counts = (layer.weights, layer.learning)
    return LayerUse(layer.name, layer.kind, layer.shape, layer.of, *counts, same_as=layer.same_as, inside=inside)
