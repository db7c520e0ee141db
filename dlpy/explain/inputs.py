"""What is looked into: a network, how pictures become its input, and what its classes are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.images.files import Form, read_picture
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.explain.layer_graph import Opened, open_network
from dlpy.runs.results import class_names
from dlpy.training.evaluate import Trained, restore
from dlpy.training.pipeline import Pipeline

if TYPE_CHECKING:
    import keras

    from dlpy.runs.checkpoints import Which
    from dlpy.runs.directory import Run


@dataclass(frozen=True)
class Subject:
    """A network that looks at pictures.

    title: what pictures of it are headed with.
    form: what picture files are brought to.
    prepare: makes (rows, height, width, channels) uint8 the network's input, (rows, height, width, channels) float32.
    classes: what the classes are called; empty where it tells no classes.
    runs: the run it is of, by which stand-in data is marked.
    notes: what a person should know of it.
    """

    title: str
    network: Opened
    form: Form
    prepare: Callable[[np.ndarray], np.ndarray]
    classes: tuple[str, ...]
    runs: list[Run] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def read(self, path: Path) -> np.ndarray:
        """Return a picture file as the network's input: (1, height, width, channels) float32."""
        return self.prepare(read_picture(path, self.form)[None])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        if self.form.size is None:
            raise ValueError("a network's pictures are always of one size")
        return self.form.size

    def grey_levels(self, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Return what black is to the network, what one grey level adds, and the colours that its channels stand for.

        Both are (height, width, channels) float32, read off two pictures; the colours are numbered as in files.
        """
        channels = self.form.channels
        plain = np.zeros((2 + channels, *size, channels), np.uint8)
        plain[1] = 255
        for colour in range(channels):
            plain[2 + colour, ..., colour] = 255
        black, white, *pure = self.prepare(plain)
        answers = np.array([np.abs(one - black).mean(axis=(0, 1)) for one in pure])  # (colours, network's channels)
        colours = answers.argmax(axis=0).tolist()
        order = colours if sorted(colours) == list(range(channels)) else list(range(channels))
        return black, (white - black) / 255, order


def of_run(run: Run, which: Which = "best") -> Subject:
    """Return a run's network.

    Raises:
        ConfigError: it has no convolutions over images.
        RunError: the run is not complete.
    """
    trained = restore(run, which)
    form = trained.experiment.data.form(trained.raw_task)
    before, model = _composed(trained)
    network = open_network(model)
    if not network.shown("convolution"):
        family = trained.experiment.model.name
        raise ConfigError(f"run {run.id} has no convolutions over images to look into: its model is {family}.")
    shape = trained.raw_task.input.shape

    def prepare(pictures: np.ndarray) -> np.ndarray:
        raw = pictures if len(shape) == 3 else pictures[..., 0]
        return np.asarray(before.apply(Rows.single(raw)).array, np.float32)

    return Subject(run.id, network, form, prepare, _classes(trained.task), [run])


def _classes(task: Task) -> tuple[str, ...]:
    output = task.output
    if not output.has_classes:
        return ()
    return tuple(class_names(output, 2 if output.kind == "binary" else output.units or 0))


def _composed(trained: Trained) -> tuple[Pipeline, keras.Model]:
    """Return the transforms before the network, and the network whole.

    Where a base is run once and its outputs are kept, it is one of the transforms: a Keras model.
    """
    import keras

    steps, states = trained.pipeline.steps, trained.pipeline.states
    layers = [None if step.on_targets else step.layer(state) for step, state in zip(steps, states, strict=True)]
    for position, base in enumerate(layers):
        if isinstance(base, keras.Model):
            x = base.outputs[0]
            for step, layer in zip(steps[position + 1 :], layers[position + 1 :], strict=True):
                if layer is None and not step.on_targets:
                    raise ConfigError(f"transform '{step.name}' behind the base has no Keras layer to look through.")
                x = x if layer is None else layer(x)
            return Pipeline(steps[:position], states[:position]), keras.Model(base.inputs, trained.engine.model(x))
    return trained.pipeline, trained.engine.model
