"""The parts of an experiment file besides its components: training, kfold and search."""

from __future__ import annotations

from dlpy.core.options import Block, Component
from dlpy.experiment.experiment import Experiment


def parts() -> dict[str, type[Block]]:
    """Return the blocks of an experiment file that are no components, by name."""
    kinds = {name: field.annotation for name, field in Experiment.model_fields.items()}
    return {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, Block) and not issubclass(kind, Component)
    }
