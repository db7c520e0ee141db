"""What was trained: the model, its layers, and the options of the experiment that differ from their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlpy.compare.differing_options import options_of
from dlpy.experiment.experiment import Experiment
from dlpy.report.markup import Markup, breakable, element
from dlpy.report.searched import how_many
from dlpy.report.settings import changed
from dlpy.report.tables import number, pairs, shown_value, table
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.runs.members import how_combined, member_runs
from dlpy.runs.network import read_network
from dlpy.runs.record import Scored


def trained(run: Run, experiment: Experiment | None) -> list[Markup]:
    """Return facts about the training of a run, its layers and its options.

    Args:
        run: the run.
        experiment: of the run; None if it is not known without plug-ins.
    """
    options, summary, record = options_of(run), run.summary(), run.record()
    best, last = summary.best, summary.last
    facts = [
        ("model", options.get("model.name")),
        ("trials", how_many(run)),
        ("parameters", None if summary.parameters is None else f"{summary.parameters:,}"),
        ("epochs", None if last is None or last.epoch is None else f"{last.epoch:,}"),
        ("best epoch", None if best is None or best.epoch is None else f"{best.epoch:,}"),
        ("final model", None if summary.refit is None else _final(summary.refit)),
        ("training took", None if record.seconds is None else f"{record.seconds:,.1f} s"),
        ("peak memory", _memory(record.peak_memory_bytes)),
        ("random seed", options.get("seed")),
    ]
    return [pairs(facts), *_members(run), *_layers(run), *_options(experiment, options)]


def _final(refit: Mapping[str, Any]) -> str:
    """Return what the final model is, which predicts test rows and new rows."""
    rows, epochs = f"{refit['rows']['train']:,}", refit.get("networks")
    if epochs is None:
        return f"trained on all {rows} rows but the test rows; predicts these and new rows"
    best = ", ".join(map(str, epochs))
    return f"mean of {len(epochs)} networks on {rows} rows (best epochs {best}); predicts test rows and new rows"


def _memory(size: int | None) -> str | None:
    return None if size is None else f"{size / 2**20:,.0f} MB"


def _members(run: Run) -> list[Markup]:
    if run.record().kind != ENSEMBLE:
        return []
    members, told = how_combined(run).members, run.summary().members
    scores = list(told[0].scores) if told else []
    known = [*told, *[Scored()] * len(members)]  # an ensemble without validation rows knows no scores
    rows = [
        [own.id, _weights(member.weights), *(number(one.scores.get(score)) for score in scores)]
        for own, member, one in zip(member_runs(run), members, known, strict=False)
    ]
    heads = ["run", "weight", *scores]
    return [table("Members of the ensemble", heads, rows, numeric=range(1, len(heads)))]


def _weights(weights: Mapping[str, float]) -> str:
    """Return the weight of a member, by output if there are several."""
    if len(weights) == 1:
        return number(next(iter(weights.values())))
    return ", ".join(f"{output} {number(weight)}" for output, weight in weights.items())


def _layers(run: Run) -> list[Markup]:
    layers = read_network(run)
    rows = [[one.name, one.kind, _shape(one.shape), ", ".join(one.of), f"{one.weights:,}"] for one in layers]
    if not rows:
        return []
    return [table("Layers of the graph", ["name", "layer", "shape", "inputs", "weights"], rows, numeric=[4])]


def _shape(shape: tuple[int | None, ...] | None) -> str:
    return "" if shape is None else " x ".join("?" if size is None else str(size) for size in shape)


def _options(experiment: Experiment | None, options: Mapping[str, Any]) -> list[Markup]:
    """Return the options that differ from their defaults, and all in a part that opens; or all that have a value."""
    if not options:
        return []
    heads = ["option", "value"]
    if experiment is None:
        return [table("Options", heads, _rows({key: value for key, value in options.items() if value is not None}))]
    shown = table("Options that differ from their defaults", heads, _rows(changed(experiment)))
    every = table("All options", heads, _rows(options))
    return [shown, element("details", element("summary", f"All {len(options):,} options"), every)]


def _rows(options: Mapping[str, Any]) -> list[list[str]]:
    return [[breakable(key), shown_value(value)] for key, value in options.items()]
