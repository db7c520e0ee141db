"""Videos as folders of frames, or as animated images in one file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dlpy.core.errors import DataError, reading
from dlpy.data.images.files import SUFFIXES, Form, opened, picture_of

ANIMATED = (".gif", ".webp", ".png", ".apng")
FRAMES = tuple(suffix for suffix in SUFFIXES if suffix not in (".gif", ".webp"))  # which files make a folder a video

_DIGITS = re.compile("([0-9]+)")


@dataclass(frozen=True)
class VideoForm:
    """The form that videos are converted to.

    frame: the form of each frame; it needs a size.
    frames: the number of frames taken from each video.
    stride: every how many-th frame is taken, from the first one on; None takes them evenly from the whole video.
    short: what to do with a video of fewer frames: an error, or frames are repeated.
    """

    frame: Form
    frames: int
    stride: int | None = None
    short: Literal["error", "repeat"] = "error"

    @property
    def shape(self) -> tuple[int, ...]:
        """Frames, height, width and channels of a video."""
        return (self.frames, *self.frame.shape)

    def read(self, path: Path) -> np.ndarray:
        """Return the video in a folder or a file: (frames, height, width, channels) uint8.

        Raises:
            DataError: it is unreadable or too short.
        """
        return self._from_folder(path) if path.is_dir() else self._from_file(path)

    def _from_folder(self, folder: Path) -> np.ndarray:
        files = frame_files(folder)
        if not files:
            raise DataError(f"{folder} holds no frames, files that end in {', '.join(FRAMES)}.")
        return np.stack([self.frame.read(files[position]) for position in self._positions(folder, len(files))])

    def _from_file(self, path: Path) -> np.ndarray:
        with opened(path) as image:
            count = getattr(image, "n_frames", 1)
            if count == 1:
                raise DataError(f"{path} is a single image, not a video.")
            positions, frames = self._positions(path, count), {}
            for position in sorted({*positions}):
                image.seek(position)
                frames[position] = picture_of(path, image, self.frame)
        return np.stack([frames[position] for position in positions])

    def _positions(self, path: Path, count: int) -> list[int]:
        """Return which of `count` frames are taken.

        Raises:
            DataError: there are too few.
        """
        needed = self.frames if self.stride is None else (self.frames - 1) * self.stride + 1
        if count < needed and self.short == "error":
            span = "" if self.stride in (None, 1) else f" that {self.frames} span at a stride of {self.stride}"
            raise DataError(
                f"{path} has {count} frames, fewer than the {needed}{span}: set data.frames to fewer, or "
                "data.short: repeat to repeat frames."
            )
        if self.stride is None:  # the middle of each of as many equal parts
            return [(2 * number + 1) * count // (2 * self.frames) for number in range(self.frames)]
        return [min(number * self.stride, count - 1) for number in range(self.frames)]


def frame_count(path: Path) -> int:
    """Return the number of frames of a video in a folder or a file, without decoding it.

    Raises:
        DataError: the file is unreadable.
    """
    if path.is_dir():
        return len(frame_files(path))
    with opened(path) as image:
        return getattr(image, "n_frames", 1)


def frame_files(folder: Path) -> list[Path]:
    """Return the frames in a folder in the order of their numbers: 2.jpg before 10.jpg."""
    with reading(folder, "folder"):
        found = [entry for entry in folder.iterdir() if entry.name.lower().endswith(FRAMES)]
    return sorted((path for path in found if is_visible_file(path)), key=lambda path: in_natural_order(path.name))


def is_visible_file(path: Path) -> bool:
    """Return whether a path is a file, neither hidden nor a symbolic link."""
    return not path.name.startswith(".") and path.is_file() and not path.is_symlink()


def in_natural_order(name: str) -> tuple[tuple[str, int], ...]:
    """Return a sort key with which numbers in names are compared as numbers."""
    parts = [*_DIGITS.split(name), ""]
    return tuple((text, int(digits or 0)) for text, digits in zip(parts[::2], parts[1::2], strict=True))
