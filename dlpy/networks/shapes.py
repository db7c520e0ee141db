"""Shapes of the outputs of Keras' layers, without Keras: those of the common layers, and None for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlpy.networks import shapes_of_merges, shapes_of_sequences, shapes_of_vectors, shapes_of_windows
from dlpy.networks.option_checks import WRAPPED, canonical, options_of
from dlpy.networks.shape_rules import Shape, ShapeError, shown

RULES = {**shapes_of_vectors.RULES, **shapes_of_windows.RULES, **shapes_of_sequences.RULES, **shapes_of_merges.RULES}


def output_shape(kind: str, given: Sequence[Shape | None], options: Mapping[str, Any]) -> Shape | None:
    """Return the shape of a layer's output for one row, or None if it is not known.

    Args:
        kind: the class of the layer, such as Dense.
        given: the shape of each tensor that goes in, or None where it is not known.
        options: the options that are set.

    Raises:
        ShapeError: the layer does not take these shapes.
    """
    kind = canonical(kind)
    known = [shape for shape in given if shape is not None]
    if len(known) < len(given):
        return None
    defaults = {name: None if value is ... else value for name, value in options_of(kind).items()}
    if WRAPPED in options:
        return _wrapper_shape(kind, known[0], {**defaults, **options})
    return RULES[kind](known, {**defaults, **options}) if kind in RULES else None


def _wrapper_shape(kind: str, shape: Shape, options: Mapping[str, Any]) -> Shape | None:
    """Return the shape behind a layer that applies another one."""
    wrapped = dict(options[WRAPPED])
    inner = wrapped.pop("layer")
    if kind == "TimeDistributed":
        if len(shape) < 2:
            raise ShapeError(f"it needs sequences (time, ...), not {shown(shape)}.")
        found = output_shape(inner, [shape[1:]], wrapped)
        return None if found is None else (shape[0], *found)
    found = output_shape(inner, [shape], wrapped)
    if kind != "Bidirectional" or found is None:
        return found
    if options["merge_mode"] is None or found[-1] is None:
        return None
    return (*found[:-1], found[-1] * 2) if options["merge_mode"] == "concat" else found
