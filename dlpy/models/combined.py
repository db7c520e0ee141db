"""The model family `combined`: an encoder for each input, joined, and hidden layers for each output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import WithJsonSchema, model_validator

from dlpy.components.model import Model, PretrainedModel
from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.data.task import Input, Task
from dlpy.models._encoders import (
    ENCODER_SCHEMA,
    Combination,
    Joining,
    chosen_family,
    combination,
    parse_encoders,
    spelled,
)
from dlpy.models._mistakes import invalid
from dlpy.models._sequences import refuse_any_tokens
from dlpy.models.dense import Rate, Units
from dlpy.models.graph import Graph
from dlpy.networks.build import below_the_ends
from dlpy.networks.flow import view
from dlpy.networks.option_checks import Found, close_to

if TYPE_CHECKING:
    import keras

_ENCODERS_SCHEMA = {"type": "object", "additionalProperties": ENCODER_SCHEMA}


class Combined(PretrainedModel):
    """An encoder for each input; their codes are joined, and hidden layers lead from them to each output.

    Takes any number of inputs and outputs. It makes the layers of a `graph`: `dlpy show model` shows them.
    """

    masks_padding = True  # where the encoder of the input does
    takes_several = True
    reads_codes = True  # where the encoder of the input does

    name: Literal["combined"] = "combined"
    encoders: Annotated[dict[str, Any], WithJsonSchema(_ENCODERS_SCHEMA)] = {}
    """Encoder of each input: a model family without its last layer, such as {words: {family: rnn, units: 32}, photo:
    convnet}. Default: dense for tables, rows of numbers and bags of words, convnet for images (height, width,
    channels), video for videos (frames, height, width, channels), and for sequences and series conv1d with padding, or
    rnn if they are shorter than 4."""
    join: Literal["concatenate", "add", "attention"] = "concatenate"
    """How the codes of several inputs become one: one after another; their sum; or the mean of what comes out of
    self-attention over them."""
    size: Units = 64
    """Size of each code where they are added or attended to: a dense layer brings it to that. Not used otherwise."""
    attention_heads: Units = 4
    """Number of heads of the attention."""
    head: list[Units] = [64]
    """Size of each hidden dense layer behind the joined codes, which all outputs share; [] for none."""
    dropout: Rate = 0.0
    """Dropout rate behind each hidden layer of `head` and `heads`."""
    heads: dict[str, list[Units]] = {}
    """Sizes of the hidden dense layers of one output alone, such as {price: [32]}; none unless given."""

    @model_validator(mode="after")
    def _encoders_parsed(self) -> Combined:
        _, found = parse_encoders(self.encoders)
        if found:
            raise invalid("combined", found, {"encoders": self.encoders})
        return self

    def families(self, inputs: Mapping[str, Input]) -> dict[str, Model]:
        """Return the encoder of each input: the one given, or the one for its kind.

        Raises:
            ConfigErrors: there is none for an input.
        """
        given, _ = parse_encoders(self.encoders)
        found, mistakes = {}, []
        for name, wanted in inputs.items():
            try:
                found[name] = given.get(name) or chosen_family(wanted)
            except ConfigError as error:
                mistakes.append((("encoders", name), str(error)))
        if mistakes:
            raise ConfigErrors(mistakes)
        return found

    def combination(self, task: Task) -> Combination:
        """Return the layers that this is for a task."""
        joining = Joining(self.join, self.size, self.attention_heads, self.head, self.dropout, self.heads)
        return combination(self.families(task.inputs), task, joining)

    def check(self, task: Task) -> None:
        wrong = [
            *_unknown("encoders", "input", self.encoders, task.inputs),
            *_unknown("heads", "output", self.heads, task.outputs),
        ]
        if wrong:
            raise ConfigErrors(wrong)
        refuse_any_tokens(task, "combined")
        self._through_graph(task, lambda graph: graph.check(task))

    def build(self, task: Task) -> keras.Model:
        return self._through_graph(task, lambda graph: graph.build(task))

    def _through_graph(self, task: Task, function: Callable[[Graph], Any]) -> Any:
        """Return a function's result for the graph that this is for a task; its mistakes get the keys of this."""
        parts = self.combination(task)
        try:
            return function(Graph(layers=parts.layers, outputs=parts.outputs))
        except ConfigErrors as error:
            raise ConfigErrors([(parts.place(keys), message) for keys, message in error.found]) from error

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        return below_the_ends(model)

    def outside_files(self) -> dict[str, Path]:
        return {
            f"model.encoders.{name}.{option.removeprefix('model.')}": path
            for name, family in self._pretrained().items()
            for option, path in family.outside_files().items()
        }

    def pinned(self) -> Model:
        return self._with({name: family.pinned() for name, family in self._pretrained().items()})

    def resolved(self, task: Task) -> Model:
        families = self.families(task.inputs)
        return self._with({name: family.resolved(_seen(task, name)) for name, family in families.items()})

    def notice(self, task: Task) -> str | None:
        lines = {name: family.notice(_seen(task, name)) for name, family in self._pretrained().items()}
        return "; ".join(f"{name}: {line}" for name, line in lines.items() if line) or None

    def initialize(self, model: keras.Model) -> None:
        for name, family in self._pretrained().items():
            (given,) = (tensor for tensor in model.inputs if tensor.name == name)
            (use,) = given._keras_history.operation._outbound_nodes  # its encoder alone reads an input
            family.initialize(use.operation)

    def check_phases(self) -> None:
        for family in self._pretrained().values():
            family.check_phases()

    def _pretrained(self) -> dict[str, PretrainedModel]:
        given, _ = parse_encoders(self.encoders)
        return {name: family for name, family in given.items() if isinstance(family, PretrainedModel)}

    def _with(self, families: Mapping[str, Model]) -> Combined:
        """Return the same with these encoders, all their options filled in."""
        return self.model_copy(
            update={"encoders": self.encoders | {name: spelled(family) for name, family in families.items()}}
        )


def _seen(task: Task, name: str) -> Task:
    """Return the task as the encoder of an input sees it."""
    given = task.inputs[name]
    return view(given, given.shape)


def _unknown(option: str, what: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> list[Found]:
    return [
        ((option, name), f"there is no {what} '{name}'.{close_to(name, list(known))}")
        for name in given
        if name not in known
    ]
