"""Images of the user's own with other columns of their table, and several targets."""

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from dlpy.core.errors import DataError
from dlpy.data.task import Input, Output
from dlpy.datasets.image_folder import ImageFolder
from dlpy.experiment.experiment import load
from dlpy.training.pipeline import obtain, split, transform

LINES = ["file,age,city,note,price,sold,part", "a.png,1,Rome,old wall,10,yes,train", "b.png,2,Oslo,new wall,20,no,train",
         "c.png,3,Rome,old roof,30,yes,train", "d.png,4,Oslo,new roof,,no,test"]  # fmt: skip
INPUTS = {
    "photo": {"image": "file", "transforms": ["rescale"]},
    "facts": {"columns": ["age", "city"], "transforms": ["standardize"]},
    "note": {"text": "note", "transforms": ["tokenize", {"name": "pad", "length": 2}]},
}
TARGETS = {"price": {"column": "price", "missing": "mask"}, "sold": {"column": "sold"}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DLPY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "photos").mkdir()
    for number, name in enumerate("abcd"):
        Image.fromarray(np.full((6, 6, 3), 10 * number, np.uint8)).save(tmp_path / "photos" / f"{name}.png")
    (tmp_path / "labels.csv").write_text("\n".join(LINES) + "\n")
    return tmp_path


def photos(folder, **options) -> ImageFolder:
    given = {"name": "image_folder", "path": str(folder / "photos"), "labels_path": str(folder / "labels.csv"),
             "size": 4, "inputs": INPUTS, "targets": TARGETS}  # fmt: skip
    return ImageFolder.model_validate({**given, **options})


def test_images_come_with_columns_and_texts_of_their_table(folder):
    loaded = photos(folder, test={"column": "part"}).load()
    assert loaded.task.inputs["photo"] == Input("array", (4, 4, 3))
    assert loaded.task.outputs == {
        "price": Output("regression", has_missing=True),
        "sold": Output("binary", 1, ("no", "yes")),
    }
    assert (len(loaded.train), len(loaded.test)) == (3, 1)
    pixels = loaded.train.inputs["photo"].read()[:, 0, 0, 0].tolist()
    assert sorted(pixels) == [0, 10, 20]
    assert loaded.train.inputs["facts"].numeric[:, 0].tolist() == [1 + pixel / 10 for pixel in pixels]
    assert np.isnan(loaded.test.targets["price"]).all()
    assert loaded.notes == ("target 'price': 1 of 4 rows have none",)


def test_rows_are_transformed_by_input(folder):
    dataset = photos(folder, validation={"rows": [3, 3]})
    loaded = dataset.load()
    data, pipeline = transform(dataset, split(dataset, loaded), loaded.task)
    assert [(step.of, step.name) for step in pipeline.transforms] == [
        ("photo", "rescale"), ("facts", "standardize"), ("facts", "tabulate"), ("note", "tokenize"), ("note", "pad")
    ]  # fmt: skip
    assert pipeline.states[1]["mean"].tolist() == [2.0]
    assert data.task.inputs["facts"].shape == (3,)
    assert data.task.inputs["note"].shape == (2,)


def test_what_is_left_open_is_resolved_and_reads_back(folder):
    dataset = photos(folder, size=None, inputs={**INPUTS, "facts": {"columns": "rest"}})
    loaded = dataset.load()
    assert loaded.resolved["size"] == [6, 6]
    resolved = dataset.model_copy(update=loaded.resolved)
    assert resolved.inputs["facts"].columns == ["age", "city", "part"]
    again = ImageFolder.model_validate(resolved.model_dump()).load()
    assert (again.task, again.fingerprint()) == (loaded.task, loaded.fingerprint())


def test_several_targets_of_images_alone(folder):
    loaded = photos(folder, inputs=None, transforms=["rescale"]).load()
    assert (list(loaded.task.inputs), list(loaded.task.outputs)) == (["photo"], ["price", "sold"])
    assert [step.name for step in photos(folder, inputs=None, transforms=["rescale"]).all_transforms()] == ["rescale"]


def test_columns_beside_the_single_label(folder):
    loaded = photos(folder, targets=None, label="sold").load()
    assert loaded.task.outputs == {"target": Output("binary", 1, ("no", "yes"))}
    assert photos(folder, targets=None, label="sold").outline().outputs["target"].kind == "unknown"


def test_predict_reads_a_table_with_images_beside_it(folder):
    loaded = photos(folder).load()
    dataset = photos(folder).model_copy(update=loaded.resolved)
    table = folder / "photos" / "new.csv"
    table.write_text("file,age,city,note\nb.png,5,Bern,old wall\n")
    rows = dataset.read(table, loaded.task)
    assert (rows.targets, rows.inputs["photo"].shape, rows.inputs["photo"][0, 0, 0, 0]) == ({}, (1, 4, 4, 3), 10)
    assert dataset.carried(table, ["age"]) == {"age": ["5"]}


def test_a_smoke_test_needs_no_file(folder):
    targets = {"price": {"column": "price", "task": "regression"}, "sold": {"column": "sold", "task": "binary"}}
    loaded = obtain(photos(folder, targets=targets, labels_path="none.csv"), 1, smoke=True)
    assert loaded.train.inputs["photo"].shape == (256, 4, 4, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels_path": None}, "set 'labels_path'"),
        ({"on_bad": "skip"}, "the other columns of a row need its image"),
        ({"label": "sold"}, "'targets' are given too"),
        ({"transforms": ["rescale"]}, "with 'inputs', each has its own: data.inputs.photo.transforms"),
        ({"inputs": {"photo": {"image": "file", "size": 3}}}, "unknown option"),
        ({"inputs": {"photo": {"image": "sold"}}}, "column 'sold' cannot be both sold and photo"),
    ],
)
def test_options_that_do_not_fit_are_refused(folder, options, message):
    with pytest.raises(ValidationError, match=message):
        photos(folder, **options)


def test_mistakes_are_told_at_their_place(folder):
    (folder / "e.yaml").write_text(
        "data:\n  name: image_folder\n  path: photos\n  labels_path: labels.csv\n  inputs:\n    photo: {image: file}\n"
        "    facts: {columns: [age, age]}\n  targets: {sold: {column: sold}}\nmodel: dense\n"
    )
    with pytest.raises(Exception, match=r"e.yaml:7: data.inputs.facts.columns: column 'age' is listed twice") as error:
        load(folder / "e.yaml")
    assert "\n" not in str(error.value)
    (folder / "photos" / "b.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"b.png is not a JPEG"):
        photos(folder).load()
