"""The network to explain, its preprocessing and its class names."""

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
from dlpy.explain.layer_graph import LayerGraph, open_network
from dlpy.runs.results import class_names
from dlpy.training.estimators import network_of
from dlpy.training.evaluate import Trained, restore, tasks
from dlpy.training.pipeline import Pipeline

if TYPE_CHECKING:
    import keras

    from dlpy.runs.checkpoints import Which
    from dlpy.runs.directory import Run


@dataclass(frozen=True)
class Subject:
    """An image network to explain.

    title: its name in the titles of plots.
    form: the size and colours to which image files are converted.
    prepare: preprocesses (rows, height, width, channels) uint8 to (rows, height, width, channels) float32.
    classes: the class names; empty for a network without classes.
    runs: the run it belongs to, if any; its stand-in data is marked on the plots.
    notes: messages for the user.
    """

    title: str
    network: LayerGraph
    form: Form
    prepare: Callable[[np.ndarray], np.ndarray]
    classes: tuple[str, ...]
    runs: list[Run] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def read(self, path: Path) -> np.ndarray:
        """Return an image file as the network's input: (1, height, width, channels) float32."""
        return self.prepare(read_picture(path, self.form)[None])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        if self.form.size is None:
            raise ValueError("the images of a network have one fixed size")
        return self.form.size

    def grey_levels(self, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Return black as the network sees it, the increase per grey level, and the colour of each of its channels.

        The first two are (height, width, channels) float32, measured on a black and a white image; colours are
        numbered as in files.
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
    """Return the network of a run to explain.

    Raises:
        ConfigError: it has no 2D convolutions.
        RunError: the run is not complete.
    """
    raw_task, task = tasks(run)
    if not raw_task.is_single:
        several = "inputs" if len(task.inputs) > 1 else "outputs"
        names = ", ".join(getattr(task, several))
        raise ConfigError(f"run {run.id} has several {several} ({names}): explain needs one image in and one output.")
    trained = restore(run, which)
    form = trained.experiment.data.form(trained.raw_task)
    before, model = _composed(trained)
    network = open_network(model)
    if not network.shown("convolution"):
        family = trained.experiment.model.name
        raise ConfigError(f"run {run.id} has no 2D convolutions to explain: its model is {family}.")
    shape = trained.raw_task.input.shape

    def prepare(images: np.ndarray) -> np.ndarray:
        raw = images if len(shape) == 3 else images[..., 0]
        return np.asarray(before.apply(Rows.single(raw)).array, np.float32)

    return Subject(run.id, network, form, prepare, _classes(trained.task), [run])


def _classes(task: Task) -> tuple[str, ...]:
    output = task.output
    if not output.has_classes:
        return ()
    return tuple(class_names(output, output.class_count))


def _composed(trained: Trained) -> tuple[Pipeline, keras.Model]:
    """Return the transforms before the network, and the whole network.

    A base whose outputs are cached is one of the transforms (a Keras model); it becomes part of the network here.
    """
    import keras

    model = network_of(trained.engine)
    transforms, states = trained.pipeline.transforms, trained.pipeline.states
    pairs = zip(transforms, states, strict=True)
    layers = [None if transform.on_targets else transform.layer(state) for transform, state in pairs]
    for position, base in enumerate(layers):
        if isinstance(base, keras.Model):
            x = base.outputs[0]
            for transform, layer in zip(transforms[position + 1 :], layers[position + 1 :], strict=True):
                if layer is None and not transform.on_targets:
                    where = f"transform '{transform.name}' after the base"
                    raise ConfigError(f"{where} has no Keras layer: no gradient can pass through it.")
                x = x if layer is None else layer(x)
            return Pipeline(transforms[:position], states[:position]), keras.Model(base.inputs, model(x))
    return trained.pipeline, model
