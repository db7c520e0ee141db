"""How generated experiment files are worded: YAML that people read and go on writing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

_COMMENT_COLUMN = 34
_MOST_NAMED = 8
_WORDS = re.compile(r"[A-Za-z_.][A-Za-z0-9_./ -]*(?<! )$")


def experiment_file(title: list[str], output: Path, blocks: dict[str, list[str]]) -> str:
    """Return an experiment file, its title as comments on top; it stops early unless it has callbacks of its own.

    Args:
        blocks: the lines of `data`, `model` and `training`, and of `callbacks` if any.
    """
    early = ["  - {name: early_stopping, monitor: val_loss, patience: 10}"]
    header = [f"# {line}" for line in [*title, "", f"  dlpy train {output}"]]
    blocks = {**blocks, "callbacks": blocks.get("callbacks", early)}
    body = [line for name, lines in blocks.items() for line in (f"{name}:", *lines)]
    return "\n".join(line.rstrip() for line in (*header, *body)) + "\n"


def relative(path: Path, output: Path) -> str:
    """Return the file's path from the folder of the experiment file; absolute where it lies elsewhere."""
    relative = os.path.relpath(path.resolve(), output.resolve().parent)
    return str(path.resolve()) if relative.startswith("..") else relative


def scalar(text: str) -> str:
    """Return the text as YAML takes it: quoted where it could be read as something else."""
    plain = _WORDS.match(text) and text.lower() not in ("null", "true", "false", "~")
    return text if plain else json.dumps(text, ensure_ascii=False)


def noted(line: str, note: str) -> str:
    """Return the line with a comment behind it, where there is one."""
    return f"{line:<{_COMMENT_COLUMN - 1}} # {note}" if note else line


def plural(count: int, noun: str) -> str:
    """Return the number of things, with their name."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def listed(names: list[str]) -> str:
    """Return the first names on one line; a cell's line breaks must not end the comment."""
    more = f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return " ".join((", ".join(names[:_MOST_NAMED]) + more).split())
