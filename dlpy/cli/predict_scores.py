"""`dlpy predict --score`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlpy.anomalies.score import Scored
    from dlpy.runs.directory import Run


def predict_scores(run: Run, data: Path | None, threshold: float, truth: str | None, output: Path | None) -> Scored:
    """Score the rows of a series, write the table and the figure, and return the scores."""
    from dlpy.anomalies.figure import anomaly_figure
    from dlpy.anomalies.score import score
    from dlpy.cli.lines import complain, write_data
    from dlpy.drawing.figures import save, style
    from dlpy.runs.results import outputs_of
    from dlpy.storage.atomic import write_whole

    scored = score(run, data, threshold, truth, complain)
    table = scored.table().to_csv()
    if output is None:
        write_data(table)
        return scored
    write_whole(output, lambda path: path.write_text(table, encoding="utf-8"))
    (of,) = outputs_of(run).values()
    with style():
        title = f"{len(scored.score):,} rows of {data.name if data else 'its own series'}, scored by {run.id}"
        save(anomaly_figure(scored, title, of.unit), output.with_suffix(".png"), [run])
    return scored


def lines_of(scored: Scored, threshold: float) -> list[str]:
    """Return what the scores say, in lines."""
    flagged, rows, limits = int(scored.flags.sum()), len(scored.score), scored.limits
    basis = f"above {limits.limit:.2f} standard deviations, {threshold:g} of {limits.rows:,} validation rows are below"
    lines = [f"{flagged:,} of {rows:,} rows flagged ({flagged / rows:.2%}): {basis}"]
    if (found := scored.agreement) is not None:
        lines.append(f"known anomalies: {found.found:,} of {found.events:,} found ({found.anomalies:,} rows)")
        numbers = {"precision": found.precision, "recall": found.recall, "false alarms": found.false_alarms}
        shown = [f"{name} {'-' if math.isnan(value) else f'{value:.4f}'}" for name, value in numbers.items()]
        lines.append("  ".join(shown))
    return lines


def record_of(scored: Scored) -> dict[str, object]:
    """Return what the scores say, for JSON."""
    found = scored.agreement
    known = (
        {}
        if found is None
        else {
            "events": found.events,
            "found": found.found,
            "precision": _number(found.precision),
            "recall": _number(found.recall),
            "false_alarms": _number(found.false_alarms),
        }
    )
    flagged = int(scored.flags.sum())
    return {"rows": len(scored.score), "flagged": flagged, "limit": scored.limits.limit, **known}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
