"""The model family `embedding`: codes in which rows that belong together are close."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import State, Task
from dlpy.models._encoders import Layers
from dlpy.models._one_encoder import OneEncoder, ended, with_one_vocabulary
from dlpy.models.dense import Units
from dlpy.models.graph import Graph

if TYPE_CHECKING:
    import keras


class CodeEmbedding(OneEncoder):
    """Learns a code of length 1 for each row, to find similar rows: an encoder, then a dense layer of that size.

    Either of one input and classes, so that rows of one class are close (loss `triplet`); or of two inputs, such as a
    question and its answer, so that the two of a pair are closer than any others (loss `in_batch`). `dlpy predict
    --embed` writes the codes.
    """

    gives_features = False

    name: Literal["embedding"] = "embedding"
    size: Units = 64
    """Size of a code."""

    def transforms(self) -> list[Transform]:
        return [CodesAsTargets(size=self.size)]

    def build(self, task: Task) -> keras.Model:
        task = with_one_vocabulary(task)
        graph = self.layers_of(task)
        return self.through(lambda: ended(graph, task, lambda codes, _: codes))

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        return [layer for layer in model.layers if layer.weights and layer.name != "size"]

    def layers_of(self, task: Task) -> Graph:
        layers = Layers({*task.inputs, *task.outputs})
        codes = self.codes(layers, task, normalized=True)
        source = codes[0] if len(codes) == 1 else layers.add("codes", {"layer": "Concatenate", "of": codes})
        return Graph(layers=layers.made, outputs=dict.fromkeys(task.outputs, source))


class CodesAsTargets(Transform):
    """Leaves rows unchanged, and makes codes the prediction; classes are kept as what decides which are close."""

    name: str = "codes as targets"
    keeps_rows = True
    size: int
    """Size of a code."""

    def outline(self, task: Task) -> Task:
        if len(task.outputs) != 1 or len(task.inputs) > 2:
            counts = f"{len(task.inputs)} inputs and {len(task.outputs)} outputs"
            raise ConfigError(f"embedding needs one input and a class, or two inputs for one output, not {counts}.")
        ((name, output),) = task.outputs.items()
        if output.kind == "unknown":
            return task
        if output.one_hot or output.has_missing:
            wrong = "one-hot classes: remove 'one_hot'" if output.one_hot else "missing targets: remove 'missing: mask'"
            raise ConfigError(f"embedding does not take {wrong}.")
        if len(task.inputs) == 2:
            if output.kind != "binary":
                hint = "1 for pairs that belong together. For other targets, use siamese"
                raise ConfigError(f"embedding of two inputs needs a binary target, {hint}.")
            return task.with_output(replace(output, kind="codes", units=2 * self.size, classes=()), name)
        if not output.has_classes:
            raise ConfigError(f"embedding of one input needs classes, not {output.kind}.")
        names = output.classes or tuple(map(str, range(output.class_count)))
        return task.with_output(replace(output, kind="codes", units=self.size, classes=names), name)

    def apply(self, rows: Rows, state: State) -> Rows:
        return rows
