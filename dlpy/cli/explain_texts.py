"""What `dlpy explain` prints of texts: their words in colors, or with signs where there are none, and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dlpy.cli.unfamiliar_table import show_unfamiliar
from dlpy.core.errors import on_a_line, printable
from dlpy.data.unfamiliar import Unfamiliar
from dlpy.explain.text_pages import ground, shares, summary

if TYPE_CHECKING:
    from rich.console import Console

_LISTED = 8
_LEAST = 0.1  # the share of the largest effect from which a word is marked
_LEVELS = (2 / 3, 1 / 3, _LEAST)


def show_texts(console: Console, found: Mapping[str, Any]) -> None:
    """Print each text with its words marked, and the words with the largest effects."""
    if any("attention" in text for text in found["texts"]):
        _show_attention(console, found)
        return
    has_colours = console.color_system is not None
    for text in found["texts"]:
        console.print()
        console.print(summary(text), soft_wrap=True)
        marked = _coloured if has_colours else _signed
        console.print(marked(text["tokens"], found["separator"]), soft_wrap=True)
        console.print(_table(text["tokens"]))
    show_unfamiliar(console, [Unfamiliar.of(told) for told in found.get("unfamiliar", [])], "the texts")
    signs = "blue raises and orange lowers" if has_colours else "+ raises and - lowers"
    console.print(f"\n{signs} the explained number; three signs: at least 2/3 of the largest effect", soft_wrap=True)


def _coloured(tokens: Sequence[Mapping[str, Any]], separator: str) -> Text:
    """Return the words on colored grounds."""
    line = Text()
    for token, share in zip(tokens, shares(tokens), strict=True):
        red, green, blue = map(round, ground(share))
        style = f"black on rgb({red},{green},{blue})" if abs(share) >= _LEAST else ""
        line.append(on_a_line(token["token"]), style)
        line.append(separator)
    return line


def _signed(tokens: Sequence[Mapping[str, Any]], separator: str) -> Text:
    """Return the words with one to three signs behind those that matter."""
    return Text(printable(separator.join(_with_sign(*pair) for pair in zip(tokens, shares(tokens), strict=True))))


def _with_sign(token: Mapping[str, Any], share: float) -> str:
    level = sum(abs(share) >= least for least in _LEVELS)
    return on_a_line(token["token"]) + ("+" if share > 0 else "-") * level


def _table(tokens: Sequence[Mapping[str, Any]]) -> Table:
    """Return the tokens with the largest effects, at their places in the text (from 1)."""
    table = Table(box=None, pad_edge=False)
    table.add_column("word")
    for title in ("place", "effect"):
        table.add_column(title, justify="right")
    order = sorted(range(len(tokens)), key=lambda place: -abs(tokens[place]["effect"]))
    for place in order[:_LISTED]:
        table.add_row(tokens[place]["token"], f"{place + 1}", f"{tokens[place]['effect']:+.4f}")
    return table


def _show_attention(console: Console, found: Mapping[str, Any]) -> None:
    """Print for each layer the tokens that are attended to most, on average over heads and tokens."""
    for text in found["texts"]:
        console.print(f"\n{text['title']}: {text['of']} = {text['prediction']:.4g}", soft_wrap=True)
        for layer in text["attention"]:
            means = [sum(column) / len(column) for column in _by_key(layer["weights"])]
            order = sorted(range(len(means)), key=lambda place: -means[place])[:_LISTED]
            table = Table(f"{layer['layer']}, {len(layer['weights'])} heads", box=None, pad_edge=False)
            table.add_column("mean attention", justify="right")
            for place in order:
                table.add_row(layer["tokens"][place], f"{means[place]:.4f}")
            console.print(table)


def _by_key(weights: Sequence[Sequence[Sequence[float]]]) -> list[list[float]]:
    """Return the weights of each key, of all heads and queries."""
    keys = range(len(weights[0][0]))
    return [[query[key] for head in weights for query in head] for key in keys]
