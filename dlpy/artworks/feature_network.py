"""The network whose layers a dream or a style transfer uses: one of keras.applications, or a run's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.base import RANDOM, Artwork
from dlpy.core.errors import ConfigError
from dlpy.data.images.files import Size
from dlpy.experiment.yaml_reader import Mistake
from dlpy.explain.inputs import Subject, of_run
from dlpy.explain.layer_graph import LayerGraph, open_network, resized
from dlpy.pretrained.build import IMAGENET, finish_imagenet, new_application, read_application
from dlpy.pretrained.preprocessing import prepared
from dlpy.pretrained.weights import assign
from dlpy.pretrained.zoo import NETWORKS
from dlpy.runs.lookup import find_run

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class FeatureNetwork:
    """A network and the preprocessing of its input images, whose values are grey levels from 0 to 255.

    title: its name in messages.
    channels: 3 or 1, the channels of the images.
    prepare: preprocesses symbolic images (batch, height, width, channels) for the network.
    load_weights: loads the weights; until then they are random.
    """

    title: str
    network: LayerGraph
    channels: int
    prepare: Callable[[Any], Any]
    load_weights: Callable[[], None]

    def mistakes(self, artwork: Artwork, size: Size) -> list[Mistake]:
        """Return the mistakes in an experiment: layers that the network lacks, or images too small for it."""
        problems = {keys: self.network.problem_with(keys[1]) for keys in artwork.layer_weights()}
        found = [Mistake(keys, wrong) for keys, wrong in problems.items() if wrong is not None]
        if found:
            return found
        network = self.network.up_to(*[name for _, name in artwork.layer_weights()])
        height, width = artwork.smallest(size)
        if resized(network, None, None) is not None and resized(network, height, width) is None:
            message = f"{height} x {width} pixels are too few for the layers of {self.title}: increase the height."
            return [Mistake(("height",), message)]
        return []

    def feature_maps(self, layers: list[str]) -> Callable[[Any], list[Any]]:
        """Return a function from images (1, height, width, channels), of any size, to the feature maps of the layers.

        Raises:
            ConfigError: the network, up to these layers, accepts a single image size.
        """
        import keras

        network = resized(self.network.up_to(*layers), None, None)
        if network is None:
            raise ConfigError(f"up to these layers, {self.title} accepts a single image size: choose earlier layers.")
        images = keras.Input((None, None, self.channels))
        model = keras.Model(images, network(self.prepare(images)))
        return lambda given: keras.tree.flatten(model(given, training=False))


def open_feature_network(artwork: Artwork) -> FeatureNetwork:
    """Return the network of an experiment; weights of keras.applications are loaded later, by `load_weights`.

    Raises:
        ConfigError: a run's preprocessing does not apply to other image sizes.
    """
    import keras

    keras.utils.set_random_seed(artwork.seed)
    if artwork.run is not None:
        subject = of_run(find_run(artwork.run))
        return FeatureNetwork(
            subject.title, subject.network, subject.form.channels, _preprocessing_of(subject), lambda: None
        )
    name = str(artwork.network)
    model = new_application(name)

    def prepare(images: Any) -> Any:
        return prepared(images, NETWORKS[name].range)

    return FeatureNetwork(name, open_network(model), 3, prepare, lambda: _load_weights(artwork, model))


def _load_weights(artwork: Artwork, model: keras.Model) -> None:
    if artwork.weights == RANDOM:
        return
    name, weights = str(artwork.network), artwork.weights
    assign(model.layers, read_application(name, weights, "weights"), f"weights: {weights}")
    if weights == IMAGENET:
        finish_imagenet(name, model.layers)


def _preprocessing_of(subject: Subject) -> Callable[[Any], Any]:
    """Return the preprocessing of a run's transforms, for images of any size."""
    import keras

    black, level, colours = subject.grey_levels(subject.size)
    if np.ptp(black, axis=(0, 1)).any() or np.ptp(level, axis=(0, 1)).any():
        raise ConfigError(
            f"the transforms of run {subject.title} treat pixels differently: they cannot be applied to other sizes."
        )
    return lambda images: keras.ops.take(images, colours, axis=-1) * level[0, 0] + black[0, 0]
