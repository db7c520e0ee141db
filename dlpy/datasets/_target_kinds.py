"""Options that say what a target of the user's own is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import model_validator

from dlpy.components.named_options import TargetOptions
from dlpy.data.class_filter import Names
from dlpy.data.rows import is_missing
from dlpy.data.tables.targets import Wanted
from dlpy.data.task import Kind, Output

TargetKind = Literal["auto", "regression", "counts", "binary", "multiclass", "ordinal", "multilabel"]


class KindOptions(TargetOptions):
    """What a target is, and what happens to rows without it."""

    task: TargetKind = "auto"
    """Type of the target: regression, counts (whole numbers from 0 up), binary, multiclass, ordinal (classes with an
    order) or multilabel (several labels may be true). Default: regression where transforms of numbers are listed, such
    as standardize; otherwise derived from the data."""
    classes: Names | None = None
    """Classes in the order of their numbers, such as [small, medium, large]. Default: sorted."""
    missing: Literal["error", "mask"] = "error"
    """How to handle rows without this target. error: stop; mask: keep them for the other targets."""

    @model_validator(mode="after")
    def _classes_have_a_kind(self) -> KindOptions:
        if self.classes is not None and self.task in ("regression", "counts", "multilabel"):
            raise ValueError(f"'classes' does not apply to {self.task}")
        if self.classes is not None and len(set(self.classes)) < max(len(self.classes), 2):
            raise ValueError("'classes' should list at least two classes, each once")
        if self.task == "binary" and len(self.classes or ["no", "yes"]) > 2:
            raise ValueError("'classes' lists more than two classes, and a binary target has two")
        return self

    @property
    def chosen(self) -> TargetKind:
        """The type, with the one that its transforms need filled in."""
        of_numbers = any(transform.is_invertible for transform in self.transforms)
        return "regression" if self.task == "auto" and of_numbers and self.classes is None else self.task

    def outline(self, units: int | None = 1, labels: tuple[str, ...] = ()) -> Output:
        """Return the output as far as the options determine it.

        Args:
            units: number of numbers or labels of each row.
            labels: their names.
        """
        classes, mask = tuple(self.classes or ()), self.missing == "mask"
        if self.chosen == "auto" and classes:
            kind: Kind = "binary" if len(classes) == 2 else "multiclass"
        else:
            kind = "unknown" if self.chosen == "auto" else "regression" if self.chosen == "counts" else self.chosen
        if kind in ("multiclass", "ordinal", "unknown"):
            return Output(kind, len(classes) or None, classes, has_missing=mask)
        names = labels if kind == "multilabel" else classes
        return Output(kind, units, names, is_count=self.chosen == "counts", has_missing=mask)

    def found(self, output: Output) -> KindOptions:
        """Return the options with the type of the target filled in."""
        return self.model_copy(update={"task": "counts" if output.is_count else output.kind})

    def wanted(self, key: str) -> Wanted:
        """Return how the target is read, given where its options are."""
        kind = None if self.chosen == "auto" else self.chosen
        return Wanted(kind, tuple(self.classes or ()), self.missing == "mask", key)


def without_targets(targets: Mapping[str, np.ndarray]) -> tuple[list[str], list[str]]:
    """Return how many rows lack each target, for the description of the source and as lines; empty if none does."""
    gone = {name: (int(is_missing(y).sum()), len(y)) for name, y in targets.items()}
    about = [f"{count:,} without {name}" for name, (count, _) in gone.items() if count]
    return about, [
        f"target '{name}': {count:,} of {rows:,} rows have none" for name, (count, rows) in gone.items() if count
    ]
