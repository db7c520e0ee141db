"""Every component that experiment files can name, and its options, as tables for people."""

from __future__ import annotations

import inspect
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from dlpy import components
from dlpy.components import Component
from dlpy.registry import Registry


def kinds() -> dict[str, Registry]:
    """Return every registry by the plural that commands use: datasets, models, ..."""
    registries = [
        member.registry
        for member in vars(components).values()
        if isinstance(member, type) and issubclass(member, Component) and "registry" in vars(member)
    ]
    return {registry.package.rpartition(".")[2]: registry for registry in registries}


def listing(kind: str | None = None) -> Table:
    """Return a table of every component of a kind, or of all kinds, with its first line of help."""
    table = Table(box=None, pad_edge=False)
    for title in ("kind", "name", "what it does"):
        table.add_column(title, no_wrap=title != "what it does")
    for plural, registry in kinds().items():
        for name in registry.names() if kind in (None, plural) else []:
            table.add_row(plural, name, escape(_help(registry.get(name))))
    return table


def component_table(registry: Registry, name: str) -> RenderableType:
    """Return a component's help, file and options.

    Raises:
        ConfigError: there is no such component.
    """
    cls = registry.get(name)
    table = Table(box=None, pad_edge=False)
    for title in ("option", "type", "default", "what it does"):
        table.add_column(title, no_wrap=title in ("option", "default"))
    for option, field in cls.model_fields.items():
        if option != "name":
            default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
            table.add_row(option, escape(_type(cls, option)), escape(default), escape(field.description or ""))
    names = [alias for alias, target in cls.aliases.items() if target == name]
    also = f"Also called {', '.join(names)}.\n" if names else ""
    return Group(escape(inspect.getdoc(cls) or ""), escape(f"{also}File: {inspect.getsourcefile(cls)}\n"), table)


def _help(cls: type[Component]) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def _type(cls: type[Component], option: str) -> str:
    """Return the option's type as annotated, without the module paths and checks around it."""
    for base in cls.__mro__:
        if option in vars(base).get("__annotations__", {}):
            text = str(base.__annotations__[option])
            return text if not text.startswith("Annotated[") else text.removeprefix("Annotated[").split(", ")[0]
    return ""


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value.model_dump(exclude_defaults=True)) if hasattr(value, "model_dump") else str(value)
