"""Scores as lines and tables; those of several outputs stand by output."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from dlpy.runs.results import of_one, scores_by_output

_OF_SEVERAL = ("mean", "std", "standard_error", "deviation", "counted", "last_mean", "last_std")
_BLOCKS = ("best", *_OF_SEVERAL)  # of a summary, with scores by name
_NOT_SCORES = ("epoch", "monitor")


def scores_text(scores: Mapping[str, float | None]) -> str:
    """Return the scores on one line."""
    return "  ".join(f"{name} {score_text(value)}" for name, value in scores.items())


def score_text(value: float | None) -> str:
    """Return a score with four decimals, or a dash if it is undefined."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.4f}"


def score_lines(before: str, scores: Mapping[str, float | None], outputs: Sequence[str]) -> list[str]:
    """Return `before` with the scores on one line; of several outputs, each on a line of its own below.

    Args:
        before: such as "epoch 1/20".
        scores: by name.
        outputs: the names of the outputs if there are several.
    """
    own = by_output(scores, outputs)
    width = max(map(len, outputs), default=0)
    first = f"{before}  {scores_text(own.pop('', {}))}".rstrip()
    return [first, *(f"  {name:{width}}  {scores_text(found)}" for name, found in own.items())]


def by_output(scores: Mapping[str, Any], outputs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return scores by output, without its name in theirs; those of all outputs together under ""."""
    found: dict[str, dict[str, Any]] = {}
    for output, names in scores_by_output(dict.fromkeys(name.removeprefix("val_") for name in scores), outputs).items():
        wanted = {*names, *(f"val_{name}" for name in names)}
        found[output] = {_short(name, output): value for name, value in scores.items() if name in wanted}
    return found


def _short(name: str, output: str) -> str:
    held_out = "val_" if name.startswith("val_") else ""
    return held_out + of_one(name.removeprefix("val_"), output)


def summary_lines(summary: dict[str, Any], outputs: Sequence[str] = ()) -> list[str]:
    """Return lines with the best scores and the baseline of a training or k-fold run.

    Args:
        summary: summary.json.
        outputs: the names of the outputs if there are several.
    """
    if not outputs:
        return _lines(summary)
    lines = []
    for output, view in _views(summary, outputs).items():
        lines += [output, *(f"  {line}" for line in _lines(view))] if output else _lines(view)
    return lines


def _views(summary: dict[str, Any], outputs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the summary of each output as if it were the only one; under "" that of all together."""
    base, views = summary["baseline"], {}
    guesses = {"": "the outputs' baselines together", **base.get("guesses", {})}
    for name in ("", *outputs):
        view = {**summary, **summary.get("outputs", {}).get(name, {})}
        for block in _BLOCKS:
            if block in summary:
                kept = {key: summary[block][key] for key in _NOT_SCORES if key in summary[block]}
                kept = {key: value for key, value in kept.items() if not name or key != "monitor"}
                scores = {key: value for key, value in summary[block].items() if key not in _NOT_SCORES}
                view[block] = kept | by_output(scores, outputs).get(name, {})
        if "intervals" in summary:
            own = by_output(summary["intervals"]["scores"], outputs).get(name, {})
            view["intervals"] = {**summary["intervals"], "scores": own}
        numbers = {key: value for key, value in base.items() if isinstance(value, float | None)}
        own = by_output(numbers, outputs).get(name, {})
        view["baseline"] = {"guess": guesses.get(name, base["guess"]), "on": base["on"], **own}
        views[name] = view
    return views


def _lines(summary: dict[str, Any]) -> list[str]:
    """Return the lines of the only output."""
    best, base = summary.get("best", {}), summary["baseline"]
    shown = summary.get("mean") or best
    numbers = {name: value for name, value in base.items() if name in shown}
    lines = []
    if "seeds" in summary:
        lines += _seed_lines(summary)
    elif "mean" in summary:
        lines += _fold_lines(summary)
        if "monitor" in best:  # else it stands above, for all outputs together
            lines.append(f"best:      the mean curve of {best['monitor']} is best at epoch {best['epoch']}")
    else:
        scores = {name: value for name, value in best.items() if name != "epoch"}
        lines.append(f"best:      {scores_text(scores)}  (epoch {best['epoch']})")
    lines.append(f"baseline:  {scores_text(numbers)}  ({base['guess']}; {base['on']} rows)")
    for other in base.get("also", []):
        known = {name: value for name, value in other.items() if name in shown}
        lines.append(f"baseline:  {scores_text(known)}  ({other['guess']}; {base['on']} rows)")
    own = summary.get("in_unit")
    lines += [_own_line(own)] if own and own["best"] else []
    return lines + (_written_lines(summary["written"]) if "written" in summary else [])


def _written_lines(written: dict[str, Any]) -> list[str]:
    """Return the lines with the scores of the texts that a model writes."""
    rows = f"{written['rows']:,} {written['on']} rows"
    return [
        f"written:   {scores_text(written['scores'])}  (texts for {rows})",
        f"baseline:  {scores_text(written['baseline'])}  ({written['guess']}; {rows})",
    ]


def _own_line(own: dict[str, Any]) -> str:
    """Return the line with the scores in the target's own unit."""
    shown = [score for score in own["best"] if not score.startswith("val_")]
    shown = shown or [score.removeprefix("val_") for score in own["best"]]
    usual = {score: value for score, value in own["baseline"].items() if score in shown}
    unit = own["unit"] or "the target's unit"
    return f"in {unit}:  best {scores_text(own['best'])}  baseline {scores_text(usual)}"


def _fold_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines with the mean and spread over the folds; runs of older versions have only the deviation."""
    folds = summary["folds"]
    sizes = sorted({fold["rows"] for fold in folds if "rows" in fold})
    unequal = f" of {sizes[0]:,} to {sizes[-1]:,} rows, each counting the same" if len(sizes) > 1 else ""
    lines = [f"mean:      {scores_text(summary['mean'])}  (over {len(folds)} folds{unequal}; last epoch)"]
    if "std" not in summary:
        return [*lines, f"deviation: {scores_text(summary['deviation'])}  (of the folds, divided by n)"]
    lines += _spread_lines(summary, "folds")
    if told := summary.get("intervals"):
        own = {name: interval_text(ends) for name, ends in told["scores"].items() if name in summary["mean"]}
        ends = "  ".join(f"{name} {text}" for name, text in own.items())
        lines.append(f"interval:  {ends}  ({100 * told['level']:g} %, of the mean)")
    return lines


def _seed_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines with the mean and spread over the seeds."""
    lines = [f"mean:      {scores_text(summary['mean'])}  (over {len(summary['seeds'])} seeds; best epoch of each)"]
    lines += _spread_lines(summary, "seeds")
    if summary["last_mean"] != summary["mean"]:
        lines.append(f"last mean: {scores_text(summary['last_mean'])}  (after the last epoch)")
        lines.append(f"last std:  {scores_text(summary['last_std'])}")
    return lines


def _spread_lines(summary: dict[str, Any], what: str) -> list[str]:
    """Return lines with the standard deviation between folds or seeds, and the standard error of their mean."""
    lines = [
        f"std:       {scores_text(summary['std'])}  (between the {what}, divided by n - 1)",
        f"std error: {scores_text(summary['standard_error'])}  (of the mean: std / sqrt(n))",
    ]
    few = [f"{name}: {count}" for name, count in summary["counted"].items() if count < len(summary[what])]
    return lines + ([f"           undefined in some {what}, defined in {', '.join(few)}"] if few else [])


def score_table(results: dict[str, Any]) -> Table:
    """Return a table of the scores of each split, next to the baseline, those of several outputs by output."""
    outputs = list(dict.fromkeys(name for result in results.values() for name in result.get("outputs", {})))
    table = Table(box=None, pad_edge=False)
    several = any("std" in result for result in results.values())  # seeds
    levels = [f"{100 * told['level']:g} % interval" for result in results.values() if (told := result.get("intervals"))]
    shown = ["score", *(["mean", "std"] if several else ["value"]), *levels[:1], "baseline"]
    for title in ["rows", *(["output"] if outputs else []), *shown]:
        right = title in ("value", "mean", "std", "baseline")
        table.add_column(title, justify="right" if right else "left", no_wrap=True)
    for part, result in results.items():
        for output, line in _table_lines(result, outputs):
            rows = result["outputs"][output]["rows"] if output else result["rows"]
            title = f"{part} ({rows:,})"
            wanted = [line.value, *([line.std] if several else []), *([line.interval] if levels else []), line.baseline]
            table.add_row(title, *([output or "all"] if outputs else []), line.score, *wanted)
    return table


def interval_notes(results: dict[str, Any]) -> list[str]:
    """Return lines with what the intervals of evaluated parts assume, if it is not that rows are independent."""
    found = {part: result["intervals"]["unit"] for part, result in results.items() if "intervals" in result}
    return [f"{part}: rows are not independent; {unit} are resampled" for part, unit in found.items() if unit != "rows"]


def interval_text(ends: Sequence[float | None] | None) -> str:
    """Return an interval such as "0.8123 to 0.8345", a dash if it is undefined, and nothing if there is none."""
    if not ends:
        return ""
    low, high = ends
    return "-" if "-" in (score_text(low), score_text(high)) else f"{score_text(low)} to {score_text(high)}"


@dataclass(frozen=True)
class _Line:
    """The cells of a line of the table of scores; `std` is that of several seeds."""

    score: str
    value: str
    interval: str
    std: str
    baseline: str


def _table_lines(result: dict[str, Any], outputs: Sequence[str]) -> Iterator[tuple[str, _Line]]:
    """Yield the output and each line of a split."""
    told = result.get("intervals") or {"scores": {}, "in_unit": {}}
    base = {name: value for name, value in result["baseline"].items() if isinstance(value, float | int | None)}
    ends, usual, stds = (by_output(found, outputs) for found in (told["scores"], base, result.get("std", {})))
    for output, scores in by_output(result["scores"], outputs).items():
        blocks = [found.get(output, {}) for found in (ends, stds, usual)]
        yield from ((output, _line(name, name, value, blocks)) for name, value in scores.items())
        own = (result["outputs"][output] if output else result).get("in_unit") or {"scores": {}, "baseline": {}}
        of_unit = told["in_unit"].get(output) or ({} if outputs else next(iter(told["in_unit"].values()), {}))
        blocks = [of_unit, own.get("std", {}), own["baseline"]]
        for name, value in own["scores"].items():
            yield output, _line(f"{name} in {own['unit'] or 'own unit'}", name, value, blocks)


def _line(title: str, name: str, value: float | None, blocks: Sequence[Mapping[str, Any]]) -> _Line:
    """Return the line of a score.

    Args:
        title: what is shown for its name.
        blocks: the intervals, standard deviations and baselines by score.
    """
    ends, std, usual = (block.get(name) for block in blocks)
    spread = score_text(std) if name in blocks[1] else ""
    return _Line(title, score_text(value), interval_text(ends), spread, "" if usual is None else score_text(usual))
