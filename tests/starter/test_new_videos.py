"""What `dlpy new` sees in a folder of videos, and in arrays of several axes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.task import Input
from dlpy.experiment.experiment import load
from dlpy.starter import starter
from dlpy.starter.arrays import kind_of
from dlpy.starter.videos import holds_videos

CLASSES = ("left", "right")


def frames(count: int, size: tuple[int, int] = (20, 16), mode: str = "L") -> list[Image.Image]:
    return [Image.new(mode, size, tuple([9 * number] * 2 + [0])[: len(mode)]) for number in range(count)]  # type: ignore


def animations(folder: Path, names: list[str], count: int = 9, **options: Any) -> None:
    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for own in names:
            first, *others = frames(count, **options)
            first.save(folder / name / own, save_all=True, append_images=others)


def folders(folder: Path, names: list[str]) -> None:
    """Write a folder of images with these names in each class."""
    for name in CLASSES:
        (folder / name / "one").mkdir(parents=True)
        for own in names:
            Image.new("L", (20, 16)).save(folder / name / "one" / own)


def written(source: Path, output: Path) -> tuple[Any, str]:
    """Return the experiment that `dlpy new` writes, and its text."""
    text = starter.experiment_for(str(source), None, output).text
    output.write_text(text)
    return load(output)[0], text


def test_a_folder_of_animations_becomes_an_experiment_that_fits_it(tmp_path: Path) -> None:
    animations(tmp_path / "clips", [f"{number}.gif" for number in range(8)])
    experiment, text = written(tmp_path / "clips", tmp_path / "e.yaml")
    data = experiment.data
    assert (data.name, data.frames, data.size, data.color_mode, data.group) == (
        "video_folder", 9, [16, 20], "grayscale", None,
    )  # fmt: skip
    assert "# taken evenly; videos have 9 frames" in text
    experiment.model.check(experiment.task(data.load().task))


def test_short_colored_and_large_videos_are_seen(tmp_path: Path) -> None:
    animations(tmp_path / "v", ["a.gif", "b.gif", "c.gif"], count=30, size=(256, 128), mode="RGB")
    animations(tmp_path / "v", ["d.gif"], count=5, size=(256, 128), mode="RGB")
    experiment, text = written(tmp_path / "v", tmp_path / "e.yaml")
    data = experiment.data
    assert (data.frames, data.short, data.size, data.color_mode) == (5, "error", [32, 64], "rgb")
    assert "# taken evenly; videos have 5 to 30" in text


def test_names_of_groups_keep_their_videos_together(tmp_path: Path) -> None:
    animations(tmp_path / "v", [f"p{number % 6}_{number}.gif" for number in range(12)])
    experiment, _ = written(tmp_path / "v", tmp_path / "e.yaml")
    assert experiment.data.group == "{group}_*"
    animations(tmp_path / "w", [f"clip_{number}.gif" for number in range(12)])
    experiment, _ = written(tmp_path / "w", tmp_path / "f.yaml")
    assert experiment.data.group is None  # one group would hold all


NUMBERED = {
    "frames": (["frame8.jpg", "frame9.jpg", "frame10.jpg"], True),
    "numbers": (["001.png", "002.png"], True),
    "every fifth": (["0.jpg", "5.jpg", "10.jpg"], True),
    "photographs": (["IMG_1.jpg", "IMG_5.jpg", "IMG_6.jpg"], False),
    "names": (["anna.jpg", "tom.jpg"], False),
    "one": (["1.jpg"], False),
}


@pytest.mark.parametrize(("names", "expected"), NUMBERED.values(), ids=NUMBERED.keys())
def test_folders_whose_images_are_numbered_in_equal_steps_are_videos(names, expected: bool, tmp_path: Path) -> None:
    folders(tmp_path, names)
    assert holds_videos(tmp_path, CLASSES) is expected
    experiment, _ = written(tmp_path, tmp_path / "e.yaml")
    assert experiment.data.name == ("video_folder" if expected else "image_folder")


def test_single_images_are_images(tmp_path: Path) -> None:
    animations(tmp_path, ["a.gif", "b.gif"], count=1)
    assert not holds_videos(tmp_path, CLASSES)


def test_movies_and_a_base_are_refused(tmp_path: Path) -> None:
    animations(tmp_path, ["a.gif", "b.gif"])
    with pytest.raises(ConfigError, match=r"--base needs a folder of images; .* holds videos"):
        starter.experiment_for(str(tmp_path), None, tmp_path / "e.yaml", base="vgg16")
    (tmp_path / "left" / "c.mp4").write_bytes(b"")
    with pytest.raises(DataError, match=r"dlpy does not decode \.mp4 files"):
        starter.experiment_for(str(tmp_path), None, tmp_path / "e.yaml")


KINDS = {
    "a table": ((20,), "f", "row", "tabm"),
    "a gray image": ((28, 28), "u", "image", "convnet"),
    "a square of numbers": ((28, 28), "f", "image", "convnet"),
    "a series": ((100, 12), "f", "series", "conv1d"),
    "a short series": ((6, 2), "f", "series", "rnn"),
    "a color image": ((16, 20, 3), "u", "image", "convnet"),
    "a gray video": ((8, 16, 20), "u", "video", "video"),
    "a video": ((3, 16, 20, 3), "f", "video", "video"),
    "something else": ((5, 6, 7), "f", "other", "dense"),
}


@pytest.mark.parametrize(("shape", "dtype", "kind", "model"), KINDS.values(), ids=KINDS.keys())
def test_arrays_are_taken_for_what_their_shape_says(shape, dtype: str, kind: str, model: str, tmp_path: Path) -> None:
    assert kind_of(Input("array", shape), dtype) == kind
    x = np.ones((60, *shape), np.float32 if dtype == "f" else np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(60) % 3)
    experiment, text = written(tmp_path / "a.npz", tmp_path / "a.yaml")
    assert experiment.model.name == model
    experiment.model.check(experiment.task(experiment.data.load().task))
    assert ("# Rows are taken for" in text) is (kind not in ("row", "other"))
