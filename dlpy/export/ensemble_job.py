"""An ensemble to export: one network of all members, which answers their weighted mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.explain.predictor import Predictor, predictor_of
from dlpy.export.comparison import Checked
from dlpy.export.job import Job, require_network, some_rows
from dlpy.export.signature import Told
from dlpy.portable.network import Portable
from dlpy.portable.sources import Source, Spec
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.runs.members import member_runs
from dlpy.training.decisions import decisions_of
from dlpy.training.evaluate import Tell, read_config
from dlpy.training.loaded_rows import raw_parts

Weights = Mapping[str, np.ndarray]  # by output: (members,)


@dataclass(frozen=True)
class EnsembleJob:
    """An ensemble to export; the fields are those of `Job`, but for the members and their weights."""

    run: Run
    members: Sequence[Job]
    weights: Weights
    raw: Rows
    part: str
    checked: Checked
    told: Told

    @property
    def family(self) -> str:
        """What it is, for messages."""
        return "ensemble"

    @property
    def precisions(self) -> set[str]:
        """The types in which the layers of its members compute."""
        return {precision for member in self.members for precision in member.precisions}

    def portable(self, *, strings: bool) -> Portable:
        """Return the network of all members; `strings` says whether it may look up texts.

        Raises:
            ConfigError: a member cannot be said without dlpy.
        """
        return together([member.portable(strings=strings) for member in self.members], self.weights)


def ensemble_job_of(run: Run, which: checkpoints.Which, tell: Tell) -> EnsembleJob:
    """Return an ensemble to export.

    Raises:
        ConfigError: no format holds a member, or members read their data in different ways.
        DataError: its data is missing, or has changed.
    """
    for member in member_runs(run):
        require_network(read_config(member)[0], f"member {member.id}: ")
    predictor = predictor_of(run, which, tell)
    parts = [raw_parts(member, read_config(member)[0]) for member in member_runs(run)]
    part = "validation" if "validation" in parts[0] else "train"
    raw, first = some_rows(parts[0][part]), predictor.trained
    wanted = {name: numbers.astype(np.float32) for name, numbers in predictor.predict(raw).items()}
    told = Told(first.task, decisions_of(run, 0, tell))
    checked = Checked(first.applied(raw), wanted, first.task)
    members = [
        Job(member, trained, own["train"], raw, part, checked, told)
        for member, trained, own in zip(member_runs(run), predictor.members, parts, strict=True)
    ]
    return EnsembleJob(run, members, _weights(predictor), raw, part, checked, told)


def _weights(predictor: Predictor) -> Weights:
    return {name: np.asarray(weights, np.float32) for name, weights in predictor.weights.items()}


def together(members: Sequence[Portable], weights: Weights) -> Portable:
    """Return one network that answers the weighted mean of its members.

    Members share an input where they take the same. Where they prepare the same rows in different ways, the inputs have
    numbered names, and `rows` in their specs is the name of the rows.
    """
    import keras

    found: dict[str, tuple[Any, str, Spec]] = {}  # by name: the tensor, the input of the model, and the spec
    answers = [member.network(_inputs_of(member, found)) for member in members]
    means = {name: _mean([each[name] for each in answers], weights[name], name) for name in answers[0]}
    inputs = {name: tensor for name, (tensor, _, _) in found.items()}
    sources = {}
    for of in members[0].sources:
        own = {name: entry for name, entry in found.items() if entry[1] == of}
        specs = [spec for _, _, spec in own.values()]
        sources[of] = Source({name: tensor for name, (tensor, _, _) in own.items()}, None, specs)
    return Portable(keras.Model(inputs, means), sources)


def _inputs_of(member: Portable, found: dict[str, tuple[Any, str, Spec]]) -> dict[str, Any]:
    """Return what a member takes, by its own names; inputs that no other member has are added to those found."""
    given = {}
    for of, source in member.sources.items():
        for spec in source.specs:
            name = next((known for known, (_, _, other) in found.items() if _alike(spec, other)), None)
            if name is None:
                name = _free_name(spec["name"], found)
                rows = {} if name == spec["name"] else {"rows": spec["name"]}
                found[name] = (_input_like(source.inputs[spec["name"]], name), of, {**spec, "name": name, **rows})
            given[spec["name"]] = found[name][0]
    return given


def _alike(spec: Spec, other: Spec) -> bool:
    own = {key: value for key, value in other.items() if key != "rows"}
    return own | {"name": other.get("rows", other["name"])} == spec


def _free_name(name: str, found: Mapping[str, Any]) -> str:
    names = (name if number == 1 else f"{name}_{number}" for number in count(1))
    return next(one for one in names if one not in found)


def _input_like(tensor: Any, name: str) -> Any:
    import keras

    return keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)


def _mean(answers: Sequence[Any], weights: np.ndarray, name: str) -> Any:
    from keras import layers, ops

    parts = [ops.multiply(answer, weight) for answer, weight in zip(answers, weights, strict=True)]
    total = parts[0]
    for part in parts[1:]:
        total = ops.add(total, part)
    return layers.Activation("linear", dtype="float32", name=f"mean_{name}")(total)
