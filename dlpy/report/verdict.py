"""The verdict: the scores of a run beside its baseline and the published ones, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlpy.components.objectives import DATA_LOSS, Metric
from dlpy.report.markup import Markup, element
from dlpy.report.scores import Line
from dlpy.report.searched import worth_of
from dlpy.report.tables import interval_text, number, table
from dlpy.runs.directory import ARTWORK_KINDS, Run
from dlpy.runs.results import baseline_name
from dlpy.runs.score_direction import larger_is_better

_OPTIONAL = {"output": "output", "spread": "standard deviation", "interval": "95 % interval", "published": "published"}


def verdict(run: Run, lines: list[Line]) -> list[Markup]:
    """Return a sentence for each output, and the table of scores."""
    if run.record().kind in ARTWORK_KINDS:
        return _of_artwork(run)
    if not lines:
        return [element("p", "This run has no scores.")]
    more = worth_of(run)
    said = [sentence(run, line, baseline_name(run, line.output), warns=not more) for line in headlines(lines)]
    return [*(element("p", one, class_="verdict") for one in (*said, *more)), score_table(lines)]


def _of_artwork(run: Run) -> list[Markup]:
    """Return the first and the last scores of a dream or a style transfer."""
    summary = run.summary()
    if summary.first is None or summary.last is None:
        return []
    first, last = summary.first.scores, summary.last.scores
    places = ("octave", "step")  # where the scores were taken
    rows = [[name, number(first.get(name)), number(value)] for name, value in last.items() if name not in places]
    return [table("Loss and its terms", ["score", "first", "last"], rows, numeric=[1, 2])]


def score_table(lines: list[Line]) -> Markup:
    """Return the table of scores, with the columns that any line fills."""
    columns = {
        "output": any(line.output for line in lines),
        "spread": any(line.spread is not None for line in lines),
        "interval": any(line.ends is not None for line in lines),
        "published": any(line.published is not None for line in lines),
    }
    shown = {key: title for key, title in _OPTIONAL.items() if columns[key]}
    heads = ["rows", *([shown.pop("output")] if columns["output"] else []), "score", "value"]
    last = [shown.pop("published")] if columns["published"] else []
    heads += [*shown.values(), "baseline", *last]
    numeric = range(heads.index("value"), len(heads))
    return table("Scores of the best model", heads, [score_cells(line, columns) for line in lines], numeric=numeric)


def smaller_is_better(run: Run, line: Line) -> bool:
    """Return whether a smaller value of a score is better."""
    is_loss = line.score in ("loss", DATA_LOSS) or line.score.endswith("_loss")
    return is_loss or not larger_is_better(line.score, [run])


def headlines(lines: list[Line]) -> list[Line]:
    """Return the line of each output that decides: a metric before the loss, in the target's own unit if it has one."""
    found: dict[str, Line] = {}
    for line in sorted(lines, key=_weight):
        found.setdefault(line.output, line)
    if len(found) > 1:
        found.pop("", None)
    return list(found.values())


def _weight(line: Line) -> tuple[bool, ...]:
    """Return a key that sorts the line that decides first; lines of test rows stand first already."""
    is_metric = line.score in Metric.registry.names() or bool(line.unit)
    is_test, is_loss = line.rows.startswith("test"), "loss" in line.score
    return (not line.is_defined, not is_test, is_loss, line.ends is None, not line.unit, not is_metric)


def sentence(run: Run, line: Line, baseline: str, *, warns: bool = True) -> str:
    """Return what a line says about a run: whether it is better than the baseline.

    Args:
        run: the run.
        line: a score.
        baseline: what the baseline predicts.
        warns: whether it says that a score without an interval may be chance.
    """
    unit = f" {line.unit}" if line.unit else ""
    ends = "" if line.ends is None else f" (95 % interval {interval_text(line.ends)})"
    spread = f" (standard deviation {number(line.spread)})" if line.spread is not None and line.ends is None else ""
    of = f"{line.output}: " if line.output else ""
    said = f"{of}{line.score} {number(line.value)}{unit}{ends}{spread}, {_rows(line)}"
    if not line.is_defined:
        return f"{said}. It cannot be compared with a baseline."
    against = f", baseline {number(line.baseline)}{unit}{f' ({baseline})' if baseline else ''}"
    return f"{said}{against}: {_judged(line, smaller=smaller_is_better(run, line), warns=warns)}."


def _rows(line: Line) -> str:
    """Return which rows a line is of, such as "on the 102 test rows"."""
    part, _, count = line.rows.partition(" (")
    if not count:
        return part if part.startswith("mean") else f"on the {part} rows"
    before, _, part = part.rpartition("texts for ")
    return f"{'in texts for' if before or line.rows.startswith('texts') else 'on'} the {count.rstrip(')')} {part} rows"


def _judged(line: Line, *, smaller: bool, warns: bool) -> str:
    value, base = float(line.value or 0.0), float(line.baseline or 0.0)
    low, high = (value, value) if line.ends is None else line.ends
    if low is not None and high is not None and line.ends is not None and low <= base <= high:
        return "no difference from the baseline can be seen"
    if number(value) == number(base):
        return "the same as the baseline"
    said = f"{'better' if (value < base) == smaller else 'worse'} than the baseline"
    if line.spread == 0:
        return f"{said}, all with the same score"
    if line.spread is not None and line.ends is None:
        return f"{said}, by {abs(value - base) / line.spread:.2g} standard deviations"
    is_certain = line.ends is not None or not warns
    return said if is_certain else f"{said}; without an interval, it may be chance"


def score_cells(line: Line, columns: Mapping[str, bool]) -> list[Any]:
    """Return the cells of a line of the table of scores.

    Args:
        line: the line.
        columns: which of the optional columns the table has: output, spread, interval, published.
    """
    ends = "" if line.ends is None else interval_text(line.ends)
    cells = [line.rows, *([line.output or "all"] if columns["output"] else [])]
    cells += [f"{line.score} in {line.unit}" if line.unit else line.score, number(line.value)]
    cells += [_or_empty(line.spread)] if columns["spread"] else []
    cells += [ends] if columns["interval"] else []
    cells += [_or_empty(line.baseline)]
    return cells + ([_or_empty(line.published)] if columns["published"] else [])


def _or_empty(value: float | None) -> str:
    return "" if value is None else number(value)
