"""The options of `dlpy explain`: which fit which kind of run, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.explain.kinds import IN_WORDS, Kind
from dlpy.explain.request import Ask, Method
from dlpy.training.evaluate import checkpoint_name
from dlpy.training.split_names import part_names

_OF_SERIES = ("tables", "series")
_FITS: dict[str, tuple[Kind, ...]] = {
    "split": ("tables", "series", "texts"),
    "row": ("tables", "texts"),
    "target": ("tables", "texts"),
    "column": ("tables",),
    "score": _OF_SERIES,
    "shuffles": _OF_SERIES,
    "most": _OF_SERIES,
    "pairs": ("tables",),
    "spans": ("series",),
    **dict.fromkeys(("text", "rows", "method"), ("texts",)),
    **dict.fromkeys(("only", "layer", "filters", "channels", "size"), ("images",)),
}
_TOGETHER = {"row": ("column", "text", "rows"), "column": ("score", "pairs"), "text": ("rows", "split")}


@dataclass(frozen=True)
class Shown:
    """The files to explain, the output folder, and whether JSON is printed instead of tables."""

    files: list[Path]
    output: Path | None
    as_json: bool


def refuse_unfit(options: Mapping[str, Any], kind: Kind, whose: str) -> None:
    """Raise ConfigError for an option that does not fit the kind of a run, or another option.

    Args:
        options: their values by name; those that were not given are None or empty.
        whose: what is explained, for the message.
    """
    given = [name for name, value in options.items() if value]
    for name in given:
        if kind not in _FITS[name]:
            known = ", ".join(f"--{own}" for own, kinds in _FITS.items() if kind in kinds)
            raise ConfigError(f"--{name}: {whose} takes {IN_WORDS[kind]}; the options for these are {known}.")
    for name, others in _TOGETHER.items():
        for other in others:
            if name in given and other in given:
                raise ConfigError(f"--{name} and --{other} exclude each other: leave one out.")


def ask_of(options: Mapping[str, Any], kind: Kind) -> Ask:
    """Return what is asked for, checked as far as it can be without the run.

    Raises:
        ConfigError: an option has a value that does not exist, or files are given to a run that takes none.
    """
    files = options["files"] or []
    if files and kind != "texts":
        hint = "its rows come from the run's own data: --row names one" if kind == "tables" else "leave it out"
        raise ConfigError(f"{files[0]}: the run takes {IN_WORDS[kind]}, and no file is read; {hint}.")
    if len(files) > 1:
        raise ConfigError(f"{files[1]}: give one file of texts.")
    if files and options["text"]:
        raise ConfigError("--text and a file exclude each other: leave one out.")
    given = {
        name: options[name] for name in ("shuffles", "most", "pairs", "spans", "seed") if options[name] is not None
    }
    return Ask(
        part=(part_names([options["split"]] if options["split"] else []) or ["validation"])[0],
        checkpoint=checkpoint_name(options["checkpoint"]),
        score=options["score"],
        target=options["target"],
        wanted_class=options["class"],
        columns=options["column"] or [],
        rows=options["row"] or [],
        wrongest=options["rows"],
        texts=options["text"] or [],
        file=files[0] if files else None,
        method=_method(options["method"]),
        **given,
    )


def _method(name: str | None) -> Method | None:
    for known in get_args(Method):
        if name == known:
            return known
    if name is None:
        return None
    raise ConfigError(f"--method {name}: there is no such method.{did_you_mean(name, get_args(Method))}")
