"""Explained texts as an HTML page that needs no other file; everything that users wrote is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dlpy.core.errors import on_a_line

_FOR, _AGAINST = (0, 114, 178), (213, 94, 0)  # the plots' blue and orange
_STRENGTH = 0.8  # opacity of the largest effect

_STYLE = """body { font: 16px/1.9 system-ui, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #111;
background: #fff; } h1 { font-size: 1.3em; } h2 { font-size: 1.05em; margin-top: 2em; } p { overflow-wrap: anywhere; }
.words span { border-radius: 3px; padding: 1px 2px; } small { color: #555; }
.mark { color: #b00000; font-weight: bold; }"""


def page(title: str, texts: Sequence[Mapping[str, Any]], separator: str, mark: str) -> str:
    """Return the page.

    Args:
        texts: as `TextExplanation` returns them.
        separator: between two tokens.
        mark: a warning on top, or an empty text.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    warning = f'<p class="mark">{_safe(mark)}</p>' if mark else ""
    legend = "<p><small>Blue raises the explained number, orange lowers it; point at a word for its value.</small></p>"
    parts = "\n".join(_section(text, separator) for text in texts)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<title>{_safe(title)}</title><style>{_STYLE}</style></head>\n'
        f"<body>{warning}<h1>{_safe(title)}</h1>{legend}\n{parts}\n</body></html>\n"
    )


def summary(text: Mapping[str, Any]) -> str:
    """Return what is explained of a text, in a line."""
    line = f"{text['title']}: {text['of']} = {text['prediction']:.4g}"
    line += f" (true: {text['truth']})" if "truth" in text else ""
    if "error" in text:
        return f"{line}, of padding alone {text['baseline']:.4g}, completeness error {text['error']:.1e}"
    return f"{line}; effect of leaving each word out"


def shares(tokens: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return each token's effect as a share of the largest one, from -1 to 1."""
    largest = max((abs(token["effect"]) for token in tokens), default=0.0)
    return [token["effect"] / largest if largest > 0 else 0.0 for token in tokens]


def ground(share: float) -> tuple[float, float, float]:
    """Return the color of the ground of a word on white, red, green and blue from 0 to 255, by its share."""
    red, green, blue = (255 - (255 - part) * abs(share) * _STRENGTH for part in (_FOR if share >= 0 else _AGAINST))
    return red, green, blue


def _section(text: Mapping[str, Any], separator: str) -> str:
    spans = [_span(token, share) for token, share in zip(text["tokens"], shares(text["tokens"]), strict=True)]
    return f'<h2>{_safe(summary(text))}</h2>\n<p class="words" dir="auto">{separator.join(spans)}</p>'


def _span(token: Mapping[str, Any], share: float) -> str:
    red, green, blue = _FOR if share >= 0 else _AGAINST
    colour = f"rgba({red},{green},{blue},{abs(share) * _STRENGTH:.3f})"
    return f'<span style="background:{colour}" title="{token["effect"]:+.4g}">{_safe(token["token"])}</span>'


def _safe(text: str) -> str:
    return escape(on_a_line(text))
