"""Safe reading of image files: checks before decoding, EXIF orientation, resizing, and colour conversion."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

import numpy as np

from dlpy.core.errors import DataError, UnavailableError, check_kind

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")
_MOST_PIXELS = 80_000_000
_ORIENTATION = 0x0112  # the EXIF tag, and its values for images rotated by 90 degrees
_LYING = (5, 6, 7, 8)
_CHUNK = 64  # files handed to the threads at once; their images stay in memory until the chunk is done
_DAMAGE = (
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
)

Size = tuple[int, int]  # height, width
T = TypeVar("T")


def is_picture(shape: tuple[int | None, ...]) -> bool:
    """Return whether an array of this shape can be shown as an image: (height, width), or with 1 or 3 channels."""
    return len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))


def as_bytes(numbers: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return images as bytes; `low` becomes 0 (black) and `high` 255 (white)."""
    return ((numbers - low) / max(high - low, 1e-9) * 255).round().clip(0, 255).astype(np.uint8)


class RowForm(Protocol):
    """How a file becomes a row of bytes: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a row."""
        ...

    def read(self, path: Path) -> np.ndarray:
        """Return the row of a file: uint8.

        Raises:
            DataError: the file is damaged, or cannot become such a row.
        """
        ...


@dataclass(frozen=True)
class Form:
    """The form that images are converted to.

    size: height and width in pixels; None keeps the size.
    color_mode: three channels or one.
    resize: stretch the image, crop the longer side, or pad the shorter side with black.
    convert: accept images that are not 8-bit RGB or grayscale: transparent (put on white), CMYK, 16 bits per channel.
    """

    size: Size | None = None
    color_mode: Literal["rgb", "grayscale"] = "rgb"
    resize: Literal["stretch", "crop", "pad"] = "stretch"
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "bilinear"
    convert: bool = False

    @property
    def channels(self) -> int:
        """Number of channels."""
        return 3 if self.color_mode == "rgb" else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        if self.size is None:
            raise ValueError("the form needs a size")
        return *self.size, self.channels

    def read(self, path: Path) -> np.ndarray:
        """Return the image in a file, without the warnings that `read_picture` handles."""
        with opened(path) as image:
            if self.size and self.interpolation != "nearest":
                image.draft(None, (2 * max(self.size), 2 * max(self.size)))  # decodes a large JPEG at a half, ...
            return picture_of(path, image, self)


def read_picture(path: Path, form: Form) -> np.ndarray:
    """Return the image in a file: (height, width, channels) uint8; of an animation the first frame.

    Raises:
        DataError: it is not an image, is damaged, or has a colour format that `form` does not accept.
    """
    with bombs_refused():
        return form.read(path)


def read_pictures(paths: Sequence[Path], form: RowForm) -> Iterator[np.ndarray | DataError]:
    """Yield the row of each file, such as an image, or its error, in order; decodes on all cores."""
    return _for_each(paths, form.read)


def read_sizes(paths: Sequence[Path]) -> Iterator[Size | DataError]:
    """Yield the size of the image in each file, or its error, in order, without decoding."""
    return _for_each(paths, _size)


def _for_each(paths: Sequence[Path], function: Callable[[Path], T]) -> Iterator[T | DataError]:
    from concurrent.futures import ThreadPoolExecutor

    def attempt(path: Path) -> T | DataError:
        try:
            return function(path)
        except DataError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(paths), _CHUNK):
            with bombs_refused():
                found = list(threads.map(attempt, paths[start : start + _CHUNK]))
            yield from found


@contextmanager
def bombs_refused() -> Iterator[None]:
    """Turn Pillow's decompression-bomb warning into an error; ignore its other warnings, about odd metadata."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


@contextmanager
def opened(path: Path) -> Iterator[Image]:
    """Yield the image in a file before it is decoded."""
    from PIL import Image, UnidentifiedImageError

    try:
        check_kind(path)
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            _check_pixels(path, image.size)
            yield image
    except UnidentifiedImageError:
        raise DataError(f"{path} is not a JPEG, PNG, GIF, BMP or WebP image.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(f"{path} has far too many pixels and would fill the memory.") from None
    except FileNotFoundError:
        raise UnavailableError(f"there is no file {path}.") from None
    except (*_DAMAGE, zlib.error) as error:
        raise DataError(f"{path} is damaged: {' '.join(str(error).split()) or type(error).__name__}.") from None


def _check_pixels(path: Path, size: Size) -> None:
    if size[0] * size[1] > _MOST_PIXELS:
        pixels = f"{size[0]:,} x {size[1]:,} pixels"
        raise DataError(f"{path} has {pixels}, which would fill the memory; at most {_MOST_PIXELS:,} are allowed.")


def _size(path: Path) -> Size:
    with opened(path) as image:
        width, height = image.size
        return (width, height) if image.getexif().get(_ORIENTATION) in _LYING else (height, width)


def picture_of(path: Path, image: Image, form: Form) -> np.ndarray:
    """Return an open image, or the frame of it that is sought: (height, width, channels) uint8.

    Raises:
        DataError: it has a colour format that `form` does not accept.
    """
    from PIL import ImageOps

    deep = any(";16B" in str(tile[3]) for tile in getattr(image, "tile", ()))  # Pillow's raw mode of a 16-bit PNG
    image.load()
    plain = _plain(path, ImageOps.exif_transpose(image), deep=deep, convert=form.convert)
    shaped = _resized(plain.convert("RGB" if form.color_mode == "rgb" else "L"), form)
    return np.array(shaped, np.uint8).reshape(*shaped.size[::-1], form.channels)


def _plain(path: Path, image: Image, *, deep: bool, convert: bool) -> Image:
    """Return the image as 8-bit RGB or grayscale.

    Raises:
        DataError: it is transparent, CMYK or 16-bit, and `convert` is false.
    """
    from PIL import Image as images

    transparent = _is_transparent(image)
    odd = {"transparent pixels": transparent, "CMYK colours": image.mode == "CMYK", "16 bits per channel": deep}
    found = [what for what, is_so in odd.items() if is_so]
    if found and not convert:
        hint = "set data.convert: true to put it on white" if transparent else "set data.convert: true to convert it"
        raise DataError(f"{path} has {found[0]}: {hint} to 8-bit RGB.")
    if image.mode.startswith("I") or image.mode == "F":
        return images.fromarray((np.asarray(image, np.float64) / 257).round().clip(0, 255).astype(np.uint8))
    if not transparent:
        return image
    picture = image.convert("RGBA")
    return images.alpha_composite(images.new("RGBA", picture.size, "white"), picture)


def _is_transparent(image: Image) -> bool:
    if not image.has_transparency_data:
        return False
    low, _ = image.convert("RGBA").getchannel("A").getextrema()
    return int(low) < 255  # type: ignore


def _resized(image: Image, form: Form) -> Image:
    from PIL import Image as images
    from PIL import ImageOps

    if form.size is None or image.size == form.size[::-1]:
        return image
    (height, width), resample = form.size, images.Resampling[form.interpolation.upper()]
    size = (width, height)
    if form.resize == "crop":
        return ImageOps.fit(image, size, resample)
    return ImageOps.pad(image, size, resample) if form.resize == "pad" else image.resize(size, resample)
