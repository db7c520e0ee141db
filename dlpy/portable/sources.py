"""The inputs of a network that contains its preprocessing, and what each becomes before the model reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.features import Features, Passages, Pictures, Scaled, Sequences, Table, Texts, Windows
from dlpy.data.task import Input
from dlpy.portable.tables import Lookup, Pairs, lookups_of, with_categories
from dlpy.portable.texts import of_sequences, of_texts

if TYPE_CHECKING:
    pass

Spec = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """An input of the model.

    inputs: of the network, by name. prepared: what the model reads. specs: what to give for each of the inputs, for
    signature.json.
    """

    inputs: dict[str, Any]
    prepared: Any
    specs: list[Spec]


@dataclass(frozen=True)
class Wanted:
    """An input of a model, and how its rows get there.

    name: of the input. pairs: the transforms of its rows and their states. raw: training rows before the transforms.
    given: the input after them. tensor: that of the model. strings: whether the network may look up texts.
    """

    name: str
    pairs: Pairs
    raw: Features
    given: Input
    tensor: Any
    strings: bool


def source_of(wanted: Wanted) -> Source:
    """Return an input of the model with its preprocessing, in the network as far as it goes.

    Raises:
        ConfigError: a transform can be said neither in a network nor beside it.
    """
    if isinstance(wanted.raw, Table):
        return _of_table(wanted, wanted.raw)
    if isinstance(wanted.raw, Texts | Sequences):
        is_text = isinstance(wanted.raw, Texts)
        return _beside(wanted, of_texts(wanted.pairs) if is_text else of_sequences(wanted.pairs))
    if isinstance(wanted.raw, Passages):
        return _beside(wanted, {"prepare": "array"})
    return _of_array(wanted)


def rows_given(sources: Mapping[str, Source], inputs: Mapping[str, Features]) -> dict[str, np.ndarray]:
    """Return rows, before all transforms, as what is given for each input of the network."""
    found: dict[str, np.ndarray] = {}
    for name, source in sources.items():
        x = inputs[name]
        held = (x.numeric, x.categorical) if isinstance(x, Table) else (_held(x),)
        parts = dict(zip(("columns", "categories"), held, strict=False))
        for spec in source.specs:
            found[spec["name"]] = parts["categories" if isinstance(x, Table) and "categories" in spec else "columns"]
    return found


def _held(x: Features) -> np.ndarray:
    if isinstance(x, Texts):
        return x.values.astype(np.str_)
    if isinstance(x, Sequences):
        rows = np.full((len(x), int(np.diff(x.splits).max(initial=1))), -1, np.int64)
        rows[np.arange(rows.shape[1]) < np.diff(x.splits)[:, None]] = x.values
        return rows
    if isinstance(x, Pictures):
        return x.read()
    if isinstance(x, Scaled):
        return x.held
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, Windows | Passages):
        return x.numbers()
    raise ConfigError(f"rows of the kind {type(x).__name__} cannot be given to an exported network.")


def input_name(name: str) -> str:
    """Return a name of an input that every format takes."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain if plain[:1].isalpha() else f"input_{plain}"


def _input(name: str, shape: tuple[int | None, ...], dtype: str) -> Any:
    import keras

    return keras.Input(shape, dtype=dtype, name=name)


def _spec(tensor: Any, prepare: Mapping[str, Any]) -> Spec:
    shape = [None, *tensor.shape[1:]]
    return {"name": tensor.name, "shape": shape, "dtype": str(tensor.dtype), **prepare}


def _beside(wanted: Wanted, prepare: Spec) -> Source:
    """Return an input that the program beside the network prepares, as the model reads it."""
    longest = wanted.tensor.shape[1:2] if wanted.strings else wanted.given.shape[:1]  # other formats want it fixed
    shape = (*longest, *wanted.tensor.shape[2:])
    tensor = _input(input_name(wanted.name), shape, str(wanted.tensor.dtype))
    return Source({tensor.name: tensor}, tensor, [_spec(tensor, prepare)])


def _of_array(wanted: Wanted) -> Source:
    from keras import ops

    x = wanted.raw
    shape = x.shape[1:] if isinstance(x, np.ndarray | Pictures | Scaled | Windows) else ()
    is_bytes = getattr(x, "dtype", None) == np.uint8
    tensor = _input(input_name(wanted.name), shape, "uint8" if is_bytes else "float32")
    numbers = ops.cast(tensor, "float32") if is_bytes else tensor
    told = {"prepare": "array"} | ({"columns": list(wanted.given.columns)} if len(wanted.given.columns) else {})
    return Source({tensor.name: tensor}, _through(wanted.pairs, numbers), [_spec(tensor, told)])


def _through(pairs: Pairs, numbers: Any) -> Any:
    """Return numbers after the transforms.

    Raises:
        ConfigError: no operations of Keras do what one of them does.
    """
    for transform, state in pairs:
        made = numbers if transform.keeps_rows else transform.in_graph(numbers, state)
        if made is None:
            of_series = " of several series: a window does not say which series it is of" if "series" in state else ""
            raise ConfigError(f"{transform.name}{of_series or ' has no counterpart among the operations of Keras'}.")
        numbers = made
    return numbers


def _of_table(wanted: Wanted, table: Table) -> Source:
    """Return a table as up to two inputs of the network: its numbers, and its categories as texts or as codes."""
    inputs, specs, numbers = {}, [], None
    lookups = lookups_of(wanted.pairs, table)
    prefix = "" if wanted.name == "input" else f"{input_name(wanted.name)}_"
    if table.numeric_names:
        tensor = _input(f"{prefix}numbers", (len(table.numeric_names),), "float32")
        told = {"prepare": "array", "columns": list(table.numeric_names), "missing": "NaN"}
        if table.date_names:
            told["dates"] = {"columns": list(table.date_names), "unit": "seconds since 1970-01-01"}
        inputs[tensor.name], numbers = tensor, _through(wanted.pairs, tensor)
        specs.append(_spec(tensor, told))
    codes = []
    if lookups:
        tensor = _input(f"{prefix}categories", (len(lookups),), "string" if wanted.strings else "int32")
        inputs[tensor.name] = tensor
        codes = [_code(tensor[:, number], lookup) for number, lookup in enumerate(lookups)]
        specs.append(_spec(tensor, _told_of_categories(table, lookups, strings=wanted.strings)))
    return Source(inputs, with_categories(numbers, codes, lookups, wanted.tensor.shape[1]), specs)


def _told_of_categories(table: Table, lookups: list[Lookup], *, strings: bool) -> Spec:
    known = {name: lookup.words for name, lookup in zip(table.categorical_names, lookups, strict=True)}
    return {"prepare": "strings" if strings else "codes", "missing": "", "categories": known}


def _code(words: Any, lookup: Lookup) -> Any:
    """Return the number of each category: (batch,), from a column of texts or of these numbers."""
    from keras import layers

    if words.dtype != "string":
        return words
    return layers.StringLookup(vocabulary=lookup.words, mask_token=None, num_oov_indices=1)(words)
