"""Families that read every input by one encoder, with one set of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import WithJsonSchema, model_validator

from dlpy.components.model import Model, PretrainedModel
from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.data.task import Input, Task
from dlpy.models._encoders import ENCODER_SCHEMA, Layers, chosen_family, parse_encoders, spelled
from dlpy.models._mistakes import invalid
from dlpy.models.graph import Graph
from dlpy.networks.build import connected, input_tensors
from dlpy.networks.flow import view
from dlpy.networks.lengths import of_any_length

if TYPE_CHECKING:
    import keras

_ENCODER, _SIZE = "encoder", "size"  # the layers of the first input; those of the others share their weights


class OneEncoder(PretrainedModel):
    """The options of the encoder, and the layers of a graph that turn each input into a code."""

    masks_padding = True  # where the encoder does
    takes_several = True
    reads_codes = True  # where the encoder does

    encoder: Annotated[str | dict[str, Any] | None, WithJsonSchema({"anyOf": [ENCODER_SCHEMA, {"type": "null"}]})] = (
        None
    )
    """What reads a row: a model family without its last layer, such as {family: rnn, units: 32}. Default: dense for
    tables, rows of numbers and bags of words, convnet for images, conv1d with padding for sequences and series."""

    @model_validator(mode="after")
    def _encoder_parsed(self) -> OneEncoder:
        if self.encoder is not None:
            _, found = parse_encoders({"": self.encoder})
            found = [(("encoder", *keys[2:]), message) for keys, message in found]
            if found:
                raise invalid(self.name, found, {"encoder": self.encoder})
        return self

    def family(self, given: Input) -> Model:
        """Return the encoder: the one in the experiment file, or the one for such rows.

        Raises:
            ConfigErrors: no family is known for them.
        """
        if self.encoder is not None:
            return parse_encoders({"": self.encoder})[0][""]
        try:
            return chosen_family(given)
        except ConfigError as error:
            raise ConfigErrors([(("encoder",), str(error))]) from None

    def codes(self, layers: Layers, task: Task, *, normalized: bool) -> list[str]:
        """Add the layers that encode each input, and return the name of the layer that gives each code."""
        size: int | None = dict(self).get("size")
        first = next(iter(task.inputs))
        steps: list[tuple[str, dict[str, Any]]] = [(_ENCODER, spelled(self.family(task.inputs[first])))]
        if size is not None:
            steps.append((_SIZE, {"layer": "Dense", "units": size}))
        found, made = [], {}
        for name in task.inputs:
            source = name
            for step, options in steps:
                own = {"like": made[step]} if step in made else options
                source = layers.add(step if own is options else f"{step}.{name}", {**own, "of": source})
                made.setdefault(step, source)
            if normalized:
                source = layers.add(f"unit.{name}", {"layer": "UnitNormalization", "of": source})
            found.append(source)
        return found

    def coded(self, model: keras.Model) -> dict[str, Any]:
        """Return the code of each input of a model that this built, as a symbolic tensor."""
        from keras import layers

        made = {layer.name: layer for layer in model.layers}
        scales = any(isinstance(layer, layers.UnitNormalization) for layer in model.layers)
        found = {}
        for given in model.inputs:
            code = given
            for name in (_ENCODER, _SIZE):
                code = made[name](code) if name in made else code
            found[given.name] = layers.UnitNormalization()(code) if scales else code
        return found

    def through(self, function: Callable[[], Any]) -> Any:
        """Return a function's result; its mistakes in the layers of the graph get the keys of this family."""
        try:
            return function()
        except ConfigErrors as error:
            raise ConfigErrors([(_place(keys), message) for keys, message in error.found]) from error

    def check(self, task: Task) -> None:
        self.check_alike(task)
        task = with_one_vocabulary(task)
        self.through(lambda: self.layers_of(task).check(task))

    def layers_of(self, task: Task) -> Graph:
        """Return the layers that the family is for a task."""
        raise self.lacks("layers_of")

    def check_alike(self, task: Task) -> None:
        """Raise ConfigError if the inputs are not rows of one kind, whose numbers mean the same."""
        first, *others = task.inputs.items()
        for name, given in others:
            if given.kind != first[1].kind or len(given.shape) != len(first[1].shape):
                both = f"'{first[0]}' has {first[1]}, '{name}' has {given}"
                raise ConfigError(f"{self.name} reads all inputs by one encoder: {both}. Use combined.")
            if given.vocabulary_of != first[1].vocabulary_of:
                hint = f"replace the transforms of '{name}' by 'like: {first[0]}'"
                raise ConfigError(f"'{first[0]}' and '{name}' have vocabularies of their own: {hint}.")

    def outside_files(self) -> dict[str, Path]:
        return {
            f"model.encoder.{option.removeprefix('model.')}": path
            for family in self._pretrained()
            for option, path in family.outside_files().items()
        }

    def pinned(self) -> Model:
        return self._with([family.pinned() for family in self._pretrained()])

    def resolved(self, task: Task) -> Model:
        given = next(iter(task.inputs.values()))
        return self._with([self.family(given).resolved(view(given, given.shape))])

    def notice(self, task: Task) -> str | None:
        given = next(iter(task.inputs.values()))
        lines = [family.notice(view(given, given.shape)) for family in self._pretrained()]
        return next(iter(lines), None)

    def initialize(self, model: keras.Model) -> None:
        for family in self._pretrained():
            family.initialize(model.get_layer(_ENCODER))

    def check_phases(self) -> None:
        for family in self._pretrained():
            family.check_phases()

    def _pretrained(self) -> list[PretrainedModel]:
        given = {} if self.encoder is None else parse_encoders({"": self.encoder})[0]
        return [family for family in given.values() if isinstance(family, PretrainedModel)]

    def _with(self, families: list[Model]) -> Model:
        return self.model_copy(update={"encoder": spelled(families[0])}) if families else self


def _place(keys: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the keys below the family of what is at these keys below the graph."""
    is_encoder = keys[0] == "layers" and str(keys[1]).split(".")[0] == _ENCODER
    return (_ENCODER, *keys[2:]) if is_encoder else ("name",)


def ended(graph: Graph, task: Task, end: Callable[[Any, Task], Any]) -> keras.Model:
    """Return the network of a graph whose prediction a function makes of its last layer."""
    import keras

    nodes = graph.nodes()
    given = input_tensors(task, of_any_length(nodes, graph.outputs, task))
    last = connected(nodes, task, given)[nodes[-1].name]
    return keras.Model(given if len(given) > 1 else next(iter(given.values())), end(last, task))


def with_one_vocabulary(task: Task) -> Task:
    """Return the task with the same vocabulary size for all inputs of integers: the largest."""
    sizes = [given.vocabulary for given in task.inputs.values()]
    if len(sizes) < 2 or None in sizes:
        return task
    largest = max(size or 0 for size in sizes)
    inputs: Mapping[str, Input] = {
        name: replace(given, vocabulary=largest, words=_words(given, largest)) for name, given in task.inputs.items()
    }
    return replace(task, inputs=dict(inputs))


def _words(given: Input, size: int) -> tuple[str, ...]:
    return given.words and given.words + ("",) * (size - len(given.words))
