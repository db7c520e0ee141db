"""The model family `dense`: fully connected layers, and the dense head of other families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Task
from dlpy.engine.sparse_dense import sparse_dense
from dlpy.models._columns import vectors
from dlpy.models._outputs import add_output
from dlpy.models._sequences import EmbeddedModel, refuse_tokens, time_steps

if TYPE_CHECKING:
    import keras

Activation = Literal[
    "relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "leaky_relu", "softplus", "softsign", "linear",
    "hard_sigmoid", "mish", "exponential", "softmax",
]  # fmt: skip
Units = Annotated[int, Field(gt=0)]
Positive = Annotated[int, Field(gt=0)]
Rate = Annotated[float, Field(ge=0, lt=1)]


def as_list(value: Any) -> Any:
    """Return one number or name as a list of one, which applies to all layers or blocks."""
    return [value] if isinstance(value, int | str) and not isinstance(value, bool) else value


def as_blocks(value: Any) -> Any:
    """Return `[32, 64]` as two blocks of one convolution each."""
    return [as_list(block) for block in value] if isinstance(value, list) else value


class Regularizer(Block):
    """A penalty on the weights of a layer, added to the loss; l1 and l2 can be combined."""

    l1: Annotated[float, Field(ge=0)] = 0.0
    """Factor of the sum of absolute weights, such as 0.001."""
    l2: Annotated[float, Field(ge=0)] = 0.0
    """Factor of the sum of squared weights, such as 0.001."""

    def build(self) -> keras.regularizers.Regularizer:
        """Return the Keras regularizer."""
        from keras import regularizers

        return regularizers.L1L2(l1=self.l1, l2=self.l2)


class Dense(EmbeddedModel):
    """Fully connected layers over flat rows: tables, bags of words, flattened images.

    Windows of a time series, whole series (0 after their end), grayscale images and embedded sequences are flattened.
    Columns of a table that `tabulate` gives as codes are embedded.
    """

    reads_codes = True
    reads_lengths = True

    name: Literal["dense"] = "dense"
    units: list[Units] = [64, 64]
    """Size of each hidden layer, such as [64, 64]; [] is a linear model."""
    activation: Activation = "relu"
    """Activation function of the hidden layers."""
    dropout: Rate = 0.0
    """Dropout rate behind each hidden layer."""
    regularizer: Regularizer | None = None
    """Penalty on the weights of the hidden layers, such as {l2: 0.001}; none by default."""
    batch_normalization: bool = False
    """Whether batch normalization stands between each hidden layer and its activation."""
    output_activation: Activation | None = None
    """Activation function of the last layer; chosen by the target by default."""

    def check(self, task: Task) -> None:
        refuse_tokens(task, "dense")
        given = task.input
        if given.kind in ("sequence", "text") and not given.padding:
            first = "" if given.kind == "sequence" else "'tokenize' and "
            raise ConfigError(f"dense needs flat rows, not {given}: add {first}'multi_hot' to data.transforms.")
        if len(given.shape) > 2:
            hint = "{name: reshape, shape: [-1]}"
            raise ConfigError(f"dense needs flat rows, not {given}: add {hint} to data.transforms.")

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        if task.input.kind == "sequence" or len(task.input.shape) == 2:
            inputs, x = time_steps(task, self.embedding, masking=False)
            return keras.Model(inputs, add_head(layers.Flatten()(x), self, task))
        if task.input.kind == "sparse":
            inputs = keras.Input(task.input.shape, sparse=True, name="input")
            return keras.Model(inputs, add_head(inputs, self, task))
        inputs, x = vectors(task)
        return keras.Model(inputs, add_head(x, self, task))


class DenseHead(Block):
    """The options of the dense layers that turn a vector into the prediction."""

    head: list[Units] = []
    """Size of each hidden dense layer of the head, such as [64]; no hidden layers by default."""
    head_dropout: Rate = 0.0
    """Dropout rate behind each hidden dense layer of the head."""
    output_activation: Activation | None = None
    """Activation function of the last layer; chosen by the target by default."""

    def add_dense_head(self, x: Any, task: Task) -> Any:
        """Return the prediction for x (batch, features)."""
        options = Dense(units=self.head, dropout=self.head_dropout, output_activation=self.output_activation)
        return add_head(x, options, task)


def add_head(x: Any, head: Dense, task: Task) -> Any:
    """Return the prediction for x (batch, features): the hidden layers of `head`, then the last layer for the task."""
    from keras import layers

    dense = sparse_dense() if getattr(x, "sparse", False) else layers.Dense
    for size in head.units:
        regularizer = head.regularizer.build() if head.regularizer else None
        if head.batch_normalization:
            x = dense(size, use_bias=False, kernel_regularizer=regularizer)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation(head.activation)(x)
        else:
            x = dense(size, activation=head.activation, kernel_regularizer=regularizer)(x)
        if head.dropout:
            x = layers.Dropout(head.dropout)(x)
        dense = layers.Dense
    return add_output(x, task.output, "target", head.output_activation)
