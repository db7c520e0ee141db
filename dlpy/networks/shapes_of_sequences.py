"""Shapes behind recurrent layers and attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlpy.networks.shape_rules import Rule, Shape, ShapeError, entered_in, need_rank

RULES: dict[str, Rule] = {}
rule = entered_in(RULES)
_SEQUENCES = "sequences of vectors (time, size)"


@rule("LSTM", "GRU", "SimpleRNN")
def _recurrent(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    (shape,) = given
    need_rank(shape, 2, _SEQUENCES)
    if shape[-1] is None:
        raise ShapeError("its weights need vectors of a known size.")
    return (shape[0], options["units"]) if options["return_sequences"] else (options["units"],)


@rule("Attention", "AdditiveAttention")
def _attention(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    query, value, key = _three(given)
    if None not in (query[-1], key[-1]) and query[-1] != key[-1]:
        raise ShapeError(f"query and key need vectors of one size, not {query[-1]} and {key[-1]}.")
    return (*query[:-1], value[-1])


@rule("MultiHeadAttention")
def _multi_head(given: list[Shape], options: Mapping[str, Any]) -> Shape | None:
    query, _, _ = _three(given)
    size = options["output_shape"]
    if size is None:
        return query
    return (*query[:-1], *([size] if isinstance(size, int) else size))


@rule("GroupQueryAttention")
def _grouped(given: list[Shape], options: Mapping[str, Any]) -> Shape:
    if options["num_query_heads"] % options["num_key_value_heads"]:
        raise ShapeError("num_query_heads is no multiple of num_key_value_heads.")
    return _three(given)[0]


def _three(given: list[Shape]) -> tuple[Shape, Shape, Shape]:
    """Return the shapes of query, value and key; the key is the value unless given.

    Raises:
        ShapeError: one of them is not a sequence, or value and key differ in length.
    """
    query, value = given[:2]
    key = given[2] if len(given) > 2 else value
    for shape in (query, value, key):
        need_rank(shape, 2, _SEQUENCES)
    if None not in (value[0], key[0]) and value[0] != key[0]:
        raise ShapeError(f"value and key need as many time steps as each other, not {value[0]} and {key[0]}.")
    return query, value, key
