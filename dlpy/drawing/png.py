"""Writing images as PNG files; the stand-in banner is added here, so that no image can forget it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.core.errors import DlpyError
from dlpy.experiment.document import read
from dlpy.runs.directory import Run
from dlpy.storage.atomic import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 120
_SHOWN = "dlpy:data"  # the key of a digest among the texts of a PNG
_BANNER_PIXELS = 600  # a narrower image is padded with white on the right, so that the banner can be read


def save_pixels(image: np.ndarray, path: Path, runs: list[Run], shown: str = "") -> None:
    """Write an image, (height, width, 3) uint8, as a PNG; runs on stand-in data get a banner on top.

    Args:
        image, path, runs: what to write, where, and of which runs.
        shown: the digest of the data in the image, which `shown_by` reads.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    png, texts = Image.fromarray(with_banner(image, stand_in_text(runs))), PngInfo()
    if shown:
        texts.add_text(_SHOWN, shown)
    write_whole(path, lambda temporary: png.save(temporary, format="PNG", dpi=(DPI, DPI), pnginfo=texts))


def shown_by(path: Path) -> str:
    """Return the digest of the data in a PNG; empty if it has none, or there is no such file."""
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as png:
            shown = str(png.info.get(_SHOWN, ""))
            png.verify()
            return shown
    except (OSError, ValueError, SyntaxError):  # it is missing or damaged
        return ""


def with_banner(image: np.ndarray, text: str) -> np.ndarray:
    """Return an image, (height, width, 3) uint8, with a banner of this text on top; without text, unchanged."""
    if not text:
        return image
    narrow = max(0, _BANNER_PIXELS - image.shape[1])
    image = np.pad(image, ((0, 0), (0, narrow), (0, 0)), constant_values=255)
    return np.concatenate([_banner(text, image.shape[1]), image])


def stand_in_text(runs: list[Run]) -> str:
    """Return the warning on top of every plot of generated data, or an empty text for real data."""
    marked = [run for run in runs if _recorded(run).record().data.source == "stand-in"]
    if not marked:
        return ""
    names = " and ".join(dict.fromkeys(_dataset_name(run) for run in marked))
    where = "" if len(marked) == len(runs) else f" (in {', '.join(run.id for run in marked)})"
    return f"STAND-IN DATA: generated, not {names}{where}"


def _recorded(run: Run) -> Run:
    """Return the run that has a run.json: this one, or that of which this is a fold or trial."""
    above = [run, *map(Run, run.path.parents)]
    return next((each for each in above if (each.path / "run.json").is_file()), run)


@cache
def _banner(text: str, width: int) -> np.ndarray:
    """Return the text in red on white, `width` pixels wide: (height, width, 3) uint8."""
    from matplotlib.figure import Figure

    inches = (width + 0.5) / DPI  # half a pixel: the canvas cuts off fractions
    figure = Figure(figsize=(inches, 0.32), dpi=DPI)
    text = caption(text, int(inches * 10.5))
    figure.text(0.5, 0.4, text, color="#B00000", weight="bold", ha="center", va="center", fontsize=10)
    return pixels(figure)


def pixels(figure: Figure) -> np.ndarray:
    """Return the rendered figure: (height, width, 3) uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _dataset_name(run: Run) -> str:
    if _recorded(run).record().data.always_generated:
        return "real data"
    try:
        values = read(run.config).values
        return "a photograph" if "kind" in values else f"the real {values['data']['name']}"
    except (DlpyError, KeyError, TypeError):
        return "the real data"
