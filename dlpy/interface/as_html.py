"""A run as a table in a notebook."""

from __future__ import annotations

from collections.abc import Mapping

from dlpy.report.markup import Markup, element


def as_html(name: str, status: str, scores: Mapping[str, float | None], baseline: Mapping[str, float | None]) -> str:
    """Return a table of the scores of a run beside the baseline; names are escaped."""
    head = element("tr", *(element("th", title) for title in ("", "best", "baseline")))
    lines = [_row(score, _number(value), _number(_beside(score, baseline))) for score, value in scores.items()]
    return element("table", element("caption", f"{name}: {status}"), *([head, *lines] if lines else []))


def _row(name: str, *cells: str) -> Markup:
    title = element("th", name, scope="row", style="text-align:left")
    return element("tr", title, *(element("td", cell) for cell in cells))


def _beside(score: str, baseline: Mapping[str, float | None]) -> float | None:
    """Return the baseline of a score of held-out rows, which alone it is comparable with."""
    return baseline.get(score.removeprefix("val_")) if score.startswith("val_") else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
