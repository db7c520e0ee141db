"""The experiment of a run, and those of its options that differ from their defaults; no plug-in code is executed."""

from __future__ import annotations

from typing import Any

from dlpy.core.options import Block
from dlpy.experiment.document import read
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import FOLD, KFOLD, SEEDS, Run
from dlpy.training.evaluate import read_config, reading_config

_TRAINS = ("train", KFOLD, SEEDS, FOLD)  # kinds of runs that hold an experiment of their own


def experiment_of(run: Run) -> Experiment | None:
    """Return the experiment of a run; None if it trained no model itself, or has plug-ins.

    Raises:
        RunError: config.yaml is damaged.
    """
    if run.record().kind not in _TRAINS:
        return None
    with reading_config(run):
        has_plugins = bool(read(run.config).values.get("plugins"))
    return None if has_plugins else read_config(run)[0]


def changed(block: Block, before: str = "") -> dict[str, Any]:
    """Return the options of a block that differ from their defaults, by dotted keys; the names of components stay.

    Args:
        block: such as the experiment.
        before: what precedes its keys.
    """
    found: dict[str, Any] = {}
    for key, field in type(block).model_fields.items():
        value = getattr(block, key)
        if key == "name":  # of a component, or of the experiment itself
            found |= {before.rstrip("."): value} if before else {}
        elif value != field.get_default(call_default_factory=True):
            found |= _flat(value, f"{before}{key}")
    return found


def _flat(value: Any, key: str) -> dict[str, Any]:
    if isinstance(value, Block):
        return changed(value, f"{key}.")
    if isinstance(value, list) and value and all(isinstance(item, Block) for item in value):
        items = [_flat(item, f"{key}.{place}") for place, item in enumerate(value, start=1)]
        return {name: own for item in items for name, own in item.items()}
    if isinstance(value, dict) and value:
        return {name: own for part, item in value.items() for name, own in _flat(item, f"{key}.{part}").items()}
    return {key: [_plain(item) for item in value] if isinstance(value, list) else value}


def _plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Block) else value
