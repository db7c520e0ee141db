"""The page of a report: one HTML file that loads nothing, and the policy that forbids it to."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dlpy.report.markup import Markup, element, joined, verbatim
from dlpy.storage.atomic import finite

_ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Section:
    """A part of a report with a heading; one without content is left out."""

    key: str  # the name of its anchor
    heading: str
    content: Sequence[Markup]


@dataclass(frozen=True)
class Page:
    """What a report shows.

    warnings: shown on top. curves: the data of the charts, None without charts.
    """

    title: str
    about: str
    warnings: Sequence[str]
    sections: Sequence[Section]
    curves: Any = None


def html(page: Page) -> str:
    """Return the HTML file of a report."""
    sections = [section for section in page.sections if section.content]
    skip = element("a", "Skip to the results", href="#results", class_="skip")
    notes = [element("p", warning, class_="warning") for warning in page.warnings]
    header = element("header", element("h1", page.title), element("p", page.about), *notes)
    main = element("main", *map(_section, sections), id="results", tabindex="-1")
    body = element("body", skip, header, _contents(sections), main, *_scripts(page.curves))
    return f'<!doctype html>\n<html lang="en">{_head(page)}\n{body}</html>\n'


def _head(page: Page) -> Markup:
    policy = f"default-src 'none'; img-src data:; style-src '{_digest(_style())}'; base-uri 'none'; form-action 'none'"
    if page.curves:
        policy += f"; script-src '{_digest(_script())}'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{page.title} - dlpy report"),
        verbatim("style", _style()),
    )


def _contents(sections: Sequence[Section]) -> Markup:
    links = [element("li", element("a", section.heading, href=f"#{section.key}")) for section in sections]
    return element("nav", element("ul", *links), aria_label="Sections")


def _section(section: Section) -> Markup:
    title = f"{section.key}-title"
    heading = element("h2", section.heading, id=title)
    return element("section", heading, *section.content, id=section.key, aria_labelledby=title)


def _scripts(curves: Any) -> list[Markup]:
    if not curves:
        return []
    data = json.dumps(finite(curves), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    block = verbatim("script", data, type="application/json", id="curves-data")
    return [joined((block, verbatim("script", _script())), "\n")]


@cache
def _style() -> str:
    return _asset("uPlot.min.css") + _asset("report.css")


@cache
def _script() -> str:
    return _asset("uPlot.iife.min.js") + "\n" + _asset("report.js")


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
