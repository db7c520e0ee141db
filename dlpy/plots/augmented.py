"""A training image and augmented versions of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dlpy.components.plot import Plot
from dlpy.drawing.figures import new_figure, panels
from dlpy.runs.directory import Run
from dlpy.runs.images import read_augmented

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 4


class Augmented(Plot):
    """A training image and augmented versions of it, as training saw them."""

    name: Literal["augmented"] = "augmented"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        pictures = read_augmented(run.path / "samples" / "augmented.npz")
        if not pictures:
            return {}
        height = 2.2 * -(-len(pictures) // _COLUMNS) * pictures[0].shape[0] / pictures[0].shape[1]
        figure = new_figure(f"Augmented training image, {run.id}", 2.2 * _COLUMNS, max(height, 2.0) + 0.8)
        for number, axes in enumerate(panels(figure, len(pictures), _COLUMNS)):
            axes.imshow(pictures[number].squeeze(), cmap="gray", vmin=0, vmax=255)
            axes.set_axis_off()
            axes.set_title("" if number else "original", loc="center")
        return {"": figure}
