"""Pictures made by a run: samples, the latent grid, a walk through the latent space, or a picture edited in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dlpy.core.errors import ConfigError, DataError, RunError, did_you_mean
from dlpy.core.suggestions import command
from dlpy.data.images.files import is_picture, read_picture
from dlpy.data.rows import Rows
from dlpy.drawing.png import save_pixels, stand_in_text, with_banner
from dlpy.engine.custom_step import Sampler, stepped_class
from dlpy.runs.checkpoints import Which
from dlpy.runs.directory import Run
from dlpy.runs.images import read_made
from dlpy.runs.results import class_names, output_of
from dlpy.sampling.images import asked_for, latent_vectors, make_pictures, square_sheet
from dlpy.sampling.latent_space import grid
from dlpy.storage.atomic import write_whole
from dlpy.training.evaluate import Trained, restore

_STOPS = 8  # vectors that a walk passes
_FRAME_MILLISECONDS = 80
_STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # of the attribute that a picture is given


@dataclass(frozen=True)
class Wish:
    """What pictures are wanted.

    kind: samples, the grid over two latent numbers, a walk of `count` pictures, or pictures edited towards a class.
    count: how many; the side of a grid.
    wanted: a class, by name or number.
    picture: the file to edit.
    """

    kind: Literal["samples", "grid", "walk", "edit"] = "samples"
    count: int = 36
    wanted: str | None = None
    seed: int = 0
    picture: Path | None = None

    def file_name(self, which: Which) -> str:
        """Return what the file of these pictures is called."""
        asked = [self.wanted, self.picture.stem if self.picture else None, "last" if which == "last" else None]
        named = [re.sub(r"[^A-Za-z0-9._-]+", "-", name) for name in asked if name]
        return "-".join([self.kind, *named, str(self.seed)]) + (".gif" if self.kind == "walk" else ".png")


def write_pictures(run: Run, wish: Wish, path: Path | None, which: Which = "best") -> Path:
    """Make the pictures of a run and write them: a PNG, or of a walk an animated GIF. Return the file.

    Raises:
        ConfigError: the run cannot make what is wanted.
    """
    trained = restore(run, which)
    sampler = sampler_of(run, trained)
    path = path or run.path / "samples" / wish.file_name(which)
    if wish.kind == "walk":
        mark = stand_in_text([run])
        _write_walk(path, [with_banner(frame, mark) for frame in square_frames(sampler, wish)])
        return path
    makers = {"samples": _samples, "grid": _grid}
    sheet = _edited(run, trained, wish) if wish.kind == "edit" else makers[wish.kind](sampler, wish)
    save_pixels(sheet, path, [run])
    return path


def sampler_of(run: Run, trained: Trained) -> Sampler:
    """Return what makes rows in a run.

    Raises:
        ConfigError: nothing does, or what it makes cannot be looked at.
    """
    model: Any = trained.engine.model
    if not isinstance(model, stepped_class()):
        raise ConfigError(f"run {run.id} makes nothing: it has learnt to answer. Use `dlpy predict`.")
    shape = model.sampler.network.output_shape[1:]
    if not is_picture(shape):
        raise ConfigError(f"run {run.id} makes rows of shape {shape}, which are no pictures.")
    return model.sampler


def square_frames(sampler: Sampler, wish: Wish) -> np.ndarray:
    """Return the pictures of a walk that ends where it began: (count, height, width, 3) bytes."""
    stops = latent_vectors(sampler, _STOPS, wish.seed)
    places = np.arange(wish.count) * _STOPS / wish.count
    before, share = places.astype(int), (places % 1)[:, None].astype(np.float32)
    latent = stops[before] * (1 - share) + stops[(before + 1) % _STOPS] * share
    # halfway between two draws from N(0, 1) vectors are too short: what is made there would be all alike
    latent /= np.sqrt((1 - share) ** 2 + share**2)
    pictures = make_pictures(sampler, asked_for(sampler, latent, _classes(sampler, wish)))
    return np.stack([square_sheet(picture[None], 1) for picture in pictures])


def _samples(sampler: Sampler, wish: Wish) -> np.ndarray:
    latent = latent_vectors(sampler, wish.count, wish.seed)
    return square_sheet(make_pictures(sampler, asked_for(sampler, latent, _classes(sampler, wish))))


def _grid(sampler: Sampler, wish: Wish) -> np.ndarray:
    if sampler.latent != 2:
        raise ConfigError(f"--grid needs two latent numbers; this run has {sampler.latent}. Use --walk.")
    latent = grid(wish.count).reshape(-1, 2)
    return square_sheet(make_pictures(sampler, asked_for(sampler, latent, _classes(sampler, wish))), wish.count)


def _classes(sampler: Sampler, wish: Wish) -> np.ndarray | None:
    """Return the wanted class for each vector, or None where none is wanted."""
    if wish.wanted is None:
        return None
    if not sampler.classes:
        hint = "train a gan with 'conditional: true', or edit a picture of a vae with --edit"
        raise ConfigError(f"--class {wish.wanted}: this run cannot be asked for a class: {hint}.")
    count = wish.count**2 if wish.kind == "grid" else wish.count
    return np.full(count, _number(wish.wanted, list(sampler.classes)))


def _number(wanted: str, names: list[str]) -> int:
    if wanted in names:
        return names.index(wanted)
    if wanted.isdigit() and int(wanted) < len(names):
        return int(wanted)
    raise ConfigError(f"--class {wanted}: there is no such class.{did_you_mean(wanted, names)}")


def _edited(run: Run, trained: Trained, wish: Wish) -> np.ndarray:
    """Return a picture as it is rebuilt, then with more and more of a class's attribute."""
    model: Any = trained.engine.model
    stored, output = read_made(run.made), output_of(run)
    if wish.wanted is None:
        raise ConfigError(f"--edit {wish.picture}: towards which class? Give --class.")
    if not run.made.is_file():
        raise RunError(f"run {run.id} is not complete: `{command('resume', run.id)}` first.")
    if "attributes" not in stored or output is None:
        raise ConfigError(f"run {run.id} has no attribute vectors: they are of a vae's runs on rows with classes.")
    names = class_names(output, len(output.classes))
    number = _number(wish.wanted, names)
    if number not in stored["classes"]:
        raise DataError(f"--class {wish.wanted}: no row that the run's attributes were taken of is of that class.")
    attribute = stored["attributes"][list(stored["classes"]).index(number)]
    if wish.picture is None:
        raise ConfigError("--edit needs a picture.")
    means = np.asarray(model.get_layer("encoder")(_read(trained, wish.picture), training=False)[0])
    latent = means + attribute * np.array(_STRENGTHS, np.float32)[:, None]
    return square_sheet(make_pictures(model.sampler, latent), len(_STRENGTHS))


def _read(trained: Trained, path: Path) -> np.ndarray:
    """Return a picture file as the network takes it: (1, *shape) float32."""
    picture = read_picture(path, trained.experiment.data.form(trained.raw_task))
    raw = picture if len(trained.raw_task.input.shape) == 3 else picture[..., 0]
    return trained.applied(Rows.single(raw[None])).array


def _write_walk(path: Path, frames: list[np.ndarray]) -> None:
    from PIL import Image

    first, *others = [Image.fromarray(frame) for frame in frames]
    options: dict[str, Any] = {"save_all": True, "append_images": others, "duration": _FRAME_MILLISECONDS, "loop": 0}
    write_whole(path, lambda temporary: first.save(temporary, format="GIF", **options))
