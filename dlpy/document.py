"""Reads an experiment file into plain values, remembering on which line each one stands.

YAML 1.1's traps are closed: `1e-4` is a number, `on` and `no` are words, `012` is refused, `12:30` is text, a key
given twice is an error, and files that would unfold without end are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dlpy.errors import ConfigError, did_you_mean

Keys = tuple[str | int, ...]

_MOST_BYTES = 1_000_000
_MOST_NODES = 20_000
_MOST_DEPTH = 40
_MOST_PARENTS = 10
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))([eE][-+]?[0-9]+)?$")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+$|0[xob][0-9a-fA-F_]+$")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True)
class Mistake:
    """Something wrong at a place in the experiment: `keys` leads there, `message` ends the line shown."""

    keys: Keys
    message: str


@dataclass
class Document:
    """The plain values of an experiment file with `extends` and overrides merged in, and where each was written."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, tuple[int, str]] = field(default_factory=dict)  # keys -> (order, "file.yaml:12")
    overrides: dict[Keys, str] = field(default_factory=dict)  # keys -> "training.epochs=3"

    def error(self, mistakes: list[Mistake]) -> ConfigError:
        """Return one error that tells all mistakes, a line each, in the order of the file."""
        lines = sorted({(*self._place(mistake), self._text(mistake)) for mistake in mistakes})
        return ConfigError("\n".join(text for *_, text in lines))

    def _text(self, mistake: Mistake) -> str:
        for length in range(len(mistake.keys), 0, -1):
            if (override := self.overrides.get(mistake.keys[:length])) is not None:
                return f"{override}: {mistake.message}"
        where = ".".join(str(key) for key in mistake.keys)
        return f"{self._place(mistake)[1]}: {where + ': ' if where else ''}{mistake.message}"

    def _place(self, mistake: Mistake) -> tuple[int, str]:
        for length in range(len(mistake.keys), -1, -1):
            if mistake.keys[:length] in self.places:
                return self.places[mistake.keys[:length]]
        return (1, f"{self.path}:1")


def read(path: Path, overrides: list[str] | None = None) -> Document:
    """Return what the file says, what it extends, and what the command line overrides.

    Raises:
        ConfigError: the file is missing or is no YAML that dlpy takes; overrides are not `key=value`.
    """
    document = _read_with_parents(path, ())
    for text in overrides or []:
        _override(document, text)
    return document


def _read_with_parents(path: Path, children: tuple[Path, ...]) -> Document:
    document = _Reader(str(path), path.parent).document(path)
    parent = document.values.pop("extends", None)
    if parent is None:
        return document
    if not isinstance(parent, str):
        raise document.error([Mistake(("extends",), "expected the path of another experiment file.")])
    children = (*children, path.resolve())
    parent_path = path.parent / parent
    if parent_path.resolve() in children or len(children) > _MOST_PARENTS:
        raise document.error([Mistake(("extends",), f"{parent} leads back to this file, or too far.")])
    if not parent_path.is_file():
        raise document.error([Mistake(("extends",), f"there is no file {parent_path}.")])
    base = _read_with_parents(parent_path, children)
    places = {keys: (order - 1_000_000, place) for keys, (order, place) in base.places.items()}
    merged = _merge(base.values, document.values)
    return Document(path, merged, {**places, **document.places})


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another; a component of another name replaces the old one with its options."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, str) and isinstance(value, dict) and "name" not in value:
            old = {"name": old}
        same = (
            isinstance(old, dict) and isinstance(value, dict) and value.get("name", old.get("name")) == old.get("name")
        )
        merged[key] = _merge(old, value) if same and isinstance(old, dict) else value
    return merged


def _override(document: Document, text: str) -> None:
    """Put `training.epochs=3` into the document."""
    name, equals, value = text.partition("=")
    keys = tuple(int(key) if key.isdecimal() else key for key in name.split("."))
    if not equals or "" in keys:
        raise ConfigError(f"'{text}': expected an override like training.epochs=3, or a file that exists.")
    parsed = _Reader(text, Path.cwd()).override(value, keys)
    holder: Any = _holder(document.values, keys, text)
    last: Any = keys[-1]
    old = holder.get(last) if isinstance(holder, dict) else holder[last]
    holder[last] = _merge({last: old}, {last: parsed})[last]
    document.overrides[keys] = text


def _holder(values: dict[str, Any], keys: Keys, text: str) -> Any:
    """Return the mapping or list that holds the last key, made where it was not there yet."""
    holder: Any = values
    key: Any
    for position, key in enumerate(keys):
        if isinstance(holder, list) and not (isinstance(key, int) and key < len(holder)):
            raise ConfigError(f"{text}: there is no item {key} in that list of {len(holder)}.")
        if position == len(keys) - 1:
            break
        old = holder[key] if isinstance(holder, list) else holder.get(key)
        if not isinstance(old, dict | list):
            old = {"name": old} if isinstance(old, str) else {}  # `optimizer: rmsprop` grows options
            holder[key] = old
        holder = old
    return holder


def _read_text(path: Path) -> str:
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; expected an experiment file (YAML).")
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        near = [other.name for other in path.parent.glob("*.yaml")]
        raise ConfigError(f"there is no file {path}.{did_you_mean(path.name, near)}") from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}.") from None
    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"{path} has {len(raw):,} bytes; an experiment file has at most {_MOST_BYTES:,}.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file (UTF-8).") from None


class _Reader:
    """Turns one YAML text, a file's or an override's, into values and places."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.places: dict[Keys, tuple[int, str]] = {}
        self.mistakes: list[Mistake] = []
        self.nodes = 0

    def document(self, path: Path) -> Document:
        """Return the document of a whole file."""
        node = self._compose(_read_text(path))
        if node is None:
            raise ConfigError(f"{self.name}:1: the file is empty. An experiment needs at least 'data' and 'model'.")
        values = self._convert(node, ())
        if not isinstance(values, dict):
            raise ConfigError(f"{self.name}:1: expected 'key: value' lines; an experiment is a mapping.")
        document = Document(path, values, self.places)
        if self.mistakes:
            raise document.error(self.mistakes)
        return document

    def override(self, text: str, keys: Keys) -> Any:
        """Return the value of one override."""
        node = self._compose(text)
        value = None if node is None else self._convert(node, keys)
        if self.mistakes:
            raise ConfigError(f"{self.name}: {self.mistakes[0].message}")
        return value

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text, Loader=_LOADER)
        except RecursionError:
            raise ConfigError(f"{self.name}:1: nested too deeply.") from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"{self.name}:{line}: not YAML: {error.problem or error.context}.") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{self.name}:1: not YAML: {' '.join(str(error).split())}") from None

    def _convert(self, node: yaml.Node, keys: Keys) -> Any:
        self.nodes += 1
        line = node.start_mark.line + 1
        if len(keys) > _MOST_DEPTH or self.nodes > _MOST_NODES:
            raise ConfigError(f"{self.name}:{line}: nested too deeply, or aliases unfold into too much.")
        self.places.setdefault(keys, (line, f"{self.name}:{line}"))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            return [self._convert(item, (*keys, index)) for index, item in enumerate(node.value)]
        return self._scalar(str(node.value), bool(getattr(node, "style", None)), keys)

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError(f"{self.name}:{line}: a key must be a word.")
            key = key_node.value
            self.places[(*keys, key)] = (line, f"{self.name}:{line}")
            if key in values:
                self.mistakes.append(Mistake((*keys, key), "given twice."))
            values[key] = self._convert(value_node, (*keys, key))
        return values

    def _scalar(self, text: str, quoted: bool, keys: Keys) -> Any:
        if quoted:
            return self._text(text, keys)
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if _LEADING_ZERO.match(text):
            self.mistakes.append(
                Mistake(keys, f"{text} starts with 0: write the number without it, or quote the text.")
            )
        if _INT.match(text):
            return int(text.replace("_", ""))
        if _FLOAT.match(text):
            return float(text.replace("_", ""))
        return self._text(text, keys)

    def _text(self, text: str, keys: Keys) -> str:
        """Return text as it is, but the value of `path` or an item of `plugins` as an absolute path if it exists."""
        if text and (keys[-1:] == ("path",) or keys[-2:-1] == ("plugins",)):
            for folder in (self.folder, Path.cwd()):
                path = folder / Path(text).expanduser()
                if path.exists():
                    return str(path.resolve())
        return text


_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
