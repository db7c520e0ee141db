"""Visualizations of a network (activations, filters, heat maps), drawn into a folder, and a record of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean, shortened
from dlpy.data.images.files import Form, read_picture
from dlpy.drawing.figures import save, style
from dlpy.drawing.png import save_pixels
from dlpy.explain.activations import activations
from dlpy.explain.filters import ascend
from dlpy.explain.heat_maps import heat_map, overlay_heat, prediction
from dlpy.explain.inputs import Subject
from dlpy.explain.layer_graph import SHOWN
from dlpy.explain.sheets import filters_sheet, heat_sheet, maps_sheet
from dlpy.explain.watcher import Watcher, file_name

Part = Literal["activations", "filters", "heatmap"]
_DEFAULT_FILTER_LAYERS = 4  # layers whose filters are shown if none are named
_TOP_CLASSES = 5


@dataclass(frozen=True)
class Request:
    """What to draw: which parts (if empty, all that apply), for which layers, and how much of each."""

    parts: tuple[Part, ...] = ()
    layers: list[str] = field(default_factory=list)
    wanted_class: str | None = None  # the class of the heat map; None for the predicted one
    filters: int = 16
    channels: int = 64
    seed: int = 0


@dataclass(frozen=True)
class ImageExplanation:
    """Draws visualizations of one network into one folder."""

    subject: Subject
    request: Request
    folder: Path
    watcher: Watcher

    def run(self, paths: list[Path]) -> dict[str, Any]:
        """Draw everything that was requested for these images; return the findings and the files written.

        Raises:
            ConfigError: a layer or a class does not exist, or a part cannot be drawn.
            DataError: an image cannot be read.
        """
        for note in self.subject.notes:
            self.watcher.notice(note)
        parts = self._parts(paths)
        inputs = [self.subject.read(path) for path in paths]  # report a bad file before drawing starts
        with style():
            filters = self._filters() if "filters" in parts else []
            names = _folder_names(paths)
            found = [self._explain_image(paths[i], inputs[i], self.folder / names[i], parts) for i in range(len(paths))]
        return {"of": self.subject.title, "pictures": found, "filters": filters}

    def _parts(self, paths: list[Path]) -> tuple[Part, ...]:
        """Return the parts to draw, after checking all options."""
        for name in self.request.layers:
            self.subject.network.named(name)
        if self.request.wanted_class is not None:
            class_number(self.subject, self.request.wanted_class)
        parts = self.request.parts or get_args(Part)
        if not paths and parts != ("filters",):
            raise ConfigError("give at least one image; only `--only filters` works without.")
        if "heatmap" in parts and len(self.subject.network.output.shape) != 2:
            reason = f"{self.subject.title} has no classes (weights without the classifier), so there is no heat map."
            if self.request.parts or self.request.wanted_class is not None:
                raise ConfigError(reason)
            self.watcher.notice(reason)
            parts = ("activations", "filters")
        return parts

    def _filters(self) -> list[dict[str, Any]]:
        network, found = self.subject.network, []
        for layer in self.request.layers or spread(network.shown("convolution"), _DEFAULT_FILTER_LAYERS):
            self.watcher.begins(f"filters of {layer}")
            ascent = ascend(self.subject, layer, self.request.filters, self.request.seed)
            channels = network.layers[layer].output.shape[-1]
            path = self.folder / "filters" / f"{file_name(layer)}.png"
            self._save(filters_sheet(ascent, channels, self.subject.title), path)
            means = {"before": ascent.before.tolist(), "after": ascent.after.tolist()}
            found.append({"layer": layer, "filters": len(ascent.images), **means, "file": str(path)})
        return found

    def _explain_image(self, path: Path, image: np.ndarray, folder: Path, parts: tuple[Part, ...]) -> dict[str, Any]:
        flat = len(self.subject.network.output.shape) == 2
        given = prediction(self.subject, image) if flat else np.empty(0)
        found: dict[str, Any] = {"file": str(path), **_predicted(self.subject, given)}
        if "activations" in parts:
            found["activations"] = self._activations(path, image, folder / "activations")
        if "heatmap" in parts:
            self.watcher.begins(f"heat map of {path.name}")
            found["heatmaps"] = self._heat_maps(path, image, folder, self._class(given))
        return found

    def _activations(self, path: Path, image: np.ndarray, folder: Path) -> list[dict[str, Any]]:
        self.watcher.begins(f"activations of {path.name}")
        layers, found = self.request.layers or self.subject.network.shown(*SHOWN), []
        places = list(self.subject.network.layers)
        for maps in activations(self.subject.network, layers, image):
            file = folder / f"{places.index(maps.layer) + 1:02d}-{file_name(maps.layer)}.png"
            self._save(maps_sheet(maps, self.request.channels, self._title(path)), file)
            found.append({**maps.summary(), "file": str(file)})
        return found

    def _heat_maps(self, path: Path, image: np.ndarray, folder: Path, wanted: tuple[str, int]) -> list[dict[str, Any]]:
        network, found, (name, number) = self.subject.network, [], wanted
        seen = read_picture(path, _display_form(self.subject.form))
        for layer in self.request.layers or [network.last_feature_maps()]:
            heat = heat_map(network, layer, image, number)
            overlay, place = overlay_heat(seen, heat), f"-{file_name(layer)}" if self.request.layers else ""
            files = [folder / f"{kind}-{file_name(name)}{place}.png" for kind in ("heatmap", "overlay")]
            title = f"{self._title(path)}, Grad-CAM of {name}, {layer}"
            self._save(heat_sheet(seen, heat, overlay, title), files[0])
            save_pixels(overlay, files[1], self.subject.runs)
            self.watcher.wrote(files[1])
            if not heat.any():
                self.watcher.notice(f"{path.name}: the heat map is all zero: nothing in {layer} supports {name}.")
            found.append({"layer": layer, "class": name, "files": [str(file) for file in files]})
        return found

    def _class(self, given: np.ndarray) -> tuple[str, int]:
        """Return the name and number of the heat map's class: the requested one, or the predicted one."""
        if not self.subject.classes:
            return "prediction", 0
        if self.request.wanted_class is not None:
            return self.request.wanted_class, class_number(self.subject, self.request.wanted_class)
        number = int(given.argmax())
        return self.subject.classes[number], number

    def _title(self, path: Path) -> str:
        return f"{shortened(path.name, 24)} in {self.subject.title}"

    def _save(self, figure: Any, path: Path) -> None:
        save(figure, path, self.subject.runs)
        self.watcher.wrote(path)


def part_names(text: str | None) -> tuple[Part, ...]:
    """Return the parts named in a list such as "activations,heatmap", after checking them."""
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in get_args(Part):
            raise ConfigError(f"--only {name}: there is no such part.{did_you_mean(name, get_args(Part))}")
    return tuple(part for part in get_args(Part) if part in names)


def class_number(subject: Subject, name: str) -> int:
    """Return the number of a class.

    Raises:
        ConfigError: there is none of that name.
    """
    if name in subject.classes:
        return subject.classes.index(name)
    if not subject.classes:
        raise ConfigError(f"--class {name}: {subject.title} has no classes.")
    raise ConfigError(f"--class {name}: there is no such class.{did_you_mean(name, subject.classes)}")


def spread(names: list[str], count: int) -> list[str]:
    """Return `count` of the names, spread evenly from the first to the last."""
    chosen = np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)
    return [names[i] for i in chosen]


def _predicted(subject: Subject, given: np.ndarray) -> dict[str, Any]:
    """Return the most probable classes with their probabilities, or the raw output of a network without classes."""
    if not given.size:
        return {}
    if not subject.classes:
        return {"prediction": given.tolist()}
    best = np.argsort(-given, kind="stable")[:_TOP_CLASSES]
    return {"classes": [{"class": subject.classes[i], "probability": float(given[i])} for i in best]}


def _display_form(form: Form) -> Form:
    """Return how to read an image for display: at its own size, unless the network sees a part of it only."""
    size = None if form.resize == "stretch" else form.size
    return Form(size, form.color_mode, form.resize, form.interpolation, form.convert)


def _folder_names(paths: list[Path]) -> list[str]:
    """Return a folder name for each image: its file name without the suffix, numbered if several share it."""
    names: list[str] = []
    for path in paths:
        stem, number = file_name(path.stem), 1
        while (name := stem if number == 1 else f"{stem}-{number}") in names:
            number += 1
        names.append(name)
    return names
