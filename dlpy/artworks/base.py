"""The base class of experiments that optimize an image instead of training a model: DeepDream and style transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field

from dlpy.core.errors import did_you_mean
from dlpy.core.options import Block
from dlpy.data.images.files import Size
from dlpy.experiment.experiment import Name
from dlpy.experiment.yaml_reader import Mistake, to_yaml
from dlpy.pretrained.build import IMAGENET
from dlpy.pretrained.zoo import NETWORKS, unknown_network
from dlpy.runs.lookup import lasting

if TYPE_CHECKING:
    from dlpy.artworks.feature_network import FeatureNetwork
    from dlpy.artworks.record import Journal

RANDOM = "none"
RUN = "run:"
MAX_SIDE = 8192


def _known_network(name: str | None) -> str | None:
    if name is not None and name not in NETWORKS:
        raise ValueError(unknown_network(name))
    return name


Side = Annotated[int, Field(gt=0, le=MAX_SIDE)]
Positive = Annotated[float, Field(gt=0)]
LayerWeights = Annotated[dict[str, float], Field(min_length=1)]
Images = dict[str, np.ndarray]
"""Images by purpose (picture, content, style): (height, width, channels) uint8, all of the same size."""


class Artwork(Block):
    """Options that a dream and a style transfer share."""

    kind: Any  # a subclass narrows it to Literal["its_kind"]
    """Kind of experiment: dream or style. A file without it trains a model."""
    name: Name | None = None
    """Name of the runs; the default is the file name without its suffix."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Random seed of initial weights, noise and generated images."""
    network: Annotated[str | None, AfterValidator(_known_network)] = None
    """Network of keras.applications, used without its classifier, such as vgg16. Omit it with weights: run:NAME."""
    weights: str = IMAGENET
    """Weights: imagenet (downloaded once), the path of an h5 file, run:NAME (a run's network) or none (random)."""
    height: Side | None = None
    """Height of the image in pixels; the aspect ratio is kept. null keeps the original size."""
    fallback: Literal["stand_in"] | None = None
    """What to do if no path is given: null stops with an error, stand_in uses a generated image."""

    @property
    def run(self) -> str | None:
        """The run whose network is used, or None for a network of keras.applications."""
        return self.weights.removeprefix(RUN) if self.weights.startswith(RUN) else None

    @property
    def weights_path(self) -> str | None:
        """The file of the network's weights, or None if they come from elsewhere."""
        return None if self.run is not None or self.weights in (IMAGENET, RANDOM) else self.weights

    def paths(self) -> dict[str, str | None]:
        """Return the image files by purpose; the first one decides the size."""
        raise NotImplementedError

    def path_options(self) -> dict[str, str]:
        """Return the option that holds each image's path, by purpose."""
        raise NotImplementedError

    def layer_weights(self) -> dict[tuple[str, str], float]:
        """Return the weight of each layer in the loss, by (option, layer name)."""
        raise NotImplementedError

    def smallest(self, size: Size) -> Size:
        """Return the smallest image size that the network processes on the way to `size`."""
        return size

    def stand_in(self, purpose: str, size: Size | None) -> np.ndarray:
        """Return a generated image for a purpose: (height, width, 3) uint8, with a default size if `size` is None."""
        raise NotImplementedError

    def resolved(self) -> Artwork:
        """Return the experiment with every default filled in.

        Raises:
            RunError: there is no such run.
        """
        if self.run is None:
            return self
        return self.model_copy(update={"weights": RUN + lasting(self.run)})

    def shortened(self) -> Artwork:
        """Return a shortened experiment for a smoke run: generated images, random weights, few steps."""
        weights = self.weights if self.run is not None else RANDOM
        paths = dict.fromkeys(self.path_options().values())
        return self.model_copy(update={"weights": weights, "fallback": "stand_in", **paths})

    def paint(self, network: FeatureNetwork, images: Images, journal: Journal) -> None:
        """Optimize the image and record progress in the journal.

        Raises:
            DivergedError: the loss is no longer finite.
        """
        raise NotImplementedError

    def mistakes(self) -> list[Mistake]:
        """Return the mistakes in options that depend on each other."""
        found = self._network_mistakes()
        if self.height is not None:
            found += self.size_mistakes((self.height, self.height))  # the true width is checked once the image is read
        for purpose, path in self.paths().items():
            if path is None and self.fallback is None:
                hint = "give the path of the image, or set fallback: stand_in to use a generated one"
                found.append(Mistake((self.path_options()[purpose],), f"required: {hint}."))
        return found

    def _network_mistakes(self) -> list[Mistake]:
        if self.run is not None and self.network is not None:
            return [Mistake(("network",), "a run brings its own network: omit 'network', or give other 'weights'.")]
        if self.run is None and self.network is None:
            return [Mistake(("network",), f"required.{did_you_mean('', NETWORKS)} Or give weights: run:NAME.")]
        path = self.weights_path
        if path is not None and not {".", "/", "\\"} & set(path):
            hint = did_you_mean(path, [IMAGENET, RANDOM])
            return [
                Mistake(("weights",), f"'{path}' is not an h5 file.{hint} Or give the path of a file, or run:NAME.")
            ]
        return []

    def size_mistakes(self, size: Size) -> list[Mistake]:
        """Return a mistake if images of this size, or their smallest octave, are too small for the network."""
        least = NETWORKS[self.network].least if self.network is not None else 1
        smallest = self.smallest(size)
        if min(smallest) >= least:
            return []
        what = f"{smallest[0]} x {smallest[1]} pixels"
        what = f"{what} are too few" if smallest == size else f"the smallest octave has only {what}"
        needs = f"{self.network or 'a network'} needs at least {least} x {least}"
        return [Mistake(("height",), f"{what}: {needs}.")]

    def to_yaml(self) -> str:
        """Return the experiment file with every default filled in."""
        return to_yaml(self.model_dump())
