"""`report.html` of a run: everything that its directory tells, in one file that opens anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dlpy.compare.differing_options import options_of
from dlpy.core import signals
from dlpy.core.errors import DlpyError, RunError, in_one_line
from dlpy.core.suggestions import command
from dlpy.experiment.experiment import Experiment
from dlpy.report.curves import chart_elements, charts_of, data_of
from dlpy.report.data_card import data_card
from dlpy.report.details import details, most_wrong
from dlpy.report.environment import environment, repeat
from dlpy.report.images import plots
from dlpy.report.intervals import missing_intervals
from dlpy.report.markup import Markup, element
from dlpy.report.page import Page, Section, html
from dlpy.report.scores import Line, score_lines
from dlpy.report.settings import experiment_of
from dlpy.report.side_by_side import beside, names_of
from dlpy.report.trained import trained
from dlpy.report.verdict import verdict
from dlpy.runs.directory import Run
from dlpy.runs.lock import status_of
from dlpy.storage.atomic import write_whole

_OVER = ("completed", "diverged")


def write_report(runs: Sequence[Run], path: Path, *, quick: bool = False) -> None:
    """Write the report of a run, or of several side by side, as one HTML file.

    Args:
        runs: one or more.
        path: of the file.
        quick: whether intervals that take longer than about 0.1 s are left out.

    Raises:
        RunError: a run is unfinished or damaged; nothing is written.
    """
    for run in runs:
        _require_over(run)
    content = html(_page(runs[0], quick=quick) if len(runs) == 1 else _page_of_several(runs))
    write_whole(path, lambda temporary: temporary.write_text(content, encoding="utf-8"))


def leave_report(run: Run, tell: Callable[[str], object]) -> None:
    """Write report.html of a finished run unless its experiment has `report: false`; a failure is reported."""
    try:
        if options_of(run).get("report") is not False:
            write_report([run], run.report, quick=True)
    except Exception as error:  # a run that is done must not fail for its report
        signals.raise_behind(error)
        what = str(error) if isinstance(error, DlpyError) else in_one_line(error)
        tell(f"report.html was skipped: {what}")


def _require_over(run: Run) -> None:
    status = status_of(run, run.record())
    if status not in _OVER:
        how = "" if status == "running" else f" Resume it: {command('resume', run.id)}"
        raise RunError(f"run {run.id} is not finished ({status}): it has no report yet.{how}")


def _page(run: Run, *, quick: bool) -> Page:
    record, experiment = run.record(), experiment_of(run)
    charts = charts_of([run], {run: run.id})
    sections = [
        Section("verdict", "Verdict", verdict(run, lines_of(run, experiment, quick=quick))),
        Section("data", "Data", data_card(run)),
        Section("training", "What was trained", trained(run, experiment)),
        Section("curves", "Curves", chart_elements(charts)),
        Section("details", "Scores in detail", [*details(run)]),
        Section("wrong", "Most wrong rows", most_wrong(run)),
        Section("plots", "Plots", plots(run)),
        Section("environment", "Environment", environment(run)),
        Section("repeat", "How to repeat it", repeat(run)),
    ]
    about = f"Run {run.id}, {record.kind}, {record.status}"
    return Page(run.name, about, warnings_of(run), sections, data_of(charts))


def lines_of(run: Run, experiment: Experiment | None, *, quick: bool) -> list[Line]:
    """Return the scores of a run with their intervals.

    Args:
        run: the run.
        experiment: of the run; without it, intervals are those that are stored.
        quick: whether intervals that take long are left out.
    """
    is_one_model = run.record().kind in ("train", "fold")
    found = missing_intervals(run, experiment, quick=quick) if experiment is not None and is_one_model else {}
    return score_lines(run, found, {} if experiment is None else experiment.published)


def warnings_of(run: Run) -> list[str]:
    """Return what the reader must know before the scores of a run."""
    record, found = run.record(), []
    if record.data.source == "stand-in":
        what = "real data" if record.data.always_generated else "the real data"
        found.append(f"Stand-in data: {record.data.description}. This run says nothing about {what}.")
    if record.smoke:
        found.append("Smoke test: a short training on few rows. The scores say nothing about the model.")
    if record.status == "diverged":
        found.append(f"Training diverged: {record.exit_reason}")
    return found


def _page_of_several(runs: Sequence[Run]) -> Page:
    names = names_of(runs)
    charts = charts_of(runs, names)
    warnings, sections = beside(runs, names, {run: lines_of(run, experiment_of(run), quick=False) for run in runs})
    own = [f"{names[run]}: {warning}" for run in runs for warning in warnings_of(run)]
    curves = Section("curves", "Curves", chart_elements(charts))
    shown = Section("plots", "Plots", _by_run(names, {run: plots(run) for run in runs}))
    again = Section("repeat", "How to repeat them", _by_run(names, {run: repeat(run) for run in runs}))
    about = f"{len(runs)} runs side by side: {', '.join(run.id for run in runs)}"
    different = list(dict.fromkeys(run.name for run in runs))
    title = f"Comparison of {' and '.join(different)}" if len(different) < 4 else f"Comparison of {len(runs)} runs"
    return Page(title, about, [*warnings, *own], [*sections, curves, shown, again], data_of(charts))


def _by_run(names: Mapping[Run, str], content: Mapping[Run, Sequence[Markup]]) -> list[Markup]:
    """Return the content of each run below its name; runs without content are left out."""
    return [part for run, own in content.items() if own for part in (element("h3", names[run]), *own)]
