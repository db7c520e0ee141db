"""Parses JSON values into frozen dataclasses and checks them against the annotations."""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from dlpy.core.errors import RunError, on_a_line, shortened

T = TypeVar("T")
Scores = Mapping[str, float | None]  # by name; None if undefined

_MOST_BYTES = 64 << 20
_MOST_INTEGER = 2**63
_WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a finite number"}


class UnexpectedError(ValueError):
    """A value does not match its annotation; the message names the entry."""


@dataclass(frozen=True)
class OfScores:
    """Base of a dataclass that collects every entry without a field of its own as a score."""

    scores: Scores = field(default_factory=dict, kw_only=True)


def read_json(path: Path, kind: type[T]) -> T:
    """Return a JSON file of a run as a frozen dataclass.

    Raises:
        RunError: the file is not JSON, or an entry does not match its annotation.
        FileNotFoundError: the file does not exist.
    """
    return _content(path, kind)[1]


def read_json_or_empty(path: Path, kind: type[T]) -> T:
    """Return a JSON file of a run as `read_json` does, and what an empty mapping says if there is no file.

    Raises:
        RunError: the file is not JSON, or an entry does not match its annotation.
    """
    try:
        return read_json(path, kind)
    except FileNotFoundError:
        return parse({}, kind)


def read_mapping(path: Path, kind: Any) -> dict[str, Any]:
    """Return the mapping in a JSON file unchanged, after checking that it is valid for `kind`.

    Raises:
        RunError: the file is not JSON, or an entry does not match its annotation.
        FileNotFoundError: the file does not exist.
    """
    return json.loads(_content(path, kind)[0])


def _content(path: Path, kind: Any) -> tuple[str, Any]:
    """Return the text of a JSON file, and what it says."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
        return text, _parsed(text, kind)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        raise RunError(f"{path} is damaged: {error}.") from None


@lru_cache(maxsize=8)  # a plot or a report asks for the same files a hundred times, each time for milliseconds
def _parsed(text: str, kind: Any) -> Any:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise UnexpectedError("it is not a mapping")
    return parse(content, kind)


def parse(value: object, kind: Any, place: str = "") -> Any:
    """Return a JSON value converted to an annotation: a dataclass, mapping, list, tuple, union, literal or scalar.

    Numbers that are not finite become None if None is allowed. Entries without a field in a dataclass are ignored.

    Raises:
        UnexpectedError: the value does not match.
    """
    origin, options = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return _one_of(value, options, place)
    if origin is Literal:
        return value if any(value == option and type(value) is type(option) for option in options) else _no(place)
    if is_dataclass(kind):
        return _dataclass(value, cast("type", kind), place)
    if origin in (dict, Mapping):
        held = _mapping(value, place)
        return {key: parse(item, options[1], f"{place}.{key}" if place else key) for key, item in held.items()}
    if origin in (list, tuple):
        return _items(value, kind, place)
    return _scalar(value, kind, place)


def _one_of(value: object, options: tuple[Any, ...], place: str) -> Any:
    if types.NoneType in options and (value is None or (float in options and _is_infinite(value))):
        return None
    others = [option for option in options if option is not types.NoneType]
    if len(others) == 1:
        return parse(value, others[0], place)
    for option in others:
        try:
            return parse(value, option, place)
        except UnexpectedError:
            continue
    return _no(place)


def _dataclass(value: object, kind: type[T], place: str) -> T:
    held, hints, given = _mapping(value, place), _hints(kind), {}
    known = {item.name for item in fields(cast("Any", kind))}
    for item in fields(cast("Any", kind)):
        where = f"{place}.{item.name}" if place else item.name
        if item.name == "scores" and issubclass(kind, OfScores):
            given[item.name] = _scores({key: held[key] for key in held.keys() - known}, place)
        elif item.name in held:
            given[item.name] = parse(held[item.name], hints[item.name], where)
        elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            raise UnexpectedError(f"entry '{where}' is missing")
    return kind(**given)


def _scores(held: dict[str, object], place: str) -> dict[str, float | None]:
    """Return the numeric entries; mappings and lists added by a newer dlpy are ignored."""
    plain = {key: value for key, value in held.items() if not isinstance(value, dict | list)}
    return {key: parse(value, float | None, f"{place}.{key}") for key, value in sorted(plain.items())}


def _items(value: object, kind: Any, place: str) -> Any:
    if not isinstance(value, list | tuple):
        return _no(place, "a list")
    options = get_args(kind)
    if get_origin(kind) is tuple and options[-1] is not Ellipsis:
        if len(value) != len(options):
            return _no(place, f"a list of {len(options)}")
        return tuple(parse(item, option, place) for item, option in zip(value, options, strict=True))
    return get_origin(kind)(parse(item, options[0], place) for item in value)


def _scalar(value: object, kind: Any, place: str) -> Any:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        fits = math.isfinite(value) if isinstance(value, float) else abs(value) < _MOST_INTEGER
        return value if fits else _no(place, _WORDS[float])
    if type(value) is not kind or (kind is int and not -_MOST_INTEGER <= cast("int", value) < _MOST_INTEGER):
        return _no(place, _WORDS.get(kind, ""))
    return value


def _is_infinite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _mapping(value: object, place: str) -> dict[str, Any]:
    return value if isinstance(value, dict) else _no(place, "a mapping")


def _no(place: str, expected: str = "") -> Any:
    wanted = f". Expected {expected}" if expected else ""
    raise UnexpectedError(f"'{on_a_line(shortened(place, 100))}' is invalid{wanted}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
