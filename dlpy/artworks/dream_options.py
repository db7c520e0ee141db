"""`kind: dream`: a picture in which a network sees more and more of what it knows (DeepDream)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.artworks.base import Artwork, LayerWeights, Pictures, Positive, Side
from dlpy.artworks.octaves import octave_sizes
from dlpy.data.images.files import Size
from dlpy.experiment.yaml_reader import Mistake
from dlpy.pretrained.zoo import NETWORKS
from dlpy.stand_ins.scenes import landscape

if TYPE_CHECKING:
    from dlpy.artworks.feature_network import Viewer
    from dlpy.artworks.record import Journal

_LAYERS = {  # the book's; of the VGGs those that give textures, then eyes and feathers
    "inception_v3": {"mixed2": 0.2, "mixed3": 3.0, "mixed4": 2.0, "mixed5": 1.5},
    "vgg16": {"block4_conv3": 1.0, "block5_conv2": 1.0},
    "vgg19": {"block4_conv4": 1.0, "block5_conv2": 1.0},
}
_SMOKE_STEPS = 2


class Dream(Artwork):
    """A picture changed until layers of a network answer to it more, made small first, then larger."""

    kind: Literal["dream"]
    path: str | None = None
    """The picture's file, beside the experiment file or in the current folder."""
    height: Side | None = 350
    """How high the picture is made, its width by its ratio; null leaves it as large as it is."""
    layers: LayerWeights | None = None
    """Layers whose answers grow, and how much each counts; inception_v3, vgg16 and vgg19 have some unless given."""
    octaves: Annotated[int, Field(gt=0, le=20)] = 3
    """How many sizes the picture goes through; what it loses where it is made small is put back."""
    octave_scale: Annotated[float, Field(gt=1, le=10)] = 1.4
    """How much larger each size is than the one before."""
    steps: Annotated[int, Field(gt=0)] = 20
    """How many steps are taken in each octave."""
    step_size: Positive = 0.01
    """How far a step moves a pixel in the mean, where black is -1 and white 1."""
    max_loss: Positive | None = None
    """Above it an octave ends, as more would only be noise; null takes all steps."""

    def paths(self) -> dict[str, str | None]:
        return {"picture": self.path}

    def path_options(self) -> dict[str, str]:
        return {"picture": "path"}

    def wanted_layers(self) -> dict[tuple[str, str], float]:
        return {("layers", name): weight for name, weight in self._chosen().items()}

    def _chosen(self) -> dict[str, float]:
        return self.layers or _LAYERS.get(self.network or "", {})

    def smallest(self, size: Size) -> Size:
        return octave_sizes(size, self.octaves, self.octave_scale)[0]

    def stand_in(self, purpose: str, size: Size | None) -> np.ndarray:
        return landscape(self.seed, size or (self.height or 350, None))

    def resolved(self) -> Artwork:
        return super().resolved().model_copy(update={"layers": self._chosen()})

    def shortened(self) -> Artwork:
        least = NETWORKS[self.network].least if self.network else 64
        update = {"height": round(least * 1.5), "octaves": 2, "octave_scale": 1.4, "steps": _SMOKE_STEPS}
        return super().shortened().model_copy(update=update)

    def mistakes(self) -> list[Mistake]:
        found = super().mistakes()
        if not self._chosen() and (self.run is not None or self.network is not None):
            which = self.network or "a run's network"
            message = f"required for {which}: such as {{mixed4: 2.0}}; `dlpy explain` shows what layers see."
            found.append(Mistake(("layers",), message))
        return found

    def paint(self, viewer: Viewer, pictures: Pictures, journal: Journal) -> None:
        from dlpy.artworks.dream import dream

        dream(self, viewer, pictures["picture"], journal)
