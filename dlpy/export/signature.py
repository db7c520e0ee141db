"""What signature.json says of an exported network."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from dlpy.data.task import Output, Task
from dlpy.export.formats import Format
from dlpy.portable.network import Portable
from dlpy.runs.directory import Run


def signature_of(run: Run, portable: Portable, task: Task, to: Format) -> dict[str, Any]:
    """Return what signature.json says: what the network takes, how it is prepared, and what it answers."""
    shapes = {name: list(tensor.shape) for name, tensor in portable.network.output.items()}
    return {
        "format": to.name,
        "file": to.file,
        "run": run.id,
        "versions": {name: version(name) for name in ("tensorflow", "keras")},
        "rows_at_a_time": 1 if to.one_row else None,
        "inputs": [spec for source in portable.sources.values() for spec in source.specs],
        "outputs": [_told(name, task.outputs[name], shape) for name, shape in shapes.items()],
    }


def _told(name: str, output: Output, shape: list[int | None]) -> dict[str, Any]:
    kinds: Mapping[str, str] = {"ordinal": "multiclass"}
    return {
        "name": name,
        "kind": kinds.get(output.kind, output.kind),
        "shape": shape,
        "dtype": "float32",
        "classes": list(output.classes),
        "unit": output.unit,
        "horizon": output.horizon,
        "quantiles": list(output.quantiles),
    }
