"""Ranges where a command needs one value, and mappings that look like ranges but are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dlpy.core.errors import shortened
from dlpy.core.suggestions import command
from dlpy.experiment.dimensions import CHOICES, KEY, is_range
from dlpy.experiment.document import Document
from dlpy.experiment.yaml_reader import Keys, Mistake, inline


def has_ranges(document: Document) -> bool:
    """Return whether the document has a range, well written or not."""
    return next(_ranges(document.values), None) is not None


def require_values(document: Document) -> None:
    """Raise ConfigError at the first range of a document."""
    found = next(_ranges(document.values), None)
    if found is None:
        return
    example = ".".join(map(str, found))
    search = "" if "kind" in document.values else f"try its values with '{command('search', document.path)}', or "
    hint = f"this is a range, and one value is needed: {search}set {example}=VALUE."
    raise document.error([Mistake(found, hint)])


def explained(mistakes: Iterable[Mistake], values: dict[str, Any]) -> list[Mistake]:
    """Return the mistakes, with those in a mapping that begins with `search` replaced by how to write a range.

    An input, an output or a layer may have that name: only where no option takes the mapping is it a wrong range.
    """
    doubtful = dict(_doubtful(values, ()))
    found: list[Mistake] = []
    for mistake in mistakes:
        holders = [mistake.keys[:length] for length in range(len(mistake.keys) + 1)]
        wrong = next((doubtful[keys] for keys in holders if keys in doubtful), mistake)
        found += [wrong] if wrong not in found else []
    return found


def _ranges(value: Any, keys: Keys = ()) -> Iterator[Keys]:
    """Yield the keys of the ranges in a value that is none itself."""
    for key, item in _items(value):
        below = (*keys, key)
        if is_range(item):
            yield below
        else:
            yield from _ranges(item, below)


def _doubtful(value: Any, keys: Keys) -> Iterator[tuple[Keys, Mistake]]:
    """Yield the keys of mappings that begin with `search` and are no ranges, and how to write one."""
    for key, item in _items(value):
        below = (*keys, key)
        if isinstance(item, dict) and next(iter(item), None) == KEY and not is_range(item):
            forms = f"{{{KEY}: [low, high]}} with two numbers or {{{KEY}: {{{CHOICES}: [...]}}}}"
            yield below, Mistake(below, f"expected {forms}, got {shortened(inline(item), 60)}.")
        else:
            yield from _doubtful(item, below)


def _items(value: Any) -> Iterable[tuple[str | int, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
