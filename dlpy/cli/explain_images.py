"""`dlpy explain` for convolutional networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from dlpy.cli.explain_options import Shown
from dlpy.cli.explain_watcher import ShownProgress
from dlpy.cli.lines import say_json
from dlpy.cli.output import output as console_of

if TYPE_CHECKING:
    from rich.console import Console

    from dlpy.explain.images import Request
    from dlpy.explain.inputs import Subject
    from dlpy.runs.directory import Run


def subject_of(run: Run, size: int | None, checkpoint: str) -> Subject:
    """Return the network of a run."""
    from dlpy.core.errors import ConfigError
    from dlpy.explain.inputs import of_run
    from dlpy.training import evaluate

    if size is not None:
        raise ConfigError("--size needs --weights: a run's network keeps the input size it was trained with.")
    return of_run(run, evaluate.checkpoint_name(checkpoint))


def bare_subject(name: str, weights: str, size: int | None) -> Subject:
    """Return a network of keras.applications."""
    from dlpy.core import keras_backend

    keras_backend.start()
    from dlpy.explain.bare_network import of_network

    return of_network(name, weights, size)


def draw_images(subject: Subject, request: Request, shown: Shown) -> None:
    """Draw what is asked for, and print what was found."""
    from dlpy.explain.images import ImageExplanation

    own = subject.runs[0].path / "explain" if subject.runs else Path("explain") / subject.title
    watcher = ShownProgress(console_of(quiet=shown.as_json))
    try:
        found = ImageExplanation(subject, request, shown.output or own, watcher).run(shown.files)
    finally:
        watcher.close()
    if shown.as_json:
        say_json(found)
        return
    for image in found["pictures"]:
        _show(console_of(), image)


def _show(console: Console, image: dict[str, Any]) -> None:
    """Print the most likely classes, and each layer's share of zeros and number of dead channels."""
    console.print(f"\n{image['file']}", soft_wrap=True)
    if "classes" in image:
        table = Table("class", box=None, pad_edge=False)
        table.add_column("probability", justify="right")
        for line in image["classes"]:
            table.add_row(line["class"], f"{line['probability']:.4f}")
        console.print(table)
    if "prediction" in image:
        console.print("predicts", *(f"{number:.6g}" for number in image["prediction"]))
    if "activations" in image:
        console.print(_activations(image["activations"]))


def _activations(lines: list[dict[str, Any]]) -> Table:
    table = Table("layer", "shape", box=None, pad_edge=False)
    for title in ("zeros", "dead channels"):
        table.add_column(title, justify="right")
    for line in lines:
        table.add_row(line["layer"], " x ".join(map(str, line["shape"])), f"{line['zeros']:.3f}", f"{line['dead']}")
    return table
