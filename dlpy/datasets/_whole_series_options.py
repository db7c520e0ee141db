"""Checks of the options of whole series that depend on each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlpy.datasets._names import Found, raise_found
from dlpy.datasets._target_kinds import KindOptions

if TYPE_CHECKING:
    from dlpy.datasets.whole_series import WholeSeries


def raise_wrong(data: WholeSeries) -> None:
    """Raise ValidationError for options that do not fit each other, or ValueError for a target that cannot be."""
    raise_found("whole_series", [*_wrong(data)], data.model_fields_set)
    KindOptions(task=data.task, classes=data.classes, transforms=data.target_transforms)


def _wrong(data: WholeSeries) -> Iterator[Found]:
    if data.path is None:
        yield ("path",), "required: the path of the table or the folder of series."
        return
    if data.task == "multilabel":
        yield ("task",), "a series has one label here: expected regression, counts, binary, multiclass or ordinal."
    if data.test is not None and data.test.use:
        yield ("test",), "expected a fraction, a count, or a mapping."
    yield from _wrong_columns(data)
    yield from _wrong_for_layout(data)


def _wrong_columns(data: WholeSeries) -> Iterator[Found]:
    uses: dict[str, str] = {}
    for key, name in (("id", data.id), ("time", data.time), *(("columns", name) for name in data.columns or [])):
        if name is not None and name in uses:
            yield (key,), f"column '{name}' is also given as {uses[name]}: a column has one use."
        elif name is not None:
            uses[name] = key
    if data.labels_path is None and data.target in uses:
        yield ("target",), f"column '{data.target}' is also given as {uses[data.target]}: a column has one use."


def _wrong_for_layout(data: WholeSeries) -> Iterator[Found]:
    layout = data.chosen_layout
    if layout == "long" and data.id is None:
        yield ("layout",), "long needs 'id', the column with the name of each row's series."
    if layout == "files" and data.id is not None:
        yield ("id",), "each file is a series: leave 'id' out."
    if layout == "wide":
        for key in ("time", "labels_path"):
            if getattr(data, key) is not None:
                yield (key,), "a row of a wide table is a whole series with its label: leave it out, or set 'id'."
    if data.parts is not None and (layout != "files" or data.labels_path is not None):
        yield ("parts",), "they are folders in 'path' with one folder per class: leave 'parts' out."
    if layout == "files" and data.labels_path is None and (marks := data.marks()):
        yield ("group" if "group" in marks else "test",), f"column '{next(iter(marks.values()))}' needs 'labels_path'."
