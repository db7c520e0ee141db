"""Whole series with one label each: long and wide tables, files, missing cells, lengths, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Rows
from dlpy.data.whole_series import lengths_of, stacked, steps_of
from dlpy.datasets.whole_series import WholeSeries
from dlpy.transforms.standardize import Standardize

LONG = """id,t,a,b,label,person
x,1,1,10,up,p
x,2,2,20,up,p
y,2,4,40,down,q
y,1,3,30,down,q
y,3,5,50,down,q
x,3,6,60,up,p
x,4,7,70,up,p
"""
WIDE = """label,v_1,v_2,v_3
up,1,2,3
down,4,5,
up,6,7,8
"""
NAN = np.nan


def dataset(**options: Any) -> WholeSeries:
    return WholeSeries.model_validate({"name": "whole_series", **options})


def long(text: str = LONG, **options: Any) -> WholeSeries:
    Path("long.csv").write_text(text)
    return dataset(**{"path": "long.csv", "id": "id", "time": "t", "columns": ["a", "b"], **options})


def wide(text: str = WIDE, **options: Any) -> WholeSeries:
    Path("wide.csv").write_text(text)
    return dataset(path="wide.csv", **options)


def class_folders(write: Any) -> None:
    """Write two files in each of the folders up and down."""
    for number, name in enumerate(("up", "down", "up", "down")):
        folder = Path("series") / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / f"{number}", np.arange(6.0).reshape(3, 2)[: 2 + number % 2] + 10 * number)


def as_csv(path: Path, values: np.ndarray) -> None:
    np.savetxt(path.with_suffix(".csv"), values, delimiter=",", header="a,b", comments="")


def test_the_rows_of_a_long_table_become_series_in_order_of_time(workplace: Path) -> None:
    loaded = long(group="person").load()
    assert loaded.train.array.tolist() == [
        [[1, 10], [2, 20], [6, 60], [7, 70]],
        pytest.approx(np.array([[3, 30], [4, 40], [5, 50], [NAN, NAN]]), nan_ok=True),
    ]
    assert loaded.train.y.tolist() == [1, 0]  # classes are sorted: down, up
    assert loaded.train.columns["group"].tolist() == ["p", "q"]
    given = loaded.task.input
    assert (given.shape, given.padding, given.columns) == ((4, 2), "back", ("a", "b"))
    assert loaded.notes[-1] == "series of 3 to 4 steps"
    assert {key: loaded.resolved[key] for key in ("layout", "length", "columns")} == {
        "layout": "long",
        "length": 4,
        "columns": ["a", "b"],
    }


def test_channels_are_found_and_equal_lengths_are_not_padded(workplace: Path) -> None:
    loaded = long(LONG.replace("x,4,7,70,up,p\n", ""), columns=None).load()
    assert loaded.resolved["columns"] == ["a", "b"]
    assert loaded.task.input.padding is None


def test_labels_may_be_in_a_file_of_their_own(workplace: Path) -> None:
    Path("labels.csv").write_text("id,label\nz,up\ny,down\nx,up\n")
    loaded = long(labels_path="labels.csv").load()
    assert loaded.train.array[0, 0, 0] == 3  # y stands first in the file of labels
    assert loaded.train.y.tolist() == [0, 1]
    assert "labels.csv: 1 labels without a series are not used" in loaded.notes


def test_numbers_can_be_the_label(workplace: Path) -> None:
    text = LONG.replace("up", "0.5").replace("down", "1.25")
    loaded = long(text, task="regression").load()
    assert loaded.train.y.tolist() == [0.5, 1.25]


def test_empty_cells_at_the_end_of_a_wide_row_are_no_steps(workplace: Path) -> None:
    rows = wide().load().train
    assert rows.array.shape == (3, 3, 1)
    assert lengths_of(rows.array).tolist() == [3, 2, 3]


@pytest.mark.parametrize(
    ("how", "filled"), [("previous", [2, 2, 2, 8]), ("interpolate", [2, 4, 6, 8])], ids=["previous", "interpolate"]
)
def test_missing_cells_within_a_series_are_filled(workplace: Path, how: Any, filled: list[float]) -> None:
    rows = wide("label,v_1,v_2,v_3,v_4\nup,2,,,8\ndown,1,2,3,4\n", missing=how).load().train
    assert rows.array[0, :, 0].tolist() == filled


def test_files_in_class_folders_are_series(workplace: Path) -> None:
    class_folders(as_csv)
    loaded = dataset(path="series").load()
    assert loaded.task.output.classes == ("down", "up")
    assert sorted(lengths_of(loaded.train.array).tolist()) == [2, 2, 3, 3]
    arrays = {(int(row[0, 0]) // 10) % 2: label for row, label in zip(loaded.train.array, loaded.train.y, strict=True)}
    assert arrays == {0: 1, 1: 0}  # files 0 and 2 are of class up
    assert loaded.resolved["columns"] == ["a", "b"]


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_are_read_as_tables_are(workplace: Path, suffix: str) -> None:
    def write(path: Path, values: np.ndarray) -> None:
        np.save(path, values) if suffix == ".npy" else np.savez(path, x=values)

    class_folders(write)
    loaded = dataset(path="series").load()
    assert loaded.train.array.shape == (4, 3, 2)
    assert loaded.resolved["columns"] == ["channel_1", "channel_2"]


def test_folders_may_be_the_splits(workplace: Path) -> None:
    for part in ("train", "test"):
        class_folders(as_csv)
        Path("all").mkdir(exist_ok=True)
        Path("series").rename(Path("all") / part)
    loaded = dataset(path="all", parts={"train": "train", "test": "test"}).load()
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (4, 4)


def test_new_series_are_read_in_the_same_way_and_need_no_label(workplace: Path) -> None:
    loaded = long().load()
    data = long(**{key: loaded.resolved[key] for key in ("layout", "length")})
    Path("new.csv").write_text("id,t,a,b,note\nn,1,1,2,k\nn,2,3,4,k\nm,1,5,6,l\nm,2,7,8,l\n")
    assert data.read(Path("new.csv"), loaded.task).array[:, 0].tolist() == [[1, 2], [5, 6]]
    assert data.carried(Path("new.csv"), ["note"]) == {"id": ["n", "m"], "note": ["k", "l"]}
    Path("longer.csv").write_text("id,t,a,b\n" + "".join(f"n,{t},1,2\n" for t in range(5)))
    with pytest.raises(DataError, match="series 'n' has 5 steps; at most 4 are read"):
        data.read(Path("longer.csv"), loaded.task)
    last = data.model_copy(update={"longer": "last"}).read(Path("longer.csv"), loaded.task)
    assert lengths_of(last.array).tolist() == [4]


def test_series_of_one_length_cannot_be_predicted_from_shorter_ones(workplace: Path) -> None:
    loaded = wide("label,v_1,v_2,v_3\nup,1,2,3\ndown,4,5,6\n").load()
    data = wide(layout="wide", length=3, columns=["v_1", "v_2", "v_3"])
    Path("new.csv").write_text("v_1,v_2,v_3\n1,2,\n")
    with pytest.raises(DataError, match="series '1' has 2 steps, and all series that the run was trained on have 3"):
        data.read(Path("new.csv"), loaded.task)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LONG.replace("y,3,5,50,down", "y,3,5,50,up"), "long.csv:6: column 'label': 'up', but series 'y' began with 'down'"),
        (LONG.replace("y,3,5,50,down,q", "z,3,5,50,down,q"), "series 'z' has a single step"),
        (LONG.replace("y,1,3", "y,2,3"), "long.csv:5: column 't': '2' occurs twice in series 'y'"),
        (LONG.replace("x,2,2,20", "x,2,,20"), "series 'x', step 2, channel 'a': the cell is missing"),
        (LONG.replace("x,2,2,20", "x,2,?,red"), "column 'b': 'red'"),
        (LONG.replace("x,2,2", ",2,2"), "Each row needs the name of its series"),
        (LONG.replace("x,1,1,10,up", "x,1,1,10,").replace("x,2,2,20,up", "x,2,2,20,")
         .replace("x,3,6,60,up", "x,3,6,60,").replace("x,4,7,70,up", "x,4,7,70,"), "the target is missing"),
        ("id,t,a,b,label\nx,1,1,1,up\ny,1,2,2,down\n", "each row has another 'id'"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_in_one_line(workplace: Path, text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        long(text).load()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_labels_are_refused(workplace: Path) -> None:
    Path("labels.csv").write_text("id,label\nx,up\n")
    with pytest.raises(DataError, match=r"labels.csv has no row for series 'y': add its label"):
        long(labels_path="labels.csv").load()
    Path("labels.csv").write_text("id,label\nx,up\nx,up\ny,down\n")
    with pytest.raises(DataError, match=r"labels\.csv:3: column 'id': 'x' has a label further above"):
        long(labels_path="labels.csv").load()


def test_wrong_files_are_refused(workplace: Path) -> None:
    class_folders(lambda path, values: np.save(path, values))
    np.save("series/up/9.npy", np.zeros((3, 5)))
    with pytest.raises(DataError, match=r"has (5|2) channels; \d.npy has (5|2) channels"):
        dataset(path="series").load()
    np.save("series/up/9.npy", np.zeros((3, 2, 2)))
    with pytest.raises(DataError, match=r"expected numbers \(steps, channels\)"):
        dataset(path="series").load()
    np.save("series/up/9.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(DataError, match=r"9.npy is no array of numbers"):
        dataset(path="series").load()
    np.save("series/up/9.npy", np.array([[1.0, np.inf], [0, 0]]))
    with pytest.raises(DataError, match="step 1, channel 2 is inf"):
        dataset(path="series").load()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "required: the path"),
        ({"path": "x.csv", "layout": "long"}, "long needs 'id'"),
        ({"path": "x.csv", "id": "a", "time": "a"}, "column 'a' is also given as id"),
        ({"path": "x.csv", "id": "a", "target": "a"}, "column 'a' is also given as id"),
        ({"path": "x.csv", "time": "t"}, "a row of a wide table is a whole series"),
        ({"path": "x.csv", "id": "a", "task": "multilabel"}, "a series has one label"),
        ({"path": "x.csv", "id": "a", "parts": {"train": "t"}}, "they are folders"),
        ({"path": ".", "group": "person"}, "needs 'labels_path'"),
    ],
)
def test_options_that_do_not_fit_are_refused(workplace: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        dataset(**options)


def test_columns_of_arrays_cannot_be_kept(workplace: Path) -> None:
    with pytest.raises(ConfigError, match="each series has a file of its own"):
        dataset(path=".", layout="files").carried(Path("x"), ["a"])


def test_each_channel_is_standardized_by_all_steps_before_the_ends(workplace: Path) -> None:
    x = stacked([np.array([[0.0, 5], [2, 5]]), np.array([[4.0, 5], [6, 5], [8, 5]])], 3)
    assert steps_of(x)[:, 0].tolist() == [0, 2, 4, 6, 8]
    task = long().load().task
    state, made = Standardize(name="standardize").fit_apply(Rows.single(x), task)
    assert state["mean"].tolist() == [4, 5]
    assert state["deviation"] == pytest.approx([8**0.5, 1])  # the variance of 0, 2, 4, 6, 8; a constant channel
    assert made.array[1, 2] == pytest.approx([2**0.5, 0])
    assert lengths_of(made.array).tolist() == [2, 3]


@pytest.mark.parametrize("name", ["reverse", "reshape"])
def test_transforms_that_would_lose_the_ends_are_refused(workplace: Path, name: str) -> None:
    options = {"shape": [-1]} if name == "reshape" else {}
    transform = Transform.registry.get(name).model_validate({"name": name, **options})
    with pytest.raises(ConfigError, match=f"{name} would .*: remove it"):
        transform.outline(long().load().task)
