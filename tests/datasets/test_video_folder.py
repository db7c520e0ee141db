import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Pictures
from dlpy.data.images import cache as video_cache
from dlpy.data.rows import Loaded
from dlpy.data.task import Input, Output, Task
from dlpy.datasets.video_folder import VideoFolder
from dlpy.training.pipeline import split

pytestmark = pytest.mark.slow

TASK = Task.single(Input("array", (2, 8, 8, 1)), Output("binary", 1, ("fall", "rise")))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLPY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pictures"


def frames_of(number: int, *, rising: bool, side: int = 8) -> list[Image.Image]:
    """Return three gray frames, brighter from frame to frame or darker; the second tells the number."""
    levels = [0, 100 + number, 250]
    return [Image.new("L", (side, side), level) for level in (levels if rising else levels[::-1])]


def animation(path: Path, frames: list[Image.Image]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:])


def folder_of_frames(path: Path, frames: list[Image.Image]) -> None:
    path.mkdir(parents=True)
    for number, frame in enumerate(frames):
        frame.save(path / f"{number}.png")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Twenty videos that become brighter, as GIFs, and twenty that become darker, in folders; of five persons each."""
    for number in range(20):
        name = f"person{number % 5}_{number}"
        animation(tmp_path / "clips" / "rise" / f"{name}.gif", frames_of(number, rising=True))
        folder_of_frames(tmp_path / "clips" / "fall" / name, frames_of(number, rising=False))
    return tmp_path / "clips"


def made(folder: Path, **options: Any) -> VideoFolder:
    given = {"name": "video_folder", "path": str(folder), "frames": 3, "color_mode": "grayscale", **options}
    return VideoFolder.model_validate(given)


def loaded(folder: Path, **options: Any) -> Loaded:
    return made(folder, **options).load()


def test_folders_of_frames_and_animations_are_rows(clips: Path) -> None:
    found = loaded(clips)
    assert found.task.output.classes == ("fall", "rise")
    assert found.task.input.shape == (3, 8, 8, 1)
    assert found.resolved == {"size": [8, 8], "classes": ["fall", "rise"]}
    assert isinstance(found.train.x, Pictures)
    levels = found.train.array[:, :, 0, 0, 0].astype(int)
    assert np.array_equal(levels[:, 2] > levels[:, 0], found.train.y == 1)
    numbers = [int(Path(name).stem.split("_")[1]) for name in found.train.columns["file"].tolist()]
    assert (levels[:, 1] - 100).tolist() == numbers
    assert len({*found.train.y[:8].tolist()}) == 2  # mixed


def test_videos_are_decoded_once(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    real: Callable = video_cache.read_pictures
    monkeypatch.setattr(
        video_cache, "read_pictures", lambda paths, form: counts.append(len(paths)) or real(paths, form)
    )
    first = loaded(clips)
    again = loaded(clips)
    assert counts == [40]
    assert again.fingerprint() == first.fingerprint()
    (clips / "fall" / "person0_0" / "1.png").write_bytes((clips / "fall" / "person1_1" / "2.png").read_bytes())
    animation(clips / "rise" / "new_30.gif", frames_of(30, rising=True))
    changed = loaded(clips)
    assert counts == [40, 2]
    assert len(changed.train) == 41
    loaded(clips, frames=2)
    assert counts == [40, 2, 41]


def test_videos_without_a_cache_are_the_same(clips: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(clips)
    monkeypatch.setattr(video_cache, "_up_to_date", lambda *_: None)
    assert loaded(clips).fingerprint() == first.fingerprint()
    monkeypatch.setattr(video_cache.os, "sysconf", lambda name: 1)  # too little memory: decoded when needed
    assert loaded(clips).fingerprint() == first.fingerprint()


def test_videos_of_a_group_stay_in_one_split(clips: Path) -> None:
    data = made(clips, group="{group}_*", test=0.2, validation=0.2)
    found = data.load()
    assert found.test is not None
    parts = split(data, found)
    groups = [{*rows.columns["group"].tolist()} for rows in (parts.train, parts.validation, parts.test) if rows]
    assert set.union(*groups) == {f"person{number}" for number in range(5)}
    assert sum(map(len, groups)) == 5


def test_folders_between_class_and_video_may_be_groups(tmp_path: Path) -> None:
    for number in range(8):
        animation(tmp_path / "v" / "ab"[number % 2] / f"p{number // 2}" / f"{number}.gif", frames_of(1, rising=True))
    found = loaded(tmp_path / "v", group="{group}/*")
    assert sorted(found.train.columns["group"].tolist()) == ["p0", "p0", "p1", "p1", "p2", "p2", "p3", "p3"]


def test_splits_may_be_folders(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 2), ("test", 4)):
        for number in range(count):
            rising = number % 2 == 1
            path = tmp_path / "v" / part / ("rise" if rising else "fall") / f"g{number}_1.gif"
            animation(path, frames_of(number, rising=rising))
    named = {"train": "train", "validation": "val", "test": "test"}
    data = made(tmp_path / "v", parts=named, group="{group}_{number}.gif")
    parts = split(data, data.load())
    assert [len(rows or ()) for rows in (parts.train, parts.validation, parts.test)] == [6, 2, 4]
    with pytest.raises(
        DataError, match=r"splits, not classes.*data\.parts: \{test: test, train: train, validation: val"
    ):
        loaded(tmp_path / "v")


def test_new_videos_are_read_for_predictions(clips: Path) -> None:
    data = made(clips, size=8)
    rows = data.read(clips, TASK)
    assert len(rows) == 40
    assert rows.columns["file"].tolist()[:2] == ["fall/person0_0", "fall/person0_5"]
    assert data.read(clips / "rise" / "person1_1.gif", TASK).array.shape == (1, 3, 8, 8, 1)
    one = data.read(clips / "fall" / "person1_1", TASK)
    assert one.columns["file"].tolist() == ["person1_1"]
    assert one.array[0, :, 0, 0, 0].tolist() == [250, 101, 0]
    with pytest.raises(DataError, match="has 3 frames, fewer than the 5"):
        made(clips, size=8, frames=5).read(clips, TASK)


def spoil_with_a_movie(clips: Path) -> None:
    (clips / "rise" / "b.mp4").write_bytes(b"")


def spoil_with_an_image(clips: Path) -> None:
    Image.new("L", (8, 8)).save(clips / "rise" / "b.jpg")


def spoil_with_a_larger_frame(clips: Path) -> None:
    Image.new("L", (9, 8)).save(clips / "fall" / "person0_0" / "2.png")


def spoil_with_text(clips: Path) -> None:
    (clips / "rise" / "b.gif").write_text("text")
    (clips / "fall" / "person0_0" / "1.png").write_text("text")


def spoil_with_an_empty_class(clips: Path) -> None:
    (clips / "stay").mkdir()


SPOILT = {
    "movie": (spoil_with_a_movie, {}, r"b\.mp4: dlpy does not decode \.mp4 files.* ffmpeg -i '.*b\.mp4'"),
    "image": (spoil_with_an_image, {}, r"b\.jpg is a single image: give each video a folder"),
    "sizes": (spoil_with_a_larger_frame, {}, r"different sizes .*: set data\.size"),
    "text": (spoil_with_text, {"size": 8}, r"1\.png is not a JPEG.* 1 more: rise/b\.gif\. .*data\.on_bad: skip"),
    "empty": (spoil_with_an_empty_class, {}, "stay contains no videos: neither folders of frames"),
    "short": (lambda _: None, {"frames": 4}, r"has 3 frames, fewer than the 4.* 39 more: "),
    "group": (lambda _: None, {"group": "{group}-*"}, r"'\{group\}-\*' does not match the video 'person0_0' in"),
    "class": (lambda _: None, {"classes": ["fall", "raise"]}, "has no folder 'raise'"),
}


@pytest.mark.parametrize(("spoil", "options", "message"), SPOILT.values(), ids=SPOILT.keys())
def test_what_cannot_be_read_is_named(spoil: Callable, options: dict, message: str, clips: Path) -> None:
    spoil(clips)
    with pytest.raises(DataError, match=message):
        loaded(clips, **options)


def test_bad_videos_are_skipped_and_reported(clips: Path) -> None:
    spoil_with_text(clips)
    found = loaded(clips, size=8, on_bad="skip")
    assert len(found.train) == 39
    assert len(found.notes) == 2
    assert "(2 unreadable or short videos skipped)" in found.source.description


WRONG = {
    "group": ({"group": "person*"}, "'group' should contain {group} once and at most 2 *"),
    "stars": ({"group": "*{group}*_*"}, "'group' should contain {group} once and at most 2 *"),
    "test": ({"test": "test"}, "'test' should be a fraction or a count"),
    "column": ({"validation": {"column": "part"}}, "videos have no columns"),
    "path": ({"path": None}, "video_folder needs 'path'"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG.keys())
def test_options_that_do_not_fit_are_refused(options: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as error:
        made(tmp_path, **options)
    assert message in str(error.value)
    assert isinstance(error.value, ValueError)


def test_predictions_need_the_size_of_the_run(clips: Path) -> None:
    with pytest.raises(ConfigError, match="'size' must be set"):
        made(clips).read(clips, TASK)


def test_videos_are_trained_on_scored_and_predicted(clips: Path, bench) -> None:
    data = {"name": "video_folder", "path": str(clips), "frames": 3, "color_mode": "grayscale", "test": 0.2}
    experiment = bench.experiment(
        data={**data, "transforms": ["rescale"], "augmentation": {"rotation": 10}},
        model={"name": "video", "filters": [4]},
        training={"epochs": 4, "batch_size": 8},
    )
    status, out, error = bench.run("train", experiment)
    assert status == 0, error
    (run,) = Path("runs").iterdir()
    assert np.load(run / "samples" / "augmented.npz")["augmented"].shape == (7, 8, 3 * 8 + 2, 1)
    assert np.load(run / "samples" / "wrongest-validation.npz")["image"].shape[1:] == (3, 8, 8, 1)
    status, out, error = bench.run("evaluate", "latest", "--json")
    assert status == 0, error
    assert json.loads(out)
    status, out, error = bench.run("predict", "latest", clips / "rise")
    assert status == 0, error
    assert out.splitlines()[0] == "file,prediction,probability_fall,probability_rise"
    assert len(out.splitlines()) == 21
    status, out, error = bench.run("explain", "latest", clips / "rise" / "person0_0.gif")
    assert status == 2
    assert "takes videos: explain takes tables, texts, series and images." in error
