"""Arrays of the user's own."""

import zipfile

import numpy as np
import pytest

from dlpy.core.errors import ConfigError, DataError, UnavailableError
from dlpy.datasets.npz import Npz
from dlpy.training.pipeline import obtain

X = np.arange(120.0).reshape(30, 4)
LABELS = np.arange(30) % 3


def saved(tmp_path, **arrays):
    path = tmp_path / "a.npz"
    np.savez(path, **arrays)
    return str(path)


def test_x_and_y_are_found_and_flattened(tmp_path):
    loaded = Npz(path=saved(tmp_path, x=X, y=LABELS.reshape(-1, 1))).load()
    assert loaded.train.y.tolist() == LABELS.tolist()
    assert (loaded.task.input.shape, loaded.task.output.classes) == ((4,), ("0", "1", "2"))
    assert loaded.resolved == {"x": "x", "y": "y", "task": "multiclass"}
    assert loaded.test is None


def test_train_and_test_arrays_are_found(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=LABELS, x_test=X[:6], y_test=LABELS[:6])
    loaded = Npz(path=path).load()
    assert (len(loaded.train), len(loaded.test)) == (30, 6)
    with pytest.raises(ConfigError, match="already contains test rows"):
        Npz.model_validate({"name": "npz", "path": path, "test": 0.2}).load()


@pytest.mark.parametrize(
    ("y", "kind", "units"),
    [
        (LABELS, "multiclass", 3),
        (LABELS.astype(np.float32), "multiclass", 3),
        (LABELS > 0, "binary", 1),
        (LABELS + 0.5, "regression", 1),
        (LABELS - 1, "regression", 1),
        (np.arange(30), "regression", 1),
        (X[:, :2], "regression", 2),
    ],
)
def test_the_targets_decide_the_task(tmp_path, y, kind, units):
    loaded = Npz(path=saved(tmp_path, x=X, y=y)).load()
    assert (loaded.task.output.kind, loaded.task.output.units) == (kind, units)
    assert loaded.train.y.dtype == (np.float32 if kind == "regression" else np.int64)


def test_other_names_groups_and_test_rows_can_be_asked_for(tmp_path):
    path = saved(tmp_path, signals=X, state=LABELS, person=np.repeat(np.arange(10), 3))
    options = {"name": "npz", "path": path, "x": "signals", "y": "state", "group": "person", "test": 0.2}
    loaded = Npz.model_validate(options).load()
    assert len(loaded.test) == 6
    assert not set(loaded.train.columns["group"]) & set(loaded.test.columns["group"])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X, "y": LABELS[:29]}, "'x' has 30 rows, 'y' has 29."),
        ({"x": X[:0], "y": LABELS[:0]}, "'x' has no rows."),
        ({"x": np.array([{}] * 30), "y": LABELS}, "contains Python objects, which dlpy never loads;"),
        ({"x": X, "y": np.array(["a", "b", "c"] * 10)}, "'y' contains <U1; expected numbers"),
        ({"x": X * 1j, "y": LABELS}, "'x' contains complex128; expected numbers"),
        ({"x": X, "y": np.float32(3)}, "'y' is a single number"),
        ({"x": X, "y": np.zeros(30, int)}, "'y' is 0 in every row"),
        ({"x": X, "y": np.zeros((30, 2, 2))}, "'y' has shape (30, 2, 2)"),
        ({"x_train": X, "y_train": LABELS, "x_test": X[:, :3], "y_test": LABELS}, "rows of x_test have shape (3,)"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, arrays, message):
    with pytest.raises(DataError) as caught:
        Npz(path=saved(tmp_path, **arrays)).load()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_array_suggests_the_closest(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.x: .* has no array 'sigals'\. Did you mean 'signals'\?"):
        Npz(path=saved(tmp_path, signals=X, y=LABELS), x="sigals").load()


def test_a_wanted_task_must_fit(tmp_path):
    path = saved(tmp_path, x=X, y=LABELS, wide=X[:, :2], half=LABELS + 0.5)
    with pytest.raises(DataError, match="classes up to 2; a binary target contains only 0 and 1"):
        Npz(path=path, task="binary").load()
    with pytest.raises(DataError, match=r"Save its argmax\(axis=1\)"):
        Npz(path=path, y="wide", task="multiclass").load()
    with pytest.raises(DataError, match="classes should be integers from 0 up"):
        Npz(path=path, y="half", task="multiclass").load()


def test_damaged_files_are_told_in_one_line(tmp_path):
    path = tmp_path / "a.npz"
    saved(tmp_path, x=X, y=LABELS)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"no zip", whole[:200] + b"\xff" * 50 + whole[250:]):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"is damaged") as caught:
            Npz(path=str(path)).load()
        assert "\n" not in str(caught.value)


def test_what_is_no_array_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", "text")
        archive.writestr("y", "text")
    with pytest.raises(DataError, match="it has no array 'x'"):
        Npz(path=str(path)).load()


def test_predict_reads_x_with_or_without_y(tmp_path):
    dataset = Npz(path=saved(tmp_path, x_train=X, y_train=LABELS))
    task = dataset.load().task
    dataset = dataset.model_copy(update={"x": "x_train", "y": "y_train"})
    (tmp_path / "new").mkdir()
    path = tmp_path / "new" / "a.npz"
    np.savez(path, x=X[:5])
    assert dataset.read(path, task).targets == {}
    np.savez(path, x=X[:5], y=LABELS[:5])
    assert dataset.read(path, task).y.tolist() == [0, 1, 2, 0, 1]
    np.savez(path, x=X[:5, :3])
    with pytest.raises(DataError, match=r"rows of x have shape \(3,\), expected \(4,\)"):
        dataset.read(path, task)


def test_the_stand_in_takes_the_place_of_a_missing_file():
    dataset = Npz(path="none.npz", fallback="stand_in")
    loaded = obtain(dataset, 0)
    assert np.shape(loaded.train.x) == (600, 20)
    assert np.bincount(loaded.train.y).tolist() == [200, 200, 200]
    with pytest.raises(UnavailableError):
        dataset.load()
