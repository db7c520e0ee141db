"""`kind: style`: the content of one picture in the style of another (Gatys, Ecker and Bethge 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.artworks.base import Artwork, LayerWeights, Pictures, Positive, Side
from dlpy.data.images.files import Size
from dlpy.experiment.yaml_reader import Mistake
from dlpy.pretrained.zoo import NETWORKS
from dlpy.stand_ins.scenes import brushwork, landscape

if TYPE_CHECKING:
    from dlpy.artworks.feature_network import Viewer
    from dlpy.artworks.record import Journal

_VGG = ("vgg16", "vgg19")
_CONTENT = {"block5_conv2": 0.025}
_STYLE = {f"block{number}_conv1": 0.2 for number in range(1, 6)}
_SMOKE_ITERATIONS = 2


class Style(Artwork):
    """A picture with the content of one and the style of another: textures and colours, not things."""

    kind: Literal["style"]
    content_path: str | None = None
    """The file of the picture whose content is kept."""
    style_path: str | None = None
    """The file of the picture whose style is taken; it is stretched to the size of the other."""
    height: Side | None = 400
    """How high the pictures are made, the width by the ratio of the content's; null leaves that as large as it is."""
    content_layers: LayerWeights | None = None
    """Layers that go on answering as to the content, and how much each counts; the book's for a VGG unless given."""
    style_layers: LayerWeights | None = None
    """Layers whose channels go together as in the style, and how much each counts; a VGG has the book's."""
    total_variation: Annotated[float, Field(ge=0)] = 1e-4
    """How much differences between neighbouring pixels count: more makes the picture smoother."""
    total_variation_power: Annotated[float, Field(ge=1, le=2)] = 1.25
    """To which power half the squared differences are taken: more lets small ones be."""
    start: Literal["content", "noise"] = "content"
    """What the picture is before the first iteration."""
    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    """What changes the picture: L-BFGS, which needs no step size and never makes the loss larger, or Adam."""
    learning_rate: Positive | None = None
    """Step size of adam, in grey levels of 255; 2 unless given."""
    iterations: Annotated[int, Field(gt=0)] = 20
    """How often progress is told and kept."""
    evaluations: Annotated[int, Field(ge=3)] = 20
    """How often the loss is computed in each iteration, at most."""
    save_every: Annotated[int, Field(gt=0)] = 1
    """After how many iterations a picture is kept, apart from the last."""

    def paths(self) -> dict[str, str | None]:
        return {"content": self.content_path, "style": self.style_path}

    def path_options(self) -> dict[str, str]:
        return {"content": "content_path", "style": "style_path"}

    def wanted_layers(self) -> dict[tuple[str, str], float]:
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
            message = f"required for {which}: such as {{block4_conv2: 0.5}}; `dlpy explain` shows what layers see."
            found += [Mistake((option,), message) for option, is_missing in missing.items() if is_missing]
        if self.learning_rate is not None and self.optimizer != "adam":
            found.append(Mistake(("learning_rate",), "lbfgs finds its own step size: leave it out, or take adam."))
        return found

    def paint(self, viewer: Viewer, pictures: Pictures, journal: Journal) -> None:
        from dlpy.artworks.style import transfer

        transfer(self, viewer, pictures, journal)
