"""The network that looks at a picture of any size: of keras.applications, or of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy import runs
from dlpy.applications import IMAGENET, finish_imagenet, new_application, read_application
from dlpy.artworks.artwork import DRAWN, Artwork
from dlpy.bases import base_layers
from dlpy.errors import ConfigError
from dlpy.explain.opened import Opened, open_network, resized
from dlpy.explain.subject import Subject, of_run
from dlpy.networks import NETWORKS
from dlpy.preparation import prepared
from dlpy.weight_files import assign
from dlpy.yaml_reader import Mistake

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Viewer:
    """A network, and how pictures in grey levels become its input.

    title: what it is called.
    channels: 3 or 1, of the pictures.
    learn: gives it its weights; until then it has drawn ones.
    up_to: returns the network from pictures in grey levels, of any size, to what these layers give.
    """

    title: str
    network: Opened
    channels: int
    learn: Callable[[], None]
    up_to: Callable[[list[str]], keras.Model]

    def mistakes(self, artwork: Artwork) -> list[Mistake]:
        """Return which of the layers that an artwork names it does not have."""
        unfit = {keys: self.network.unfit(keys[1]) for keys in artwork.wanted_layers()}
        return [Mistake(keys, wrong) for keys, wrong in unfit.items() if wrong is not None]

    def maps(self, layers: list[str]) -> Callable[[Any], list[Any]]:
        """Return what gives the layers' maps for pictures (1, height, width, channels) in grey levels, of any size."""
        import keras

        model = self.up_to(layers)
        return lambda pictures: keras.tree.flatten(model(pictures, training=False))


def open_viewer(artwork: Artwork) -> Viewer:
    """Return the network of an artwork, without its weights where they are many megabytes.

    Raises:
        ConfigError: a run's network cannot look at pictures of any size.
    """
    import keras

    keras.utils.set_random_seed(artwork.seed)
    if artwork.run is not None:
        subject = of_run(runs.find(artwork.run))
        return Viewer(subject.title, subject.network, subject.form.channels, lambda: None, _of_any_size(subject))
    name = str(artwork.network)
    pictures = keras.Input((None, None, 3))
    model = new_application(name, prepared(pictures, NETWORKS[name].range))
    network = open_network(model)
    return Viewer(name, network, 3, lambda: _learn(artwork, model), lambda layers: network.up_to(*layers))


def _learn(artwork: Artwork, model: keras.Model) -> None:
    if artwork.weights == DRAWN:
        return
    layers = base_layers(model)
    weights = read_application(str(artwork.network), artwork.weights, "weights")
    assign(layers, weights, f"weights: {artwork.weights}")
    if artwork.weights == IMAGENET:
        finish_imagenet(str(artwork.network), layers)


def _of_any_size(subject: Subject) -> Callable[[list[str]], keras.Model]:
    """Return what makes a run's network, up to some layers, one for pictures of any size."""
    black, level, colours = subject.grey_levels(subject.size)
    if np.ptp(black, axis=(0, 1)).any() or np.ptp(level, axis=(0, 1)).any():
        raise ConfigError(f"weights: the transforms of run {subject.title} treat each pixel differently.")

    def up_to(layers: list[str]) -> keras.Model:
        import keras

        model = resized(subject.network.up_to(*layers), None, None)
        if model is None:
            raise ConfigError(f"weights: run {subject.title} looks at pictures of one size only, up to these layers.")
        pictures = keras.Input((None, None, subject.form.channels))
        given = keras.ops.take(pictures, colours, axis=-1) * level[0, 0] + black[0, 0]
        return keras.Model(pictures, model(given))

    return up_to
