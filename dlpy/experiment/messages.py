"""Pydantic's validation errors reworded as messages that users can act on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from dlpy.core.errors import did_you_mean
from dlpy.core.options import Block
from dlpy.experiment.document import Document
from dlpy.experiment.misplaced import right_place
from dlpy.experiment.yaml_reader import Keys, Mistake

_MEANT = "unknown option. Did you mean '"
AnyBlock = TypeVar("AnyBlock", bound=Block)


def checked(kind: type[AnyBlock], document: Document) -> AnyBlock:
    """Return the document as a checked experiment of the given class, named after the file unless `name` is set.

    Raises:
        ConfigError: lists all mistakes, one per line.
    """
    values = document.values
    if values.get("name") is None:
        values["name"] = re.sub(r"[^A-Za-z0-9._-]+", "-", document.path.stem).strip("-._")[:64] or "run"
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise document.error(mistakes_of(error, values, kind)) from None


def mistakes_of(error: ValidationError, values: dict[str, Any], file: type[Block] | None = None) -> list[Mistake]:
    """Return the mistakes in values, one per place even if an option accepts several types.

    file: the class of the whole file, if the values are those of one; it has the places of misplaced options.
    """
    found: dict[Keys, list[Mistake]] = {}
    for detail in error.errors():
        keys = _keys_of(detail, values)
        mistake = _mistake({**detail, "loc": keys})
        if file and mistake.message.startswith("unknown option. Known"):  # no name of its own place is close
            mistake = _placed(mistake, right_place(str(keys[-1]), file, values))
        found.setdefault(keys, []).append(mistake)
    inner = {keys[:length] for keys in found for length in range(len(keys))}
    joined = [_joined(group) for keys, group in found.items() if keys not in inner or not _is_of_types(group)]
    misspelt = {(mistake.keys[:-1], mistake.message.split("'")[1]) for mistake in joined if _MEANT in mistake.message}
    return [
        mistake
        for mistake in joined
        if mistake.message != "required." or (mistake.keys[:-1], mistake.keys[-1]) not in misspelt
    ]


def _placed(mistake: Mistake, place: str) -> Mistake:
    """Return the mistake of an unknown option with the place that it belongs to, if there is one."""
    where = "" if "." in place else " at the top of the file"
    guess = f"unknown option. Did you mean '{place}'{where}?"
    return Mistake(mistake.keys, mistake.message.replace("unknown option.", guess)) if place else mistake


def _keys_of(detail: Any, values: Any) -> Keys:
    """Return the keys that lead to the mistake, without the names of types that pydantic inserts."""
    keys: list[str | int] = []
    for key in detail["loc"]:
        in_list = isinstance(values, list) and isinstance(key, int) and key < len(values)
        if in_list or (isinstance(values, dict) and key in values):
            keys.append(key)
            values = values[key]
    if detail["type"] == "missing":
        keys.append(detail["loc"][-1])
    return tuple(keys)


def _is_of_types(group: Sequence[Mistake]) -> bool:
    return all(mistake.message.startswith("expected ") for mistake in group)


def _joined(group: list[Mistake]) -> Mistake:
    """Return one mistake for one place: what is wrong with the value, or all types that are accepted."""
    others = [mistake for mistake in group if not _is_of_types([mistake])]
    messages = [mistake.message for mistake in group if mistake not in others]
    typed = [message.removeprefix("expected ").partition(", got ") for message in messages]
    expected = " or ".join(dict.fromkeys(before for before, _, _ in typed))
    if others and expected and others[0].message.startswith("'"):
        return Mistake(others[0].keys, f"{others[0].message} Or give {expected}.")
    if others or len(group) == 1:
        return (others or group)[0]
    return Mistake(group[0].keys, f"expected {expected}, got {typed[0][2]}")


def _mistake(detail: Any) -> Mistake:
    """Return pydantic's error as a one-line message that users can act on."""
    keys, given = detail["loc"], detail["input"]
    if detail["type"] == "missing":
        return Mistake(keys, "required.")
    if "message" in detail.get("ctx", {}):
        return Mistake((*keys, *([detail["ctx"]["key"]] if "key" in detail["ctx"] else [])), detail["msg"])
    if detail["type"] == "too_short":
        least = detail["ctx"]["min_length"]
        return Mistake(keys, "must not be empty." if least == 1 else f"must have at least {least} entries.")
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ").rstrip(".")
    message = message.replace("a valid integer", "a whole number").replace("a valid ", "a ")
    message = re.sub(r"a(n instance| dictionary or instance) of \w+|a (valid )?dictionary", "a mapping", message)
    message = message.replace("a string", "a text").replace("a boolean", "true or false")
    if message.startswith(("greater", "less")):
        return Mistake(keys, f"must be {message}, got {_shown(given)}.")
    expected = message if message != detail["msg"] and not detail["msg"].startswith("Value error") else None
    if detail["type"] == "literal_error" and isinstance(given, str):
        known = re.findall(r"'([^']+)'", detail["ctx"]["expected"])
        return Mistake(keys, f"'{given}' is not a valid value.{did_you_mean(given, known)}")
    if detail["type"] == "string_pattern_mismatch":
        return Mistake(keys, f"'{given}': use at most 64 letters, digits, '.', '_' and '-'.")
    return Mistake(keys, f"expected {expected}, got {_shown(given)}." if expected else f"{message}.")


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
