"""Videos read from folders of frames and from animated images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import DataError
from dlpy.data.images.files import Form, read_pictures
from dlpy.data.images.strips import some_frames, strip
from dlpy.data.images.videos import VideoForm, frame_count, frame_files


def frames(count: int, side: int = 4) -> list[Image.Image]:
    """Return gray frames; the brightness of each is ten times its number."""
    return [Image.new("L", (side, side), 10 * number) for number in range(count)]


def animation(path: Path, count: int = 10) -> Path:
    first, *others = frames(count)
    first.save(path, save_all=True, append_images=others, **({"lossless": True} if path.suffix == ".webp" else {}))
    return path


def folder(path: Path, count: int = 10) -> Path:
    path.mkdir()
    for number, image in enumerate(frames(count)):
        image.save(path / f"frame {number}.png")
    return path


def form(frames: int, stride: int | None = None, short: str = "error") -> VideoForm:
    return VideoForm(Form((4, 4), "grayscale"), frames, stride, short)  # type: ignore


def taken(video: np.ndarray) -> list[int]:
    return (video[:, 0, 0, 0] // 10).tolist()


@pytest.mark.parametrize("kind", [".gif", ".webp", ".png", ""])
def test_frames_of_every_kind_of_video_are_read_in_order(kind: str, tmp_path: Path) -> None:
    path = animation(tmp_path / f"a{kind}", 12) if kind else folder(tmp_path / "a", 12)
    found = form(12).read(path)
    assert (found.shape, found.dtype) == ((12, 4, 4, 1), np.uint8)
    assert taken(found) == [*range(12)]  # 2 comes before 10
    assert frame_count(path) == 12


CHOICES = {
    "evenly": (5, None, [1, 3, 5, 7, 9]),
    "evenly, not a divisor": (4, None, [1, 3, 6, 8]),
    "one": (1, None, [5]),
    "the first": (3, 1, [0, 1, 2]),
    "every third": (4, 3, [0, 3, 6, 9]),
}


@pytest.mark.parametrize(("count", "stride", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_frames_are_taken_evenly_or_at_a_stride(count: int, stride: int | None, expected: list, tmp_path: Path) -> None:
    assert taken(form(count, stride).read(folder(tmp_path / "a"))) == expected
    assert taken(form(count, stride).read(animation(tmp_path / "a.gif"))) == expected


def test_short_videos_are_errors_or_repeat_frames(tmp_path: Path) -> None:
    path = animation(tmp_path / "a.gif", 3)
    with pytest.raises(DataError, match=r"a\.gif has 3 frames, fewer than the 6: set data\.frames to fewer, or"):
        form(6).read(path)
    with pytest.raises(DataError, match="has 3 frames, fewer than the 4 that 2 span at a stride of 3"):
        form(2, 3).read(path)
    assert taken(form(6, None, "repeat").read(path)) == [0, 0, 1, 1, 2, 2]
    assert taken(form(4, 1, "repeat").read(path)) == [0, 1, 2, 2]


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "one.gif")
    (tmp_path / "text.gif").write_text("no image")
    (tmp_path / "empty").mkdir()
    whole = animation(tmp_path / "cut.gif").read_bytes()
    (tmp_path / "cut.gif").write_bytes(whole[: len(whole) // 2])
    messages = [str(found) for found in read_pictures(sorted(tmp_path.iterdir()), form(10))]
    cut, empty, one, text = messages
    assert "cut.gif" in cut
    assert "empty holds no frames" in empty
    assert "one.gif is a single image, not a video." in one
    assert "text.gif is not a JPEG, PNG, GIF, BMP or WebP image." in text


def test_hidden_files_links_and_other_files_are_no_frames(tmp_path: Path) -> None:
    path = folder(tmp_path / "a", 2)
    (path / ".hidden.png").write_bytes(b"")
    (path / "notes.txt").write_text("")
    (path / "link.png").symlink_to(path / "frame 0.png")
    assert [file.name for file in frame_files(path)] == ["frame 0.png", "frame 1.png"]


def test_a_strip_has_at_most_eight_frames_beside_each_other() -> None:
    video = np.arange(20, dtype=np.uint8).reshape(20, 1, 1, 1) * np.ones((1, 3, 5, 1), np.uint8)
    found = strip(video)
    assert found.shape == (3, 8 * 5 + 7, 1)
    assert found[0, ::6, 0].tolist() == [0, 3, 5, 8, 11, 14, 16, 19]
    assert set(found[0, 5::6, 0].tolist()) == {255}
    images = np.zeros((20, 3, 5, 1))
    assert some_frames(images) is images
