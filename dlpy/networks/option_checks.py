"""Checks of the options of Keras' layers, initializers, regularizers and constraints, without Keras."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dlpy.core.errors import did_you_mean
from dlpy.networks import keras_objects as named
from dlpy.networks.keras_layers import LAYERS

Keys = tuple[str | int, ...]
Found = tuple[Keys, str]  # where, below the component, and what is wrong

WRAPPED = "wrapped"  # the option that holds the layer of Bidirectional, TimeDistributed and SpectralNormalization
EVERY = {"trainable": True}  # an option of all layers
_GIVEN: dict[str, dict[str, Any]] = {"Embedding": {"input_dim": None}}  # required by Keras, chosen by the task here
_CALLED: dict[str, Any] = {"use_causal_mask": False}  # an argument of Keras' call, here an option
_ATTENTION = ("AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention")
_OBJECTS = {
    "_initializer": ("initializer", named.INITIALIZERS, named.INITIALIZER_NAMES),
    "_regularizer": ("regularizer", named.REGULARIZERS, named.REGULARIZER_NAMES),
    "_constraint": ("constraint", named.CONSTRAINTS, named.CONSTRAINT_NAMES),
}
_COUNTS = {
    "units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "value_dim", "head_dim", "num_query_heads",
    "num_key_value_heads", "groups", "depth_multiplier", "n", "height", "width", "num_bins", "num_tokens",
}  # fmt: skip
_SIZES = {"kernel_size", "strides", "pool_size", "dilation_rate", "size", "output_size"}
_RATES = {"rate", "dropout", "recurrent_dropout"}
_CHOICES = {
    "merge_mode": ("concat", "sum", "mul", "ave", None),
    "data_format": ("channels_last", None),
    "score_mode": ("dot", "concat"),
}
_REFUSED = {  # values that a layer of a graph cannot have
    "return_state": "a layer of a graph gives one tensor: leave this option out",
    "stateful": "rows come in another order in every epoch: leave this option out",
}


def options_of(kind: str) -> dict[str, Any]:
    """Return the options of a layer, each with its default; `...` for a required one."""
    called = _CALLED if kind in _ATTENTION else {}
    return {**LAYERS[kind], **_GIVEN.get(kind, {}), **called, **EVERY}


def called_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a layer's options that belong to its call."""
    return {name: value for name, value in options.items() if kind in _ATTENTION and name in _CALLED}


def close_to(name: str, known: list[str]) -> str:
    """Return did_you_mean's hint, also for a name that differs in upper and lower case or underscores."""
    folded = {item.lower().replace("_", ""): item for item in sorted(known)}
    close = difflib.get_close_matches(name.lower().replace("_", ""), folded, n=1, cutoff=0.6)
    return f" Did you mean '{folded[close[0]]}'?" if close else did_you_mean(name, known)


def canonical(kind: str) -> str:
    """Return the name of a layer's class for a name of Keras, such as MaxPooling2D for MaxPool2D."""
    return named.ALIASES.get(kind, kind)


def wrong_layer(kind: object) -> str | None:
    """Return why an experiment file cannot name this layer, or None if it can."""
    if not isinstance(kind, str):
        return "expected the name of a layer of Keras, such as Dense."
    if kind in LAYERS or kind in named.ALIASES:
        return None
    if kind in named.LEFT_OUT:
        return f"{kind} cannot be a layer of a graph, which takes and gives tensors of numbers."
    return f"Keras has no layer '{kind}'.{close_to(kind, [*LAYERS, *named.ALIASES])}"


def wrong_options(kind: str, options: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what is wrong with the options of a layer, except the layer in `wrapped`."""
    known = options_of(kind)
    unknown = [str(name) for name in options if name not in known]
    for name in unknown:
        yield (name,), f"unknown option of {kind}.{did_you_mean(name, known)}"
    missing = [name for name, default in known.items() if default is ... and name not in options]
    if missing and not any(difflib.get_close_matches(name, missing) for name in unknown):
        others = f" Also required: {', '.join(missing[1:])}." if missing[1:] else ""
        yield (missing[0],), f"required.{others}"
    for name in [name for name in options if name in known and name != WRAPPED]:
        yield from _wrong_value(kind, name, options[name], known[name])


def _wrong_value(kind: str, name: str, value: Any, default: Any) -> Iterator[Found]:
    if value is None and default is None:
        return
    for ending, (what, classes, names) in _OBJECTS.items():
        if name.endswith(ending):
            yield from _wrong_object((name,), value, what, classes, names)
            return
    message = _message(kind, name, value, default)
    if message is not None:
        yield (name,), message


def _message(kind: str, name: str, value: Any, default: Any) -> str | None:
    """Return what is wrong with the value of an option, or None."""
    if name.endswith("activation"):
        return _wrong_name("activation", value, named.ACTIVATIONS)
    if name in _REFUSED:
        return None if value is False else f"{_REFUSED[name]}."
    if name in _CHOICES or (name == "padding" and isinstance(default, str)):
        return _wrong_name(name, value, _CHOICES.get(name) or _paddings(kind))
    for names, fits, expected in _RULES:
        if name in names:
            return None if fits(value) else f"expected {expected}, got {_shown(value)}."
    expected = "a value" if value is None and default is ... else _expected(value, default)
    return None if expected is None else f"expected {expected}, got {_shown(value)}."


def _wrong_object(keys: Keys, value: Any, what: str, classes: dict, names: dict[str, str]) -> Iterator[Found]:
    """Yield what is wrong with the initializer, regularizer or constraint in an option."""
    if what == "regularizer" and isinstance(value, dict) and "name" not in value:
        value = {"name": "l1l2", **value}
    options = {"name": value} if isinstance(value, str) else value
    if not isinstance(options, dict) or not isinstance(options.get("name"), str):
        yield keys, f"expected the name of one, or a mapping with 'name' and options, got {_shown(value)}."
        return
    if options["name"] not in names:
        yield keys, f"Keras has no {what} '{options['name']}'.{close_to(options['name'], [*names])}"
        return
    known = classes[names[options["name"]]]
    for name, given in options.items():
        if name not in {"name", *known}:
            yield (*keys, name), f"unknown option of {names[options['name']]}.{did_you_mean(str(name), known)}"
        elif name != "name" and (expected := _expected(given, known[name])):
            yield (*keys, name), f"expected {expected}, got {_shown(given)}."


def _paddings(kind: str) -> tuple[str, ...]:
    return ("valid", "same", "causal") if kind == "Conv1D" else ("valid", "same")


def _wrong_name(what: str, value: Any, known: tuple[Any, ...]) -> str | None:
    """Return why a value is none of the known names, or None if it is one."""
    if any(value is None is name or (isinstance(value, str) and value == name) for name in known):
        return None
    names = [name for name in known if name is not None]
    if not isinstance(value, str):
        return f"expected a name, got {_shown(value)}.{did_you_mean('', names)}"
    return f"'{value}' is no {what} of Keras.{did_you_mean(value, names)}"


def _expected(value: Any, default: Any) -> str | None:
    """Return what is expected instead of a value, as far as the default tells, or None if it fits."""
    if not _is_plain(value):
        return "numbers, names and lists"
    if isinstance(default, bool):
        return None if isinstance(value, bool) else "true or false"
    if isinstance(default, int):
        # An axis may be a list, and a size of one number for all sides a list with one for each.
        return None if _is_integer(value) or isinstance(value, list) else "a whole number"
    if isinstance(default, float):
        numbers = value if isinstance(value, list) else [value]
        return None if all(map(_is_number, numbers)) else "a number"
    if isinstance(default, str):
        return None if isinstance(value, str) or (default == "auto" and isinstance(value, bool)) else "a name"
    if isinstance(default, tuple):
        return None if _is_number(value) or isinstance(value, list) else "numbers"
    return None


def _is_plain(value: Any) -> bool:
    """Return whether a value is one that an option of Keras can have: no mapping, NaN or infinity."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | bool) or (isinstance(value, int | float) and math.isfinite(value))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 1


def _are_counts(value: Any) -> bool:
    """Return whether a value is a size: one number, or one for each side."""
    return _is_count(value) or (isinstance(value, list) and 1 <= len(value) <= 3 and all(map(_is_count, value)))


def _is_rate(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_list_of_sides(value: Any) -> bool:
    """Return whether a value is a shape or an order of axes: whole numbers, or -1 for what is left."""
    return isinstance(value, list) and all(_is_integer(side) and (side == -1 or side >= 1) for side in value)


def _are_axes(value: Any) -> bool:
    """Return whether a value is an axis, or one for each of two tensors."""
    return _is_integer(value) or (isinstance(value, list) and len(value) == 2 and all(map(_is_integer, value)))


def _are_margins(value: Any) -> bool:
    """Return whether a value is a number, one for each side, or two for the ends of each side."""
    if not isinstance(value, list):
        return _is_integer(value) and value >= 0
    flat = [end for side in value for end in (side if isinstance(side, list) else [side])]
    pairs = all(len(side) == 2 for side in value if isinstance(side, list))
    return 2 <= len(value) <= 3 and pairs and all(_is_integer(end) and end >= 0 for end in flat)


_RULES: list[tuple[set[str], Callable[[Any], bool], str]] = [
    (_COUNTS, _is_count, "a whole number, 1 or more"),
    (_SIZES, _are_counts, "whole numbers, 1 or more"),
    (_RATES, _is_rate, "a number from 0 to 1"),
    ({"target_shape", "dims"}, _is_list_of_sides, "a list of whole numbers"),
    ({"axes"}, _are_axes, "an axis, or a list of two"),
    ({"padding", "cropping"}, _are_margins, "whole numbers, 0 or more"),
]


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
