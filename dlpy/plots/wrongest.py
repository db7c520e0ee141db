"""The most wrong predictions of images and videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.plot import Plot
from dlpy.core.captions import caption
from dlpy.data.images.strips import strip
from dlpy.data.task import Output
from dlpy.drawing.figures import new_figure, panels
from dlpy.runs.directory import Run
from dlpy.runs.images import WrongPictures, read_wrongest
from dlpy.runs.predictions import PARTS, heading_of, key_of
from dlpy.runs.results import class_names, outputs_of
from dlpy.scores.class_scores import class_probabilities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 5
_MAX_IMAGES = 25
_MAX_VIDEOS = 10
_WIDTH = 8  # of a figure of videos, in inches
_TALLEST = 0.5  # of a row of frames, as a fraction of the width
_HEIGHT = 1.28  # of a cell of width 1: the image and two lines of text
_LINE = 0.08  # height of each further line


class Wrongest(Plot):
    """The images or videos whose true class got the lowest probability, with the true and the predicted class."""

    name: Literal["wrongest"] = "wrongest"

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        (run,) = runs
        outputs, figures = outputs_of(run), {}
        for part in PARTS:
            for name, output in outputs.items() or [("", None)]:
                shown = name if len(outputs) > 1 else ""
                key = key_of(part, shown)
                kept = read_wrongest(run.path / "samples" / f"wrongest-{key}.npz", output)
                if kept is not None and len(kept.image):
                    title = f"Most wrong predictions, {heading_of(part, shown)} of {run.id}"
                    figures[key] = (_figure if kept.image.ndim < 5 else _videos)(kept, output, title)
        return figures


def _figure(kept: WrongPictures, output: Output | None, title: str) -> Figure:
    images, texts = kept.image[:_MAX_IMAGES], _texts(kept, output)
    rows, height = -(-len(images) // _COLUMNS), _HEIGHT + (0 if kept.names is None else _LINE)
    figure = new_figure(title, 10, 1.875 * height * rows + 0.5)
    axes = figure.add_subplot()
    for i, image in enumerate(images):
        _draw_image(axes, displayable(image), texts[i], (i % _COLUMNS, i // _COLUMNS * height))
    axes.set(xlim=(0, _COLUMNS), ylim=(height * rows - height + 1.02, 1.04 - height), aspect="equal")
    axes.set_axis_off()
    return figure


def _videos(kept: WrongPictures, output: Output | None, title: str) -> Figure:
    """Return a figure with a row of frames for each video."""
    strips = [displayable(strip(video)) for video in kept.image[:_MAX_VIDEOS]]
    height = _WIDTH * min(_TALLEST, strips[0].shape[0] / strips[0].shape[1]) + 0.3
    figure = new_figure(title, _WIDTH, height * len(strips) + 0.6)
    for axes, image, lines in zip(panels(figure, len(strips), 1), strips, _texts(kept, output), strict=False):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(caption(", ".join(lines)), fontsize=8, loc="left")
        axes.set_axis_off()
    return figure


def _texts(kept: WrongPictures, output: Output | None) -> list[list[str]]:
    """Return the lines above each image: true and predicted class with their probabilities, and the file name."""
    probability = class_probabilities(kept.prediction[:_MAX_IMAGES])
    names = class_names(output or Output("multiclass"), probability.shape[1])
    texts = []
    for i, given in enumerate(probability):
        true, predicted = int(kept.target[i]), int(given.argmax())
        lines = [_line("true", names[true], given[true]), _line("predicted", names[predicted], given[predicted])]
        lines += [] if kept.names is None else [caption(Path(kept.names[i]).name, 26)]
        texts.append(lines)
    return texts


def _draw_image(axes: Axes, image: np.ndarray, lines: list[str], cell: tuple[float, float]) -> None:
    """Draw an image and its text at a cell (column, y); one axes for all images is far faster than one each."""
    height, width = image.shape[:2]
    half_width, half_height = 0.48 * width / max(width, height), 0.48 * height / max(width, height)
    x, y = cell[0] + 0.5, cell[1] + 0.5
    extent = (x - half_width, x + half_width, y + half_height, y - half_height)
    axes.imshow(image, extent=extent, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    text = "\n".join(caption(line) for line in lines)
    axes.text(x, y - 0.5, text, ha="center", va="bottom", fontsize=8, in_layout=False)


def displayable(image: np.ndarray) -> np.ndarray:
    """Return an image scaled to between 0 and 1: (height, width) or (height, width, 3) float64.

    Values from 0 to 255 are divided by 255; values outside that range are stretched from minimum to maximum.
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
    return f"{word} {caption(name, 20 - len(word))} ({probability:.3f})"  # at most 29 characters: the width of a cell
