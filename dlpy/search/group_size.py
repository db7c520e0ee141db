"""How many trials of a search are trained in one graph."""

from __future__ import annotations

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data
from dlpy.experiment.experiment import Experiment
from dlpy.search.group import kind_of

_FEWEST_IN_GROUPS = 16  # trials of a search that are trained in groups unless the experiment says so
_GROUP, _GROUP_THAT_LEARNS = 128, 8
_MOST_PARAMETERS = 200_000  # of a network that gains by sharing a graph
_MOST_STEPS = 2_000_000  # of all trainings of a group: about a minute


def group_size(experiment: Experiment, first: Data, total: int | None) -> int:
    """Return how many trials are trained in one graph, decided by sizes and kinds alone.

    By themselves, groups are formed where there are trials enough and a small network can be stacked with others. They
    are small where the sampler or the pruner learns from earlier trials, since the points of a group do not depend on
    each other, and where a training is long, since a group that is killed is trained again.

    Raises:
        ConfigError: the experiment asks for groups, and its network cannot be in one.
    """
    wanted = experiment.search.together
    if wanted == 1 or (wanted == "auto" and total is not None and total < _FEWEST_IN_GROUPS):
        return 1
    kind = kind_of(experiment.resolved(first.task, {}), first)
    if wanted != "auto" and kind.reason is not None:
        raise ConfigError(
            f"search.together: its trials cannot be trained in one graph: {kind.reason}. Leave it at auto."
        )
    if wanted != "auto":
        return wanted
    if kind.reason is not None or kind.parameters > _MOST_PARAMETERS:
        return 1
    learns = experiment.search.sampler == "tpe" or experiment.search.pruner != "none"
    return max(1, min(_GROUP_THAT_LEARNS if learns else _GROUP, _MOST_STEPS // kind.steps))
