"""`dlpy explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, RunsFolder, output_option

_IMAGES, _TABLES, _TEXTS = "Images", "Tables and series", "Texts"
_ROWS_HELP = "Explain the row with this number in the data (from 0); may be repeated."


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A run, or with --weights a network such as vgg16.", autocompletion=completion.runs
        ),
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Images to inspect, or a file of texts to explain.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="Rows to compute on: train, validation or test (counted, as by evaluate).  \\[default: validation]"
        ),
    ] = None,
    row: Annotated[list[int] | None, typer.Option(min=0, help=_ROWS_HELP)] = None,
    wanted: Annotated[
        str | None, typer.Option("--class", help="Class or label to explain.  \\[default: the most likely]")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Of several targets, the one to explain.  \\[default: the first]")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="Draw the partial dependence on this column; may be repeated.", rich_help_panel=_TABLES),
    ] = None,
    score: Annotated[
        str | None,
        typer.Option(
            help="Score whose change is the importance, such as loss.  \\[default: the first metric]",
            rich_help_panel=_TABLES,
        ),
    ] = None,
    shuffles: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Shuffles of each column.  \\[default: 10]", rich_help_panel=_TABLES),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=10_000_000,
            help="Most rows to score, drawn by --seed.  \\[default: 5000]",
            rich_help_panel=_TABLES,
        ),
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            help="For --row: orders of the columns, each used in both directions.  \\[default: 200]",
            rich_help_panel=_TABLES,
        ),
    ] = None,
    spans: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            help="Of a series: spans of lags, each shuffled as a whole.  \\[default: at most 24]",
            rich_help_panel=_TABLES,
        ),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Text to explain; may be repeated.", rich_help_panel=_TEXTS)
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Explain the n most wrong texts.  \\[default: 3]", rich_help_panel=_TEXTS),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="gradients (integrated gradients), occlusion, or attention (maps of a transformer).  "
            "\\[default: gradients; for bags of words, and where padding alone is predicted like the text, occlusion]",
            rich_help_panel=_TEXTS,
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="PART,...",
            help="Parts to draw: activations, filters, heatmap.  \\[default: all]",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="Layer to inspect; may be repeated.  \\[default: all with image-shaped outputs; 4 for filters]",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    filters: Annotated[
        int | None,
        typer.Option(
            min=1, max=100_000, help="Filters to visualize per layer.  \\[default: 16]", rich_help_panel=_IMAGES
        ),
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="Channels to draw per layer.  \\[default: 64]", rich_help_panel=_IMAGES),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            help="Use the network named by RUN with these weights: imagenet, none or a file.", rich_help_panel=_IMAGES
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=32,
            max=8192,
            help="With --weights: side of the input images in pixels.  \\[default: the network's]",
            rich_help_panel=_IMAGES,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of everything drawn at random.")] = 0,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint to use: best or last.")] = "best",
    output: Annotated[
        Path | None,
        output_option("FOLDER", "Output folder.  \\[default: RUN/explain]"),
    ] = None,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Explain what a run has learned, or one of its predictions.

    Tables: how much worse the score becomes when a column is shuffled
    (permutation importance), how the prediction depends on a column (partial
    dependence), and what each column of a row contributes (Shapley values).

    Example: dlpy explain houses

    Example: dlpy explain houses --column age --column rooms

    Example: dlpy explain houses --row 12

    Series: the importance of each lag and of each column.

    Example: dlpy explain climate --score mae

    Texts: what each word contributes, in colors here, as HTML and as PNG.

    Example: dlpy explain reviews --text "Not bad at all."

    Example: dlpy explain reviews --rows 5

    Example: dlpy explain reviews --rows 1 --method attention

    Images: activations of the layers, images that maximize filters, and
    class-activation maps (Grad-CAM).

    Example: dlpy explain pets cat.jpg --only heatmap --class cat

    Held-out rows are used unless --split says otherwise.
    """
    from dlpy.cli.explain_images import bare_subject, draw_images, subject_of
    from dlpy.cli.explain_options import Shown, ask_of, refuse_unfit
    from dlpy.cli.explain_rows import explain_rows
    from dlpy.core.errors import RunError
    from dlpy.explain.images import Request, part_names
    from dlpy.explain.kinds import kind_of
    from dlpy.runs.lookup import find_model

    request = Request(part_names(only), layer or [], wanted, filters or 16, channels or 64, seed)
    options: dict[str, Any] = {
        **{"split": split, "row": row, "target": target, "column": column, "score": score, "shuffles": shuffles},
        **{"most": most, "pairs": pairs, "spans": spans, "text": text, "rows": rows, "method": method},
        **{"only": only, "layer": layer, "filters": filters, "channels": channels, "size": size},
    }
    shown = Shown(files or [], output, as_json)
    if weights is not None:
        refuse_unfit(options, "images", "a network of keras.applications")
        draw_images(bare_subject(name, weights, size), request, shown)
        return
    try:
        run = find_model(name, runs_folder)
    except RunError as error:
        raise RunError(f"{error} (For a network of keras.applications, add --weights.)") from None
    kind = kind_of(run)
    refuse_unfit(options, kind, f"run {run.id}")
    if kind == "images":
        draw_images(subject_of(run, size, checkpoint), request, shown)
        return
    ask = ask_of({**options, "class": wanted, "checkpoint": checkpoint, "seed": seed, "files": files}, kind)
    explain_rows(run, kind, ask, shown)
