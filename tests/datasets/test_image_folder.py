import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from dlpy.cli.main import main
from dlpy.core.errors import ConfigError, DataError, UnavailableError
from dlpy.data.features import Pictures
from dlpy.data.images import cache as picture_cache
from dlpy.data.rows import Loaded
from dlpy.datasets.image_folder import ImageFolder
from dlpy.training.pipeline import split

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLPY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pictures"


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (8, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve cats, dark and of different greens, and twelve dogs, which are bright."""
    for number in range(12):
        picture(tmp_path / "pets" / "cats" / f"{number}.png", (10, number, 0))
        picture(tmp_path / "pets" / "dogs" / ("puppies" if number % 2 else ".") / f"{number}.png", (200, number, 0))
    return tmp_path / "pets"


def loaded(folder: Path, **options: Any) -> Loaded:
    return ImageFolder.model_validate({"name": "image_folder", "path": str(folder), **options}).load()


def red(rows: Any) -> np.ndarray:
    return rows.array[:, 0, 0, 0]


def test_classes_are_folders_and_folders_in_them_are_read_too(folder: Path) -> None:
    found = loaded(folder)
    assert found.task.output.classes == ("cats", "dogs")
    assert isinstance(found.train.x, Pictures)
    assert found.train.x.shape == (24, 8, 8, 3)
    assert np.array_equal(red(found.train), np.where(found.train.y == 1, 200, 10))
    assert found.train.array[:, 0, 0, 1].tolist() == [
        int(Path(name).stem) for name in found.train.columns["file"].tolist()
    ]
    assert len({*found.train.y[:6].tolist()}) == 2  # mixed


def test_classes_can_be_chosen(folder: Path) -> None:
    picture(folder / "birds" / "1.png", (5, 5, 5))
    found = loaded(folder, classes=["dogs", "birds"])
    assert found.resolved["classes"] == ["dogs", "birds"]
    assert np.bincount(found.train.y).tolist() == [12, 1]


def test_names_can_say_the_class(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "all" / f"cat.{number}.png", (1, 1, 1))
        picture(tmp_path / "all" / f"dog.{number}.png", (9, 9, 9))
    (tmp_path / "all" / "readme.txt").write_text("six pictures")
    found = loaded(tmp_path / "all", pattern="{class}.{number}.png")
    assert found.task.output.classes == ("cat", "dog")
    assert np.array_equal(red(found.train) == 9, found.train.y == 1)
    with pytest.raises(DataError, match=r"'\{class\}_x\.png' matches"):
        loaded(tmp_path / "all", pattern="{class}_x.png")


def test_a_table_can_say_the_class_and_the_split(folder: Path, tmp_path: Path) -> None:
    lines = [f"cats/{i}.png,cat,{'valid' if i < 3 else 'rest'}" for i in range(12)]
    lines += [f"dogs/{i}.png,dog,rest" for i in range(0, 12, 2)]
    (tmp_path / "labels.csv").write_text("\n".join(["image,kind,part", *lines]))
    options = {"file": "image", "label": "kind", "validation": {"column": "part", "value": "valid"}}
    found = loaded(folder, labels_path=str(tmp_path / "labels.csv"), **options)
    assert np.bincount(found.train.y).tolist() == [12, 6]
    dataset = ImageFolder.model_validate(
        {"path": str(folder), "labels_path": str(tmp_path / "labels.csv"), **options, "name": "image_folder"}
    )
    assert split(dataset, found).validation is not None
    assert [*map(len, (split(dataset, found).train, split(dataset, found).validation or []))] == [15, 3]


def test_a_table_of_numbers_makes_a_regression(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ages.csv").write_text("file,label\n" + "".join(f"cats/{i}.png,{i}.5\n" for i in range(12)))
    found = loaded(folder, labels_path=str(tmp_path / "ages.csv"))
    assert found.task.output.kind == "regression"
    assert np.array_equal(found.train.array[:, 0, 0, 1] + 0.5, found.train.y)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "cats/99.png"])
def test_a_table_cannot_name_files_elsewhere(folder: Path, tmp_path: Path, name: str) -> None:
    picture(tmp_path / "secret.png", (0, 0, 0))
    (tmp_path / "labels.csv").write_text(f"file,label\ncats/1.png,a\n{name},b\n")
    with pytest.raises(DataError, match=r"labels\.csv:3"):
        loaded(folder, labels_path=str(tmp_path / "labels.csv"))


def test_parts_in_folders_of_their_own(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 3), ("test", 2)):
        for number in range(count):
            picture(tmp_path / part / "a" / f"{number}.png", (count, 0, 0))
            picture(tmp_path / part / "b" / f"{number}.png", (count + 100, 0, 0))
    with pytest.raises(DataError, match=r"parts: \{test: test, train: train, validation: val\}"):
        loaded(tmp_path, classes=None)
    options = {"path": str(tmp_path), "parts": {"validation": "val", "test": "test"}, "name": "image_folder"}
    dataset = ImageFolder.model_validate(options)
    parts = split(dataset, dataset.load())
    assert sorted({*red(parts.train).tolist()}) == [6, 106]
    assert parts.validation is not None
    assert sorted({*red(parts.validation).tolist()}) == [3, 103]
    assert parts.test is not None
    assert sorted({*red(parts.test).tolist()}) == [2, 102]


def test_a_part_with_a_class_of_its_own_is_told(tmp_path: Path) -> None:
    for name in ("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png"):
        picture(tmp_path / name, (0, 0, 0))
    with pytest.raises(DataError, match="class 'c' has no training files"):
        loaded(tmp_path, parts={"test": "test"})


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    picture(tmp_path / "outside" / "1.png", (99, 0, 0))
    (folder / "cats" / "link.png").symlink_to(tmp_path / "outside" / "1.png")
    (folder / "foxes").symlink_to(tmp_path / "outside")
    assert loaded(folder).task.output.classes == ("cats", "dogs")
    assert len(loaded(folder).train) == 24
    with pytest.raises(DataError, match="no folder 'foxes'"):
        loaded(folder, classes=["cats", "foxes"])


def test_pictures_of_several_sizes_need_one(folder: Path) -> None:
    picture(folder / "dogs" / "wide.png", (200, 1, 1), size=(20, 8))
    with pytest.raises(DataError, match=r"cats/0.png is 8 x 8 pixels, dogs/wide.png 20 x 8.*data\.size"):
        loaded(folder)
    assert loaded(folder, size=[4, 6], color_mode="grayscale").train.array.shape == (25, 4, 6, 1)


def spoil(folder: Path, what: str) -> None:
    path = folder / "cats" / "5.png"
    if what == "text":
        path.write_text("no picture")
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    elif what == "empty class":
        (folder / "birds").mkdir()
    elif what == "no folders":
        for file in [*folder.rglob("*.png")]:
            file.unlink()
        for name in ("cats", "dogs/puppies", "dogs"):
            (folder / name).rmdir()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("text", r"cats/5.png is not a JPEG.*on_bad: skip"),
        ("cut", r"cats/5.png is damaged.*on_bad: skip"),
        ("empty class", "class 'birds' is empty"),
        ("no folders", "contains none. If the file names contain the class"),
    ],
)
def test_bad_folders_are_told_in_one_line(folder: Path, what: str, said: str) -> None:
    spoil(folder, what)
    with pytest.raises(DataError, match=said) as error:
        loaded(folder)
    assert "\n" not in str(error.value)


def test_a_folder_that_is_not_there_may_have_a_stand_in(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        loaded(tmp_path / "nowhere")
    options = {"name": "image_folder", "path": "nowhere", "size": 20, "classes": ["x", "y", "z"], "test": 0.2}
    generated = ImageFolder.model_validate(options).stand_in(1, 100)
    assert generated.train.array.shape[1:] == (20, 20, 3)
    assert {*generated.train.y.tolist()} == {0, 1, 2}
    assert generated.test is not None


def test_bad_pictures_are_left_out_where_asked_and_recorded(folder: Path) -> None:
    spoil(folder, "text")
    found = loaded(folder, on_bad="skip")
    assert len(found.train) == 23
    assert "1 unreadable" in found.source.description
    assert "cats/5.png" in found.notes[0]
    assert np.array_equal(red(found.train), np.where(found.train.y == 1, 200, 10))


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counts: list[int] = []
    real: Callable = picture_cache.read_pictures
    monkeypatch.setattr(
        picture_cache, "read_pictures", lambda paths, form: counts.append(len(paths)) or real(paths, form)
    )
    return counts


def test_files_are_decoded_once_and_again_only_where_they_change(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = counting(monkeypatch)
    first = loaded(folder)
    again = loaded(folder)
    assert counts == [24]
    assert again.fingerprint() == first.fingerprint()
    picture(folder / "cats" / "new.png", (10, 50, 0))
    picture(folder / "cats" / "3.png", (10, 77, 7))
    changed = loaded(folder)
    assert counts == [24, 2]
    assert len(changed.train) == 25
    assert {50, 77} <= {*changed.train.array[:, 0, 0, 1].tolist()}
    assert first.train.array.shape == (24, 8, 8, 3)  # what was loaded before can still be read
    assert len([*cache.glob("*/*.bin")]) == 1


def test_a_damaged_cache_is_made_anew(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(folder).fingerprint()
    (stored,) = cache.glob("*/*.bin")
    stored.write_bytes(stored.read_bytes()[:100])
    counts = counting(monkeypatch)
    assert loaded(folder).fingerprint() == first
    assert counts == [24]
    (stored,) = cache.glob("*/*.bin")
    pixels = bytearray(stored.read_bytes())
    pixels[10] ^= 255  # as long as it was
    stored.write_bytes(pixels)
    assert loaded(folder).fingerprint() == first
    assert counts == [24, 24]
    (manifest,) = cache.glob("*/manifest.json")
    manifest.write_text(json.dumps({"store": "../../x", "rows": "many", "entries": []}))
    assert loaded(folder).fingerprint() == first


@pytest.mark.parametrize("memory", [True, False])
def test_without_room_on_disk_all_works_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch, memory: bool) -> None:
    expected = loaded(folder).train
    monkeypatch.setattr(picture_cache, "make_room", lambda *arguments, **options: False)
    if not memory:
        monkeypatch.setattr(picture_cache.os, "sysconf", lambda name: 0)
    picture(folder / "cats" / "0.png", (10, 0, 0))  # written anew, so it has to be decoded
    found = loaded(folder).train
    assert isinstance(found.x, np.ndarray) == memory
    assert np.array_equal(found.array, expected.array)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pattern": "*.jpg"}, "{class}"),
        ({"labels_path": "x.csv", "classes": ["a", "b"]}, "labels_path"),
        ({"validation": {"column": "part"}}, "column 'part' can only be used with 'labels_path'"),
        ({"test": "test"}, "'test' should be a fraction, a count, or a mapping"),
        ({"size": 0}, "size"),
        ({"size": [1, 2, 3]}, "size"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, said: str) -> None:
    with pytest.raises((ValidationError, ConfigError), match=said):
        ImageFolder.model_validate({"name": "image_folder", "path": "x", **options})


EXPERIMENT = """
data:
  name: image_folder
  path: {folder}
  test: 0.25
  validation: 0.25
  transforms: [rescale]
  augmentation: {{flip: horizontal, brightness: 0.1}}
model: {{name: convnet, filters: [4], units: []}}
training: {{epochs: 2, optimizer: {{name: adam, learning_rate: 0.05}}, batch_size: 4}}
"""


@pytest.mark.plots
def test_a_folder_is_trained_on_evaluated_and_predicted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_text(EXPERIMENT.format(folder=folder))
    assert main(["train", "x.yaml", "--quiet"]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    assert {"augmented.png", "confusion-validation.png"} <= {path.name for path in (run / "plots").iterdir()}
    assert main(["evaluate", "latest"]) == 0
    assert (np.load(run / "predictions.npz")["test.file"].tolist())[0].endswith(".png")
    capsys.readouterr()
    assert main(["predict", "latest", str(folder / "dogs")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "file,prediction,probability_cats,probability_dogs"
    assert len(lines) == 13
    assert lines[-1].startswith("puppies/9.png,")
    assert main(["predict", "latest", str(folder / "dogs" / "0.png")]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("0.png,")
    Image.new("RGB", (40, 8)).save(tmp_path / "other.png")
    assert main(["predict", "latest", str(tmp_path / "other.png")]) == 0  # brought to the run's size
    (tmp_path / "other.png").write_bytes(b"x")
    assert main(["predict", "latest", str(tmp_path / "other.png")]) == 3


def test_augmentation_needs_pictures(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    text = "data: {name: imdb, transforms: [multi_hot], augmentation: {zoom: 0.1}}\nmodel: dense\n"
    (tmp_path / "x.yaml").write_text(text)
    assert main(["check", str(tmp_path / "x.yaml")]) == 2
    assert "augmentation requires images" in capsys.readouterr().out
