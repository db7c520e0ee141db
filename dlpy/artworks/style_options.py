"""Options of `kind: style` (style transfer; Gatys, Ecker and Bethge 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.artworks.base import Artwork, Images, LayerWeights, Positive, Side
from dlpy.data.images.files import Size
from dlpy.experiment.yaml_reader import Mistake
from dlpy.pretrained.zoo import NETWORKS
from dlpy.stand_ins.scenes import brushwork, landscape

if TYPE_CHECKING:
    from dlpy.artworks.feature_network import FeatureNetwork
    from dlpy.artworks.record import Journal

_VGG = ("vgg16", "vgg19")
_CONTENT = {"block5_conv2": 0.025}
_STYLE = {f"block{number}_conv1": 0.2 for number in range(1, 6)}
_SMOKE_ITERATIONS = 2


class Style(Artwork):
    """Style transfer: the content of one image with the style (textures and colours) of another."""

    kind: Literal["style"]
    content_path: str | None = None
    """Path of the content image, relative to the experiment file or the current folder."""
    style_path: str | None = None
    """Path of the style image; it is resized to the size of the content image."""
    height: Side | None = 400
    """Height of the result in pixels; the content image's aspect ratio is kept. null keeps the content image's size."""
    content_layers: LayerWeights | None = None
    """Weights of the content loss by layer, such as {block5_conv2: 0.025}; null uses the book's for a VGG."""
    style_layers: LayerWeights | None = None
    """Weights of the style loss by layer, such as {block1_conv1: 0.2}; null uses the book's for a VGG."""
    total_variation: Annotated[float, Field(ge=0)] = 1e-4
    """Weight of the total variation loss; larger values give a smoother image."""
    total_variation_power: Annotated[float, Field(ge=1, le=2)] = 1.25
    """Exponent of the squared differences in the total variation; larger values penalize small differences less."""
    start: Literal["content", "noise"] = "content"
    """Initial image: the content image or uniform noise."""
    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    """Optimizer of the image: lbfgs needs no step size and never increases the loss; adam takes `learning_rate`."""
    learning_rate: Positive | None = None
    """Step size of adam, in grey levels from 0 to 255; null means 2. Not allowed with lbfgs."""
    iterations: Annotated[int, Field(gt=0)] = 20
    """Number of iterations; the loss is reported after each."""
    evaluations: Annotated[int, Field(ge=3)] = 20
    """Maximum number of loss evaluations per iteration."""
    save_every: Annotated[int, Field(gt=0)] = 1
    """Number of iterations between saved images; the last one is always saved."""

    def paths(self) -> dict[str, str | None]:
        return {"content": self.content_path, "style": self.style_path}

    def path_options(self) -> dict[str, str]:
        return {"content": "content_path", "style": "style_path"}

    def layer_weights(self) -> dict[tuple[str, str], float]:
        content = {("content_layers", name): weight for name, weight in self.content().items()}
        return content | {("style_layers", name): weight for name, weight in self.style().items()}

    def content(self) -> dict[str, float]:
        """Return the weights of the layers that keep the content."""
        return self.content_layers or (_CONTENT if self.network in _VGG else {})

    def style(self) -> dict[str, float]:
        """Return the weights of the layers that take the style."""
        return self.style_layers or (_STYLE if self.network in _VGG else {})

    def stand_in(self, purpose: str, size: Size | None) -> np.ndarray:
        paint = landscape if purpose == "content" else brushwork
        return paint(self.seed, size or (self.height or 400, None))

    def resolved(self) -> Artwork:
        rate = self.learning_rate or 2.0 if self.optimizer == "adam" else None
        update = {"content_layers": self.content(), "style_layers": self.style(), "learning_rate": rate}
        return super().resolved().model_copy(update=update)

    def shortened(self) -> Artwork:
        least = NETWORKS[self.network].least if self.network else 64
        update = {"height": least + 16, "iterations": _SMOKE_ITERATIONS, "evaluations": 3}
        return super().shortened().model_copy(update=update)

    def mistakes(self) -> list[Mistake]:
        found = super().mistakes()
        if self.run is not None or self.network is not None:
            which = self.network or "a run's network"
            missing = {"content_layers": not self.content(), "style_layers": not self.style()}
            message = f"required for {which}: such as {{block4_conv2: 0.5}}; `dlpy explain` shows the layers."
            found += [Mistake((option,), message) for option, is_missing in missing.items() if is_missing]
        if self.learning_rate is not None and self.optimizer != "adam":
            found.append(
                Mistake(("learning_rate",), "lbfgs finds its own step size: omit 'learning_rate', or use adam.")
            )
        return found

    def paint(self, network: FeatureNetwork, images: Images, journal: Journal) -> None:
        from dlpy.artworks.style import transfer

        transfer(self, network, images, journal)
