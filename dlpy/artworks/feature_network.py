"""The network that looks at a picture of any size: of keras.applications, or of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.base import DRAWN, Artwork
from dlpy.core.errors import ConfigError
from dlpy.data.images.files import Size
from dlpy.experiment.yaml_reader import Mistake
from dlpy.explain.inputs import Subject, of_run
from dlpy.explain.layer_graph import Opened, open_network, resized
from dlpy.pretrained.build import IMAGENET, finish_imagenet, new_application, read_application
from dlpy.pretrained.preprocessing import prepared
from dlpy.pretrained.weights import assign
from dlpy.pretrained.zoo import NETWORKS
from dlpy.runs.directory import find_run

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Viewer:
    """A network, and how pictures in grey levels become its input.

    title: what it is called.
    channels: 3 or 1, of the pictures.
    prepare: makes symbolic pictures (batch, height, width, channels) in grey levels the network's input.
    learn: gives it its weights; until then it has drawn ones.
    """

    title: str
    network: Opened
    channels: int
    prepare: Callable[[Any], Any]
    learn: Callable[[], None]

    def mistakes(self, artwork: Artwork, size: Size) -> list[Mistake]:
        """Return which of the layers that an artwork names it does not have, or whether its pictures are too small."""
        unfit = {keys: self.network.unfit(keys[1]) for keys in artwork.wanted_layers()}
        found = [Mistake(keys, wrong) for keys, wrong in unfit.items() if wrong is not None]
        if found:
            return found
        network = self.network.up_to(*[name for _, name in artwork.wanted_layers()])
        height, width = artwork.smallest(size)
        if resized(network, None, None) is not None and resized(network, height, width) is None:
            message = f"{height} x {width} pixels are too few for the layers of {self.title}: make it larger."
            return [Mistake(("height",), message)]
        return []

    def maps(self, layers: list[str]) -> Callable[[Any], list[Any]]:
        """Return what gives the layers' maps for pictures (1, height, width, channels) in grey levels, of any size.

        Raises:
            ConfigError: the network, up to these layers, takes pictures of one size only.
        """
        import keras

        network = resized(self.network.up_to(*layers), None, None)
        if network is None:
            raise ConfigError(f"{self.title} looks at pictures of one size only, up to these layers.")
        pictures = keras.Input((None, None, self.channels))
        model = keras.Model(pictures, network(self.prepare(pictures)))
        return lambda given: keras.tree.flatten(model(given, training=False))


def open_viewer(artwork: Artwork) -> Viewer:
    """Return the network of an artwork, without the weights where these are a large file.

    Raises:
        ConfigError: a run's network cannot look at pictures of any size.
    """
    import keras

    keras.utils.set_random_seed(artwork.seed)
    if artwork.run is not None:
        subject = of_run(find_run(artwork.run))
        return Viewer(subject.title, subject.network, subject.form.channels, _as_the_run(subject), lambda: None)
    name = str(artwork.network)
    model = new_application(name)

    def prepare(pictures: Any) -> Any:
        return prepared(pictures, NETWORKS[name].range)

    return Viewer(name, open_network(model), 3, prepare, lambda: _learn(artwork, model))


def _learn(artwork: Artwork, model: keras.Model) -> None:
    if artwork.weights == DRAWN:
        return
    name, weights = str(artwork.network), artwork.weights
    assign(model.layers, read_application(name, weights, "weights"), f"weights: {weights}")
    if weights == IMAGENET:
        finish_imagenet(name, model.layers)


def _as_the_run(subject: Subject) -> Callable[[Any], Any]:
    """Return what brings pictures of any size to what a run's transforms made of those that it was trained on."""
    import keras

    black, level, colours = subject.grey_levels(subject.size)
    if np.ptp(black, axis=(0, 1)).any() or np.ptp(level, axis=(0, 1)).any():
        raise ConfigError(f"the transforms of run {subject.title} treat each pixel in its own way: no other size fits.")
    return lambda pictures: keras.ops.take(pictures, colours, axis=-1) * level[0, 0] + black[0, 0]
