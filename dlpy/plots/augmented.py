"""A training image and augmented versions of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from dlpy.components.plot import Plot
from dlpy.drawing.figures import new_figure, panels
from dlpy.runs.directory import Run
from dlpy.runs.images import read_augmented

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 4
_STRIP = 3  # an image that many times as wide as it is high shows the frames of a video


class Augmented(Plot):
    """A training image and augmented versions of it, as training saw them."""

    name: Literal["augmented"] = "augmented"
    shows_training: ClassVar[bool] = True

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        images = read_augmented(run.path / "samples" / "augmented.npz")
        if not images:
            return {}
        ratio = images[0].shape[0] / images[0].shape[1]
        columns = 1 if ratio * _STRIP < 1 else _COLUMNS
        width = 2.2 * _COLUMNS / columns
        height = -(-len(images) // columns) * (width * ratio + (0.2 if columns == 1 else 0))
        figure = new_figure(
            f"Augmented training {'video' if columns == 1 else 'image'}, {run.id}",
            width * columns,
            max(height, 2.0) + 0.8,
        )
        for number, axes in enumerate(panels(figure, len(images), columns)):
            axes.imshow(images[number].squeeze(), cmap="gray", vmin=0, vmax=255)
            axes.set_axis_off()
            axes.set_title("" if number else "original", loc="center")
        return {"": figure}
