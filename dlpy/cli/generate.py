"""`dlpy generate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import RunName, RunsFolder, output_option

if TYPE_CHECKING:
    from dlpy.runs.checkpoints import Which
    from dlpy.runs.directory import Run

_TEXT, _IMAGES, _SOURCE = "Text", "Images", "Text from text (seq2seq)"  # panels of --help
_LENGTH, _TEMPERATURE = 1000, 0.5


def generate(
    name: RunName,
    seed_text: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TEXT, help="Text to continue.  \\[default: a window of the training text, by --seed]"
        ),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000_000,
            rich_help_panel=_TEXT,
            help=f"Number of characters (or words) to generate.  \\[default: {_LENGTH}]",
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            rich_help_panel=_TEXT,
            help="0 always takes the most likely token, 1 samples from the model's probabilities, higher values are "
            f"more random.  \\[default: {_TEMPERATURE}; with a source: 0]",
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(rich_help_panel=_TEXT, help="Sample only from the k most likely.  \\[default: all]"),
    ] = None,
    source: Annotated[
        str | None, typer.Option(rich_help_panel=_SOURCE, help="Text to translate, by a run of the family seq2seq.")
    ] = None,
    source_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=_SOURCE, help="Text file with a source on each line."),
    ] = None,
    beam: Annotated[
        int | None,
        typer.Option(
            max=100,
            rich_help_panel=_SOURCE,
            help="Keep this many of the likeliest texts at each step (beam search), and take the one with the highest "
            "mean log probability per token.  \\[default: 1]",
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, rich_help_panel=_IMAGES, help="Number of samples.  \\[default: 36]"),
    ] = None,
    grid: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, metavar="SIDE", rich_help_panel=_IMAGES, help="Draw a grid over the two latent dimensions."
        ),
    ] = None,
    walk: Annotated[
        int | None,
        typer.Option(
            min=8,
            max=2000,
            metavar="COUNT",
            rich_help_panel=_IMAGES,
            help="Walk through latent space: a GIF of COUNT frames.",
        ),
    ] = None,
    edit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_IMAGES, help="Move an image towards --class in a vae's latent space."
        ),
    ] = None,
    wanted: Annotated[
        str | None, typer.Option("--class", rich_help_panel=_IMAGES, help="Class to generate, or to move towards.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Random seed.")] = 0,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint to use: best or last.")] = "best",
    output: Annotated[
        Path | None,
        output_option("FILE", "Output file.  \\[default: standard output; for images, RUN/samples]"),
    ] = None,
    runs_folder: RunsFolder = None,
) -> None:
    """Generate text or images with a trained run. The same seed gives the same output.

    Example: dlpy generate latest --seed-text "And it came to pass" --temperature 0.8 --length 500

    Example: dlpy generate latest --source "March 12, 1987" --beam 5

    Example: dlpy generate latest --walk 64 -o walk.gif
    """
    from dlpy.core.errors import ConfigError
    from dlpy.runs.lookup import find_model
    from dlpy.training import evaluate

    run, which = find_model(name, runs_folder), evaluate.checkpoint_name(checkpoint)
    _, task = evaluate.tasks(run)
    kind = task.output.kind if len(task.outputs) == 1 else ""
    if kind not in ("tokens", "inputs"):
        raise ConfigError(f"run {run.id} predicts, it cannot generate text or images: use `dlpy predict`.")
    of_text = {"seed-text": seed_text, "length": length, "top-k": top_k}
    of_images = {"count": count, "grid": grid, "walk": walk, "edit": edit, "class": wanted}
    of_source = {"source": source, "source-file": source_file, "beam": beam}
    made = "texts from sources" if task.translates else "text" if kind == "tokens" else "images"
    other = {
        "texts from sources": of_text | of_images,
        "text": of_images | of_source,
        "images": of_text | of_source | {"temperature": temperature},
    }[made]
    for option, value in other.items():
        if value is not None:
            raise ConfigError(f"--{option}: run {run.id} generates {made}; leave this option out.")
    if task.translates:
        _targets(run, which, (source, source_file), (beam, temperature, seed), output)
    elif kind == "tokens":
        length = _LENGTH if length is None else length
        chosen = (seed_text, length, _TEMPERATURE if temperature is None else temperature, top_k)
        _text(run, which, chosen, seed, output)
    else:
        _images(run, which, (count, grid, walk, edit), wanted, seed, output)


def _text(
    run: Run,
    which: Which,
    chosen: tuple[str | None, int, float, int | None],
    seed: int,
    output: Path | None,
) -> None:
    from dlpy.cli.lines import say, write_data
    from dlpy.generate.text import Request, write_text
    from dlpy.sampling.text import Manner
    from dlpy.storage.atomic import write_whole

    seed_text, length, temperature, top_k = chosen
    text = write_text(run, Request(seed_text, length, Manner((temperature,), top_k, seed)), which)
    if output is None:
        write_data(text + "\n")
        return
    write_whole(output, lambda path: path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace"))
    say(f"{length:,} tokens after the seed text: {output}")


def _targets(
    run: Run,
    which: Which,
    given: tuple[str | None, Path | None],
    how: tuple[int | None, float | None, int],
    output: Path | None,
) -> None:
    """Write the targets of sources, one on each line."""
    from dlpy.cli.lines import say, write_data
    from dlpy.cli.output import errors
    from dlpy.cli.unfamiliar_table import show_unfamiliar
    from dlpy.generate.translation import sources_of, write_targets
    from dlpy.sampling.translation import Search
    from dlpy.storage.atomic import write_whole

    beam, temperature, seed = how
    search = Search(1 if beam is None else beam, temperature or 0.0, seed)
    sources, where = sources_of(*given)
    written, unfamiliar = write_targets(run, sources, search, where, which)
    show_unfamiliar(errors(), unfamiliar, "these sources")
    text = "".join(f"{line}\n" for line in written)
    if output is None:
        write_data(text)
        return
    write_whole(output, lambda path: path.write_text(text, encoding="utf-8", errors="backslashreplace"))
    say(f"{len(written):,} texts: {output}")


def _images(
    run: Run,
    which: Which,
    chosen: tuple[int | None, int | None, int | None, Path | None],
    wanted: str | None,
    seed: int,
    output: Path | None,
) -> None:
    from dlpy.cli.lines import say
    from dlpy.cli.progress import shown_path
    from dlpy.core.errors import ConfigError
    from dlpy.generate.pictures import Request, write_pictures

    count, grid, walk, edit = chosen
    if sum(value is not None for value in chosen) > 1:
        raise ConfigError("--count, --grid, --walk and --edit cannot be combined: give one of them.")
    if grid is not None:
        request = Request("grid", grid, wanted, seed)
    elif walk is not None:
        request = Request("walk", walk, wanted, seed)
    elif edit is not None:
        request = Request("edit", 1, wanted, seed, edit)
    else:
        request = Request("samples", 36 if count is None else count, wanted, seed)
    say(shown_path(write_pictures(run, request, output, which)))
