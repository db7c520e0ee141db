"""`dlpy explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, RunsFolder

if TYPE_CHECKING:
    from rich.console import Console

    from dlpy.explain.inputs import Subject


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A run, or with --weights a network such as vgg16.", autocompletion=completion.runs
        ),
    ],
    images: Annotated[list[Path] | None, typer.Argument(metavar="IMAGE", help="Images to inspect.")] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="PART,...", help="Parts to draw: activations, filters, heatmap.  \\[default: all]"),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="Layer to inspect; may be repeated.  \\[default: all with image-shaped outputs; 4 for filters]"
        ),
    ] = None,
    wanted: Annotated[
        str | None, typer.Option("--class", help="Class of the heat map.  \\[default: the most likely]")
    ] = None,
    filters: Annotated[int, typer.Option(min=1, max=100_000, help="Number of filters to visualize per layer.")] = 16,
    channels: Annotated[int, typer.Option(min=1, max=100_000, help="Number of channels to draw per layer.")] = 64,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Seed of the noise that gradient ascent starts from.")
    ] = 0,
    weights: Annotated[
        str | None, typer.Option(help="Use the network named by RUN with these weights: imagenet, none or a file.")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=32, max=8192, help="With --weights: side of the input images in pixels.  \\[default: the network's]"
        ),
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint to use: best or last.")] = "best",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Output folder.  \\[default: RUN/explain]")
    ] = None,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Visualize activations, filters and class-activation maps of a convolutional network.

    Writes PNG files: each layer's activations with their share of zeros, images
    that maximize filters (gradient ascent), and a heat map of a class overlaid
    on each image (Grad-CAM).

    Example: dlpy explain latest cat.jpg --only heatmap --class cat
    """
    from dlpy.cli.lines import say_json
    from dlpy.cli.output import output as console
    from dlpy.explain.explain import Explanation, Request, part_names

    request = Request(part_names(only), layer or [], wanted, filters, channels, seed)
    subject = _subject(name, weights, size, checkpoint, runs_folder)
    folder = output or (subject.runs[0].path / "explain" if subject.runs else Path("explain") / subject.title)
    watcher = _watcher(console(quiet=as_json))
    try:
        found = Explanation(subject, request, folder, watcher).run(images or [])
    finally:
        watcher.close()
    if as_json:
        say_json(found)
        return
    for picture in found["pictures"]:
        _show(console(), picture)


def _subject(name: str, weights: str | None, size: int | None, checkpoint: str, runs_folder: Path | None) -> Subject:
    """Return the run's network or, with --weights, the keras.applications network."""
    from dlpy.core import keras_backend
    from dlpy.core.errors import ConfigError, RunError
    from dlpy.runs.lookup import find_model
    from dlpy.training import evaluate

    if weights is None and size is not None:
        raise ConfigError("--size needs --weights: a run's network keeps the input size it was trained with.")
    if weights is None:
        try:
            run = find_model(name, runs_folder)
        except RunError as error:
            raise RunError(f"{error} (For a network of keras.applications, add --weights.)") from None
        from dlpy.explain.inputs import of_run

        return of_run(run, evaluate.checkpoint_name(checkpoint))
    keras_backend.start()
    from dlpy.explain.bare_network import of_network

    return of_network(name, weights, size)


def _watcher(console: Console) -> Any:
    """Return a watcher that prints each file when it is written and, on a terminal, the current step."""
    from rich.text import Text

    from dlpy.cli.progress import shown_path
    from dlpy.core.errors import printable
    from dlpy.explain.explain import Watcher

    status = console.status("")

    class Shown(Watcher):
        def begins(self, what: str) -> None:
            if console.is_terminal and not console.quiet:
                status.update(Text(printable(what)))
                status.start()

        def notice(self, text: str) -> None:
            console.print(text, soft_wrap=True)

        def wrote(self, path: Path) -> None:
            console.print(shown_path(path), soft_wrap=True)

        def close(self) -> None:
            status.stop()

    return Shown()


def _show(console: Console, picture: dict[str, Any]) -> None:
    """Print the most likely classes, and each layer's share of zeros and number of dead channels."""
    from rich.table import Table

    console.print(f"\n{picture['file']}", soft_wrap=True)
    if "classes" in picture:
        table = Table("class", box=None, pad_edge=False)
        table.add_column("probability", justify="right")
        for line in picture["classes"]:
            table.add_row(line["class"], f"{line['probability']:.4f}")
        console.print(table)
    if "prediction" in picture:
        console.print("predicts", *(f"{number:.6g}" for number in picture["prediction"]))
    if "activations" in picture:
        table = Table("layer", "shape", box=None, pad_edge=False)
        for title in ("zeros", "dead channels"):
            table.add_column(title, justify="right")
        for line in picture["activations"]:
            table.add_row(line["layer"], " x ".join(map(str, line["shape"])), f"{line['zeros']:.3f}", f"{line['dead']}")
        console.print(table)
