"""Writes generated experiment files as commented YAML for users to read and edit.

Values are quoted by the YAML writer and comments pass through `_comment`, so the name of a file or column, or the text
of a cell, can only ever become a value or a comment.
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
    """A list item with an optional comment."""

    value: Any
    note: str = ""


@dataclass(frozen=True)
class Option:
    """An option of a block with an optional comment; a list of `Item`s or options is written below its key.

    suggested: written as a comment, for the user to enable.
    """

    key: str
    value: Any
    note: str = ""
    suggested: bool = False


Lines = Sequence[Option | Item]


def experiment_file(title: list[str], output: Path, blocks: dict[str, Lines]) -> str:
    """Return an experiment file with the title as comments.

    Args:
        blocks: the lines of `data`, `model` and `training`, and of `callbacks`. Without these it gets early stopping;
            an empty list is none.

    Raises:
        ConfigError: a value cannot be written as YAML, such as a file name that is not UTF-8.
    """
    early = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 10})]
    blocks = {**blocks, "callbacks": blocks.get("callbacks", early)}
    blocks = {name: lines for name, lines in blocks.items() if lines}
    header = [_comment(line) for line in [*title, ""]]
    body = [line for name, lines in blocks.items() for line in (f"{name}:", *_written(lines, "  "))]
    text = "\n".join([*header, f"#   {on_a_line(command('train', output))}", *body]) + "\n"
    _check(text, {name: meant(lines) for name, lines in blocks.items()}, output)
    return text


def title_of(text: str) -> list[str]:
    """Return the title lines of a file made by `experiment_file`."""
    lines = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return [line.removeprefix("# ") for line in lines if line != "#" and not line.startswith("#   ")]


def _check(text: str, meant: dict[str, Any], output: Path) -> None:
    """Raise ConfigError if the file would not be read back as the given values."""
    try:
        right = values_of(text) == meant
    except ConfigError:
        right = False
    if not right:
        raise ConfigError(
            f"{output} cannot be written: a file, folder or column has a name that YAML cannot represent. Rename it."
        )


def relative(path: Path, output: Path) -> str:
    """Return the path relative to the experiment file's folder; absolute if it is outside."""
    relative = os.path.relpath(path.resolve(), output.resolve().parent)
    return str(path.resolve()) if relative.startswith(("..", "~")) else relative  # `~` would be a user's folder


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, such as "1 row" or "2 rows"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def listed(names: list[str]) -> str:
    """Return the first names, comma-separated."""
    more = f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(shortened(name, 60) for name in names[:_MOST_NAMED]) + more


def _comment(text: str) -> str:
    """Return a text as a one-line comment."""
    kept = text if len(text) <= _LONGEST_COMMENT else shortened(text, _LONGEST_COMMENT)
    return f"# {on_a_line(kept)}".rstrip()


def _written(lines: Lines, indent: str) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Item):
            yield _noted(f"{indent}- {inline(line.value)}", line.note)
        elif line.suggested:
            yield _noted(f"{indent}{_comment(f'{line.key}: {inline(line.value)}')}", line.note)
        elif _is_block(line.value):
            yield _noted(f"{indent}{inline(line.key)}:", line.note)
            yield from _written(line.value, f"{indent}  ")
        else:
            yield _noted(f"{indent}{inline(line.key)}: {inline(line.value)}", line.note)


def _noted(line: str, note: str) -> str:
    """Return the line with the comment appended, if there is one."""
    return f"{line:<{_COMMENT_COLUMN - 1}} {_comment(note)}" if note else line


def meant(lines: Lines) -> Any:
    """Return the values that the lines stand for, without the suggested ones."""
    if lines and all(isinstance(line, Item) for line in lines):
        return [line.value for line in lines]
    found = [line for line in lines if isinstance(line, Option) and not line.suggested]
    return {line.key: meant(line.value) if _is_block(line.value) else line.value for line in found}


def _is_block(value: Any) -> bool:
    """Return whether the value of an option is written below its key, one item or option per line."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, Item | Option) for item in value)
