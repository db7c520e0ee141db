"""Checks of an experiment file with ranges: every end, every choice and some random points are tried."""

from __future__ import annotations

import importlib.util
import sys

from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError
from dlpy.experiment.dimensions import Range, every
from dlpy.experiment.document import Document, in_order
from dlpy.experiment.experiment import Experiment, require_kind, without_plugins
from dlpy.experiment.plugins import load_plugins
from dlpy.experiment.points_tried import mistaken_lines
from dlpy.experiment.ranges import Space, space_of
from dlpy.experiment.search_options import Search
from dlpy.experiment.yaml_reader import Mistake

_MOST_POINTS = 100_000


def search_of(document: Document) -> tuple[Space, Experiment]:
    """Return the space of a document, and the experiment at its first point: low ends and first choices.

    Raises:
        ConfigError: lists all mistakes of all points that were tried, one per line; or there is no range.
    """
    require_kind(document)
    space = space_of(document)
    load_plugins(document)
    if not space.dimensions:
        without_plugins(document)
        hint = "there is nothing to search: write a range in place of an option, such as units: {search: [16, 64]}."
        raise document.error([Mistake((), hint)])
    lines = mistaken_lines(space)
    if not lines:
        first = space.document(space.completed({}))
        experiment = without_plugins(first)
        lines = first.located(_mistakes(space, experiment))
        if not lines:
            document.values["name"] = experiment.name  # that of the file, as in a document without ranges
            return space, experiment
    raise ConfigError(*in_order(lines))


def number_of_trials(space: Space, search: Search) -> int | None:
    """Return how many trials a search has; None if only `minutes` limits it.

    A grid has no more than its points, and neither has tpe, which does not repeat them.
    """
    size = None if search.sampler == "random" else space.size()
    known = [number for number in (size, search.trials) if number is not None]
    return min(known, default=None)


def _mistakes(space: Space, experiment: Experiment) -> list[Mistake]:
    """Return the options of the search that do not fit the space or the rest of the experiment."""
    search, mistakes = experiment.search, []
    if search.sampler == "grid":
        mistakes += _mistakes_of_grid(space, search)
    elif search.trials is None and search.minutes is None:
        hint = f"{search.sampler} never ends: give a number of trials, or 'minutes'."
        mistakes.append(Mistake(("search", "trials"), hint))
    if search.sampler == "tpe" and not _is_installed("optuna"):
        hint = "tpe needs Optuna, which is not installed: pip install 'dlpy[search]'."
        mistakes.append(Mistake(("search", "sampler"), hint))
    refits = [one for one in every(space.dimensions) if one.keys == ("training", "refit")]
    hint = "trials train no final model, so that all values score the same: give a single one."
    mistakes += [Mistake(one.keys, hint) for one in refits]
    return mistakes + _mistakes_of_scores(experiment)


def _mistakes_of_grid(space: Space, search: Search) -> list[Mistake]:
    size = space.size()
    if size is None:
        real = [one for one in every(space.dimensions) if isinstance(one, Range) and one.count is None]
        hint = "a grid needs a 'step' here, or choices: between real numbers there are endlessly many points."
        return [Mistake(one.keys, hint) for one in real]
    if size > _MOST_POINTS:
        hint = f"the grid has {size:,} points; at most {_MOST_POINTS:,} are allowed: use the sampler random."
        return [Mistake(("search", "sampler"), hint)]
    if search.trials is not None and size > search.trials:
        hint = f"the grid has {size:,} points, more than {search.trials} trials: set 'trials: null' to try all of them."
        return [Mistake(("search", "trials"), hint)]
    return []


def _mistakes_of_scores(experiment: Experiment) -> list[Mistake]:
    """Return why trials cannot be scored as the options say."""
    search, data = experiment.search, experiment.data
    if data.validation is None and not search.folds:
        hint = "trials are compared on validation rows: set data.validation, or search.folds: true."
        return [Mistake(("data", "validation"), hint)]
    in_folds = [name for name in ("folds", "nested") if getattr(search, name)]
    if data.rows_are_in_time:
        in_folds = [name for name in in_folds if name == "nested" or not data.folds_go_forward]
        message = "folds would train on rows later than those they are scored on: remove it."
    elif isinstance(experiment.model, GenerativeModel):
        message = f"folds compare predictions with targets, and {experiment.model.name} is generative: remove it."
    else:
        return []
    return [Mistake(("search", name), message) for name in in_folds]


def _is_installed(package: str) -> bool:
    return (sys.modules[package] if package in sys.modules else importlib.util.find_spec(package)) is not None
