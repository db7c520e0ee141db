"""The model family `siamese`: two inputs read by one encoder, and their codes compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.data.task import Task
from dlpy.models._encoders import Layers
from dlpy.models._one_encoder import OneEncoder, ended, with_one_vocabulary
from dlpy.models.dense import Rate, Units
from dlpy.models.graph import Graph
from dlpy.networks.build import below_the_ends

if TYPE_CHECKING:
    import keras

_SLOPE = 10.0  # first weight behind a cosine; a random one may start with the wrong sign, and learns nothing then
_TINY = 1e-12  # keeps the gradient of a distance of 0 defined


class Siamese(OneEncoder):
    """Compares two rows, such as two texts: one encoder reads both, and a head compares their codes.

    Texts need one vocabulary: give the transforms of the second input as `like: left`. The target says whether the two
    are alike (binary), or how much (a number).
    """

    name: Literal["siamese"] = "siamese"
    compare: Literal["both", "difference", "product", "cosine", "distance", "concatenate"] = "both"
    """What the head sees of the codes u and v: |u - v| and u * v (both), or one of these; the cosine of their
    angle; exp(-|u - v|), the prediction itself, for the loss 'contrastive'; or u and v one after another, where the
    sides differ in kind. All but the last give the same if left and right are exchanged."""
    size: Units | None = None
    """Size of a code: a dense layer brings it to that. Default: what the encoder gives."""
    normalize: bool = False
    """Whether every code is scaled to length 1."""
    head: list[Units] = []
    """Size of each hidden dense layer between what is compared and the last layer, such as [32]; none by default."""
    dropout: Rate = 0.0
    """Dropout rate behind each hidden layer of the head."""

    def check(self, task: Task) -> None:
        if len(task.inputs) != 2 or len(task.outputs) != 1:
            counts = f"{len(task.inputs)} and {len(task.outputs)}"
            hint = "name them in the data, such as inputs: {left: {text: a}, right: {text: b, like: left}}"
            raise ConfigError(f"siamese compares two inputs for one output, not {counts}: {hint}.")
        if self.compare == "distance" and self.head:
            raise ConfigErrors([(("head",), "'compare: distance' is the prediction itself: remove 'head'.")])
        if self.compare == "distance" and task.output.kind not in ("binary", "unknown"):
            told = f"distance predicts binary targets alone, not {task.output.kind}: use cosine or both."
            raise ConfigErrors([(("compare",), told)])
        super().check(task)

    def build(self, task: Task) -> keras.Model:
        task = with_one_vocabulary(task)
        graph = self.layers_of(task)
        own_ends = {"distance": _closeness, "cosine": _of_cosine}
        if self.compare not in own_ends or self.head:
            return self.through(lambda: graph.build(task))
        return self.through(lambda: ended(graph, task, own_ends[self.compare]))

    def last_activation(self, task: Task) -> str:
        return "closeness" if self.compare == "distance" else super().last_activation(task)

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        return [] if self.compare == "distance" else below_the_ends(model)

    def layers_of(self, task: Task) -> Graph:
        layers = Layers({*task.inputs, *task.outputs})
        source = _compared(layers, self.codes(layers, task, normalized=self.normalize), self.compare)
        source = layers.hidden("head", self.head, self.dropout, source)
        return Graph(layers=layers.made, outputs=dict.fromkeys(task.outputs, source))


def _compared(layers: Layers, codes: list[str], how: str) -> str:
    """Add the layers that compare two codes, and return the name of the last one."""
    if how == "concatenate":
        return layers.add("both", {"layer": "Concatenate", "of": codes})
    if how == "cosine":
        return layers.add("cosine", {"layer": "Dot", "axes": 1, "normalize": True, "of": codes})
    if how == "distance":
        return layers.add("difference", {"layer": "Subtract", "of": codes})
    found = []
    if how != "product":
        ends = [layers.add(kind.lower(), {"layer": kind, "of": codes}) for kind in ("Maximum", "Minimum")]
        found.append(layers.add("difference", {"layer": "Subtract", "of": ends}))
    if how != "difference":
        found.append(layers.add("product", {"layer": "Multiply", "of": codes}))
    return found[0] if len(found) == 1 else layers.add("both", {"layer": "Concatenate", "of": found})


def _closeness(difference: Any, task: Task) -> Any:
    """Return exp(-d), with d the length of the difference of two codes: (batch, 1)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    squared = ops.sum(ops.square(difference), axis=-1, keepdims=True)
    return ops.exp(-ops.sqrt(squared + _TINY))


def _of_cosine(cosine: Any, task: Task) -> Any:
    """Return the prediction for a cosine, which rises with it at first: (batch, units)."""
    from keras import initializers, layers

    ((name, output),) = task.outputs.items()
    slope = _SLOPE if output.kind == "binary" else 1.0
    start = {"kernel": slope, "bias": -slope * 0.8 if output.kind == "binary" else 0.0}
    made: Any = {f"{part}_initializer": initializers.Constant(value) for part, value in start.items()}
    return layers.Dense(output.units, activation=output.activation, dtype="float32", name=name, **made)(cosine)
