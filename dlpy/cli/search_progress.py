"""Progress output of a search: a live bar on a terminal, one plain line per trial elsewhere, and the best trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from dlpy.cli.lines import say
from dlpy.cli.output import output
from dlpy.cli.progress import Display, report_lines, shown_path
from dlpy.cli.score_lines import scores_text
from dlpy.cli.trials_table import worth_lines
from dlpy.data.rows import Data, Loaded
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.yaml_reader import inline
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial, ranked, read_trials
from dlpy.search.reporter import SearchReporter

_TOP = 10


@contextmanager
def search_reporter(*, quiet: bool = False) -> Iterator[SearchDisplay]:
    """Yield a display: live on a terminal, plain elsewhere."""
    console = output(quiet=quiet)
    live = console.is_terminal and not console.is_dumb_terminal and not quiet
    display = (LiveSearchDisplay if live else SearchDisplay)(console)
    try:
        yield display
    finally:
        display.close()  # a bar that keeps running hides the cursor


class SearchDisplay(SearchReporter):
    """Prints a plain line for each trial."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._display = Display(console, parts=True)
        self._total: int | None = None

    def data_ready(self, loaded: Loaded, data: Data, experiment: Experiment) -> None:
        self._display.data_ready(loaded, data, experiment)

    def notice(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)

    def search_begins(self, done: int, total: int | None) -> None:
        self._total = total
        if done:
            self.notice(f"{done} trials are done" if total is None else f"{done} of {total} trials are done")

    def trial_ended(self, trial: Trial, best: Trial | None) -> None:
        of = "" if self._total is None else f"/{self._total}"
        number = f"{trial.number:{len(of[1:])}}" if of else str(trial.number)
        self.notice(f"trial {number}{of}  {_result(trial)}  best {_best(best)}  {point_text(trial.shown)}")

    def close(self) -> None:
        """Restore the terminal."""

    def finished(self, run: Run) -> None:
        """Print the best trials, the baseline, and the run's path."""
        summary, record = run.summary(), run.record()
        how = record.search
        trials = read_trials(run)
        if how is not None:
            self.console.print(best_table(ranked(trials, how.direction)[:_TOP], how.monitor))
        if summary.baseline is not None and summary.best is not None:
            known = {name: value for name, value in summary.baseline.scores.items() if name in summary.best.scores}
            base = summary.baseline
            self.notice(f"baseline:  {scores_text(known)}  ({base.guess}; {base.on} rows)")
        for line in worth_lines(run):
            self.notice(line)
        mark = " (STAND-IN DATA)" if record.data.source == "stand-in" else ""
        counts = ", ".join(f"{number} {status}" for status, number in _counts(summary.search or {}).items())
        self.notice(f"{len(trials)} trials ({counts}) took {record.seconds or 0:.1f} s{mark}")
        if self.console.quiet:
            say(shown_path(run.path))
            return
        self.notice(f"best experiment: {shown_path(run.path / 'best.yaml')}")
        for line in [*report_lines(run), f"run: {shown_path(run.path)}"]:
            self.notice(line)


class LiveSearchDisplay(SearchDisplay):
    """Shows a progress bar of trials with the best score so far, and a line for each trial."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._task = TaskID(0)
        self._found = "trials"

    def search_begins(self, done: int, total: int | None) -> None:
        super().search_begins(done, total)
        self._task = self._bar.add_task("trials", total=total, completed=done)
        self._bar.start()

    def epoch_begins(self, epoch: int, epochs: int) -> None:
        self._bar.update(self._task, description=f"{self._found}, epoch {epoch}/{epochs}")

    def tasks_progress(self, text: str) -> None:
        self._bar.update(self._task, description=f"{self._found}; {text}")

    def trial_ended(self, trial: Trial, best: Trial | None) -> None:
        super().trial_ended(trial, best)
        self._found = f"trials, best {_best(best)}"
        self._bar.update(self._task, advance=1, description=self._found)

    def close(self) -> None:
        self._bar.stop()


def best_table(trials: Sequence[Trial], monitor: str) -> Table:
    """Return a table of trials, the best first, with the values of their points."""
    table = Table(box=None, pad_edge=False)
    names = list(dict.fromkeys(name for trial in trials for name in trial.shown))
    for title in ("rank", "trial", monitor, "epoch", *names):
        table.add_column(title, justify="right" if title in ("rank", "trial", monitor, "epoch") else "left")
    for rank, trial in enumerate(trials, 1):
        own = [value_text(trial.shown[name]) if name in trial.shown else "" for name in names]
        table.add_row(str(rank), str(trial.number), f"{trial.score:.4f}", str(trial.epoch), *own)
    return table


def point_text(shown: dict[str, Any]) -> str:
    """Return the values of a point on one line, by the ends of their names."""
    from dlpy.runs.searches import short_names

    short = short_names(list(shown))
    return ", ".join(f"{short[name]} {value_text(value)}" for name, value in shown.items())


def value_text(value: Any) -> str:
    """Return a value of a point, numbers with four digits."""
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if isinstance(value, float) else inline(value)


def _result(trial: Trial) -> str:
    if trial.status == "failed" or trial.score is None:
        return f"failed: {trial.reason}"
    return f"{trial.score:.4f}" + (f" pruned after epoch {trial.epochs}" if trial.status == "pruned" else "")


def _best(best: Trial | None) -> str:
    return "-" if best is None or best.score is None else f"{best.score:.4f} (trial {best.number})"


def _counts(found: Any) -> dict[str, int]:
    return found.get("counts", {})
