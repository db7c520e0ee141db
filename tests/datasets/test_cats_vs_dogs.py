"""The real photographs' layouts, in folders of tiny pictures; the number in a file's name is its picture's brightness."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import DataError, UnavailableError
from dlpy.data.images.rows import Pictures
from dlpy.datasets.cats_vs_dogs import CatsVsDogs
from dlpy.training.pipeline import split

NUMBERS = (0, 999, 1000, 1499, 1500, 1999, 2000, 12499)


def picture(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (level, 0, 0)).save(path, "PNG")


def kaggle(folder: Path, spelling: str) -> Path:
    for number in NUMBERS:
        picture(folder / spelling.format(kind="cat", Kind="Cat", number=number), number % 251)
        picture(folder / spelling.format(kind="dog", Kind="Dog", number=number), number % 251)
    return folder


@pytest.mark.parametrize(
    "spelling",
    [
        "{kind}.{number}.jpg",
        "train/{kind}.{number}.jpg",
        "{Kind}/{number}.jpg",
        "PetImages/{Kind}/{number}.jpg",
    ],
)
def test_numbers_decide_the_part_as_in_the_book(tmp_path: Path, spelling: str) -> None:
    dataset = CatsVsDogs(path=str(kaggle(tmp_path / "x", spelling)), size=[4, 5])
    loaded = dataset.load()
    parts = split(dataset, loaded)
    assert parts.validation is not None
    assert parts.test is not None
    expected = {"train": (0, 999 % 251), "validation": (1000 % 251, 1499 % 251), "test": (1500 % 251, 1999 % 251)}
    for name, rows in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        assert isinstance(rows.x, Pictures)
        assert rows.x.shape == (4, 4, 5, 3)
        assert rows.y.tolist() == [0, 1, 0, 1]  # cats, dogs
        first, second = expected[name]
        assert rows.x.read()[:, 0, 0, 0].tolist() == [first, first, second, second]
        assert set(rows.columns["part"]) == {name}
    assert loaded.task == dataset.outline()


def test_the_small_folder_is_divided_by_its_folders(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("validation", 2), ("test", 1)):
        for kind in ("cat", "dog"):
            for number in range(count):
                picture(tmp_path / part / f"{kind}s" / f"{kind}.{number + 5000}.jpg", 9)
    dataset = CatsVsDogs(path=str(tmp_path), size=[4, 4])
    parts = split(dataset, dataset.load())
    assert parts.validation is not None
    assert parts.test is not None
    assert [len(rows) for rows in (parts.train, parts.validation, parts.test)] == [6, 4, 2]


def test_the_two_files_that_microsoft_publishes_damaged_are_left_out(tmp_path: Path) -> None:
    folder = kaggle(tmp_path, "PetImages/{Kind}/{number}.jpg")
    (folder / "PetImages/Cat/666.jpg").touch()
    for root in (folder, folder / "PetImages"):
        assert len(CatsVsDogs(path=str(root), size=[4, 4]).load().train) == 8


def test_another_damaged_file_is_named_or_left_out(tmp_path: Path) -> None:
    folder = kaggle(tmp_path, "{kind}.{number}.jpg")
    (folder / "cat.7.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"cat\.7\.jpg .*on_bad: skip"):
        CatsVsDogs(path=str(folder), size=[4, 4]).load()
    loaded = CatsVsDogs(path=str(folder), size=[4, 4], on_bad="skip").load()
    assert len(loaded.train) == 8
    assert "cat.7.jpg" in loaded.notes[0]


def test_without_a_folder_it_says_where_to_get_the_photographs() -> None:
    with pytest.raises(UnavailableError, match=r"kaggle\.com/c/dogs-vs-cats.*data\.fallback: stand_in"):
        CatsVsDogs().load()


def test_the_data_folder_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kaggle(tmp_path / "cats_and_dogs_small", "{kind}.{number}.jpg")
    monkeypatch.setenv("DLPY_DATA", str(tmp_path))
    assert CatsVsDogs(size=[4, 4]).load().source.description.endswith("cats_and_dogs_small")


def test_another_folder_and_a_missing_class_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"contains neither cat\.0\.jpg"):
        CatsVsDogs(path=str(tmp_path)).load()
    for number in (0, 1000, 1500):
        picture(tmp_path / f"cat.{number}.jpg", 0)
    with pytest.raises(DataError, match="no dog images in the train split"):
        CatsVsDogs(path=str(tmp_path)).load()


def test_the_stand_in_has_the_books_parts() -> None:
    dataset = CatsVsDogs(size=[16, 16])
    loaded = dataset.stand_in(0, None)
    parts = split(dataset, loaded)
    assert parts.validation is not None
    assert parts.test is not None
    for rows, count in ((parts.train, 2000), (parts.validation, 1000), (parts.test, 1000)):
        assert isinstance(rows.x, np.ndarray)
        assert rows.x.shape == (count, 16, 16, 3)
        assert np.bincount(rows.y).tolist() == [count // 2] * 2


def test_a_picture_file_is_read_at_the_size_of_training(tmp_path: Path) -> None:
    picture(tmp_path / "own.png", 77)
    dataset = CatsVsDogs(size=[4, 5])
    rows = dataset.read(tmp_path / "own.png", dataset.outline())
    assert isinstance(rows.x, np.ndarray)
    assert rows.x.shape == (1, 4, 5, 3)
    assert rows.x[0, 0, 0].tolist() == [77, 0, 0]
