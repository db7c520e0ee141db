"""The machine and the versions of a run, and the commands that repeat it."""

from __future__ import annotations

from dlpy.core.suggestions import command
from dlpy.report.markup import Markup, element
from dlpy.report.searched import best_again
from dlpy.report.tables import pairs
from dlpy.runs.directory import ARTWORK_KINDS, ENSEMBLE, KFOLD, SEARCH_KIND, SEEDS, Run


def environment(run: Run) -> list[Markup]:
    """Return the versions, the processor and the settings that affect the numbers of a run."""
    record, content = run.record(), run.read("run.json")
    settings = ", ".join(f"{name}={value}" for name, value in (record.settings or {}).items())
    facts = [(name, number) for name, number in record.versions.items() if number is not None]
    machine = [("processor", record.device), ("threads", record.threads), ("settings", settings)]
    return [pairs([*facts, *machine, ("platform", content.get("platform")), ("git commit", content.get("git_commit"))])]


def repeat(run: Run) -> list[Markup]:
    """Return the command that made a run, the one that repeats it, and the number of test looks."""
    record, content = run.record(), run.read("run.json")
    again = _again(run, record.kind)
    looks = "" if not record.test_looks else f"{record.test_looks:,}"
    return [
        pairs(
            [
                ("started", content.get("started")),
                ("command", _code(content.get("command"))),
                ("to repeat it", _code(again)),
                ("to train the best experiment", _code(best_again(run))),
                ("run directory", run.id),
                ("times resumed", len(record.resumes) or ""),
                ("evaluations on the test rows", looks),
            ]
        )
    ]


def _again(run: Run, kind: str) -> str:
    """Return the command that trains the same experiment again; empty for a run that consists of others."""
    config = f"{run.id}/config.yaml"
    if kind == SEEDS:
        seeds = run.record().seeds
        return command("train", config, "--seeds", str(seeds.count if seeds else 2))
    if kind == SEARCH_KIND:
        return command("search", f"{run.id}/search.yaml")
    known = {"train": "train", KFOLD: "kfold", **dict.fromkeys(ARTWORK_KINDS, "train"), ENSEMBLE: ""}
    return command(known[kind], config) if known.get(kind) else ""


def _code(text: object) -> Markup | None:
    return element("code", text) if text else None
