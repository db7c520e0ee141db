"""Tables of the scores of probabilities, thresholds, intervals and sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from dlpy.cli.score_lines import score_text

_SCORES = {"log_loss": "log loss", "brier": "brier", "ece": "ece", "ece_by_chance": "by chance"}
_CROSS = "cross-fitted: each fifth of these rows is scored with what was fitted on the others"


def calibration_table(told: dict[str, Any]) -> Table:
    """Return a table of the scores before and after, for each output, as `calibrate` returns them."""
    table = _table(f"{'validation' if told['on'] == 'validation' else 'out-of-fold'} rows", list(_SCORES.values()))
    for name, own in told["outputs"].items():
        which = f"{name} ({own['rows']:,})" if len(told["outputs"]) > 1 else f"({own['rows']:,})"
        table.add_row(f"{which} as predicted", *_cells(own["before"]))
        table.add_row(f"{which} temperature {own['temperature']:.4g}, cross-fitted", *_cells(own["after"]))
    return table


def decision_tables(results: dict[str, Any]) -> Iterator[str | Table]:
    """Yield tables of the scores of probabilities, thresholds, intervals and sets in the results of `evaluate`."""
    views = list(_views(results))
    tables = [_probabilities(views), _thresholds(views), _coverage(views)]
    for table in tables:
        if table.row_count:
            yield from ("", table)
    if tables[1].row_count:
        yield "scores and tables of classes further up are at 0.5"
    if any(own.get("cross_fitted") for _, told in views for own in _fitted(told)):
        yield f"* {_CROSS}"


def _views(results: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each part and output, and its results."""
    for part, result in results.items():
        for name, told in {"": result, **result.get("outputs", {})}.items():
            yield (f"{part}: {name}" if name else part), told


def _fitted(told: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = [told.get("calibrated"), told.get("coverage"), *told.get("thresholds", [])]
    return [block for block in blocks if block is not None]


def _probabilities(views: list[tuple[str, dict[str, Any]]]) -> Table:
    table = _table("probabilities", list(_SCORES.values()))
    for name, told in views:
        if "probabilities" in told:
            table.add_row(name, *_cells(told["probabilities"]))
        if own := told.get("calibrated"):
            table.add_row(f"{name}, temperature {own['temperature']:.4g}{_star(own)}", *_cells(own))
    return table


def _thresholds(views: list[tuple[str, dict[str, Any]]]) -> Table:
    shown = ["threshold", "predicted", "accuracy", "precision", "recall", "f1"]
    effects = [(name, effect) for name, told in views for effect in told.get("thresholds", [])]
    has_costs = any("cost" in effect["at_half"] for _, effect in effects)
    table = _table("thresholds", [*shown, *(["cost"] if has_costs else [])])
    for name, effect in effects:
        for scores, threshold in ((effect["at_half"], 0.5), (effect["at_threshold"], effect["threshold"])):
            is_chosen = scores is not effect["at_half"]
            title = f"{name}: {effect['of']}" + (f", {effect['criterion']}{_star(effect)}" if is_chosen else "")
            given = scores or {}
            cells = [score_text(given.get(score)) for score in shown[2:]]
            costs = [score_text(given.get("cost"))] if has_costs else []
            table.add_row(title, f"{threshold:.4f}", f"{given['predicted']:,}" if given else "-", *cells, *costs)
    return table


def _coverage(views: list[tuple[str, dict[str, Any]]]) -> Table:
    table = _table("intervals and sets", ["asked", "covered", "mean width", "mean size", "empty"])
    for name, told in views:
        if own := told.get("coverage"):
            cells = [score_text(own.get(key)) if key in own else "" for key in ("covered", "width", "size", "empty")]
            table.add_row(f"{name}{_star(own)}", f"{own['asked']:g}", *cells)
    return table


def _star(own: dict[str, Any]) -> str:
    return " *" if own.get("cross_fitted") else ""


def _table(first: str, titles: list[str]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in (first, *titles):
        table.add_column(title, justify="left" if title == first else "right", overflow="ellipsis", no_wrap=True)
    return table


def _cells(scores: dict[str, float]) -> list[str]:
    return [score_text(scores[name]) for name in _SCORES]
