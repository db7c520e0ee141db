"""Progress output of dream and style runs: a live bar on a terminal, a plain line per octave or iteration elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import TaskID

from dlpy.artworks.base import Artwork
from dlpy.artworks.kinds import load_any
from dlpy.artworks.make import make
from dlpy.artworks.record import Watcher
from dlpy.artworks.resume import Unfinished, resume
from dlpy.cli.lines import say
from dlpy.cli.output import bar, output
from dlpy.cli.progress import announce, report_lines, shown_path
from dlpy.cli.report import leave
from dlpy.core.errors import RunError
from dlpy.experiment.document import Document
from dlpy.runs.directory import Run
from dlpy.training.evaluate import reading_config
from dlpy.training.record import Options


def make_and_show(artwork: Artwork, document: Document, options: Options, *, quiet: bool) -> None:
    """Run a dream or style experiment, show its progress, and print the loss and the path of the image."""
    console = output(quiet=quiet)
    with watching(console) as watcher:
        run = make(artwork, document, options, watcher)
    _finished(console, run)


def resume_and_show(run: Run, command: str, *, quiet: bool, allow_inexact: bool = False) -> None:
    """Resume an unfinished dream or style run; the output is that of `make_and_show`."""
    console = output(quiet=quiet)
    with watching(console) as watcher:
        resume_image(run, command, watcher, allow_inexact=allow_inexact)
    _finished(console, run)


def resume_image(run: Run, command: str, watcher: Watcher, *, allow_inexact: bool = False) -> None:
    """Resume an unfinished dream or style run.

    Raises:
        RunError: its config.yaml was edited, or the run cannot be resumed.
    """
    with reading_config(run):
        artwork, document = load_any(run.config)
    if not isinstance(artwork, Artwork):
        raise RunError(f"{run.config} was edited: it trains a model, but run {run.id} made an image. Undo the edit.")
    resume(run, Unfinished(artwork, document, command), watcher, allow_inexact=allow_inexact)


class Lines(Watcher):
    """Prints plain lines."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def generated(self, options: list[str]) -> None:
        text = f"The image is not a photograph; dlpy generated it. To use your own, set {' and '.join(options)}."
        announce(self.console, "STAND-IN IMAGE", text)

    def notice(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)


class Bar(Lines):
    """Shows a progress bar for the steps, with the plain lines above it."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.bar = bar(console)
        self._task = TaskID(0)

    def begins(self, what: str, total: int) -> None:
        self._task = self.bar.add_task(f"{what}, steps", total=total)
        self.bar.start()

    def advanced(self, done: int) -> None:
        self.bar.update(self._task, completed=done)


@contextmanager
def watching(console: Console) -> Iterator[Watcher]:
    """Yield a watcher for this console: a progress bar on a terminal, plain lines elsewhere."""
    if not console.is_terminal or console.is_dumb_terminal or console.quiet:
        yield Lines(console)
        return
    shown = Bar(console)
    try:
        yield shown
    finally:
        shown.bar.stop()  # a bar that keeps running hides the cursor


def _finished(console: Console, run: Run) -> None:
    """Write the report, and print the first and last loss, time, memory, and the paths of the image and the run."""
    leave(run)
    summary, record = run.read("summary.json"), run.record()
    lines = Lines(console)
    lines.notice(f"loss:      {summary['first']['loss']:.6g} at the start, {summary['last']['loss']:.6g} at the end")
    mark = " (STAND-IN IMAGE)" if record.data.source == "stand-in" else ""
    peak = (record.peak_memory_bytes or 0) / 2**20
    lines.notice(f"took {record.seconds or 0:.1f} s, peak memory {peak:,.0f} MB{mark}")
    lines.notice(f"image: {shown_path(run.path / 'samples' / 'final.png')}")
    if console.quiet:
        say(shown_path(run.path))
        return
    for line in [*report_lines(run), f"run: {shown_path(run.path)}"]:
        lines.notice(line)
