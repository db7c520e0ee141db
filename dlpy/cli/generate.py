"""`dlpy generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli.evaluate import RunName
from dlpy.cli.train import RunsFolder


def generate(
    name: RunName,
    seed_text: Annotated[
        str | None, typer.Option(help="What is gone on with.  \\[default: a window of the training text, by --seed]")
    ] = None,
    length: Annotated[int, typer.Option(min=1, help="How many characters (or words) are written behind it.")] = 1000,
    temperature: Annotated[
        float, typer.Option(help="0 always takes the likeliest, 1 draws by the probabilities, more is wilder.")
    ] = 0.5,
    top_k: Annotated[int | None, typer.Option(help="Draw only from the likeliest.  \\[default: all]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 0,
    checkpoint: Annotated[str, typer.Option(help="best or last.")] = "best",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the text goes.  \\[default: standard output]")
    ] = None,
    runs_folder: RunsFolder = None,
) -> None:
    """Go on with a text by what a run has learnt of another; the same seed writes the same text.

    Example: dlpy generate latest --seed-text "And it came to pass" --temperature 0.8 --length 500
    """
    from dlpy import evaluation, runs
    from dlpy.continuation import Manner
    from dlpy.errors import ConfigError

    run, which = runs.find(name, runs_folder), evaluation.checkpoint_name(checkpoint)
    kind = evaluation.tasks(run)[1].output.kind
    if kind != "tokens":
        raise ConfigError(f"run {run.id} has learnt to answer, not to write: use `dlpy predict`.")
    manner = Manner((temperature,), top_k, seed)

    from dlpy.generate.text import Wish, write_text

    text = write_text(run, Wish(seed_text, length, manner), which)
    if output is None:
        print(text)
        return
    runs.write_whole(output, lambda path: path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace"))
    print(f"{length:,} tokens behind the seed text: {output}")
