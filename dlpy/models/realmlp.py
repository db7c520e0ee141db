"""The model family `realmlp`: a dense network for tables, with settings found over many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from dlpy.components.model import Model
from dlpy.data.task import Task
from dlpy.engine.members import EACH, scale_class
from dlpy.models._number_vectors import check_flat, periodic, with_vectors
from dlpy.models.dense import Activation, Rate, Units

if TYPE_CHECKING:
    import keras

_FAST, _SLOW = 6.0, 0.1


class RealMLP(Model):
    """RealMLP: a dense network whose numbers are embedded by learnt cosines, for tables.

    Its layers are parametrized such that one learning rate suits every width. Use it as its authors do: transform
    `robust_scale`; Adam with `beta_2: 0.95`, `weight_decay: 0.02` and the schedule `coslog4` from 0.04 for classes and
    0.2 for a standardized target; 256 epochs of batches of 256; `label_smoothing: 0.1` where accuracy counts.

    Of the paper, these are left out: schedules of dropout and weight decay, learnt slopes of the activation, biases
    drawn from the data, and the limits of predictions.

    Source: Holzmueller, Grinsztajn & Steinwart 2024, arXiv:2407.04491.
    """

    name: Literal["realmlp"] = "realmlp"
    gives_features = False
    reads_codes = True
    units: list[Units] = [256, 256, 256]
    """Size of each hidden layer."""
    activation: Activation | None = None
    """Activation function of the hidden layers. Default: mish for numbers, selu for classes."""
    dropout: Rate = 0.15
    """Dropout rate behind each hidden layer."""
    frequencies: Units = 16
    """Number of cosines of each number."""
    frequency_scale: Annotated[float, Field(gt=0)] = 0.1
    """Standard deviation of their first frequencies, in periods per unit of the scaled number."""
    embedding: Annotated[int, Field(ge=2)] = 4
    """Size of the vector of each number: the number itself, and linear functions of its cosines."""
    output_activation: Activation | None = None
    """Activation function of the last layer; chosen by the target by default."""

    def check(self, task: Task) -> None:
        check_flat(task, "realmlp")

    def resolved(self, task: Task) -> RealMLP:
        usual = "mish" if task.output.kind == "regression" else "selu"
        return self.model_copy(update={"activation": self.activation or usual})

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        given = task.input
        numbers = (given.shape[0] or 0) - given.positions if given.numbers is None else given.numbers
        inputs, x = with_vectors(task, numbers, periodic(self.frequencies, self.embedding, self.frequency_scale))
        start: Any = keras.initializers.Constant(1 / _FAST)
        x = _FAST * scale_class()(EACH, x.shape[1:], kernel_initializer=start, name="scale")(x)
        for size in self.units:
            x = layers.Activation(str(self.resolved(task).activation))(_dense(x, size))
            x = layers.Dropout(self.dropout)(x) if self.dropout else x
        return keras.Model(inputs, self._last(x, task))

    def _last(self, x: Any, task: Task) -> Any:
        """Return the prediction, which is the same for all rows before training."""
        from keras import layers

        from dlpy.models._outputs import in_order

        output: Any = task.output
        options: Any = {"name": "target", "kernel_initializer": "zeros", "use_bias": False, "dtype": "float32"}
        if output.kind == "ordinal":
            return in_order(layers.Dense((output.units or 1) - 1, "sigmoid", **options)(_scaled(x)))
        activation = self.output_activation or output.activation
        return layers.Dense(output.units or 1, activation, **options)(_scaled(x))


def _dense(x: Any, size: int) -> Any:
    from keras import initializers, layers

    normal: Any = initializers.RandomNormal(0.0, 1.0)
    return layers.Dense(size, use_bias=False, kernel_initializer=normal)(_scaled(x))


def _scaled(x: Any) -> Any:
    """Return x (batch, features) divided by the root of its features, and a column of 0.1.

    Weights are then about 1 in layers of any width (the neural tangent parametrization), and that of the last column is
    the bias, which Adam changes at a tenth of the learning rate.
    """
    from keras import ops as keras_ops

    ops: Any = keras_ops
    scaled = x * x.shape[-1] ** -0.5
    return ops.concatenate([scaled, _SLOW * ops.ones_like(scaled[:, :1])], axis=-1)
