"""Texts in a folder for each class."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import DataError, UnavailableError
from dlpy.data.features import Texts
from dlpy.datasets.text_folder import TextFolder
from dlpy.experiment.experiment import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like aclImdb/train, with what should not be read."""
    for name, count in (("pos", 5), ("neg", 3), ("unsup", 4), (".hidden", 2)):
        (tmp_path / "train" / name).mkdir(parents=True)
        for number in range(count):
            (tmp_path / "train" / name / f"{number}.txt").write_text(f"{name} {number}")
    pos = tmp_path / "train" / "pos"
    (pos / ".secret.txt").write_text("hidden")
    (pos / "notes.md").write_text("not a text")
    (pos / "link.txt").symlink_to(tmp_path / "train" / "unsup" / "0.txt")
    (tmp_path / "train" / "linked").symlink_to(pos)
    (tmp_path / "train" / "urls.txt").write_text("beside the folders")
    return tmp_path / "train"


def texts(features: object) -> list[str]:
    assert isinstance(features, Texts)
    return features.values.tolist()


def test_each_folder_is_a_class(folder: Path) -> None:
    loaded = TextFolder(path=str(folder)).load()
    assert loaded.task.output.classes == ("neg", "pos")
    assert (loaded.task.output.kind, loaded.resolved) == ("binary", {"classes": ["neg", "pos"]})
    found = texts(loaded.train.x)
    assert sorted(found) == [f"neg {i}" for i in range(3)] + [f"pos {i}" for i in range(5)]
    assert [text.startswith("pos") for text in found] == loaded.train.y.astype(bool).tolist()
    assert found != sorted(found)
    files = [f"neg {i}" for i in range(3)] + [f"pos {i}" for i in range(5)]
    assert [files[i] for i in loaded.train.index] == found
    assert texts(TextFolder(path=str(folder)).load().train.x) == found
    assert texts(TextFolder(path=str(folder), shuffle_seed=1).load().train.x) != found


def test_classes_can_be_chosen_and_put_in_order(folder: Path) -> None:
    loaded = TextFolder(path=str(folder), classes=["pos", "unsup", "neg"]).load()
    assert (loaded.task.output.kind, loaded.task.output.units) == ("multiclass", 3)
    assert np.bincount(loaded.train.y).tolist() == [5, 4, 3]
    with pytest.raises(DataError, match=r"has no folder 'poss'\. Did you mean 'pos'\?"):
        TextFolder(path=str(folder), classes=["poss", "neg"]).load()
    with pytest.raises(DataError, match="has no folder 'linked'"):
        TextFolder(path=str(folder), classes=["linked", "neg"]).load()


def test_test_rows_come_from_a_second_folder_or_are_held_out(folder: Path, bench) -> None:
    for name in ("pos", "neg"):
        (folder.parent / "test" / name).mkdir(parents=True)
        (folder.parent / "test" / name / "a.txt").write_text(f"test {name}")
    bench.write(
        "data: {name: text_folder, path: train, test_path: test, transforms: [tokenize, multi_hot]}\nmodel: dense\n"
    )
    loaded = load(Path("experiment.yaml"))[0].data.load()
    assert loaded.test is not None
    assert sorted(texts(loaded.test.x)) == ["test neg", "test pos"]
    assert len(loaded.train) == 8
    loaded = TextFolder(path=str(folder), test={"fraction": 0.25}).load()
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (6, 2)


def test_a_file_a_folder_or_a_table_can_be_predicted(folder: Path) -> None:
    dataset = TextFolder(path=str(folder))
    task = dataset.load().task
    assert texts(dataset.read(folder / "neg", task).x) == ["neg 0", "neg 1", "neg 2"]
    assert texts(dataset.read(folder / "neg" / "1.txt", task).x) == ["neg 1"]
    (folder / "new.csv").write_text("id,text\n1,new words\n")
    assert texts(dataset.read(folder / "new.csv", task).x) == ["new words"]
    with pytest.raises(UnavailableError, match="there is no file"):
        dataset.read(folder / "none.txt", task)


def test_mistakes_name_the_file(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty contains no files that end in \.txt"):
        TextFolder(path=str(folder)).load()
    (folder / "empty").rmdir()
    (folder / "pos" / "3.txt").write_text(" \n")
    with pytest.raises(DataError, match=r"pos/3\.txt: the text is empty"):
        TextFolder(path=str(folder)).load()
    (folder / "pos" / "3.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match=r"pos/3\.txt is not UTF-8 text \(byte 3\)"):
        TextFolder(path=str(folder)).load()
    with pytest.raises(DataError, match="one folder per class, at least two; it contains none"):
        TextFolder(path=str(folder / "neg")).load()
    with pytest.raises(UnavailableError, match="there is no folder"):
        TextFolder(path=str(folder / "none")).load()
    with pytest.raises(DataError, match=r"cannot read .*: Not a directory"):
        TextFolder(path=str(folder / "urls.txt")).load()
    for wrong in ({"classes": ["a", "a"]}, {"test": {"count": 2}, "test_path": "x"}, {"test": {"use": "test"}}):
        with pytest.raises(ValidationError):
            TextFolder(path=str(folder), **wrong)


def test_generated_sentences_have_the_classes_asked_for() -> None:
    loaded = TextFolder(path="x", classes=["neg", "pos"], test_path="y").stand_in(1, 100)
    assert loaded.task.output.classes == ("neg", "pos")
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (100, 100)
    words = [{word for text in texts(rows.x) for word in text.split()} for rows in (loaded.train, loaded.test)]
    assert len(words[0] & words[1]) > len(words[1]) / 3
