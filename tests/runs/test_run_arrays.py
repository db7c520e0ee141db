"""Arrays and curves of a run: what is read of them, and what is damage."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import RunError
from dlpy.data.task import Output
from dlpy.runs.history import read_history
from dlpy.runs.images import read_made
from dlpy.runs.predictions import read_fold, read_predictions, read_splits

CLASSES = Output("multiclass", 3, ("a", "b", "c"))
PART = {"index": np.arange(2), "target": np.array([0, 2]), "prediction": np.full((2, 3), 1 / 3)}


def predictions(path: Path, **changes: object) -> Path:
    arrays = {name: array for name, array in {**PART, **changes}.items() if array is not None}
    np.savez(path / "predictions.npz", **{f"test.{name}": np.asarray(array) for name, array in arrays.items()})
    return path / "predictions.npz"


def test_predictions_are_read_by_part_and_too_large_numbers_are_undefined(tmp_path: Path) -> None:
    (test,) = read_predictions(predictions(tmp_path, prediction=[[1e308, 0, 0], [np.nan, 1, 0]]), {"target": CLASSES})
    assert (test.part, test.target.tolist(), test.index.tolist()) == ("test", [0, 2], [0, 1])
    assert np.isnan(test.prediction).tolist() == [[True, False, False], [True, False, False]]
    assert read_predictions(tmp_path / "none.npz", {"target": CLASSES}) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": [0, 2**40]}, "a target is not one of the 3 classes"),
        ({"target": [0, 0.5]}, "a target is not one of the 3 classes"),
        ({"target": ["a", "b"]}, "'target' is of type <U1"),
        ({"prediction": np.zeros((2, 2))}, "its targets and predictions have shapes"),
        ({"prediction": np.zeros((3, 3))}, "'prediction' is of type float64 and shape"),
        ({"prediction": None}, "there is no array 'prediction' in it"),
        ({"index": [0.0, 1.0]}, "'index' does not hold positions of rows"),
        ({"time": [0, 2**62]}, "'time' does not hold times"),
        ({"baseline": [1.0]}, "'baseline' is of type float64"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_predictions_of_another_task_are_damage(tmp_path: Path, changes: dict, said: str) -> None:
    with pytest.raises(RunError, match=r"predictions.npz is damaged: ") as caught:
        read_predictions(predictions(tmp_path, **changes), {"target": CLASSES})
    assert said in str(caught.value)


def test_a_header_that_claims_more_numbers_than_follow_is_damage_before_anything_is_allocated(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}\n"
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16)
    with zipfile.ZipFile(tmp_path / "predictions.npz", "w") as archive:
        archive.writestr("test.index.npy", member)
    with pytest.raises(RunError, match=r"'test.index' declares 8,796,093,022,208 bytes of numbers but contains 16"):
        read_predictions(tmp_path / "predictions.npz", {"target": CLASSES})


def test_members_that_claim_more_than_the_file_has_are_damage(tmp_path: Path) -> None:
    content = predictions(tmp_path).read_bytes()
    at = content.rindex(b"PK\x01\x02") + 20  # where the directory tells the sizes of the last member
    (tmp_path / "predictions.npz").write_bytes(content[:at] + (2**31).to_bytes(4, "little") * 2 + content[at + 8 :])
    with pytest.raises(RunError, match=r"its members are larger than the [0-9,]+ bytes of the file"):
        read_predictions(tmp_path / "predictions.npz", {"target": CLASSES})


def test_splits_and_folds_hold_positions_of_rows(tmp_path: Path) -> None:
    np.savez(tmp_path / "splits.npz", train=np.arange(3), test=np.array([-1]))
    with pytest.raises(RunError, match="'test' does not hold positions of rows"):
        read_splits(tmp_path / "splits.npz")
    np.savez(tmp_path / "fold.npz", rows=np.arange(2), target=np.arange(2.0), prediction=np.zeros((3, 1)))
    with pytest.raises(RunError, match="'prediction' is of type float64 and shape"):
        read_fold(tmp_path / "fold.npz", ["target"])
    with pytest.raises(RunError, match=r"none.npz is missing"):
        read_fold(tmp_path / "none.npz", ["target"])


def test_pictures_of_a_model_are_bytes_of_one_size(tmp_path: Path) -> None:
    pictures = np.zeros((2, 4, 4), np.uint8)
    np.savez(tmp_path / "made.npz", samples=pictures, nearest=pictures)
    assert read_made(tmp_path / "made.npz")["samples"].shape == (2, 4, 4)
    for wrong in (
        pictures[:1],
        pictures.astype(float),
        np.zeros((2, 4, 4, 2), np.uint8),
        np.zeros((2, 0, 4), np.uint8),
    ):
        np.savez(tmp_path / "made.npz", samples=pictures, nearest=wrong)
        with pytest.raises(RunError, match=r"made.npz is damaged"):
            read_made(tmp_path / "made.npz")


def test_an_empty_cell_is_an_undefined_score(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("epoch,seconds,loss,val_auc\n1,0.5,2.0,\n2,1.0,1e300,0.5\n3,1.5,0")
    history = read_history(tmp_path / "metrics.csv")
    assert history is not None
    assert history.epochs.tolist() == [1, 2]  # a line that is being written is not counted
    assert np.isnan(history.curves["val_auc"]).tolist() == [True, False]
    assert np.isnan(history.curves["loss"]).tolist() == [False, True]
    with pytest.raises(RunError, match="a line is cut off"):
        read_history(tmp_path / "metrics.csv", whole=True)


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss\n1,x\n",
        "epoch,loss\n2,1\n",
        "epoch,loss\n1,1,1\n",
        "epoch,loss,loss\n1,1,1\n",
        "epoch\n1\n",
        "x,loss\n1,1\n",
        "epoch,phase,loss\n1,nan,1\n",
        "epoch,phase,loss\n1,1e18,1\n",
    ],
)
def test_curves_that_dlpy_does_not_write_are_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / "metrics.csv").write_text(text)
    with pytest.raises(RunError, match=r"metrics\.csv is damaged: "):
        read_history(tmp_path / "metrics.csv")
