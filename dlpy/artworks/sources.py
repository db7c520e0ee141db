"""The pictures that an artwork begins with: read from files, or generated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.artworks.base import Artwork, Pictures
from dlpy.core.errors import DataError
from dlpy.data.images.files import Form, Size, read_picture, read_sizes


@dataclass(frozen=True)
class Sources:
    """Pictures by what they are for, all of one size, and which of them were generated."""

    pictures: Pictures
    stand_ins: tuple[str, ...]
    described: str

    @property
    def size(self) -> Size:
        """Height and width."""
        height, width = next(iter(self.pictures.values())).shape[:2]
        return height, width

    def record(self) -> dict[str, str]:
        """Return what run.json holds of them."""
        digest = hashlib.sha256()
        for name, picture in self.pictures.items():
            digest.update(f"{name}{picture.shape}".encode())
            digest.update(np.ascontiguousarray(picture).data)
        kind = "stand-in" if self.stand_ins else "file"
        return {"source": kind, "description": self.described, "sha256": digest.hexdigest()}

    def in_channels(self, channels: int) -> Pictures:
        """Return the pictures in colours (3), or in grey (1)."""
        from PIL import Image

        if channels == 3:
            return self.pictures
        grey = {name: Image.fromarray(picture).convert("L") for name, picture in self.pictures.items()}
        return {name: np.asarray(picture)[..., None] for name, picture in grey.items()}


def read_sources(artwork: Artwork) -> Sources:
    """Return the pictures of an artwork, brought to the size of the first.

    Raises:
        DataError: a file is not there, is no picture, or is damaged.
    """
    pictures: Pictures = {}
    described: list[str] = []
    size: Size | None = None
    for purpose, path in artwork.paths().items():
        pictures[purpose] = artwork.stand_in(purpose, size) if path is None else _read(artwork, purpose, path, size)
        height, width = size = pictures[purpose].shape[:2]
        described.append(f"{purpose}: {'a generated picture' if path is None else path} ({height} x {width})")
    stand_ins = tuple(purpose for purpose, path in artwork.paths().items() if path is None)
    return Sources(pictures, stand_ins, ", ".join(described))


def _read(artwork: Artwork, purpose: str, path: str, size: Size | None) -> np.ndarray:
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataError(f"{artwork.path_options()[purpose]}: there is no picture {path} (seen from {Path.cwd()}).")
    return read_picture(file, Form(size or _scaled(file, artwork.height), interpolation="lanczos", convert=True))


def _scaled(file: Path, height: int | None) -> Size:
    """Return a picture's size, brought to a height."""
    (found,) = read_sizes([file])
    if isinstance(found, DataError):
        raise found
    return found if height is None else (height, max(1, round(found[1] * height / found[0])))
