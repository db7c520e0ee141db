"""Ranges in the JSON Schema of experiment files: wherever an option has a value, it may have a range."""

from __future__ import annotations

from typing import Any

from dlpy.experiment.dimensions import CHOICES, KEY

_NAME = "Range"
_REFERENCE = {"$ref": f"#/$defs/{_NAME}"}
_ASIDE = ("default", "description", "title")  # keywords that say nothing about what is right
_WITHOUT = {"Search", "KFold", "Holdout"}  # blocks in which ranges are refused
_FIXED = {"extends", "name", "seed", "search", "kfold", "plugins"}  # options of the whole file that are refused
_NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
_CHOICES = {"type": "array", "minItems": 2, "description": "Values of any kind, of which trials choose one."}
_RANGE: dict[str, Any] = {
    "type": "object",
    "description": "A range for `dlpy search`: [low, high], or {choices: [...]}.",
    "required": [KEY],
    "additionalProperties": False,
    "properties": {
        KEY: {
            "anyOf": [
                _NUMBERS,
                {
                    "type": "object",
                    "properties": {CHOICES: _CHOICES},
                    "required": [CHOICES],
                    "additionalProperties": False,
                },
            ]
        },
        "scale": {"enum": ["linear", "log"], "description": "log: each factor is as probable as another."},
        "step": {"type": "number", "exclusiveMinimum": 0, "description": "Difference between two values."},
    },
}


def accept_ranges(schema: dict[str, Any], experiment: str, without: set[str]) -> None:
    """Let options in a JSON Schema have ranges.

    Args:
        schema: of files of all kinds, with the blocks in `$defs`.
        experiment: the name of the block that is a whole file with ranges.
        without: the names of blocks that are files without ranges.
    """
    blocks = schema["$defs"]
    for name, block in blocks.items():
        if name not in _WITHOUT | without:
            _accept(block, _FIXED if name == experiment else set())
    blocks[_NAME] = _RANGE


def _accept(node: Any, fixed: set[str]) -> None:
    """Let the options and the items of lists in a part of the schema have ranges."""
    if isinstance(node, list):
        for item in node:
            _accept(item, fixed)
    if not isinstance(node, dict):
        return
    for value in node.values():
        _accept(value, fixed)
    options = node.get("properties", {})
    for option in options:
        if option not in fixed:
            options[option] = _with_range(options[option])
    if isinstance(node.get("items"), dict):
        node["items"] = _with_range(node["items"])


def _with_range(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an option or an item that may be a range."""
    aside = {keyword: schema[keyword] for keyword in _ASIDE if keyword in schema}
    own = {keyword: value for keyword, value in schema.items() if keyword not in _ASIDE}
    known = own["anyOf"] if list(own) == ["anyOf"] else [own]
    return {"anyOf": [*known, _REFERENCE], **aside}
