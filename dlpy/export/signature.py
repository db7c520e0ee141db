"""What signature.json says of an exported network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from dlpy.data.task import Task
from dlpy.export.formats import Format
from dlpy.portable.network import Portable
from dlpy.runs.directory import Run
from dlpy.training.decisions import Decision
from dlpy.training.prediction_columns import quantile_names


@dataclass(frozen=True)
class Told:
    """The task of a network, and what its answers are turned into, by output."""

    task: Task
    decisions: Mapping[str, Decision]


def signature_of(run: Run, portable: Portable, told: Told, to: Format) -> dict[str, Any]:
    """Return what signature.json says: what the network takes, how it is prepared, and what it answers.

    A temperature and thresholds are for what the network answers; prepare.py applies them. Predicted quantiles have the
    names of the columns of `dlpy predict`.
    """
    shapes = {name: list(tensor.shape) for name, tensor in portable.network.output.items()}
    return {
        "format": to.name,
        "file": to.file,
        "run": run.id,
        "versions": {name: version(name) for name in ("tensorflow", "keras")},
        "rows_at_a_time": 1 if to.one_row else None,
        "inputs": [spec for source in portable.sources.values() for spec in source.specs],
        "outputs": [_told(name, told, shape) for name, shape in shapes.items()],
    }


def _told(name: str, told: Told, shape: list[int | None]) -> dict[str, Any]:
    output, decision = told.task.outputs[name], told.decisions.get(name, Decision())
    return {
        "name": name,
        "kind": "multiclass" if output.kind == "ordinal" else output.kind,
        "shape": shape,
        "dtype": "float32",
        "classes": list(output.classes) if output.has_answers else [],
        "unit": output.unit,
        "horizon": output.horizon,
        "quantiles": list(output.quantiles),
        "names": quantile_names(output),
        "temperature": decision.temperature,
        "thresholds": decision.thresholds,
    }
