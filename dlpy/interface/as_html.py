"""A run as a table in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_ROW = "<tr><th scope='row' style='text-align:left'>{name}</th><td>{score}</td><td>{baseline}</td></tr>"


def as_html(name: str, status: str, scores: Mapping[str, float | None], baseline: Mapping[str, float | None]) -> str:
    """Return a table of the scores of a run beside the baseline; names are escaped."""
    lines = [
        _ROW.format(name=escape(score), score=_number(value), baseline=_number(_beside(score, baseline)))
        for score, value in scores.items()
    ]
    head = "<tr><th></th><th>best</th><th>baseline</th></tr>" if lines else ""
    return f"<table><caption>{escape(name)}: {escape(status)}</caption>{head}{''.join(lines)}</table>"


def _beside(score: str, baseline: Mapping[str, float | None]) -> float | None:
    """Return the baseline of a score of held-out rows, which alone it is comparable with."""
    return baseline.get(score.removeprefix("val_")) if score.startswith("val_") else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
