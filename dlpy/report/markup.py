"""HTML built from elements: every text and attribute is escaped, except what this module has built itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from dlpy.core.errors import on_a_line

_WITHOUT_END = {"img", "input", "meta"}


class Markup(str):
    """HTML that is safe to embed; any other text is escaped by `element`."""

    __slots__ = ()


def element(name: str, /, *content: Any, **attributes: Any) -> Markup:
    """Return an element.

    Args:
        name: such as "td".
        content: texts, which are escaped, and Markup; None is left out.
        attributes: such as class_="wide" or aria_label="Scores"; True stands without a value, None is left out.
    """
    opening = name + "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if name in _WITHOUT_END:
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{joined(content)}</{name}>")


def joined(content: Iterable[Any], between: str = "") -> Markup:
    """Return elements and escaped texts, one after another."""
    return Markup(between.join(text(part) for part in content if part is not None))


def breakable(name: str) -> Markup:
    """Return a dotted name that may continue on a new line after each dot and underscore."""
    return joined(re.split(r"(?<=[._])", name), "<wbr>")


def text(value: Any) -> Markup:
    """Return a text for HTML, on one line and without invisible characters; Markup stays as it is."""
    return value if isinstance(value, Markup) else Markup(escape(on_a_line(str(value))))


def verbatim(name: str, content: str, /, **attributes: Any) -> Markup:
    """Return a script or style element whose content is written by dlpy.

    Raises:
        ValueError: the content would end the element.
    """
    if f"</{name}" in content.lower() or "<!--" in content:
        raise ValueError(f"the content of <{name}> contains its end")
    return element(name, Markup(content), **attributes)


def _attribute(key: str, value: Any) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value)}"'
