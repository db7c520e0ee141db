"""Pictures made by optimising: an experiment that trains no network but changes a picture until a network likes it."""

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
from dlpy.runs.directory import lasting

if TYPE_CHECKING:
    from dlpy.artworks.feature_network import Viewer
    from dlpy.artworks.record import Journal

DRAWN = "none"
RUN = "run:"
LARGEST = 8192


def _known_network(name: str | None) -> str | None:
    if name is not None and name not in NETWORKS:
        raise ValueError(unknown_network(name))
    return name


Side = Annotated[int, Field(gt=0, le=LARGEST)]
Positive = Annotated[float, Field(gt=0)]
LayerWeights = Annotated[dict[str, float], Field(min_length=1)]
Pictures = dict[str, np.ndarray]
"""Pictures by what they are for: (height, width, channels) uint8, all of one size."""


class Artwork(Block):
    """What a dream and a style transfer have in common."""

    kind: Any  # a subclass narrows it to Literal["its_kind"]
    """What the file is of; a file without it trains a model."""
    name: Name | None = None
    """What its runs are called; the file's name unless given."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Decides drawn weights, noise and generated pictures."""
    network: Annotated[str | None, AfterValidator(_known_network)] = None
    """The network of keras.applications that looks at the picture, without its classifier; none with run:NAME."""
    weights: str = IMAGENET
    """Where its weights are: imagenet (downloaded once), an h5 file, run:NAME (that run's network), or none (drawn)."""
    height: Side | None = None
    """How high the picture is made, its width by its ratio; null leaves it as large as it is."""
    fallback: Literal["stand_in"] | None = None
    """What to do where no path is given: stop with an error (null), or take a generated picture."""

    @property
    def run(self) -> str | None:
        """The run whose network looks, or None where it is none of a run."""
        return self.weights.removeprefix(RUN) if self.weights.startswith(RUN) else None

    @property
    def weights_path(self) -> str | None:
        """The file of the network's weights, or None where they come from elsewhere."""
        return None if self.run is not None or self.weights in (IMAGENET, DRAWN) else self.weights

    def paths(self) -> dict[str, str | None]:
        """Return the files of the pictures by what they are for, first the one that decides the size."""
        raise NotImplementedError

    def path_options(self) -> dict[str, str]:
        """Return which option holds the path of each picture."""
        raise NotImplementedError

    def wanted_layers(self) -> dict[tuple[str, str], float]:
        """Return how much each layer counts, by where it stands in the file: option and name."""
        raise NotImplementedError

    def smallest(self, size: Size) -> Size:
        """Return the size of the smallest picture that the network is shown on the way to one of `size`."""
        return size

    def stand_in(self, purpose: str, size: Size | None) -> np.ndarray:
        """Return a generated picture for this purpose: (height, width, 3) uint8, of its own width unless given."""
        raise NotImplementedError

    def resolved(self) -> Artwork:
        """Return the same with every choice written out that the file left open.

        Raises:
            RunError: there is no such run.
        """
        if self.run is None:
            return self
        return self.model_copy(update={"weights": RUN + lasting(self.run)})

    def shortened(self) -> Artwork:
        """Return the same cut down to see whether it runs at all: generated pictures, drawn weights."""
        weights = self.weights if self.run is not None else DRAWN
        paths = dict.fromkeys(self.path_options().values())
        return self.model_copy(update={"weights": weights, "fallback": "stand_in", **paths})

    def paint(self, viewer: Viewer, pictures: Pictures, journal: Journal) -> None:
        """Make the picture; the journal is told how it goes.

        Raises:
            DivergedError: its loss is not finite any more.
        """
        raise NotImplementedError

    def mistakes(self) -> list[Mistake]:
        """Return which options do not fit together."""
        found = self._network_mistakes()
        if self.height is not None:
            found += self.size_mistakes((self.height, self.height))  # a narrower picture is found when it is read
        for purpose, path in self.paths().items():
            if path is None and self.fallback is None:
                hint = "give the picture's path, or set fallback: stand_in to take a generated one"
                found.append(Mistake((self.path_options()[purpose],), f"required: {hint}."))
        return found

    def _network_mistakes(self) -> list[Mistake]:
        if self.run is not None and self.network is not None:
            return [Mistake(("network",), "a run brings its own network: leave it out, or give other 'weights'.")]
        if self.run is None and self.network is None:
            return [Mistake(("network",), f"required.{did_you_mean('', NETWORKS)} Or give weights: run:NAME.")]
        path = self.weights_path
        if path is not None and not {".", "/", "\\"} & set(path):
            hint = did_you_mean(path, [IMAGENET, DRAWN])
            return [Mistake(("weights",), f"'{path}' is no h5 file.{hint} Or give a file's path, or run:NAME.")]
        return []

    def size_mistakes(self, size: Size) -> list[Mistake]:
        """Return whether pictures of this size are too small for the network, or become so on the way."""
        least = NETWORKS[self.network].least if self.network is not None else 1
        smallest = self.smallest(size)
        if min(smallest) >= least:
            return []
        what = f"{smallest[0]} x {smallest[1]} pixels"
        what = f"{what} are too few" if smallest == size else f"its smallest octave has only {what}"
        needs = f"{self.network or 'a network'} needs at least {least} x {least}"
        return [Mistake(("height",), f"{what}: {needs}.")]

    def to_yaml(self) -> str:
        """Return a file that says the same with every default filled in."""
        return to_yaml(self.model_dump())
