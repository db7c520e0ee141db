"""The tables of an ensemble: its members with their weights and scores, and how much they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dlpy.cli.score_lines import score_text

if TYPE_CHECKING:
    from dlpy.runs.directory import Run

_WORDS = {
    "disagreement": "two members predict {:.1%} of the rows differently (mean over pairs)",
    "error_correlation": "the errors of two members correlate by {:.3f} (mean over pairs)",
}


def show_ensemble(run: Run) -> None:
    """Print the members of an ensemble, their weights and their scores on the validation rows."""
    from dlpy.cli.lines import say, test_rows_lines
    from dlpy.cli.output import output
    from dlpy.runs.members import how_combined, member_runs

    how, summary = how_combined(run), run.read("summary.json")
    scores = summary.get("members") or [{} for _ in how.members]
    pairs = zip(member_runs(run), how.members, scores, strict=True)
    members = [{"run": one.id, "weights": known.weights, "scores": own} for one, known, own in pairs]
    output().print(_table(members, summary["best"]))
    for line in _lines(summary):
        say(line)
    if not summary["best"]:
        say("no validation rows: nothing is scored yet")
    say(*test_rows_lines(run))


def show_members(results: Mapping[str, Any]) -> None:
    """Print for each part of an evaluated ensemble a table of its members, and how much they differ."""
    from dlpy.cli.lines import say
    from dlpy.cli.output import output

    for part, result in results.items():
        if "members" in result:
            say("", f"{part}: members")
            output().print(_table(result["members"], result["scores"]))
            say(*_lines(result))


def _table(members: Sequence[Mapping[str, Any]], scores: Mapping[str, float | None]) -> Table:
    """Return a table with a line for each member, and one for the ensemble."""
    outputs = list(members[0]["weights"])
    table = Table(box=None, pad_edge=False)
    table.add_column("member", no_wrap=True)
    for title in [f"weight {name}" if len(outputs) > 1 else "weight" for name in outputs] + list(scores):
        table.add_column(title, justify="right")
    for member in members:
        weights = [f"{member['weights'][name]:.3f}" for name in outputs]
        table.add_row(member["run"], *weights, *(score_text(member["scores"].get(name)) for name in scores))
    table.add_row("ensemble", *["" for _ in outputs], *(score_text(value) for value in scores.values()))
    return table


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    for output, told in result.get("diversity", {}).items():
        before = f"{output}: " if len(result["diversity"]) > 1 else ""
        for name, value in told.items():
            yield before + _WORDS[name].format(value)
    if result.get("out_of_fold"):
        yield "out-of-fold rows: the model of a fold predicts only the rows that the fold held out"
    if result.get("cross_fitted"):
        yield "these rows chose the weights: each fifth is scored with the weights that the others choose"
