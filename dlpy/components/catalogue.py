"""The tables of `dlpy show`: all components, and the options of each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_args

from rich.table import Table
from rich.text import Text

from dlpy.components.callback import Callback
from dlpy.components.dataset import Dataset
from dlpy.components.model import Model
from dlpy.components.objectives import Loss, Metric, Optimizer, Schedule
from dlpy.components.option_docs import option_help
from dlpy.components.plot import Plot
from dlpy.components.transform import Transform
from dlpy.core.errors import printable
from dlpy.core.options import Block, Component
from dlpy.core.registry import Registry


def kinds() -> dict[str, Registry]:
    """Return all registries by the plural that commands use: datasets, models, ..."""
    bases = (Transform, Dataset, Model, Callback, Plot, Optimizer, Schedule, Loss, Metric)
    registries: list[Registry] = [base.registry for base in bases]
    return {registry.package.rpartition(".")[2]: registry for registry in registries}


def listing(kind: str | None = None) -> Table:
    """Return a table of the components of one kind, or of all kinds, with their first line of help."""
    table = Table(box=None, pad_edge=False)
    for title in ("kind", "name", "what it does"):
        table.add_column(title, no_wrap=title != "what it does")
    for plural, registry in kinds().items():
        for name in registry.names() if kind in (None, plural) else []:
            table.add_row(plural, name, _help(registry.get(name)))
    return table


def component_help(registry: Registry, name: str) -> Text:
    """Return the help of a component: its docstring, options and file.

    Raises:
        ConfigError: the component is unknown.
    """
    cls = registry.get(name)
    names = [alias for alias, target in cls.aliases.items() if target == cls.aliases.get(name, name)]
    also = [_part(f"Also called {', '.join(names)}.")] if names else []
    return Text("\n").join([block_help(cls), Text(), *also, _part(f"File: {inspect.getsourcefile(cls)}")])


def block_help(cls: type[Block], before: str = "") -> Text:
    """Return the help of a block of options: its docstring and options; `before` precedes their names."""
    return Text("\n").join([_part(inspect.getdoc(cls) or ""), Text(), *_option_lines(cls, before)])


def _part(text: str, style: str = "") -> Text:
    """Return a text without terminal control characters, which a plug-in may contain."""
    return Text(printable(text), style)


def _option_lines(cls: type[Block], before: str) -> Iterator[Text]:
    """Yield the help of each option and, after it, of the options nested in it. `before` precedes the names."""
    schemas, texts = _properties(cls), option_help(cls)
    for option, field in cls.model_fields.items():
        if option == "name":
            continue
        default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
        kind = _part(f": {_type(schemas[option])}  ")
        yield Text.assemble(_part(f"{before}{option}", "bold"), kind, _part(f"= {default}", "dim"))
        yield _part(f"    {texts.get(option, '')}")
        for block in _blocks(field.annotation):
            yield from _option_lines(block, f"{before}{option}.")


def _properties(cls: type[Block]) -> dict[str, Any]:
    """Return the JSON Schema of each option; it is nested deeper if a block can also be given as a number."""
    schema = cls.model_json_schema()
    places = [schema, *schema.get("anyOf", []), *schema.get("$defs", {}).values()]
    return next(place["properties"] for place in places if place.get("title") == cls.__name__ and "properties" in place)


def _blocks(annotation: Any) -> list[type[Block]]:
    """Return the block classes, except components, that an option can contain."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        return [] if issubclass(annotation, Component) else [annotation]
    return [block for part in get_args(annotation) for block in _blocks(part)]


def _help(cls: type[Component]) -> str:
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def _type(schema: dict[str, Any]) -> str:
    """Return the type of an option in words, from its JSON Schema."""
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(str(value) for value in values[:8]) + (" | ..." if len(values) > 8 else "")
    title = str(schema.get("title", ""))
    if title in {registry.kind for registry in kinds().values()}:
        return title
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].lower()
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(option) for option in schema["anyOf"]))
    kind = str(schema.get("type", "mapping"))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    words = {"integer": "whole number", "object": "mapping", "string": "text", "boolean": "true | false"}
    limits = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    bounds = [f"{sign} {schema[limit]:g}" for limit, sign in limits.items() if limit in schema]
    return " ".join([words.get(kind, kind), *bounds])


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, Block):
        changed = value.model_dump(exclude_defaults=True)
        return str(changed or getattr(value, "name", changed))
    return str(value)
