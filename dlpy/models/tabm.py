"""The model family `tabm`: many small networks in one, for tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlpy.components.model import Model
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task
from dlpy.models._number_vectors import check_flat, piecewise_linear, with_vectors
from dlpy.models._outputs import in_order
from dlpy.models.dense import Activation, Positive, Rate, Units

if TYPE_CHECKING:
    import keras


class TabM(Model):
    """TabM: dense networks that share most weights, each trained by its own loss; their mean is predicted.

    For tables. Each member scales the numbers that go into a shared layer and those that come out, by weights of its
    own, and has a last layer of its own. Numbers are encoded piecewise linearly over bins of about equally many
    training rows. Train it with AdamW. The defaults did best on tables of 300 to 8,000 rows, see configs/README.md.

    Source: Gorishniy, Kotelnikov & Babenko 2024, arXiv:2410.24210; the encoding: Gorishniy, Rubachev & Babenko 2022,
    arXiv:2203.05556.
    """

    name: Literal["tabm"] = "tabm"
    gives_features = False
    reads_codes = True
    units: list[Units] = [128, 128]
    """Size of each hidden layer."""
    members: Positive = 32
    """Number of members."""
    dropout: Rate = 0.1
    """Dropout rate behind each hidden layer."""
    activation: Activation = "relu"
    """Activation function of the hidden layers."""
    bins: Annotated[int, Field(ge=2)] | None = 16
    """Largest number of bins of the piecewise linear encoding of each number; null: numbers are not encoded."""
    embedding: Units = 8
    """Size of the vector into which each number is encoded."""
    linear: bool = False
    """Whether to add a linear function of the encoded inputs, the same for all members, before the activation of the
    last layer: wide and deep learning (Cheng et al. 2016, arXiv:1606.07792)."""
    output_activation: Activation | None = None
    """Activation function of the last layer; chosen by the target by default."""

    def check(self, task: Task) -> None:
        check_flat(task, "tabm")
        if task.output.has_missing:
            raise ConfigError("tabm cannot train on rows without a target: leave them out, or use dense.")
        if task.output.kind in ("tokens", "inputs"):
            raise ConfigError(f"tabm cannot learn a {task.output.kind} target.")

    def transforms(self) -> list[Transform]:
        positions = Transform.registry.get("quantile_positions")
        return [positions.model_validate({"name": "quantile_positions", "bins": self.bins})] if self.bins else []

    def build(self, task: Task) -> keras.Model:
        from dlpy.engine.members import mean_of_members

        inputs, x = with_vectors(task, task.input.positions, piecewise_linear(self.bins or 0, self.embedding))
        return mean_of_members(inputs, self._members(x, task))

    def _members(self, x: Any, task: Task) -> Any:
        """Return the predictions of the members: (batch, members, units)."""
        from keras import layers

        from dlpy.models import _members as shared

        output, linear_in = task.output, x if self.linear else None
        x = shared.first_scale(x, self.members)
        for number, size in enumerate(self.units):
            x = shared.scale(x) if number else x
            x, width = shared.shared_dense(x, size), x.shape[-1]
            x = shared.scale(x, bias=shared.same_bias(width), activation=self.activation)
            x = layers.Dropout(self.dropout, noise_shape=(None, 1, size))(x) if self.dropout else x
        if output.kind == "ordinal":
            return in_order(shared.heads(x, (output.units or 1) - 1, "sigmoid", linear_in))
        return shared.heads(x, output.units or 1, self.output_activation or output.activation, linear_in)
