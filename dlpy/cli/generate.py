"""`dlpy generate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import RunName, RunsFolder

if TYPE_CHECKING:
    from dlpy.runs.checkpoints import Which
    from dlpy.runs.directory import Run

_TEXT, _PICTURES = "Texts", "Pictures"  # panels of --help
_LENGTH, _TEMPERATURE = 1000, 0.5


def generate(
    name: RunName,
    seed_text: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=_TEXT, help="What is gone on with.  \\[default: a window of the training text, by --seed]"
        ),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000_000,
            rich_help_panel=_TEXT,
            help=f"How many characters (or words) are written behind it.  \\[default: {_LENGTH}]",
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            rich_help_panel=_TEXT,
            help="0 always takes the likeliest, 1 draws by the probabilities, more is wilder.  "
            f"\\[default: {_TEMPERATURE}]",
        ),
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(rich_help_panel=_TEXT, help="Draw only from the likeliest.  \\[default: all]")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, rich_help_panel=_PICTURES, help="How many samples.  \\[default: 36]"),
    ] = None,
    grid: Annotated[
        int | None,
        typer.Option(
            min=1, max=100, metavar="SIDE", rich_help_panel=_PICTURES, help="The grid over two latent numbers instead."
        ),
    ] = None,
    walk: Annotated[
        int | None,
        typer.Option(
            min=8, max=2000, metavar="COUNT", rich_help_panel=_PICTURES, help="A walk of so many pictures, as a GIF."
        ),
    ] = None,
    edit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_PICTURES, help="Move a picture towards --class, in a vae's latent space."
        ),
    ] = None,
    wanted: Annotated[
        str | None, typer.Option("--class", rich_help_panel=_PICTURES, help="The class that is asked for.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the draws.")] = 0,
    checkpoint: Annotated[str, typer.Option(help="best or last.")] = "best",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to.  \\[default: standard output; of pictures, the run's samples/]"),
    ] = None,
    runs_folder: RunsFolder = None,
) -> None:
    """Make what a run has learnt to make: a text gone on with, or pictures; the same seed makes the same.

    Example: dlpy generate latest --seed-text "And it came to pass" --temperature 0.8 --length 500

    Example: dlpy generate latest --walk 64 -o walk.gif
    """
    from dlpy.core.errors import ConfigError
    from dlpy.runs.directory import find_run
    from dlpy.training import evaluate

    run, which = find_run(name, runs_folder), evaluate.checkpoint_name(checkpoint)
    kind = evaluate.tasks(run)[1].output.kind
    of_text = {"seed-text": seed_text, "length": length, "temperature": temperature, "top-k": top_k}
    of_pictures = {"count": count, "grid": grid, "walk": walk, "edit": edit, "class": wanted}
    if kind not in ("tokens", "inputs"):
        raise ConfigError(f"run {run.id} has learnt to answer, not to make: use `dlpy predict`.")
    alien, made = (of_pictures, "a text") if kind == "tokens" else (of_text, "pictures")
    for option, value in alien.items():
        if value is not None:
            raise ConfigError(f"--{option}: run {run.id} makes {made}, and has no use for it.")
    if kind == "tokens":
        length = _LENGTH if length is None else length
        chosen = (seed_text, length, _TEMPERATURE if temperature is None else temperature, top_k)
        _text(run, which, chosen, seed, output)
    else:
        _pictures(run, which, (count, grid, walk, edit), wanted, seed, output)


def _text(
    run: Run,
    which: Which,
    chosen: tuple[str | None, int, float, int | None],
    seed: int,
    output: Path | None,
) -> None:
    from dlpy.cli.lines import hand_over, say
    from dlpy.generate.text import Request, write_text
    from dlpy.sampling.text import Manner
    from dlpy.storage.atomic import write_whole

    seed_text, length, temperature, top_k = chosen
    text = write_text(run, Request(seed_text, length, Manner((temperature,), top_k, seed)), which)
    if output is None:
        hand_over(text + "\n")
        return
    write_whole(output, lambda path: path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace"))
    say(f"{length:,} tokens behind the seed text: {output}")


def _pictures(
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
        raise ConfigError("--count, --grid, --walk and --edit are different pictures: give one of them.")
    if grid is not None:
        request = Request("grid", grid, wanted, seed)
    elif walk is not None:
        request = Request("walk", walk, wanted, seed)
    elif edit is not None:
        request = Request("edit", 1, wanted, seed, edit)
    else:
        request = Request("samples", 36 if count is None else count, wanted, seed)
    say(shown_path(write_pictures(run, request, output, which)))
