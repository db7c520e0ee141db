"""Experiment files as plain values, with `extends` and overrides merged in and the source line of each value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlpy.core.errors import ConfigError, DataError, check_kind
from dlpy.core.timing import stage
from dlpy.experiment.dimensions import is_range
from dlpy.experiment.yaml_reader import Keys, Mistake, Reader

Line = tuple[int, str, str]  # of an error: (order, "file.yaml:12", text)

_MOST_PARENTS = 10
_MOST_DIGITS = 10  # of a list index


class DocumentError(ConfigError):
    """Mistakes in an experiment file."""

    mistakes: tuple[Mistake, ...] = ()


@dataclass
class Document:
    """The plain values of an experiment file, and the source line or override of each."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, tuple[int, str]] = field(default_factory=dict)  # keys -> (order, "file.yaml:12")
    overrides: dict[Keys, str] = field(default_factory=dict)  # keys -> "training.epochs=3"

    def error(self, mistakes: list[Mistake]) -> DocumentError:
        """Return one error with all mistakes, one per line, in file order."""
        error = DocumentError(*in_order(self.located(mistakes)))
        error.mistakes = tuple(mistakes)
        return error

    def located(self, mistakes: Iterable[Mistake]) -> list[Line]:
        """Return the line of each mistake, and where it stands."""
        return [(*self._place(mistake), self._text(mistake)) for mistake in mistakes]

    def _text(self, mistake: Mistake) -> str:
        for length in range(len(mistake.keys), 0, -1):
            if (override := self.overrides.get(mistake.keys[:length])) is not None:
                return _joined(override, mistake.keys[length:], mistake.message)
        return _joined(self._place(mistake)[1], mistake.keys, mistake.message)

    def _place(self, mistake: Mistake) -> tuple[int, str]:
        for length in range(len(mistake.keys), -1, -1):
            if mistake.keys[:length] in self.places:
                return self.places[mistake.keys[:length]]
        return (1, f"{self.path}:1")


def in_order(lines: Iterable[Line]) -> list[str]:
    """Return the texts of lines in file order, each once."""
    return [text for *_, text in sorted(set(lines))]


def _joined(place: str, keys: Keys, message: str) -> str:
    """Return "place: dotted.key: message", without the key if there is none."""
    return ": ".join([place, *([".".join(map(str, keys))] if keys else []), message])


@stage("experiment file")
def read(path: Path, overrides: list[str] | None = None) -> Document:
    """Return the document of a file, with the files it extends and the overrides merged in.

    Raises:
        ConfigError: the file is missing or is not valid YAML, or an override is not `key=value`.
    """
    document = _read_with_parents(path, ())
    for text in overrides or []:
        _override(document, text)
    return document


def _read_with_parents(path: Path, children: tuple[Path, ...]) -> Document:
    reader = Reader(str(path), path.parent)
    document = Document(path, reader.file(path), reader.places)
    if reader.mistakes:
        raise document.error(reader.mistakes)
    parent = document.values.pop("extends", None)
    if parent is None:
        return document
    if not isinstance(parent, str):
        raise document.error([Mistake(("extends",), "expected the path of another experiment file.")])
    children = (*children, path.resolve())
    parent_path = path.parent / parent
    wrong = _wrong_with(parent_path)
    if wrong is not None:
        raise document.error([Mistake(("extends",), wrong)])
    if parent_path.resolve() in children or len(children) > _MOST_PARENTS:
        raise document.error(
            [
                Mistake(
                    ("extends",), f"{parent} extends this file in turn, or more than {_MOST_PARENTS} files are chained."
                )
            ]
        )
    base = _read_with_parents(parent_path, children)
    places = {keys: (order - 1_000_000, place) for keys, (order, place) in base.places.items()}
    merged = _merge(base.values, document.values)
    return Document(path, merged, {**places, **document.places})


def _wrong_with(path: Path) -> str | None:
    """Return why a file cannot be extended, or None if it can."""
    try:
        check_kind(path)
    except DataError as error:
        return str(error)
    except (OSError, ValueError):  # the name is too long or holds a NUL, or the folder is not readable
        return f"there is no file {path}."
    return None if path.is_file() else f"{path} is a folder; expected an experiment file."


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return `base` updated with `over`, recursively; a component with another name replaces the old one entirely.

    So does a range, or a value in place of one.
    """
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if is_range(old) or is_range(value):
            merged[key] = value
            continue
        if isinstance(old, str) and isinstance(value, dict) and "name" not in value:
            old = {"name": old}
        same = (
            isinstance(old, dict) and isinstance(value, dict) and value.get("name", old.get("name")) == old.get("name")
        )
        merged[key] = _merge(old, value) if same and isinstance(old, dict) else value
    return merged


def _override(document: Document, text: str) -> None:
    """Merge an override such as `training.epochs=3` into the document."""
    name, equals, value = text.partition("=")
    keys = tuple(int(key) if key.isdecimal() and len(key) < _MOST_DIGITS else key for key in name.split("."))
    if not equals or "" in keys:
        raise ConfigError(f"'{text}': expected an override like training.epochs=3, or a file that exists.")
    parsed = Reader(text, Path.cwd()).override(value, keys)
    holder: Any = _holder(document.values, keys, text)
    last: Any = keys[-1]
    old = holder.get(last) if isinstance(holder, dict) else holder[last]
    holder[last] = _merge({last: old}, {last: parsed})[last]
    document.overrides[keys] = text


def _holder(values: dict[str, Any], keys: Keys, text: str) -> Any:
    """Return the mapping or list that holds the last key; missing mappings are created."""
    holder: Any = values
    key: Any
    for position, key in enumerate(keys):
        if isinstance(holder, list) and not (isinstance(key, int) and key < len(holder)):
            raise ConfigError(f"{text}: the list has {len(holder)} items, numbered from 0; there is no item {key}.")
        if position == len(keys) - 1:
            break
        old = holder[key] if isinstance(holder, list) else holder.get(key)
        if not isinstance(old, dict | list):
            old = {"name": old} if isinstance(old, str) else {}  # `optimizer: rmsprop` becomes a mapping
            holder[key] = old
        holder = old
    return holder
