"""`dlpy runs`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli.evaluate import AsJson
from dlpy.cli.train import RunsFolder

if TYPE_CHECKING:
    from dlpy.runs import Run


def runs(
    sort: Annotated[
        str, typer.Option(help="Column to sort by: id, status, seconds, or a score such as val_loss.")
    ] = "id",
    reverse: Annotated[bool, typer.Option("--reverse", "-r", help="Largest first.")] = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """List all runs with their best scores.

    Example: dlpy runs --sort val_loss
    """
    from rich.table import Table

    from dlpy import runs as store
    from dlpy.cli.output import output
    from dlpy.errors import ConfigError, did_you_mean

    rows = [_row(run) for run in store.all_runs(runs_folder or store.runs_folder())]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if rows and sort not in columns:
        raise ConfigError(f"--sort {sort}: no run has it.{did_you_mean(sort, columns)}")
    known = sorted((row for row in rows if row.get(sort) is not None), key=lambda row: row[sort], reverse=reverse)
    rows = [*known, *(row for row in rows if row.get(sort) is None)]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(box=None, pad_edge=False)
    for name in columns:
        left = name in ("id", "status", "data")
        width = max(len(row["id"]) for row in rows) if name == "id" else None  # an id that is cut off is of no use
        table.add_column(name, no_wrap=True, justify="left" if left else "right", min_width=width)
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    output().print(table if rows else "There are no runs yet.")


def _row(run: Run) -> dict[str, Any]:
    from dlpy.errors import RunError
    from dlpy.run_lock import is_locked
    from dlpy.runs import PICTURE_KINDS

    try:
        record, summary = run.read("run.json"), run.read("summary.json")
    except RunError:
        return {"id": run.id, "status": "damaged"}
    status = record.get("status")
    if status == "running" and not is_locked(run):
        status = "killed"  # nobody was left to write it down
    known = {"id": run.id, "status": status, "data": record.get("data", {}).get("source")}
    made = {"loss": summary["last"]["loss"]} if record.get("kind") in PICTURE_KINDS and "last" in summary else {}
    return {**known, "seconds": record.get("seconds"), **(summary.get("mean") or summary.get("best") or made)}


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
