"""Reads the docstrings of options, the help texts of `dlpy show` and of the JSON Schema.

They are read from the source code on demand: pydantic's `use_attribute_docstrings` reads them whenever a class is
defined, which took a fifth of the time of `dlpy check`.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from dlpy.core.options import Block


def option_help(cls: type[Block]) -> dict[str, str]:
    """Return the help text of each option of a class by name, inherited options included."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, Block) and base is not Block:
            found |= _own_help(base)
    return found


def describe(schema: Any) -> None:
    """Add the help texts of options to a JSON Schema of blocks, at every depth."""
    texts: dict[str, list[dict[str, str]]] = {}
    for cls in dict.fromkeys(_subclasses(Block)):
        texts.setdefault(cls.__name__, []).append(option_help(cls))
    _describe(schema, texts)


def _describe(node: Any, texts: dict[str, list[dict[str, str]]]) -> None:
    """Add the help texts below `node`; of classes of one name, those of the one whose options differ least."""
    if isinstance(node, list):
        for item in node:
            _describe(item, texts)
    elif isinstance(node, dict):
        options = node.get("properties", {})
        named = texts.get(str(node.get("title")), [])
        known = min(named, key=lambda one: len(one.keys() ^ (options.keys() - {"name"})), default={})
        for option, schema in options.items():
            if option in known:
                schema["description"] = known[option]
        for value in node.values():
            _describe(value, texts)


@functools.cache
def _own_help(cls: type[Block]) -> dict[str, str]:
    """Return the help text of each option that the class itself declares."""
    try:
        source = inspect.getsource(cls)
    except (OSError, TypeError):  # a plug-in whose file is gone
        return {}
    (tree,) = ast.parse(textwrap.dedent(source)).body
    found: dict[str, str] = {}
    for option, text in itertools.pairwise(tree.body if isinstance(tree, ast.ClassDef) else []):
        if not (isinstance(option, ast.AnnAssign) and isinstance(option.target, ast.Name)):
            continue
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[option.target.id] = " ".join(str(text.value.value).split())
    return found


def _subclasses(cls: type[Block]) -> Iterator[type[Block]]:
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)
