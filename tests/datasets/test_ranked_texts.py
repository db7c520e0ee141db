import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import DataError, UnavailableError
from dlpy.data.features import Sequences
from dlpy.data.task import Input
from dlpy.datasets.imdb import Imdb
from dlpy.datasets.reuters import Reuters

TRAIN = [[1, 2, 3], [4], [5, 6, 7, 8], [9, 1], [2, 2, 2]]
TEST = [[7, 1], [3, 3, 3, 3, 3], [8], [1, 9]]


def objects(rows: list[list[int]]) -> np.ndarray:
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


@pytest.fixture
def imdb(tmp_path: Path) -> str:
    path = tmp_path / "imdb.npz"
    labels = {"y_train": np.array([0, 1, 0, 1, 1]), "y_test": np.array([1, 0, 1, 0])}
    np.savez(path, x_train=objects(TRAIN), x_test=objects(TEST), **labels)
    return str(path)


@pytest.fixture
def reuters(tmp_path: Path) -> str:
    path = tmp_path / "reuters.npz"
    np.savez(path, x=objects([*TRAIN, *TEST]), y=np.array([3, 4, 3, 0, 45, 16, 3, 4, 1]))
    return str(path)


def lists(texts: object) -> list[list[int]]:
    assert isinstance(texts, Sequences)
    assert texts.values.dtype == np.int32
    assert texts.splits.dtype == np.int64
    return [texts.row(i).tolist() for i in range(len(texts))]


def as_keras_does(dataset: Imdb, train: list[list[int]], test: list[list[int]]) -> tuple[list, list]:
    """Go through the steps of keras.datasets.imdb.load_data, one list at a time; labels stand for the rows."""
    random = np.random.RandomState(dataset.shuffle_seed)
    parts = []
    for rows in (train, test):
        order = list(range(len(rows)))
        random.shuffle(order)
        part = [(number, [word + dataset.index_from for word in rows[number]]) for number in order]
        if dataset.start_char is not None:
            part = [(number, [dataset.start_char, *words]) for number, words in part]
        if dataset.maxlen:
            part = [(number, words) for number, words in part if len(words) < dataset.maxlen]
        parts.append(part)
    top = dataset.num_words or max(word for part in parts for _, words in part for word in words)
    result = []
    for part in parts:
        for position, (number, words) in enumerate(part):
            if dataset.oov_char is None:
                part[position] = (number, [w for w in words if dataset.skip_top <= w < top])
            else:
                part[position] = (number, [w if dataset.skip_top <= w < top else dataset.oov_char for w in words])
        result.append(part)
    return result[0], result[1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_words": 8},
        {"num_words": 8, "skip_top": 5},
        {"maxlen": 4},
        {"maxlen": 4, "num_words": 9, "shuffle_seed": 1},
        {"start_char": None},
        {"start_char": None, "index_from": 0},
        {"oov_char": None, "num_words": 7},
        {"oov_char": None, "num_words": 3, "start_char": None},
        {"start_char": 0, "oov_char": 1, "index_from": 2, "num_words": 6},
    ],
)
def test_reviews_are_shuffled_marked_and_cut_as_keras_does(imdb: str, options: dict) -> None:
    dataset = Imdb.model_validate({"name": "imdb", "path": imdb, **options})
    loaded = dataset.load()
    train, test = as_keras_does(dataset, TRAIN, TEST)
    assert loaded.test is not None
    assert lists(loaded.train.x) == [words for _, words in train]
    assert lists(loaded.test.x) == [words for _, words in test]
    assert loaded.train.y.tolist() == [[0, 1, 0, 1, 1][number] for number, _ in train]
    assert loaded.test.y.tolist() == [[1, 0, 1, 0][number] for number, _ in test]


def test_the_reviews_of_a_small_file_are_these(imdb: str) -> None:
    # RandomState(113) shuffles 0, 1, 2, 3, 4 to 1, 0, 3, 2, 4; ranks go up by 3, and what is 10 or more becomes 2.
    loaded = Imdb(path=imdb, num_words=10).load()
    assert lists(loaded.train.x) == [[1, 7], [1, 4, 5, 6], [1, 2, 4], [1, 8, 9, 2, 2], [1, 5, 5, 5]]
    assert loaded.train.y.tolist() == [1, 0, 1, 0, 1]
    assert loaded.train.y.dtype == np.int64
    assert loaded.task.input == Input("sequence", (None,), 10)
    assert loaded.task == Imdb(num_words=10).outline()
    assert loaded.source.kind == "file"


def test_the_reviews_of_a_large_file_are_decoded_once(imdb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlpy.data.archives._LARGE", 0)
    before = Imdb(path=imdb).load()
    monkeypatch.delattr("dlpy.data.archives.read_rows")
    after = Imdb(path=imdb).load()
    assert after.fingerprint() == before.fingerprint()
    assert after.test is not None
    assert before.test is not None
    assert (lists(after.train.x), lists(after.test.x)) == (lists(before.train.x), lists(before.test.x))
    np.savez(imdb, x_train=objects([[7]]), x_test=objects([[8]]), y_train=np.array([0]), y_test=np.array([1]))
    with pytest.raises(NameError, match="read_rows"):  # other bytes are other reviews
        Imdb(path=imdb).load()


def test_without_num_words_the_largest_is_left_out_and_the_choice_is_written_down(imdb: str) -> None:
    loaded = Imdb(path=imdb).load()
    assert loaded.resolved == {"num_words": 12}  # rank 9 + 3
    assert loaded.task.input.vocabulary == 12
    assert max(max(row) for row in lists(loaded.train.x)) == 11
    again = Imdb(path=imdb, num_words=12).load()
    assert again.fingerprint() == loaded.fingerprint()


def test_maxlen_that_leaves_nothing_is_an_error(imdb: str) -> None:
    with pytest.raises(DataError, match=r"data\.maxlen: no text is shorter than 1\."):
        Imdb(path=imdb, maxlen=1).load()


def test_newswires_are_split_after_shuffling(reuters: str) -> None:
    order = list(range(9))
    np.random.RandomState(113).shuffle(order)
    rows = [[1, *(word + 3 for word in row)] for row in [*TRAIN, *TEST]]
    labels = [3, 4, 3, 0, 45, 16, 3, 4, 1]
    loaded = Reuters(path=reuters, num_words=100).load()
    assert loaded.test is not None
    assert len(loaded.train) == 7  # int(9 * 0.8)
    assert lists(loaded.train.x) == [rows[number] for number in order[:7]]
    assert lists(loaded.test.x) == [rows[number] for number in order[7:]]
    assert [*loaded.train.y.tolist(), *loaded.test.y.tolist()] == [labels[number] for number in order]


def test_newswires_without_a_test_split_have_no_test_rows(reuters: str) -> None:
    loaded = Reuters(path=reuters, test_split=0.0).load()
    assert loaded.test is None
    assert len(loaded.train) == 9


def test_the_topics_are_the_46_of_keras() -> None:
    output = Reuters().outline().output
    assert output.units == len(output.classes) == 46
    assert (output.classes[0], output.classes[3], output.classes[4], output.classes[45]) == (
        "cocoa",
        "earn",
        "acq",
        "lead",
    )


def test_reviews_are_negative_or_positive() -> None:
    output = Imdb().outline().output
    assert (output.kind, output.units, output.classes) == ("binary", 1, ("negative", "positive"))


def test_rows_that_are_arrays_are_refused(tmp_path: Path) -> None:
    rows = np.empty(2, dtype=object)
    rows[:] = [np.array([1, 2]), np.array([3])]
    np.savez(tmp_path / "x.npz", x=rows, y=np.array([1, 0]))
    with pytest.raises(DataError, match="the same object twice"):
        Reuters(path=str(tmp_path / "x.npz")).load()


class Evil:
    """Makes a file where it is unpickled by a trusting reader."""

    def __init__(self, path: str = "evil") -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (os.mkdir, (self.path,))


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([["a", "b"], ["c"]], "something other than integers"),
        ([[1.5], [2.0]], "something other than integers and bytes: opcode b'G'"),
        ([[-1], [2]], "should contain only integers from 0 up"),
        ([1, 2], "not an array of lists"),
        ([[Evil()], [1]], "it calls"),
        ([[np.int64(1)], [1]], "it calls"),
    ],
)
def test_files_with_other_things_than_lists_of_integers_are_refused(tmp_path: Path, rows: list, reason: str) -> None:
    path = tmp_path / "reuters.npz"
    np.savez(path, x=objects(rows), y=np.array([0, 1]))
    with pytest.raises(DataError, match=reason) as caught:
        Reuters(path=str(path)).load()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reuters.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    labels = io.BytesIO()
    np.save(labels, np.array([0]))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header.getvalue() + pickle.dumps(Evil(str(tmp_path / "evil"))))
        archive.writestr("y.npy", labels.getvalue())
    with pytest.raises(DataError, match="no known dataset does"):
        Reuters(path=str(path)).load()
    assert not (tmp_path / "evil").exists()


def test_damaged_files_are_named(tmp_path: Path, imdb: str) -> None:
    whole = Path(imdb).read_bytes()
    for content in (b"", b"not a zip", whole[: len(whole) // 2]):
        (tmp_path / "broken.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"broken\.npz is not an npz file"):
            Imdb(path=str(tmp_path / "broken.npz")).load()


def test_a_missing_array_is_named(reuters: str) -> None:
    with pytest.raises(DataError, match=r"x_train, y_train|y_train, y_test.*'y_train"):
        Imdb(path=reuters).load()


def test_labels_must_fit_the_texts(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=objects(TRAIN), y=np.array([1, 0]))
    with pytest.raises(DataError, match=r"labels should be integers of shape \(5,\), but are int64 \(2,\)"):
        Reuters(path=str(tmp_path / "x.npz")).load()


def test_without_the_file_the_data_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KERAS_HOME", "DLPY_CACHE", "DLPY_DATA"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("DLPY_OFFLINE", "1")
    with pytest.raises(UnavailableError, match=r"imdb\.npz is not on this machine"):
        Imdb().load()


@pytest.mark.parametrize("options", [{"num_words": 0}, {"maxlen": -1}, {"seed": 3}, {"test_split": 0.5}])
def test_wrong_options_are_refused(options: dict) -> None:
    with pytest.raises(ValidationError):
        Imdb.model_validate({"name": "imdb", **options})


def test_words_are_known_where_their_file_is_at_hand(
    imdb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Imdb(path=imdb).load().task.input.words == ()
    index = tmp_path / "imdb_word_index.json"
    index.write_text(json.dumps({"film": 2, "the": 1, "rare": 900}))
    task = Imdb(path=imdb, num_words=8).load().task
    assert task.input.words == ("", "", "", "", "the", "film", "", "")
    assert task.input.vocabulary == 8
    assert Imdb(path=imdb, num_words=4, index_from=0).load().task.input.words == ("", "", "", "")
    (tmp_path / "words").mkdir()
    index.rename(tmp_path / "words" / index.name)
    monkeypatch.setenv("DLPY_DATA", str(tmp_path / "words"))
    assert Imdb(path=imdb, num_words=6).load().task.input.words[-2:] == ("the", "film")
    assert Imdb().stand_in(1, 20).task.input.words == ()
    (tmp_path / "words" / index.name).write_text("[1, 2]")
    with pytest.raises(DataError, match=r"imdb_word_index\.json is damaged"):
        Imdb(path=imdb).load()
