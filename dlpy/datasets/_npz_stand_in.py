"""Generated rows in place of a user's arrays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.datasets._generated_targets import answers, classes, mixed, within
from dlpy.datasets._npz_parts import ArrayInput, ArrayTarget, outlined

if TYPE_CHECKING:
    from dlpy.datasets.npz import Npz

_WIDTH = 20


def single_rows(data: Npz, rng: np.random.Generator, count: int) -> Loaded:
    """Return rows of 20 numbers with one target, computed from them without noise."""
    kind = "multiclass" if data.task == "auto" else data.task
    x = rng.normal(size=(count, _WIDTH)).astype(np.float32)
    score = x @ rng.choice([-1.0, 1.0], _WIDTH) / np.sqrt(_WIDTH)
    if kind == "regression":
        y, output = within(score, data.target_transforms).astype(np.float32), Output("regression")
    else:
        names = ("0", "1") if kind == "binary" else ("0", "1", "2")
        y, output = classes(score, len(names)), Output(kind, 1 if kind == "binary" else len(names), names)
    task = Task.single(Input("array", (_WIDTH,)), output)
    source = Source("stand-in", f"generated rows of {_WIDTH} numbers")
    return Loaded(Rows.single(within(x, data.transforms), y), None, task, source, {"task": kind})


def named_rows(
    path: Path,
    inputs: Mapping[str, ArrayInput],
    targets: Mapping[str, ArrayTarget],
    rng: np.random.Generator,
    count: int,
) -> Loaded:
    """Return rows with inputs of the shapes in the file, or of 20 numbers without it; each target depends on all.

    Raises:
        ConfigError: only the data decides the type of a target.
    """
    known = outlined(path, inputs, targets)
    shapes = {name: known.inputs[name].shape if known else (_WIDTH,) for name in inputs}
    features, scores = {}, []
    for name, shape in shapes.items():
        x = rng.normal(size=(count, *(side or 1 for side in shape))).astype(np.float32)
        flat = x.reshape(count, -1)
        features[name] = within(x, inputs[name].transforms)
        scores.append(flat @ rng.choice([-1.0, 1.0], flat.shape[1]) / np.sqrt(flat.shape[1]))
    made = {}
    for name, wanted in targets.items():
        output = known.outputs[name] if known else wanted.outline()
        if output.kind == "unknown" or (output.kind == "multilabel" and known is None):
            why = "set it, such as regression or binary" if output.kind == "unknown" else "the file must be there"
            raise ConfigError(f"data.targets.{name}.task: to generate stand-in rows, {why}.")
        made[name] = answers(rng, mixed(rng, scores), output)
    rows = Rows(features, {name: y for name, (y, _) in made.items()}, np.arange(count))
    task = Task(
        {name: Input("array", shape) for name, shape in shapes.items()}, {name: one for name, (_, one) in made.items()}
    )
    return Loaded(rows, None, task, Source("stand-in", f"generated arrays in place of {path}"))
