"""The source images of a dream or a style transfer: read from files, or generated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.artworks.base import Artwork, Images
from dlpy.core.errors import DataError
from dlpy.data.images.files import Form, Size, read_picture, read_sizes


@dataclass(frozen=True)
class Sources:
    """The source images by purpose, all of the same size, and which of them are generated."""

    images: Images
    stand_ins: tuple[str, ...]
    described: str

    @property
    def size(self) -> Size:
        """Height and width."""
        height, width = next(iter(self.images.values())).shape[:2]
        return height, width

    def record(self) -> dict[str, str]:
        """Return the entry of run.json about them."""
        digest = hashlib.sha256()
        for name, image in self.images.items():
            digest.update(f"{name}{image.shape}".encode())
            digest.update(np.ascontiguousarray(image).data)
        kind = "stand-in" if self.stand_ins else "file"
        return {"source": kind, "description": self.described, "sha256": digest.hexdigest()}

    def in_channels(self, channels: int) -> Images:
        """Return the images with 3 channels (RGB) or 1 channel (grey)."""
        from PIL import Image

        if channels == 3:
            return self.images
        grey = {name: Image.fromarray(image).convert("L") for name, image in self.images.items()}
        return {name: np.asarray(image)[..., None] for name, image in grey.items()}


def read_sources(artwork: Artwork) -> Sources:
    """Return the source images of an experiment, resized to the size of the first.

    Raises:
        DataError: a file does not exist, is not an image, or is damaged.
    """
    images: Images = {}
    described: list[str] = []
    size: Size | None = None
    for purpose, path in artwork.paths().items():
        images[purpose] = artwork.stand_in(purpose, size) if path is None else _read(artwork, purpose, path, size)
        height, width = size = images[purpose].shape[:2]
        described.append(f"{purpose}: {'a generated image' if path is None else path} ({height} x {width})")
    stand_ins = tuple(purpose for purpose, path in artwork.paths().items() if path is None)
    return Sources(images, stand_ins, ", ".join(described))


def _read(artwork: Artwork, purpose: str, path: str, size: Size | None) -> np.ndarray:
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataError(f"{artwork.path_options()[purpose]}: there is no image file {path} (relative to {Path.cwd()}).")
    return read_picture(file, Form(size or _scaled(file, artwork.height), interpolation="lanczos", convert=True))


def _scaled(file: Path, height: int | None) -> Size:
    """Return the size of an image file after scaling it to a height."""
    (found,) = read_sizes([file])
    if isinstance(found, DataError):
        raise found
    return found if height is None else (height, max(1, round(found[1] * height / found[0])))
