import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import DataError, UnavailableError
from dlpy.data.images.files import Form, read_picture, read_pictures, read_sizes

RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (6, 9, 3), dtype=np.uint8)
PLAIN = Form()


def saved(path: Path, array: np.ndarray, mode: str | None = None, **options: object) -> Path:
    Image.fromarray(array, mode).save(path, **options)
    return path


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", ["png", "bmp", "webp"])
def test_lossless_files_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"x.{suffix}", COLOURS, lossless=True)
    assert np.array_equal(read_picture(path, PLAIN), COLOURS)


def test_what_counts_is_the_content_and_not_the_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.jpg", COLOURS, format="PNG")
    assert np.array_equal(read_picture(path, PLAIN), COLOURS)


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert read_picture(tmp_path / "x.gif", PLAIN)[0, 0].tolist() == [255, 0, 0]


def test_grey_and_palette_pictures_become_rgb_and_colours_grey(tmp_path: Path) -> None:
    grey = saved(tmp_path / "g.png", COLOURS[..., 0])
    assert np.array_equal(read_picture(grey, PLAIN), np.repeat(COLOURS[..., :1], 3, axis=-1))
    assert np.array_equal(read_picture(grey, Form(color_mode="grayscale")), COLOURS[..., :1])
    Image.new("P", (2, 2), 0).save(tmp_path / "p.png")
    assert read_picture(tmp_path / "p.png", PLAIN).shape == (2, 2, 3)


def test_a_picture_taken_with_the_camera_on_its_side_is_upright(tmp_path: Path) -> None:
    lying = Image.fromarray(COLOURS)
    exif = lying.getexif()
    exif[0x0112] = 6  # turn a quarter to the right
    lying.save(tmp_path / "x.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "x.png", PLAIN), np.rot90(COLOURS, -1))
    assert list(read_sizes([tmp_path / "x.png"])) == [(9, 6)]


def test_sizes_are_met_by_stretching_cropping_or_padding(tmp_path: Path) -> None:
    wide = np.zeros((10, 20, 3), np.uint8)
    wide[:, 5:15] = 255
    path = saved(tmp_path / "x.png", wide)
    assert 0.4 < read_picture(path, Form((10, 10))).mean() / 255 < 0.6
    assert (read_picture(path, Form((10, 10), resize="crop")) == 255).all()
    padded = read_picture(path, Form((10, 10), resize="pad", interpolation="nearest"))
    assert not padded[:2].any()
    assert not padded[-2:].any()
    assert (padded[3:7, 3:7] == 255).all()


@pytest.mark.parametrize(
    ("array", "mode", "suffix", "problem"),
    [
        (RANDOM.integers(0, 255, (4, 4, 4), dtype=np.uint8), "RGBA", "png", "transparent pixels"),
        (RANDOM.integers(0, 255, (4, 4, 4), dtype=np.uint8), "CMYK", "jpg", "CMYK"),
        (RANDOM.integers(0, 2**16, (4, 4)).astype(np.uint16), None, "png", "16 bits"),
    ],
)
def test_what_three_bytes_cannot_hold_is_refused_unless_asked_for(
    tmp_path: Path, array: np.ndarray, mode: str | None, suffix: str, problem: str
) -> None:
    path = saved(tmp_path / f"x.{suffix}", array, mode)
    with pytest.raises(DataError, match=rf"x\.{suffix} has {problem}.*data\.convert"):
        read_picture(path, PLAIN)
    assert read_picture(path, Form(convert=True)).shape == (4, 4, 3)


def test_sixteen_bits_are_scaled_and_transparency_is_put_on_white(tmp_path: Path) -> None:
    deep = saved(tmp_path / "deep.png", np.array([[0, 257 * 100, 65535]], np.uint16))
    assert read_picture(deep, Form(convert=True))[0, :, 0].tolist() == [0, 100, 255]
    clear = saved(tmp_path / "clear.png", np.array([[[9, 9, 9, 0], [9, 9, 9, 255]]], np.uint8), "RGBA")
    assert read_picture(clear, Form(convert=True))[0, :, 0].tolist() == [255, 9]


def test_an_opaque_alpha_channel_loses_nothing(tmp_path: Path) -> None:
    opaque = np.concatenate([COLOURS, np.full((6, 9, 1), 255, np.uint8)], axis=-1)
    assert np.array_equal(read_picture(saved(tmp_path / "x.png", opaque, "RGBA"), PLAIN), COLOURS)


def test_damage_is_told_in_one_line_with_the_file(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.jpg", RANDOM.integers(0, 255, (40, 40, 3), dtype=np.uint8)).read_bytes()
    bad = {"cut.jpg": whole[: len(whole) // 2], "text.png": b"hello", "empty.gif": b"", "noise.bmp": RANDOM.bytes(99)}
    bad["bomb.png"], bad["large.png"] = png_header(60_000, 60_000), png_header(9_300, 9_300)
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name) as error:
            read_picture(tmp_path / name, PLAIN)
        assert "\n" not in str(error.value)
    with pytest.raises(UnavailableError):
        read_picture(tmp_path / "gone.png", PLAIN)


def test_many_are_read_in_order_with_their_errors_in_place(tmp_path: Path) -> None:
    paths = [saved(tmp_path / f"{i}.png", np.full((2, 2, 3), i, np.uint8)) for i in range(5)]
    paths[3].write_bytes(b"no picture")
    found = list(read_pictures(paths, PLAIN))
    assert isinstance(found[3], DataError)
    assert [picture[0, 0, 0] for picture in found if isinstance(picture, np.ndarray)] == [0, 1, 2, 4]
