"""The scores of a run beside those of its baseline, and what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dlpy.runs.directory import SEEDS, Run
from dlpy.runs.record import Baseline, Evaluation, Intervals, InUnit, Summary, WrittenScores
from dlpy.runs.results import names_of_outputs, of_one, scores_by_output

_PARTS = ("test", "validation", "train")  # in the order of their weight

Ends = tuple[float | None, float | None]


@dataclass(frozen=True)
class Line:
    """A score of some rows.

    rows: such as "test (200)". spread: the standard deviation between folds or seeds. ends: of its interval.
    """

    rows: str
    output: str
    score: str
    value: float | None
    baseline: float | None = None
    spread: float | None = None
    ends: Ends | None = None
    unit: str = ""
    published: float | None = None

    @property
    def is_defined(self) -> bool:
        """Whether it can be compared with the baseline."""
        return self.value is not None and self.baseline is not None and math.isfinite(self.value)


def score_lines(run: Run, found: Mapping[str, Intervals], published: Mapping[str, float]) -> list[Line]:
    """Return the scores of all parts that were scored, those of test rows first.

    Args:
        run: the run.
        found: the intervals by part, where evaluation.json has none.
        published: scores by name, such as val_accuracy.
    """
    evaluated, outputs = run.evaluation(), names_of_outputs(run)
    lines = []
    for part in sorted(evaluated, key=lambda part: _PARTS.index(part) if part in _PARTS else len(_PARTS)):
        lines += _of_part(part, evaluated[part], found.get(part), outputs)
    if "validation" not in evaluated:
        lines += _of_summary(run, found, outputs)
    return [replace(line, published=_published(line, published)) for line in lines]


def _of_part(part: str, told: Evaluation, found: Intervals | None, outputs: list[str]) -> Iterator[Line]:
    """Yield the lines of an evaluated part."""
    intervals = told.intervals or found or Intervals(0.95)
    for output, names in scores_by_output(told.scores, outputs).items():
        own = told.outputs.get(output)
        rows = f"{part} ({own.rows if own is not None and own.rows is not None else told.rows:,})"
        for name in names:
            base, ends = told.baseline.scores.get(name), intervals.scores.get(name)
            yield Line(rows, output, of_one(name, output), told.scores[name], base, told.std.get(name), ends)
        in_unit = told.in_unit if own is None else own.in_unit
        if in_unit is not None:
            yield from _in_unit(Line(rows, output, "", None), in_unit, in_unit.scores, _ends_in_unit(intervals, output))


def _ends_in_unit(intervals: Intervals, output: str) -> Mapping[str, Ends]:
    return intervals.in_unit.get(output) or ({} if output else next(iter(intervals.in_unit.values()), {}))


def _in_unit(like: Line, told: InUnit, scores: Mapping[str, float | None], ends: Mapping[str, Ends]) -> Iterator[Line]:
    """Yield the lines of the scores in the target's own unit."""
    has_held_out = any(name.startswith("val_") for name in scores)
    shown = {name: value for name, value in scores.items() if name.startswith("val_") or not has_held_out}
    for name, value in shown.items():
        score = name.removeprefix("val_")
        base = told.baseline.get(name, told.baseline.get(score))
        unit = told.unit or "the target's unit"
        yield replace(like, score=score, value=value, baseline=base, ends=ends.get(score), unit=unit)


def _of_summary(run: Run, found: Mapping[str, Intervals], outputs: list[str]) -> Iterator[Line]:
    """Yield the lines of the held-out rows after training, or of the training rows if nothing is held out."""
    summary = run.summary()
    scores = summary.mean or (summary.best.scores if summary.best else {})
    held_out = {name: value for name, value in scores.items() if name.startswith("val_")}
    shown = held_out or {name: value for name, value in scores.items() if name != "learning_rate"}
    rows, base = _rows_of(run, summary, is_held_out=bool(held_out)), summary.baseline or Baseline()
    intervals = summary.intervals or found.get("validation")
    known = intervals.scores if intervals else {}
    for output, names in scores_by_output([name.removeprefix("val_") for name in shown], outputs).items():
        for name in names:
            key = f"val_{name}" if held_out else name
            ends = known.get(key, known.get(name)) if held_out else None
            line = Line(rows, output, of_one(name, output), shown[key], base.scores.get(name), summary.std.get(key))
            yield replace(line, ends=ends)
        own = summary.outputs.get(output)
        in_unit = summary.in_unit if own is None else own.in_unit
        if in_unit is not None:
            ends = _ends_in_unit(intervals, output) if intervals and held_out else {}
            yield from _in_unit(Line(rows, output, "", None), in_unit, in_unit.best, ends)
    if summary.written is not None:
        yield from _of_written(summary.written)


def _of_written(told: WrittenScores) -> Iterator[Line]:
    for name, value in told.scores.items():
        yield Line(f"texts for {told.on} ({told.rows:,})", "", name, value, told.baseline.get(name))


def _rows_of(run: Run, summary: Summary, *, is_held_out: bool) -> str:
    """Return which rows the scores of a summary are of."""
    if summary.mean is not None:
        several = f"{len(summary.seeds)} seeds" if run.record().kind == SEEDS else f"{len(summary.folds)} folds"
        return f"mean of {several}"
    part = "validation" if is_held_out else "train"
    count = summary.rows.get(part)
    return part if count is None else f"{part} ({count:,})"


def _published(line: Line, published: Mapping[str, float]) -> float | None:
    """Return the published value of a score; those of test rows have no val_ in their names."""
    name = f"{line.output}_{line.score}" if line.output else line.score
    is_own = not line.unit and not line.rows.startswith(("texts", "train"))
    key = name if line.rows.startswith("test") else f"val_{name}"
    return published.get(key) if is_own else None
