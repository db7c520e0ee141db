"""`dlpy export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli.options import AsJson, RunName, RunsFolder, output_option

if TYPE_CHECKING:
    from dlpy.export.container import Container
    from dlpy.export.export import Exported


def export(
    name: RunName,
    to: Annotated[
        list[str],
        typer.Option("--to", metavar="FORMAT", help="keras, savedmodel, onnx, litert or docker; may be repeated."),
    ],
    quantize: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help="Weights in a litert file: float16 or int8.  \\[default: float32]"),
    ] = None,
    output: Annotated[
        Path | None,
        output_option("FOLDER", "Folder to write.  \\[default: RUN/exports/FORMAT]"),
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint to use: best or last.")] = "best",
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Export a run's best model to a file that works without dlpy.

    The network takes rows as the data holds them, and answers in the target's own
    unit. Beside it, signature.json says what it takes and answers, prepare.py does
    what a network cannot, such as splitting texts into words, and example.py
    predicts the rows of example_rows.npz, up to four validation rows.

    The program is run in a process of its own, without dlpy, on up to 256
    validation rows. If an answer differs from dlpy's prediction by more than 1e-5
    (of a probability, or of the spread of numbers), no file is left.

    docker writes a folder for `docker build`: the run, dlpy, the versions of all
    packages, and a Dockerfile whose image answers as `dlpy serve` does.

    onnx and litert need pip install 'dlpy\\[onnx]' and 'dlpy\\[litert]'. --quantize
    makes a litert file smaller, and says what that costs in the score.

    Example: dlpy export latest --to onnx
    """
    from dlpy.cli.lines import complain, say, say_json
    from dlpy.export.container import Container
    from dlpy.export.export import Ask
    from dlpy.export.export import export as export_run
    from dlpy.runs.lookup import find_model
    from dlpy.training.evaluate import checkpoint_name

    ask = Ask(tuple(to), quantize, output, force, checkpoint_name(checkpoint))
    exported = export_run(find_model(name, runs_folder), ask, complain)
    if as_json:
        say_json({"exports": [_record(one) for one in exported]})
        return
    for one in exported:
        say(*(_lines_of_container(one) if isinstance(one, Container) else _lines(one)))


def _lines_of_container(one: Container) -> list[str]:
    from dlpy.cli.progress import shown_path
    from dlpy.export.container import PORT

    folder = shown_path(one.folder)
    build = f"docker build -t {one.tag} {folder} && docker run --rm -p {PORT}:{PORT} {one.tag}"
    return [f"{one.format}: {folder} ({one.size / 1e6:,.1f} MB)", f"  {build}"]


def _lines(one: Exported) -> list[str]:
    from dlpy.cli.progress import shown_path

    scores = [f"{name} {one.before[name]:.4g}, exported {one.after[name]:.4g}" for name in one.before]
    return [
        f"{one.format}: {shown_path(one.folder)} ({one.size / 1000:,.1f} kB)",
        f"  {one.rows:,} {one.part} rows: differences up to {one.difference:.1g}, {one.seconds * 1e6:,.0f} us a row",
        *(f"  {line}" for line in scores),
    ]


def _record(one: Exported | Container) -> dict[str, Any]:
    return {**vars(one), "folder": str(one.folder)}
