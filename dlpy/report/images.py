"""The plots of a run, embedded in its report."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from dlpy.components.plot import Plot
from dlpy.core.errors import RunError
from dlpy.report.markup import Markup, element
from dlpy.runs.directory import Run

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST, _MOST = 8 << 20, 64 << 20  # bytes of one image, and of all images of a report


def plots(run: Run) -> list[Markup]:
    """Return the plots of a run as figures, and a line with those that are too large."""
    figures, left_out, size = [], [], 0
    for path in sorted(run.plots.glob("[!.]*.png")):
        size += path.stat().st_size
        if path.stat().st_size > _LARGEST or size > _MOST:
            left_out.append(path.name)
        else:
            figures.append(_figure(run, path))
    if not figures and not left_out:
        return []
    note = [element("p", f"Too large to be embedded: {', '.join(left_out)}.")] if left_out else []
    return [element("div", *figures, class_="plots"), *note]


def _figure(run: Run, path: Path) -> Markup:
    content = path.read_bytes()
    if not content.startswith(_SIGNATURE) or len(content) < 24:
        raise RunError(f"{path} is damaged: it is not a PNG image; draw it again with dlpy plot {run.id}.")
    width, height = struct.unpack(">II", content[16:24])
    title, told = _described(path.stem)
    source = Markup("data:image/png;base64," + base64.b64encode(content).decode())
    size = {"width": min(width, 20_000), "height": min(height, 20_000)}
    image = element("img", src=source, alt=f"{title}: {told}", **size)
    return element("figure", element("figcaption", title), image)


def _described(stem: str) -> tuple[str, str]:
    """Return a title of a plot and what it shows, by the name of its file."""
    words = stem.split("-")
    for count in range(1, len(words) + 1):  # the shortest name first: a plot of dlpy, whose name has no "-", is found
        name, part = "-".join(words[:count]), "-".join(words[count:])  # without importing the others
        plot = Plot.registry.find(name)
        if plot is not None:
            lines = (plot.__doc__ or "").strip().splitlines()
            title = f"{name}, {part}" if part else name
            return title.replace("_", " "), lines[0] if lines else "a plot of this run"
    return stem.replace("_", " "), "a plot of this run"
