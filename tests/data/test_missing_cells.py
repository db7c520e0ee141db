"""Texts that mean a missing cell: named in errors, counted, and kept as values where the experiment says so."""

import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import DataError
from dlpy.datasets.csv import Csv
from dlpy.datasets.image_folder import ImageFolder
from dlpy.datasets.text_csv import TextCsv
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.experiment.experiment import load
from dlpy.training.inspect import inspect
from dlpy.training.pipeline import split, transform

ALL = '["", "NA", "N/A", "NaN", "nan", "null", "None", "?"]'
WITHOUT_NONE = '["", "NA", "N/A", "NaN", "nan", "null", "?"]'
WITHOUT_NA = '["", "N/A", "NaN", "nan", "null", "None", "?"]'
KEPT = f"which is {ALL}: set data.missing_values: {WITHOUT_NONE}"


def table(folder, rows=60, *, late=False):
    """Write a table with a country NA in every fourth row and a label None in every third, or in the last three."""
    lines = ["x,country,label"]
    for i in range(rows):
        none = i >= rows - 3 if late else i % 3 == 0
        lines.append(f"{i / 4},{'NA' if i % 4 == 0 else 'ZA'},{'None' if none else 'mild' if i % 2 else 'severe'}")
    (folder / "t.csv").write_text("\n".join(lines))
    return str(folder / "t.csv")


def told(dataset):
    with pytest.raises(DataError) as caught:
        dataset.load()
    return str(caught.value)


def test_a_class_called_none_is_told_with_its_text_line_and_option(tmp_path):
    error = told(Csv(path=table(tmp_path), target="label", missing="most_frequent"))
    assert error.startswith("t.csv:2: column 'label': 'None' marks a missing target. Every row needs one: fill it in ")
    assert " 20 cells of the column are missing. If 'None' is a value here, " in error
    assert error.endswith(KEPT)


def test_a_missing_target_far_down_a_column_of_texts_is_not_taken_for_a_class(tmp_path):
    error = told(Csv(path=table(tmp_path, late=True), target="label", missing="most_frequent"))
    assert error.startswith("t.csv:59: column 'label': 'None' marks a missing target.")
    assert " 3 cells of the column " in error


def test_a_country_called_na_is_told_like_a_label(tmp_path):
    error = told(Csv(path=table(tmp_path), target="label", missing_values=["", "NA"]))
    assert error.startswith("t.csv:2: column 'country': 'NA' marks a missing cell. Set data.missing: most_frequent, ")
    assert error.endswith('which is ["", "NA"]: set data.missing_values: [""]')


def test_texts_that_are_left_out_of_missing_values_are_values(tmp_path):
    loaded = Csv(path=table(tmp_path), target="label", missing_values=[""]).load()
    assert loaded.task.output.classes == ("None", "mild", "severe")
    assert np.bincount(loaded.train.y).tolist() == [20, 20, 20]
    assert sorted(set(loaded.train.x.categorical[:, 0])) == ["NA", "ZA"]


def test_an_empty_cell_is_called_missing(tmp_path):
    (tmp_path / "t.csv").write_text("x,label\n1,a\n2,\n3,b\n")
    error = told(Csv(path=str(tmp_path / "t.csv"), target="label"))
    assert error == (
        "t.csv:3: column 'label': the target is missing. Every row needs one: fill it in or delete the row. "
        "It is the only missing cell of the column."
    )


def test_check_counts_missing_cells_by_column_and_text(tmp_path):
    (tmp_path / "t.csv").write_text(
        "x,alley,y\n"
        + "".join(f"{'?' if i < 2 else '' if i == 2 else i},{'None' if i % 4 else 'a'},{i / 7}\n" for i in range(40))
    )
    path = tmp_path / "e.yaml"
    data = "{name: csv, path: t.csv, target: y, missing: {x: median, alley: none at all}}"
    path.write_text(f"data: {data}\nmodel: {{name: dense, units: [4]}}\ntraining: {{epochs: 1}}\n")
    lines = list(inspect(*load(path)))
    assert lines[0] == f"data: file, {tmp_path / 't.csv'} (33 missing cells filled)"
    assert lines[1:6] == [
        "missing cells: 33 (data.missing_values lists the texts that mark one)",
        "  column  text    cells  filled with",
        "  x       '?'         2  median",
        "  x       empty       1  median",
        "  alley   'None'     30  none at all",
    ]


def test_new_rows_with_a_missing_cell_are_told_with_its_text(tmp_path):
    dataset = Csv(path=table(tmp_path), target="label", missing_values=[""])
    task = dataset.load().task
    dataset = dataset.model_copy(update={"numeric": ["x"], "categorical": ["country"], "missing_values": ["", "NA"]})
    (tmp_path / "new.csv").write_text("x,country\n1,ZA\n2,NA\n")
    with pytest.raises(DataError, match=r"new\.csv:3: column 'country': 'NA' marks a missing cell\. .*: \[\"\"\]$"):
        dataset.read(tmp_path / "new.csv", task)
    dataset = dataset.model_copy(update={"missing_values": ["", "None"]})
    (tmp_path / "new.csv").write_text("x,country,label\n1,ZA,mild\n2,ZA,None\n")
    with pytest.raises(DataError, match=r"new\.csv:3: column 'label': 'None' marks .* Other rows have one: fill"):
        dataset.read(tmp_path / "new.csv", task)


def test_labels_of_texts_and_of_images_may_be_called_none(tmp_path):
    (tmp_path / "t.csv").write_text(
        "text,label\n" + "".join(f"word {i},{'None' if i % 2 else 'a'}\n" for i in range(8))
    )
    path = str(tmp_path / "t.csv")
    assert told(TextCsv(path=path)).endswith(KEPT)
    assert TextCsv(path=path, missing_values=[""]).load().task.output.classes == ("None", "a")
    for i in range(4):
        Image.new("RGB", (4, 4)).save(tmp_path / f"{i}.png")
    (tmp_path / "l.csv").write_text("file,label\n0.png,a\n1.png,None\n2.png,a\n3.png,None\n")
    options = {"path": str(tmp_path), "labels_path": str(tmp_path / "l.csv"), "size": [4, 4]}
    assert told(ImageFolder(**options)).endswith(KEPT)
    assert ImageFolder(**options, missing_values=[]).load().task.output.classes == ("None", "a")


def test_a_series_says_which_text_is_no_number(tmp_path):
    (tmp_path / "t.csv").write_text("y\n1\n2\nNA\n4\n5\n")
    error = told(TimeseriesCsv(path=str(tmp_path / "t.csv"), target=["y"], lookback=1, delay=0))
    assert error.startswith("t.csv:4: column 'y': the cell is missing: 'NA'. A series needs every value")


def test_cells_are_filled_as_the_table_says(tmp_path):
    dataset = Csv(path=table(tmp_path), target="x", ignore=["label"], missing={"country": "nowhere"}, validation=None)
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert data.train.x.sum(axis=0).tolist() == [45, 15]  # ZA, nowhere
