"""The pictures that the model got most wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components import Plot
from dlpy.drawing import new_figure, shortened
from dlpy.results import PARTS, class_names, class_probabilities, output_of, read_arrays
from dlpy.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 5
_MOST = 25
_HEIGHT = 1.28  # of a cell whose width is 1: the picture and two lines of text


class Wrongest(Plot):
    """The pictures whose true class got the lowest probability, with both classes and what the model gave them."""

    name: Literal["wrongest"] = "wrongest"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        stored = {part: read_arrays(run.path / "samples" / f"wrongest-{part}.npz") for part in PARTS}
        return {part: _figure(arrays, part, run) for part, arrays in stored.items() if len(arrays.get("image", ()))}


def _figure(arrays: dict[str, np.ndarray], part: str, run: Run) -> Figure:
    images, target = arrays["image"][:_MOST], arrays["target"][:_MOST].astype(np.int64)
    probability = class_probabilities(arrays["prediction"][:_MOST])
    output = output_of(run)
    count = probability.shape[1]
    names = class_names(output, count) if output else [str(number) for number in range(count)]
    figure = new_figure(f"The most wrong of the {PARTS[part]} of {run.id}", 10, 2.4 * -(-len(images) // _COLUMNS) + 0.5)
    axes = figure.add_subplot()
    for i, image in enumerate(images):
        answer = int(probability[i].argmax())
        lines = [_line("true", names[target[i]], probability[i, target[i]])]
        lines.append(_line("said", names[answer], probability[i, answer]))
        _draw_picture(axes, displayable(image), "\n".join(lines), i)
    axes.set(xlim=(0, _COLUMNS), ylim=(_HEIGHT * -(-len(images) // _COLUMNS) - 0.26, -0.24), aspect="equal")
    axes.set_axis_off()
    return figure


def _draw_picture(axes: Axes, image: np.ndarray, text: str, number: int) -> None:
    """Draw a picture and its text into the cell of that number; one axes for all is far quicker than one for each."""
    row, column = divmod(number, _COLUMNS)
    height, width = image.shape[:2]
    half_width, half_height = 0.48 * width / max(width, height), 0.48 * height / max(width, height)
    x, y = column + 0.5, row * _HEIGHT + 0.5
    extent = (x - half_width, x + half_width, y + half_height, y - half_height)
    axes.imshow(image, extent=extent, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.text(x, y - 0.5, text, ha="center", va="bottom", fontsize=8, in_layout=False)


def displayable(image: np.ndarray) -> np.ndarray:
    """Return a picture's values between 0 and 1: (height, width) or (height, width, 3) float64.

    Bytes are divided by 255; other numbers too where they look like bytes, and are stretched where they are neither
    that nor between 0 and 1 already.
    """
    values = np.nan_to_num(image.astype(np.float64))
    low, high = values.min(), values.max()
    if image.dtype == np.uint8 or (low >= 0 and 1 < high <= 255):
        values = values / 255
    elif low < 0 or high > 1:
        values = (values - low) / max(high - low, 1e-12)
    if values.ndim == 3 and values.shape[-1] != 3:
        return values.mean(axis=-1)
    return values


def _line(word: str, name: str, probability: float) -> str:
    return f"{word} {shortened(name, 16)} ({probability:.3f})"
