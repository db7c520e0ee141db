"""Options that stand at the wrong place of an experiment file, such as `epochs` outside `training`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from dlpy.core.options import Block, Component, Slot

_CLOSE = 0.85  # likeness of a misspelt name; names of other places are looked at only if no name of its own is close


def right_place(key: str, kind: type[Block], values: dict[str, Any]) -> str:
    """Return the place of an option that is unknown at its own, such as "training.epochs"; "" if there is none.

    Args:
        key: its name. kind: the class of the whole file. values: what the file gives.
    """
    places = {".".join((*place, name)): name for place, cls in _blocks(kind, values, ()) for name in cls.model_fields}
    close = difflib.get_close_matches(key, {*places.values()} - {"name"}, n=1, cutoff=_CLOSE)
    return next((place for place, name in places.items() if name in close), "")


def _blocks(kind: type[Block], values: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], type[Block]]]:
    """Yield the class at each place of a file that has one block of options, and the place."""
    yield place, kind
    for name, field in kind.model_fields.items():
        given = values.get(name) if isinstance(values, dict) else None
        cls = _block_of(field, given)
        if cls is not None:
            yield from _blocks(cls, given, (*place, name))


def _block_of(field: FieldInfo, given: Any) -> type[Block] | None:
    """Return the class of the block that an option is, which a component's name decides; None of other options."""
    slot = next((item for item in field.metadata if isinstance(item, Slot)), None)
    if slot is None:
        is_union = get_origin(field.annotation) in (Union, UnionType)  # lists and mappings hold several blocks
        kinds = get_args(field.annotation) if is_union else [field.annotation]
        return next((cls for cls in kinds if isinstance(cls, type) and issubclass(cls, Block)), None)
    if given is None:
        return type(field.default) if isinstance(field.default, Component) else None
    name = given.get("name", slot.default) if isinstance(given, dict) else given
    return slot.registry.find(name) if isinstance(name, str) else None
