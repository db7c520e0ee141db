"""What `dlpy show model` reports: the network that an experiment would train."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlpy.drawing.network import draw_network
from dlpy.engine.custom_step import stepped_class
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, raise_mistakes
from dlpy.networks import summary
from dlpy.training.compile import weights_line
from dlpy.training.network import new_model
from dlpy.training.pipeline import obtain, split, transform


@dataclass(frozen=True)
class Network:
    """An experiment's network, described."""

    title: str
    uses: list[summary.LayerUse]
    totals: str

    def lines(self) -> Iterator[str]:
        """Yield a line for each layer, and the totals."""
        yield from summary.table(self.uses)
        shared = sum(bool(use.same_as) for use in self.uses)
        yield self.totals + (f"; {shared} more use{'s' * (shared > 1)} of shared layers" if shared else "")

    def dot(self) -> str:
        """Return the network in the language of Graphviz."""
        return summary.dot(self.uses, self.title)

    def draw(self, path: Path) -> None:
        """Write a drawing of the network as a PNG."""
        boxes = {use.name: summary.caption(use) for use in self.uses}
        edges = [(source, use.name) for use in self.uses for source in use.of]
        shared = [(use.same_as, use.name) for use in self.uses if use.same_as]
        draw_network(self.title, boxes, edges, shared, path)


def network_of(experiment: Experiment, document: Document) -> Network:
    """Return the network of an experiment, with random weights, for the shapes of its transformed rows.

    Raises:
        DataError: the data is missing or damaged.
        ConfigError: the model cannot be built for it.
    """
    loaded = obtain(experiment.data, experiment.seed)
    raise_mistakes(experiment, document, loaded.task)
    data, _ = transform(experiment, split(experiment.data, loaded), loaded.task)
    family = experiment.model.resolved(data.task)
    model: Any = new_model(family, data.task, experiment.seed, experiment.training.precision)
    turns = model.turns if isinstance(model, stepped_class()) else []
    beside = summary.uses_beside(model, [layer for turn in turns for layer in turn.learns]) if turns else []
    return Network(str(experiment.name), [*summary.uses_of(model, family.uses()), *beside], weights_line(model))
