"""What a person sees of training: a live bar on a terminal, one plain line an epoch elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dlpy.config import Experiment
from dlpy.data import Data, Loaded
from dlpy.runs import Run
from dlpy.training import Reporter


def reporter(*, quiet: bool = False) -> Display:
    """Return the display that fits where the output goes."""
    if quiet:
        return Display(Console(quiet=True))
    console = Console()
    return TerminalDisplay(console) if console.is_terminal else Display(console)


class Display(Reporter):
    """Plain lines."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._epochs = 0
        self._steps = 0
        self._began = 0.0

    def data_ready(self, loaded: Loaded, data: Data, experiment: Experiment) -> None:
        if loaded.source.kind == "stand-in":
            self._announce_stand_in(loaded)
        parts = {"training": data.train, "validation": data.validation, "test": data.test}
        counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts.items() if rows is not None)
        self.notice(f"{experiment.data.name}: {counts} rows ({loaded.source.description})")
        self._epochs = experiment.training.epochs
        self._steps = -(-len(data.train) // experiment.training.batch_size)

    def notice(self, text: str) -> None:
        self.console.print(escape(text), highlight=False, soft_wrap=True)

    def fold_begins(self, number: int, total: int) -> None:
        self.notice(f"fold {number}/{total}")

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.notice(epoch_line(epoch + 1, self._epochs, logs))

    def finished(self, run: Run) -> None:
        """Tell the scores and where everything is."""
        summary, record = run.read("summary.json"), run.read("run.json")
        best = summary["best"]
        for line in summary_lines(summary):
            self.notice(line)
        source = " (STAND-IN DATA)" if record["data"]["source"] == "stand-in" else ""
        peak = record.get("peak_memory_bytes", 0) / 2**20
        self.notice(f"epoch {best['epoch']} kept; {record['seconds']:.1f} s, peak memory {peak:,.0f} MB{source}")
        self.notice(f"run: {shown_path(run.path)}")
        if self.console.quiet:
            print(shown_path(run.path))

    def _announce_stand_in(self, loaded: Loaded) -> None:
        self.notice(f"!!! STAND-IN DATA !!! {stand_in_text(loaded)}")


class TerminalDisplay(Display):
    """A bar for the epoch that runs, a line for each that is over."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._bar: Progress | None = None
        self._task = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        super().on_train_begin()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self.console, transient=True)
        self._task = self._bar.add_task("training", total=self._epochs * self._steps)
        self._bar.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._epoch * self._steps + batch + 1)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.stop()

    def _announce_stand_in(self, loaded: Loaded) -> None:
        self.console.print(Panel(stand_in_text(loaded), title="STAND-IN DATA", border_style="bold red"))


def epoch_line(epoch: int, epochs: int, logs: dict[str, float]) -> str:
    """Return one line that tells an epoch's scores."""
    width = len(str(epochs))
    return f"epoch {epoch:{width}}/{epochs}  " + "  ".join(f"{name} {value:.4f}" for name, value in logs.items())


def summary_lines(summary: dict) -> list[str]:
    """Return the best scores beside the baseline."""
    best = {name: value for name, value in summary["best"].items() if name != "epoch"}
    base = summary["baseline"]
    scores = "  ".join(f"{name} {value:.4f}" for name, value in best.items())
    numbers = "  ".join(f"{name} {value:.4f}" for name, value in base.items() if isinstance(value, float))
    return [f"best:     {scores}", f"baseline: {numbers} ({base['guess']}, on the {base['on']} rows)"]


def stand_in_text(loaded: Loaded) -> str:
    """Return why the scores mean little."""
    return (
        f"The real data is not on this machine. Training runs on {loaded.source.description}, which dlpy generated. "
        "The scores say nothing about the real data. Put the file in $DLPY_DATA, or give data.path."
    )


def shown_path(path: Path) -> str:
    """Return the path relative to the current folder, where it lies in it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def is_terminal() -> bool:
    """Return whether a person watches."""
    return sys.stdout.isatty()
