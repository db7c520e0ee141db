"""What the columns of a table are taken for, why, and what becomes of them, in words."""

from __future__ import annotations

import numpy as np

from dlpy.starter.mixed import Parts
from dlpy.starter.preparation import Preparation, gaps_in
from dlpy.starter.study import Study
from dlpy.starter.wording import Option, plural


def kinds_of(study: Study) -> dict[str, tuple[str, str]]:
    """Return what each column is taken for, and why."""
    found = {name: (kind, why + _incomplete(study, name)) for name, (kind, why) in study.others.kinds.items()}
    return {**found, study.target: _target(study)}


def becomes_of(study: Study, made: Preparation, parts: Parts | None) -> dict[str, str]:
    """Return what becomes of the columns that are inputs, or identify the rows."""
    others, gaps = study.others, gaps_in(study, made.dates)
    by_input = {} if parts is None else {column: name for name, column in {**parts.texts, **parts.images}.items()}
    found = {name: "input, standardized" + ", median if missing" * (name in gaps) for name in others.numeric}
    for name in others.categories:
        coded = "embedded" if name in made.embedded else "one-hot"
        found[name] = f"input, {coded}" + ", rare ones pooled" * (name in made.rare)
        found[name] += ", most frequent if missing" * (name in gaps)
    found |= dict.fromkeys(made.dates, "input, as parts of the date")
    found |= {name: f"input {own}" for name, own in by_input.items()}
    return found | dict.fromkeys(others.ids, "kept for predictions")


def order_and_target(study: Study, time: str | None, target: list[Option]) -> dict[str, str]:
    """Return what becomes of the column that rows are sorted by, which may be an input too, and of the target.

    Args:
        study: the table.
        time: the column by which rows are sorted.
        target: the option with the target's transforms.
    """
    transforms = [one if isinstance(one, str) else one["name"] for option in target for one in option.value]
    order = {} if time is None else {time: "order of the rows"}
    return {**order, study.target: ", ".join(["target", *transforms])}


def _incomplete(study: Study, name: str) -> str:
    """Return why a column of sentences is no input of its own, if cells are empty."""
    if name not in study.others.prose or not study.columns[name].missing:
        return ""
    return "; a text input needs one in every row"


def _target(study: Study) -> tuple[str, str]:
    output, column = study.output, study.columns[study.target]
    if output.kind == "regression":
        what = "numbers" if column.format is None else column.format.described()
        return "number", f"{what} from {np.nanmin(column.values):g} to {np.nanmax(column.values):g}"
    what = "whole numbers" if column.is_numeric else "texts"
    return (
        f"{len(output.classes)} classes",
        f"{len(output.classes)} different {what} in {plural(len(study.file), 'row')}",
    )
