"""The layers of a graph as an experiment file gives them, each parsed and checked alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.experiment.messages import mistakes_of
from dlpy.networks.option_checks import WRAPPED, Found, canonical, wrong_layer, wrong_options

_KINDS = ("layer", "family", "like")
STEPS = "steps"  # the option of a block beside those of its family
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Node:
    """One layer of a graph: a layer of Keras, a family of dlpy as a block, or another use of a layer above."""

    name: str
    of: tuple[str, ...] | None  # what goes in; None: the layer above, or the only input
    kind: str = ""  # the class of a layer of Keras
    options: Mapping[str, Any] = field(default_factory=dict)  # of the layer of Keras
    family: Model | None = None
    steps: bool = False  # whether the family gives a vector for each step of a row, in place of one for the row
    like: str = ""  # the layer whose weights are used again


def parse_nodes(layers: Mapping[Any, Any]) -> tuple[list[Node], list[Found]]:
    """Return the layers of a graph in order, and the mistakes in them; a layer with mistakes may be left out."""
    nodes: list[Node] = []
    found: list[Found] = []
    for name, value in layers.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            found.append(((name,), "the name of a layer has letters, digits, '_', '-' and '.', a letter first."))
            continue
        node, wrong = _parsed(name, {"layer": value} if isinstance(value, str) else value)
        found += [((name, *keys), message) for keys, message in wrong]
        nodes += [node] if node else []
    return nodes, found


def _parsed(name: str, value: Any) -> tuple[Node | None, list[Found]]:
    if not isinstance(value, dict):
        return None, [((), "expected a mapping such as {layer: Dense, units: 32}.")]
    given = [kind for kind in _KINDS if kind in value]
    if len(given) != 1:
        unknown = "" if given else did_you_mean(str(next(iter(value), "")), _KINDS).partition(" Known")[0]
        return None, [((), f"expected one of 'layer', 'family' and 'like', got {len(given)}.{unknown}")]
    of, wrong = _sources(value.get("of"))
    options = {key: option for key, option in value.items() if key not in (*_KINDS, "of")}
    parse = {"layer": _keras_layer, "family": _block, "like": _shared}[given[0]]
    try:
        node = parse(name, of, value[given[0]], options)
    except _WrongError as error:
        return None, [*wrong, *error.found]
    return node, wrong


class _WrongError(Exception):
    """The mistakes in a layer."""

    def __init__(self, found: list[Found]) -> None:
        super().__init__(found)
        self.found = found


def _sources(of: Any) -> tuple[tuple[str, ...] | None, list[Found]]:
    """Return what goes into a layer, and what is wrong with it."""
    names = [of] if isinstance(of, str) else of
    if names is None:
        return None, []
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return None, [(("of",), "expected the name of an input or of a layer above, or a list of names.")]
    return tuple(names), []


def _keras_layer(name: str, of: tuple[str, ...] | None, kind: Any, options: dict[str, Any]) -> Node:
    found = list(_wrong_keras_layer(kind, options))
    if found:
        raise _WrongError(found)
    return Node(name, of, kind=canonical(kind), options=options)


def _wrong_keras_layer(kind: Any, options: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the mistakes in a layer of Keras and in the layer that it wraps."""
    wrong = wrong_layer(kind)
    if wrong is not None:
        yield ("layer",), wrong
        return
    yield from wrong_options(canonical(kind), options)
    if WRAPPED not in options:
        return
    wrapped = options[WRAPPED]
    if not isinstance(wrapped, dict) or "layer" not in wrapped:
        yield (WRAPPED,), "expected a layer such as {layer: LSTM, units: 32}."
        return
    inner = {key: option for key, option in wrapped.items() if key != "layer"}
    for keys, message in _wrong_keras_layer(wrapped["layer"], inner):
        yield (WRAPPED, *keys), message


def _block(name: str, of: tuple[str, ...] | None, family: Any, options: dict[str, Any]) -> Node:
    steps = options.get(STEPS, False)
    model = _family(family, {key: option for key, option in options.items() if key != STEPS})
    if not isinstance(steps, bool):
        raise _WrongError([((STEPS,), "expected true: a vector for each step of a row, or false: one for the row.")])
    if steps and not model.predicts_steps:
        raise _WrongError([((STEPS,), f"{family} gives one vector for the whole row: remove this.")])
    if not model.gives_features:
        raise _WrongError([(("family",), f"{family} has no features that another layer could use.")])
    if model.transforms():
        hint = "train: frozen" if "train" in type(model).model_fields else "other options"
        raise _WrongError([((), f"{family} transforms the rows before training, which a block cannot: use '{hint}'.")])
    return Node(name, of, family=model, steps=steps)


def _family(family: Any, options: dict[str, Any]) -> Model:
    if not isinstance(family, str):
        raise _WrongError([(("family",), "expected the name of a model family, such as convnet.")])
    try:
        cls = Model.registry.get(family)
    except ConfigError as error:
        raise _WrongError([(("family",), str(error))]) from None
    try:
        return cls.model_validate({"name": family, **options})
    except ValidationError as error:
        found = mistakes_of(error, {"name": family, **options})
        raise _WrongError([(mistake.keys, mistake.message) for mistake in found]) from None


def _shared(name: str, of: tuple[str, ...] | None, like: Any, options: dict[str, Any]) -> Node:
    if not isinstance(like, str) or not like:
        raise _WrongError([(("like",), "expected the name of a layer above.")])
    if options:
        listed = ", ".join(f"'{option}'" for option in options)
        raise _WrongError([((), f"it shares the layer '{like}' with all its options: remove {listed}.")])
    return Node(name, of, like=like)
