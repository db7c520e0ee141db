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
from dlpy.portable.series import scaled_by_series
from dlpy.portable.tables import Pairs, lookups_of, steps_beside, with_categories
from dlpy.portable.texts import of_sequences, of_texts

if TYPE_CHECKING:
    pass

Spec = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """An input of the model.

    inputs: of the network, by name. prepared: what the model reads. specs: what to give for each of the inputs, for
    signature.json. series: the number of the series that each row is of, if each has a scale of its own.
    """

    inputs: dict[str, Any]
    prepared: Any
    specs: list[Spec]
    series: Any = None


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
        return _beside(wanted, *(of_texts(wanted.pairs) if is_text else of_sequences(wanted.pairs)))
    if isinstance(wanted.raw, Passages):
        return _beside(wanted, {"prepare": "array"}, ())
    return _of_array(wanted)


def rows_given(sources: Mapping[str, Source], inputs: Mapping[str, Features]) -> dict[str, np.ndarray]:
    """Return rows, before all transforms, as what is given for each input of the network."""
    found: dict[str, np.ndarray] = {}
    for name, source in sources.items():
        x = inputs[name]
        for spec in source.specs:
            found[spec.get("rows", spec["name"])] = _words(x) if "categories" in spec else _held(x)
    return found


def _words(x: Features) -> np.ndarray:
    """Return the categories of tables, or the names of the series that windows are of: (rows, columns)."""
    if isinstance(x, Table):
        return x.categorical
    if isinstance(x, Windows):
        return np.array(x.ids, np.str_)[x.owners][:, None]
    raise TypeError("expected a table, or windows of several series")


def _held(x: Features) -> np.ndarray:
    if isinstance(x, Table):
        return x.numeric
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


def _beside(wanted: Wanted, prepare: Spec, left: Pairs) -> Source:
    """Return an input that the program beside the network prepares, as the transforms that are left take it."""
    if left:
        tensor = _input(input_name(wanted.name), (prepare["pad"]["length"],), "int32")
        return Source({tensor.name: tensor}, _through(left, tensor), [_spec(tensor, prepare)])
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
    names = next((state["series"] for _, state in wanted.pairs if "series" in state), None)
    if names is None:
        return Source({tensor.name: tensor}, _through(wanted.pairs, numbers), [_spec(tensor, told)])
    series, code, spec = _of_words(f"{tensor.name}_series", {"series": names.tolist()}, strings=wanted.strings)
    inputs = {tensor.name: tensor, series.name: series}
    return Source(inputs, _through(wanted.pairs, numbers, code[0]), [_spec(tensor, told), spec], code[0])


def _through(pairs: Pairs, numbers: Any, series: Any = None) -> Any:
    """Return numbers after the transforms; `series` is the number of the series that each row is of, from 1 up.

    Raises:
        ConfigError: no operations of Keras do what one of them does.
    """
    for transform, state in pairs:
        if transform.keeps_rows:
            continue
        of_series = "series" in state
        made = scaled_by_series(numbers, state, series) if of_series else transform.in_graph(numbers, state)
        if made is None:
            raise ConfigError(f"{transform.name} has no counterpart among the operations of Keras.")
        numbers = made
    return numbers


def _of_table(wanted: Wanted, table: Table) -> Source:
    """Return a table as up to two inputs of the network: its numbers, and its categories as texts or as codes."""
    inputs, specs, numbers, codes = {}, [], None, []
    lookups = lookups_of(wanted.pairs, table)
    prefix = "" if wanted.name == "input" else f"{input_name(wanted.name)}_"
    if table.numeric_names:
        steps, pairs, prepared = steps_beside(wanted.pairs, table)
        tensor = _input(f"{prefix}numbers", (len(prepared.numeric_names),), "float32")
        inputs[tensor.name], numbers = tensor, _through(pairs, tensor)
        specs.append(_spec(tensor, _told_of_numbers(table, steps)))
    if lookups:
        known = {name: lookup.words for name, lookup in zip(table.categorical_names, lookups, strict=True)}
        tensor, codes, spec = _of_words(f"{prefix}categories", known, strings=wanted.strings)
        inputs[tensor.name] = tensor
        specs.append(spec)
    return Source(
        inputs, with_categories(numbers, codes, lookups, (input_name(wanted.name), wanted.tensor.shape[1])), specs
    )


def _told_of_numbers(table: Table, steps: list[dict[str, Any]]) -> Spec:
    told: Spec = {"prepare": "numbers", "columns": list(table.numeric_names), "missing": "NaN", "steps": steps}
    if table.date_names:
        told["dates"] = {"columns": list(table.date_names), "unit": "seconds since 1970-01-01"}
    return told


def _of_words(name: str, known: Mapping[str, list[str]], *, strings: bool) -> tuple[Any, list[Any], Spec]:
    """Return an input for columns of words, as texts or as codes: its tensor, the codes, and what to give for it.

    Args:
        name: of the input.
        known: the words of each column, known by their numbers from 1 up; 0 stands for all others.
        strings: whether the network looks up texts.
    """
    tensor = _input(name, (len(known),), "string" if strings else "int32")
    codes = [_code(tensor[:, number], words) for number, words in enumerate(known.values())]
    told = {"prepare": "strings" if strings else "codes", "missing": "", "categories": dict(known)}
    return tensor, codes, _spec(tensor, told)


def _code(words: Any, known: list[str]) -> Any:
    """Return the number of each word: (batch,), from a column of texts or of these numbers."""
    from keras import layers

    if words.dtype != "string":
        return words
    return layers.StringLookup(vocabulary=known, mask_token=None, num_oov_indices=1)(words)
