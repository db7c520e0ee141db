"""Recurrent networks over sequences of integers or of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Task
from dlpy.models._sequences import EmbeddedModel, check_time_steps, time_steps
from dlpy.models.dense import Activation, DenseHead, Rate, Regularizer, Units, as_list

if TYPE_CHECKING:
    import keras


class Recurrent(Block):
    """A stack of recurrent layers."""

    cell: Literal["simple", "lstm", "gru"] = "lstm"
    """The kind of cell."""
    units: Annotated[
        list[Units], BeforeValidator(as_list, json_schema_input_type=Units | list[Units]), Field(min_length=1)
    ] = [32]
    """Size of each layer's state."""
    bidirectional: bool = False
    """Read every sequence from both ends."""
    dropout: Rate = 0.0
    """Share of each layer's inputs that is left out in training, the same ones at every step."""
    recurrent_dropout: Rate = 0.0
    """Share of each layer's state that is left out in training, the same ones at every step."""
    activation: Annotated[
        list[Activation],
        BeforeValidator(as_list, json_schema_input_type=Activation | list[Activation]),
        Field(min_length=1),
    ] = ["tanh"]
    """What a layer does to its sums; one for all layers, or one for each."""
    recurrent_activation: Activation = "sigmoid"
    """What the gates of lstm and gru do to their sums; the book's Keras had hard_sigmoid."""
    reset_after: bool = True
    """Where a gru applies its reset gate: after the product with the state (cuDNN's way) or before (the book's)."""
    regularizer: Regularizer | None = None
    """Penalty on the weights, those of the state included, such as {l2: 0.001}."""

    def check_layers(self) -> None:
        """Raise ConfigError where the lists do not fit each other."""
        if len(self.activation) not in (1, len(self.units)):
            raise ConfigError(f"activation has {len(self.activation)} entries for {len(self.units)} layers of units.")

    def add_layers(self, x: Any, *, cudnn: bool = True, every: bool = False) -> Any:
        """Return the last state (batch, units) of the top layer over x (batch, time, size).

        Args:
            x: the sequences.
            every: return its states at all times instead, (batch, time, units).
            cudnn: whether a GPU may use cuDNN, which takes no sequences that are filled up in front.
        """
        from keras import layers

        kinds = {"simple": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
        for number, units in enumerate(self.units):
            options: dict[str, Any] = {
                "activation": self.activation[number if len(self.activation) > 1 else 0],
                "dropout": self.dropout,
                "recurrent_dropout": self.recurrent_dropout,
                "return_sequences": every or number + 1 < len(self.units),
            }
            if self.regularizer:
                options |= {
                    "kernel_regularizer": self.regularizer.build(),
                    "recurrent_regularizer": self.regularizer.build(),
                }
            if self.cell != "simple":
                options |= {"recurrent_activation": self.recurrent_activation, "use_cudnn": "auto" if cudnn else False}
            if self.cell == "gru":
                options["reset_after"] = self.reset_after
            layer = kinds[self.cell](units, **options)
            x = (layers.Bidirectional(layer) if self.bidirectional else layer)(x)
        return x


class Rnn(DenseHead, Recurrent, EmbeddedModel):
    """Recurrent layers over sequences, the last state sent through a dense head.

    Over a text to go on with, the states at all times are, so that each says what comes next.
    """

    masks_padding = True

    name: Literal["rnn"] = "rnn"
    masking: bool = True
    """Skip what fills sequences of integers up; batches are then only as long as their longest row. Texts have none."""

    def check(self, task: Task) -> None:
        check_time_steps(task, "rnn")
        self.check_layers()
        if task.output.kind == "tokens" and self.bidirectional:
            raise ConfigError("bidirectional: read backwards, a text tells what comes next: leave it out.")
        if task.output.kind == "tokens" and self.output_activation not in (None, "softmax"):
            raise ConfigError(f"output_activation: {self.output_activation} gives no probabilities: leave it out.")
        if self.embedding.one_hot and task.input.kind == "sequence" and self.masking and task.output.kind != "tokens":
            raise ConfigError("masking skips what an embedding marks, and one_hot is none: set 'masking: false'.")

    def resolved(self, task: Task) -> Model:
        chosen = super().resolved(task)
        generates = task.output.kind == "tokens"  # a text is never padded
        return chosen.model_copy(update={"masking": False}) if generates else chosen

    def notice(self, task: Task) -> str | None:
        lines, words = [super().notice(task)], task.input.words
        if task.output.kind == "tokens" and words and words[-1] == "":
            lines.insert(0, f"{len(words) - 1:,} known tokens, and one for whatever else the text holds")
        return "; ".join(filter(None, lines)) or None

    def build(self, task: Task) -> keras.Model:
        import keras

        masking = self.masking and task.output.kind != "tokens"
        inputs, x = time_steps(task, self.embedding, masking=masking)
        x = self.add_layers(x, cudnn=not masking or task.input.padding != "front", every=task.output.steps is not None)
        return keras.Model(inputs, self.add_dense_head(x, task))
