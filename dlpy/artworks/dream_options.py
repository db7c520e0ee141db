"""Options of `kind: dream` (DeepDream)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.artworks.base import Artwork, Images, LayerWeights, Positive, Side
from dlpy.artworks.octaves import octave_sizes
from dlpy.data.images.files import Size
from dlpy.experiment.yaml_reader import Mistake
from dlpy.pretrained.zoo import NETWORKS
from dlpy.stand_ins.scenes import landscape

if TYPE_CHECKING:
    from dlpy.artworks.feature_network import FeatureNetwork
    from dlpy.artworks.record import Journal

_LAYERS = {  # inception_v3 as in the book; the VGG layers yield textures, then eyes and feathers
    "inception_v3": {"mixed2": 0.2, "mixed3": 3.0, "mixed4": 2.0, "mixed5": 1.5},
    "vgg16": {"block4_conv3": 1.0, "block5_conv2": 1.0},
    "vgg19": {"block4_conv4": 1.0, "block5_conv2": 1.0},
}
_SMOKE_STEPS = 2


class Dream(Artwork):
    """DeepDream: gradient ascent on an image to increase the activations of layers, at increasing image sizes."""

    kind: Literal["dream"]
    path: str | None = None
    """Path of the image file, relative to the experiment file or the current folder."""
    height: Side | None = 350
    """Height of the image in pixels; the aspect ratio is kept. null keeps the original size."""
    layers: LayerWeights | None = None
    """Weights in the loss by layer, such as {mixed4: 2.0}; inception_v3, vgg16 and vgg19 have defaults (null)."""
    octaves: Annotated[int, Field(gt=0, le=20)] = 3
    """Number of image sizes, from small to the full size; detail lost by shrinking is restored after each."""
    octave_scale: Annotated[float, Field(gt=1, le=10)] = 1.4
    """Ratio between the sizes of successive octaves."""
    steps: Annotated[int, Field(gt=0)] = 20
    """Maximum number of gradient ascent steps per octave."""
    step_size: Positive = 0.01
    """Mean change of a pixel per step, on a scale where black is -1 and white is 1."""
    max_loss: Positive | None = None
    """Loss above which an octave ends early, to avoid mere noise; null runs all steps."""

    def paths(self) -> dict[str, str | None]:
        return {"picture": self.path}

    def path_options(self) -> dict[str, str]:
        return {"picture": "path"}

    def layer_weights(self) -> dict[tuple[str, str], float]:
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
            message = f"required for {which}: such as {{mixed4: 2.0}}; `dlpy explain` shows the layers."
            found.append(Mistake(("layers",), message))
        return found

    def paint(self, network: FeatureNetwork, images: Images, journal: Journal) -> None:
        from dlpy.artworks.dream import dream

        dream(self, network, images["picture"], journal)
