"""How generated experiment files are worded: YAML that people read and go on writing.

The one writer of such files. Values reach the file through YAML's own quoting and comments through `_comment`, so that
no name from outside (a file's, a column's, a cell's text) can become anything but a value or a comment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from dlpy.core.errors import ConfigError, on_a_line, shortened
from dlpy.core.suggestions import command
from dlpy.experiment.yaml_reader import inline, values_of

_COMMENT_COLUMN = 34
_LONGEST_COMMENT = 400
_MOST_NAMED = 8


@dataclass(frozen=True)
class Item:
    """An item of a list, with a comment behind it."""

    value: Any
    note: str = ""


@dataclass(frozen=True)
class Option:
    """An option of a block, with a comment behind it; a list of `Item`s stands below its key, a line each.

    suggested: it is only a comment itself, for the reader to turn on.
    """

    key: str
    value: Any
    note: str = ""
    suggested: bool = False


Lines = Sequence[Option | Item]


def experiment_file(title: list[str], output: Path, blocks: dict[str, Lines]) -> str:
    """Return an experiment file, its title as comments on top; it stops early unless it has callbacks of its own.

    Args:
        blocks: the lines of `data`, `model` and `training`, and of `callbacks` if any.

    Raises:
        ConfigError: a value holds what no such file can, as the name of a file that is not UTF-8.
    """
    early = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 10})]
    blocks = {**blocks, "callbacks": blocks.get("callbacks", early)}
    header = [_comment(line) for line in [*title, ""]]
    body = [line for name, lines in blocks.items() for line in (f"{name}:", *_written(lines, "  "))]
    text = "\n".join([*header, f"#   {on_a_line(command('train', output))}", *body]) + "\n"
    _check(text, {name: _meant(lines) for name, lines in blocks.items()}, output)
    return text


def title_of(text: str) -> list[str]:
    """Return the comments on top of an experiment file that `experiment_file` made: what was found."""
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return [line.removeprefix("# ") for line in lines if line != "#" and not line.startswith("#   ")]


def _check(text: str, meant: dict[str, Any], output: Path) -> None:
    """Raise ConfigError where a file would not be read as it is meant."""
    try:
        right = values_of(text) == meant
    except ConfigError:
        right = False
    if not right:
        raise ConfigError(
            f"{output} cannot say what was found: a file, folder or column has a name that YAML cannot hold."
        )


def relative(path: Path, output: Path) -> str:
    """Return the file's path from the folder of the experiment file; absolute where it lies elsewhere."""
    relative = os.path.relpath(path.resolve(), output.resolve().parent)
    return str(path.resolve()) if relative.startswith(("..", "~")) else relative  # `~` would be a user's folder


def plural(count: int, noun: str) -> str:
    """Return the number of things, with their name."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def listed(names: list[str]) -> str:
    """Return the first names on one line."""
    more = f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(shortened(name, 60) for name in names[:_MOST_NAMED]) + more


def _comment(text: str) -> str:
    """Return a text as a comment: the rest of its line and no more."""
    kept = text if len(text) <= _LONGEST_COMMENT else shortened(text, _LONGEST_COMMENT)
    return f"# {on_a_line(kept)}".rstrip()


def _written(lines: Lines, indent: str) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Item):
            yield _noted(f"{indent}- {inline(line.value)}", line.note)
        elif line.suggested:
            yield _noted(f"{indent}{_comment(f'{line.key}: {inline(line.value)}')}", line.note)
        elif _is_list_of_items(line.value):
            yield _noted(f"{indent}{inline(line.key)}:", line.note)
            yield from _written(line.value, f"{indent}  ")
        else:
            yield _noted(f"{indent}{inline(line.key)}: {inline(line.value)}", line.note)


def _noted(line: str, note: str) -> str:
    """Return the line with a comment behind it, where there is one."""
    return f"{line:<{_COMMENT_COLUMN - 1}} {_comment(note)}" if note else line


def _meant(lines: Lines) -> Any:
    """Return the values that the lines are to be read as."""
    if lines and all(isinstance(line, Item) for line in lines):
        return [line.value for line in lines]
    found = [line for line in lines if isinstance(line, Option) and not line.suggested]
    return {line.key: _meant(line.value) if _is_list_of_items(line.value) else line.value for line in found}


def _is_list_of_items(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Item) for item in value)
