"""`dlpy new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, output_option

_LONGEST = 60  # characters of a file name; each takes up to four of the 255 bytes that file systems allow

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A dataset's name, or your own .csv (or other table), .npz, .txt or .conll file, or folder of images; or "
        "the address of one, such as s3://bucket/houses.csv.",
        autocompletion=completion.datasets,
    ),
]
Target = Annotated[str | None, typer.Option("--target", help="Column to predict.  \\[default: the last]")]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", help="Column to leave out; may be repeated.")]
Categorical = Annotated[
    list[str] | None, typer.Option("--categorical", help="Column to treat as categorical; may be repeated.")
]
Missing = Annotated[
    list[str] | None,
    typer.Option("--missing", help="Another text that marks a missing cell, such as '-'; may be repeated."),
]
Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        help="For a folder of images: train a head on this pretrained network, such as mobilenet_v2, whose weights "
        "are downloaded once.  \\[default: one whose weights are on this machine, if the images suit it]",
    ),
]
Output = Annotated[
    Path | None,
    output_option("FILE", "File to write.  \\[default: SOURCE's name with .yaml, in the current folder]"),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]


def new(
    source: Source,
    target: Target = None,
    ignore: Ignore = None,
    categorical: Categorical = None,
    missing: Missing = None,
    base: Base = None,
    output: Output = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented experiment file for a dataset or your own data, ready to train and to edit.

    For a table it prints what each column was taken for, why, and what becomes
    of it.

    Rows at evenly spaced times are a series, or several if one or two columns
    name them: the file then forecasts the target's next values.

    Example: dlpy new houses.csv --target price
    """
    from dlpy.cli.columns_table import show_columns
    from dlpy.cli.lines import say, say_json
    from dlpy.cli.output import output as console
    from dlpy.core.errors import ConfigError
    from dlpy.core.registry import without_plugins
    from dlpy.core.suggestions import command
    from dlpy.experiment import experiment
    from dlpy.starter.columns import Choices
    from dlpy.starter.remote import experiment_for
    from dlpy.storage.atomic import write_whole

    output = output or named_after(source)
    if output.exists() and not force:
        raise ConfigError(f"{output} exists. Give another name with --output, or overwrite it with --force.")

    def write(path: Path) -> None:
        path.write_text(draft.text, encoding="utf-8")
        experiment.load(path)

    with without_plugins():
        choices = Choices(tuple(ignore or ()), tuple(categorical or ()), tuple(missing or ()))
        draft = experiment_for(source, target, output, choices, base)
        write_whole(output, write)
    if as_json:
        columns = [line.record() for line in draft.columns]
        say_json({"output": str(output), "notes": draft.notes, "columns": columns})
        return
    say(str(output), *(f"  {line}" for line in draft.notes))
    show_columns(console(), draft.columns)
    say(f"next: {command('train', output)}")


def named_after(source: str) -> Path:
    """Return the source's name with .yaml, in the current folder; invisible characters become '-'.

    Of a packed table the first suffix is left out, too (a.csv.gz); a pattern is named after its folder (parts/*.csv).
    """
    from dlpy.data.tables.part_files import without_packed

    named = Path(source) if Path(source).name not in ("", "..") else Path(source).resolve()
    named = named.parent if "*" in named.name else named
    stem = without_packed(named).stem or "experiment"
    printable = "".join(character if character.isprintable() else "-" for character in stem)
    return Path(f"{printable[:_LONGEST]}.yaml")
