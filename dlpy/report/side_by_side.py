"""Several runs side by side: their scores, the options that differ, and whether their scores can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlpy.compare.differing_options import options_of
from dlpy.report.data_card import data_card
from dlpy.report.markup import Markup, element
from dlpy.report.page import Section
from dlpy.report.scores import Line
from dlpy.report.tables import interval_text, number, pairs, shown_value, table
from dlpy.report.verdict import smaller_is_better
from dlpy.runs.directory import Run
from dlpy.runs.results import outputs_of

Names = Mapping[Run, str]


def names_of(runs: Sequence[Run]) -> dict[Run, str]:
    """Return the name of each run's experiment, or its id where several have the same name."""
    names = [run.name for run in runs]
    return {run: run.name if names.count(run.name) == 1 else run.id for run in runs}


def beside(runs: Sequence[Run], names: Names, lines: Mapping[Run, list[Line]]) -> tuple[list[str], list[Section]]:
    """Return warnings about runs that cannot be compared, and the sections that show all runs.

    Args:
        runs: two or more.
        names: as they are shown.
        lines: the scores of each run.
    """
    sections = [
        Section("verdict", "Scores side by side", [_scores(runs, names, lines)]),
        Section("options", "Options that differ", [_options(runs, names)]),
        Section("training", "Trainings", [_trainings(runs, names)]),
        Section("data", "Data", _data(runs, names)),
    ]
    return _mismatches(runs), sections


def _mismatches(runs: Sequence[Run]) -> list[str]:
    """Return why the scores of runs cannot be compared; none if they were trained on the same data."""
    kinds = {tuple((name, output.kind) for name, output in outputs_of(run).items()) for run in runs}
    if len(kinds) > 1:
        return ["These runs predict different targets: their scores cannot be compared."]
    if len({run.record().data.sha256 for run in runs}) > 1:
        return ["These runs were trained on different data: their scores cannot be compared."]
    return []


def _scores(runs: Sequence[Run], names: Names, lines: Mapping[Run, list[Line]]) -> Markup:
    """Return a table with a line for each score and a column for each run; the best value is marked."""
    found = {run: {_key(line): line for line in lines[run]} for run in runs}
    keys = list(dict.fromkeys(key for own in found.values() for key in own))
    is_several = any(output for _, output, _ in keys)
    rows = []
    for key in keys:
        own = [found[run].get(key) for run in runs]
        part, output, score = key
        best = _best(runs, own)
        cells = [_cell(line, is_best=place == best) for place, line in enumerate(own)]
        rows.append([part, *([output or "all"] if is_several else []), score, *cells])
    first = ["rows", *(["output"] if is_several else []), "score"]
    caption = "Scores of the best model of each run, with the baseline of its data"
    return table(caption, [*first, *(names[run] for run in runs)], rows)


def _key(line: Line) -> tuple[str, str, str]:
    part = line.rows.partition(" (")[0]
    return part, line.output, f"{line.score} in {line.unit}" if line.unit else line.score


def _best(runs: Sequence[Run], lines: Sequence[Line | None]) -> int | None:
    """Return the position of the best value; None if it is not the only one."""
    values = [(line.value, place) for place, line in enumerate(lines) if line is not None and line.value is not None]
    first = next((line for line in lines if line is not None), None)
    if len(values) < 2 or first is None:
        return None
    sign = 1 if smaller_is_better(runs[0], first) else -1
    ordered = sorted((sign * value, place) for value, place in values)
    return None if ordered[0][0] == ordered[1][0] else ordered[0][1]


def _cell(line: Line | None, *, is_best: bool) -> Markup | str:
    if line is None:
        return ""
    said = number(line.value)
    if line.ends is not None:
        said += f" ({interval_text(line.ends)})"
    base = "" if line.baseline is None else f", baseline {number(line.baseline)}"
    return element("span", element("strong", said), f" best{base}") if is_best else f"{said}{base}"


def _options(runs: Sequence[Run], names: Names) -> Markup:
    given = [options_of(run) for run in runs]
    keys = dict.fromkeys(key for options in given for key in options if key != "name")
    differing = [key for key in keys if any(own.get(key) != given[0].get(key) for own in given[1:])]
    if not differing:
        return element("p", "All options are the same.")
    rows = [[key, *(shown_value(own.get(key)) for own in given)] for key in differing]
    return table("Values of the options", ["option", *(names[run] for run in runs)], rows)


def _trainings(runs: Sequence[Run], names: Names) -> Markup:
    rows = []
    for run in runs:
        summary, record = run.summary(), run.record()
        epochs = "" if summary.last is None or summary.last.epoch is None else f"{summary.last.epoch:,}"
        count = "" if summary.parameters is None else f"{summary.parameters:,}"
        rows.append([names[run], run.id, record.kind, epochs, count, f"{record.seconds or 0:,.1f}"])
    heads = ["run", "directory", "kind", "epochs", "parameters", "seconds"]
    return table("How the runs were trained", heads, rows, numeric=[3, 4, 5])


def _data(runs: Sequence[Run], names: Names) -> list[Markup]:
    """Return the data card; of runs on different data, one for each."""
    if len({run.record().data.sha256 for run in runs}) == 1:
        return data_card(runs[0])
    shown = []
    for run in runs:
        data = run.record().data
        facts = [("source", data.source), ("description", data.description), ("sha256 of all arrays", data.sha256)]
        shown += [element("h3", names[run]), pairs(facts)]
    return shown
