"""Progress output of training: a live bar on a terminal, one plain line per epoch elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, TaskID
from rich.status import Status

from dlpy.cli.lines import say
from dlpy.cli.output import bar, output
from dlpy.cli.pace import Pace
from dlpy.cli.score_lines import score_lines, summary_lines
from dlpy.data.rows import Data, Loaded
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.runs.results import names_of_outputs
from dlpy.training.reporter import Reporter


@contextmanager
def reporter(*, quiet: bool = False, parts: bool = False) -> Iterator[Display]:
    """Yield a display: live on a terminal, plain elsewhere; with `parts`, a line per fold or seed, not per epoch."""
    console = output(quiet=quiet)
    live = console.is_terminal and not console.is_dumb_terminal and not quiet
    display = (LiveDisplay if live else Display)(console, parts=parts)
    try:
        yield display
    finally:
        display.close()  # a bar that keeps running hides the cursor


class Display(Reporter):
    """Prints plain lines."""

    def __init__(self, console: Console, *, parts: bool) -> None:
        self.console = console
        self._parts = parts
        self._part = ""
        self._epochs = 0
        self._steps = 0
        self._pace = Pace(0, 0)
        self._outputs: list[str] = []  # their names, if there are several

    def data_ready(self, loaded: Loaded, data: Data, experiment: Experiment) -> None:
        self._outputs = list(data.task.outputs) if len(data.task.outputs) > 1 else []
        source = loaded.source
        announce_stand_in(self.console, source.kind, source.description, always_generated=source.always_generated)
        parts = {"training": data.train, "validation": data.validation, "test": data.test or loaded.test}
        counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts.items() if rows is not None)
        self.notice(f"{experiment.data.name}: {counts} rows ({loaded.source.description})")
        for key in experiment.approximated(data.task):
            exact = "" if data.validation is None else f"; val_{key} is exact"
            self.notice(f"{key} of the training rows is approximate, computed batch by batch{exact}")
        if experiment.training.class_weight is not None:
            losses = ["loss", *(f"{name}_loss" for name in experiment.weighted_outputs(self._outputs))]
            held_out, verb = " and ".join(f"val_{name}" for name in losses), "is" if len(losses) == 1 else "are"
            self.notice(f"class_weight: {' and '.join(losses)} {verb} weighted by class; {held_out} {verb} not")

    def set_params(self, params: dict[str, int]) -> None:
        self._epochs, self._steps = params["epochs"], params["steps"]
        self._pace = Pace(self._steps, self._epochs)

    def notice(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)

    def part_begins(self, what: str, number: int, total: int) -> None:
        self._part = f"{what} {number}/{total}"

    def part_ended(self, what: str, number: int, total: int, scores: Mapping[str, float | None]) -> None:
        self._part = ""
        self._notice_scores(f"{what} {number:{len(str(total))}}/{total}", scores)

    def on_phase_begin(self, phase: int, description: str) -> None:
        if not self._parts:
            self.notice(description)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        line = None if self._parts else self._pace.after(batch + 1, time.monotonic())
        if line:
            self.notice(line)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if not self._parts:
            self._notice_scores(f"epoch {epoch + 1:{len(str(self._epochs))}}/{self._epochs}", logs)

    def _notice_scores(self, before: str, scores: Mapping[str, float | None]) -> None:
        for line in score_lines(before, scores, self._outputs):
            self.notice(line)

    def close(self) -> None:
        """Restore the terminal."""

    def finished(self, run: Run) -> None:
        """Print the scores, time, memory, and the run's path."""
        summary, record = run.read("summary.json"), run.record()
        for line in summary_lines(summary, names_of_outputs(run)):
            self.notice(line)
        mark = " (STAND-IN DATA)" if record.data.source == "stand-in" else ""
        peak = (record.peak_memory_bytes or 0) / 2**20
        self.notice(f"took {record.seconds or 0:.1f} s, peak memory {peak:,.0f} MB{mark}")
        if self.console.quiet:
            say(shown_path(run.path))
            return
        for line in [*report_lines(run), f"run: {shown_path(run.path)}"]:
            self.notice(line)


class LiveDisplay(Display):
    """Shows a progress bar for the current training and a line for each finished epoch."""

    def __init__(self, console: Console, *, parts: bool) -> None:
        super().__init__(console, parts=parts)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._status: Status | None = None  # of the trainings on a cluster
        self._done = 0
        self._shown = 0.0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.close()
        self._bar = bar(self.console)
        title = self._part if self._parts and self._part else "training"
        self._task = self._bar.add_task(f"{title}, steps", total=self._epochs * self._steps)
        self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._done = epoch * self._steps

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        super().on_train_batch_end(batch, logs)
        now = time.monotonic()
        if self._bar is not None and now - self._shown > 0.1:
            self._bar.update(self._task, completed=self._done + batch + 1)
            self._shown = now

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.close()

    def tasks_progress(self, text: str) -> None:
        if self._status is None:
            self._status = self.console.status(text)
            self._status.start()
        self._status.update(text)

    def part_ended(self, what: str, number: int, total: int, scores: Mapping[str, float | None]) -> None:
        super().part_ended(what, number, total, scores)
        if self._status is not None and number == total:
            self.close()

    def close(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def announce_stand_in(console: Console, source: str, description: str, *, always_generated: bool) -> None:
    """Announce that the scores are those of stand-in data; do nothing for real data."""
    if source != "stand-in":
        return
    if always_generated:
        text = f"This is not real data but {description}: the scores say nothing about real data."
    else:
        text = (
            f"This is not the real data but {description}: the scores say nothing about the real data. "
            "To train on that, set the paths of its files in data, or put the file of a named dataset into $DLPY_DATA."
        )
    announce(console, "STAND-IN DATA", text)


def announce(console: Console, title: str, text: str) -> None:
    """Print a notice in a red panel on a terminal, or between asterisks elsewhere."""
    if console.is_terminal:
        console.print(Panel(text, title=title, border_style="bold red"))
    else:
        console.print(f"*** {title} *** {text}", soft_wrap=True)


def shown_path(path: Path) -> str:
    """Return the path, relative to the current folder if it is inside."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def report_lines(run: Run) -> list[str]:
    """Return the line that says where the report of a run is; none if there is no report."""
    return [f"report: {shown_path(run.report)}"] if run.report.is_file() else []
