"""The model family `rnn`: recurrent networks over sequences of integers or vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Task
from dlpy.models._sequences import EmbeddedModel, check_time_steps, time_steps
from dlpy.models._series_ends import differ_in_length
from dlpy.models.dense import Activation, DenseHead, Rate, Regularizer, Units, as_list

if TYPE_CHECKING:
    import keras


class Recurrent(Block):
    """The options of a stack of recurrent layers."""

    cell: Literal["simple", "lstm", "gru"] = "lstm"
    """Type of cell."""
    units: Annotated[
        list[Units], BeforeValidator(as_list, json_schema_input_type=Units | list[Units]), Field(min_length=1)
    ] = [32]
    """Size of the state of each layer: 32 is one layer, [64, 32] two."""
    bidirectional: bool = False
    """Whether each layer reads the sequence in both directions; doubles the size of its output."""
    dropout: Rate = 0.0
    """Dropout rate of each layer's inputs; the mask is the same at all time steps."""
    recurrent_dropout: Rate = 0.0
    """Dropout rate of each layer's state; the mask is the same at all time steps."""
    activation: Annotated[
        list[Activation],
        BeforeValidator(as_list, json_schema_input_type=Activation | list[Activation]),
        Field(min_length=1),
    ] = ["tanh"]
    """Activation function of the layers: one for all, or a list with one for each."""
    recurrent_activation: Activation = "sigmoid"
    """Activation function of the gates of lstm and gru; the book's version of Keras used hard_sigmoid."""
    reset_after: bool = True
    """Whether a gru applies its reset gate after the matrix product with the state (as cuDNN does) or before it."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of inputs and state, such as {l2: 0.001}; none by default."""

    def check_layers(self) -> None:
        """Raise ConfigError if the lists differ in length."""
        if len(self.activation) not in (1, len(self.units)):
            counts = f"activation has {len(self.activation)} entries for {len(self.units)} layers of units"
            raise ConfigError(f"{counts}: give one entry, or one for each layer.")

    def add_layers(self, x: Any, *, cudnn: bool = True, every: bool = False, mask: Any = None) -> Any:
        """Return the last state (batch, units) of the top layer over x (batch, time, size).

        Args:
            x: the sequences.
            every: return its states at all time steps instead, (batch, time, units).
            cudnn: whether a GPU may use cuDNN, which cannot read sequences padded in front.
            mask: (batch, time) bool, the steps to read; None: that of Keras, or all.
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
            layer = layers.Bidirectional(layer) if self.bidirectional else layer
            x = layer(x) if mask is None else layer(x, mask=mask)
        return x


class Rnn(DenseHead, Recurrent, EmbeddedModel):
    """Recurrent layers over sequences, and a dense head on the last state.

    To generate text, the head predicts the next token from the state at every time step. Where each token or time step
    has a class, the head predicts it from the state there; with `bidirectional`, the state also knows what follows.
    """

    masks_padding = True
    reads_lengths = True
    predicts_steps = True

    name: Literal["rnn"] = "rnn"
    masking: bool = True
    """Whether to skip the padding of sequences of integers; each batch is then cut to its longest row.
    Not used to generate text, which has no padding, nor for series, which are read to their end."""

    def check(self, task: Task) -> None:
        check_time_steps(task, "rnn", generates=True)
        self.check_layers()
        if task.output.kind == "tokens" and self.bidirectional:
            raise ConfigError("bidirectional: the backward layer would see the token to predict: leave it out.")
        if task.output.kind == "tokens" and self.output_activation not in (None, "softmax"):
            raise ConfigError(f"output_activation: {self.output_activation} does not give probabilities: leave it out.")
        if self.embedding.one_hot and task.input.kind == "sequence" and self.masking and task.output.kind != "tokens":
            raise ConfigError(
                "masking needs an embedding that marks the padding, and one_hot does not: set 'masking: false'."
            )

    def resolved(self, task: Task) -> Model:
        chosen = super().resolved(task)
        generates = task.output.kind == "tokens"  # a text is never padded
        return chosen.model_copy(update={"masking": False}) if generates else chosen

    def notice(self, task: Task) -> str | None:
        lines, words = [super().notice(task)], task.input.words
        if task.output.kind == "tokens" and words and words[-1] == "":
            lines.insert(0, f"vocabulary: {len(words) - 1:,} tokens, and one for all others")
        return "; ".join(filter(None, lines)) or None

    def build(self, task: Task) -> keras.Model:
        import keras

        masking = (self.masking and task.output.kind != "tokens") or differ_in_length(task.input)
        inputs, x = time_steps(task, self.embedding, masking=masking)
        x = self.add_layers(x, cudnn=not masking or task.input.padding != "front", every=task.output.steps is not None)
        return keras.Model(inputs, self.add_dense_head(x, task))
