"""Progress output of training: a live bar on a terminal, one plain line per epoch elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, TaskID
from rich.table import Table

from dlpy.cli.lines import say
from dlpy.cli.output import bar, output
from dlpy.data.rows import Data, Loaded
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.training.reporter import Reporter


@contextmanager
def reporter(*, quiet: bool = False, folds: bool = False) -> Iterator[Display]:
    """Yield a display: live on a terminal, plain elsewhere; with `folds`, one line per fold instead of per epoch."""
    console = output(quiet=quiet)
    live = console.is_terminal and not console.is_dumb_terminal and not quiet
    display = (LiveDisplay if live else Display)(console, folds=folds)
    try:
        yield display
    finally:
        display.close()  # a bar that keeps running hides the cursor


class Display(Reporter):
    """Prints plain lines."""

    def __init__(self, console: Console, *, folds: bool) -> None:
        self.console = console
        self._folds = folds
        self._fold = (0, 0)
        self._epochs = 0
        self._steps = 0

    def data_ready(self, loaded: Loaded, data: Data, experiment: Experiment) -> None:
        announce_stand_in(self.console, loaded.source.kind, loaded.source.description)
        parts = {"training": data.train, "validation": data.validation, "test": data.test or loaded.test}
        counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts.items() if rows is not None)
        self.notice(f"{experiment.data.name}: {counts} rows ({loaded.source.description})")
        for key in experiment.approximated(data.task):
            exact = "" if data.validation is None else f"; val_{key} is exact"
            self.notice(f"{key} of the training rows is approximate, computed batch by batch{exact}")
        if experiment.training.class_weight is not None:
            self.notice("class_weight: loss is weighted by class; val_loss is not")

    def set_params(self, params: dict[str, int]) -> None:
        self._epochs, self._steps = params["epochs"], params["steps"]

    def notice(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)

    def fold_begins(self, number: int, total: int) -> None:
        self._fold = (number, total)

    def fold_ended(self, number: int, total: int, scores: Mapping[str, float | None]) -> None:
        self._fold = (0, 0)
        self.notice(f"fold {number:{len(str(total))}}/{total}  {scores_text(scores)}")

    def on_phase_begin(self, phase: int, description: str) -> None:
        if not self._folds:
            self.notice(description)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if not self._folds:
            self.notice(f"epoch {epoch + 1:{len(str(self._epochs))}}/{self._epochs}  {scores_text(logs)}")

    def close(self) -> None:
        """Restore the terminal."""

    def finished(self, run: Run) -> None:
        """Print the scores, time, memory, and the run's path."""
        summary, record = run.read("summary.json"), run.record()
        for line in summary_lines(summary):
            self.notice(line)
        mark = " (STAND-IN DATA)" if record.data.source == "stand-in" else ""
        peak = (record.peak_memory_bytes or 0) / 2**20
        self.notice(f"took {record.seconds or 0:.1f} s, peak memory {peak:,.0f} MB{mark}")
        if self.console.quiet:
            say(shown_path(run.path))
        else:
            self.notice(f"run: {shown_path(run.path)}")


class LiveDisplay(Display):
    """Shows a progress bar for the current training and a line for each finished epoch."""

    def __init__(self, console: Console, *, folds: bool) -> None:
        super().__init__(console, folds=folds)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._done = 0
        self._shown = 0.0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.close()
        self._bar = bar(self.console)
        title = f"fold {self._fold[0]}/{self._fold[1]}" if self._folds and self._fold[0] else "training"
        self._task = self._bar.add_task(f"{title}, steps", total=self._epochs * self._steps)
        self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._done = epoch * self._steps

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        now = time.monotonic()
        if self._bar is not None and now - self._shown > 0.1:
            self._bar.update(self._task, completed=self._done + batch + 1)
            self._shown = now

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.close()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def announce_stand_in(console: Console, source: str, description: str) -> None:
    """Announce that the scores are those of stand-in data; do nothing for real data."""
    if source != "stand-in":
        return
    text = (
        f"This is not the real data but {description}: the scores say nothing about the real data. "
        "To train on that, put its file into $DLPY_DATA, or set data.path."
    )
    announce(console, "STAND-IN DATA", text)


def announce(console: Console, title: str, text: str) -> None:
    """Print a notice in a red panel on a terminal, or between asterisks elsewhere."""
    if console.is_terminal:
        console.print(Panel(text, title=title, border_style="bold red"))
    else:
        console.print(f"*** {title} *** {text}", soft_wrap=True)


def scores_text(scores: Mapping[str, float | None]) -> str:
    """Return the scores on one line."""
    return "  ".join(f"{name} {score_text(value)}" for name, value in scores.items())


def score_text(value: float | None) -> str:
    """Return a score with four decimals, or a dash if it is undefined."""
    return "-" if value is None or not math.isfinite(value) else f"{value:.4f}"


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines with the best scores and the baseline of a training or k-fold run."""
    best, base = summary["best"], summary["baseline"]
    shown = summary.get("mean") or best
    numbers = {name: value for name, value in base.items() if name in shown}
    lines = []
    if "mean" in summary:
        lines += _fold_lines(summary)
        lines.append(f"best:      the mean curve of {best['monitor']} is best at epoch {best['epoch']}")
    else:
        scores = {name: value for name, value in best.items() if name != "epoch"}
        lines.append(f"best:      {scores_text(scores)}  (epoch {best['epoch']})")
    lines.append(f"baseline:  {scores_text(numbers)}  ({base['guess']}; {base['on']} rows)")
    for other in base.get("also", []):
        known = {name: value for name, value in other.items() if name in shown}
        lines.append(f"baseline:  {scores_text(known)}  ({other['guess']}; {base['on']} rows)")
    owns = {"": summary} if summary.get("in_unit") else summary.get("outputs") or {}
    return lines + [_own_line(name, told["in_unit"]) for name, told in owns.items() if told["in_unit"]["best"]]


def _own_line(name: str, own: dict[str, Any]) -> str:
    """Return the line with the scores of an output in the target's own unit."""
    shown = [score for score in own["best"] if not score.startswith("val_")]
    shown = shown or [score.removeprefix("val_") for score in own["best"]]
    usual = {score: value for score, value in own["baseline"].items() if score in shown}
    unit = own["unit"] or ("its own unit" if name else "the target's unit")
    before = f"{name} in {unit}" if name else f"in {unit}"
    return f"{before}:  best {scores_text(own['best'])}  baseline {scores_text(usual)}"


def _fold_lines(summary: dict[str, Any]) -> list[str]:
    """Return lines with the mean and spread over the folds; runs of older versions have only the deviation."""
    folds = summary["folds"]
    sizes = sorted({fold["rows"] for fold in folds if "rows" in fold})
    unequal = f" of {sizes[0]:,} to {sizes[-1]:,} rows, each counting the same" if len(sizes) > 1 else ""
    lines = [f"mean:      {scores_text(summary['mean'])}  (over {len(folds)} folds{unequal}; last epoch)"]
    if "std" not in summary:
        return [*lines, f"deviation: {scores_text(summary['deviation'])}  (of the folds, divided by n)"]
    lines.append(f"std:       {scores_text(summary['std'])}  (between the folds, divided by n - 1)")
    lines.append(f"std error: {scores_text(summary['standard_error'])}  (of the mean: std / sqrt(n))")
    few = [f"{name}: {count}" for name, count in summary["counted"].items() if count < len(folds)]
    return lines + ([f"           undefined in some folds, defined in {', '.join(few)}"] if few else [])


def score_table(results: dict[str, Any]) -> Table:
    """Return a table of the scores of each split, next to the baseline."""
    table = Table(box=None, pad_edge=False)
    for title in ("rows", "score", "value", "baseline"):
        table.add_column(title, justify="left" if title in ("rows", "score") else "right", no_wrap=True)
    for part, result in results.items():
        base = result["baseline"]
        for name, value in result["scores"].items():
            usual = base.get(name)
            table.add_row(
                f"{part} ({result['rows']:,})", name, score_text(value), "" if usual is None else f"{usual:.4f}"
            )
        for target, told in {"": result, **result.get("outputs", {})}.items():
            own = told.get("in_unit") or {"scores": {}}
            for name, value in own["scores"].items():
                usual = own["baseline"].get(name)
                shown = f"{target} {name} in {own['unit'] or 'own unit'}".strip()
                rows = f"{part} ({told['rows']:,})"
                table.add_row(rows, shown, score_text(value), "" if usual is None else f"{usual:.4f}")
    return table


def shown_path(path: Path) -> str:
    """Return the path, relative to the current folder if it is inside."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
