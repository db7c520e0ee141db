"""What augmentation makes of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dlpy.components import Plot
from dlpy.drawing import new_figure, panels
from dlpy.results import read_arrays
from dlpy.runs import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 4


class Augmented(Plot):
    """A training picture as it is, and as training saw it."""

    name: Literal["augmented"] = "augmented"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        stored = read_arrays(run.path / "samples" / "augmented.npz")
        if not stored:
            return {}
        pictures = [stored["picture"], *stored["augmented"]]
        height = 2.2 * -(-len(pictures) // _COLUMNS) * stored["picture"].shape[0] / stored["picture"].shape[1]
        figure = new_figure(f"A training picture of {run.id}, augmented", 2.2 * _COLUMNS, max(height, 2.0) + 0.8)
        for number, axes in enumerate(panels(figure, len(pictures), _COLUMNS)):
            axes.imshow(pictures[number].squeeze(), cmap="gray", vmin=0, vmax=255)
            axes.set_axis_off()
            axes.set_title("" if number else "as it is", loc="center")
        return {"": figure}
