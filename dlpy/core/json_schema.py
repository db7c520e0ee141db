"""JSON Schemas that editors read fast: without titles, and with references in place of repetitions."""

from __future__ import annotations

import json
from typing import Any

_NAMED = ("properties", "$defs")  # keywords whose value maps names to schemas
_LISTED = ("allOf", "anyOf", "prefixItems")
_SINGLE = ("additionalProperties", "else", "if", "items", "then")
_LONGEST_REPEATED = 60  # characters: about the length of a reference


def compact(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the same meaning; parts that occur again refer to where they occur first."""
    return _compact(schema, "#", {})


def _compact(schema: Any, place: str, first: dict[str, str]) -> Any:
    """Return the compact form of the schema at `place`, a JSON pointer; `first` maps schemas to their first place."""
    if not isinstance(schema, dict):  # additionalProperties: false
        return schema
    schema = {keyword: value for keyword, value in schema.items() if keyword != "title"}
    text = json.dumps(schema, sort_keys=True)
    if len(text) > _LONGEST_REPEATED and first.setdefault(text, place) != place:
        return {"$ref": first[text]}
    found: dict[str, Any] = {}
    for keyword, value in schema.items():
        below = f"{place}/{keyword}"
        if keyword in _NAMED:
            found[keyword] = {name: _compact(part, f"{below}/{name}", first) for name, part in value.items()}
        elif keyword in _LISTED:
            found[keyword] = [_compact(part, f"{below}/{number}", first) for number, part in enumerate(value)]
        elif keyword in _SINGLE:
            found[keyword] = _compact(value, below, first)
        else:
            found[keyword] = value
    return found
