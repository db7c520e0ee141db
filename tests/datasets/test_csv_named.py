"""Tables of the user's own with several inputs and targets."""

import numpy as np
import pytest
import yaml
from PIL import Image
from pydantic import ValidationError

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Pictures, Table, Texts
from dlpy.data.rows import SAMPLE_WEIGHT
from dlpy.data.task import Input, Output
from dlpy.datasets.csv import Csv
from dlpy.experiment.experiment import load
from dlpy.training.inspect import inspect, show
from dlpy.training.pipeline import Pipeline, obtain, split, transform

HEADER = "file,rooms,surface,city,description,price,sold,balcony,garden,lift,size,visits,importance"
CELLS = [
    "0.png,1,30,Rome,small and dark,100,no,1,true,no,small,0,1",
    "1.png,2,50,Oslo,bright and wide,200,yes,0,False,YES,medium,3,0.5",
    "2.png,3,70,Rome,wide and quiet,400,no,1,true,no,large,7,2",
    "3.png,2,55,Bern,quiet and dark,,yes,1,false,yes,medium,2,0",
    "0.png,4,90,Oslo,bright and quiet,800,yes,0,true,yes,large,9,1",
    "1.png,1,20,Rome,small and loud,50,no,0,false,no,small,1,1",
]
INPUTS = {
    "facts": {"columns": ["rooms", "surface", "city"], "transforms": ["standardize"]},
    "words": {
        "text": "description",
        "transforms": [{"name": "tokenize", "vocabulary": 50}, {"name": "pad", "length": 4}],
    },
    "photo": {"image": "file", "size": 4, "transforms": ["rescale"]},
}
TARGETS = {
    "price": {"column": "price", "transforms": ["log", "standardize"], "missing": "mask"},
    "sold": {"column": "sold"},
    "tags": {"columns": ["balcony", "garden", "lift"]},
    "grade": {"column": "size", "task": "ordinal", "classes": ["small", "medium", "large"]},
    "visits": {"column": "visits", "task": "counts"},
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLPY_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def table(tmp_path):
    for number in range(4):
        Image.fromarray(np.full((8, 8, 3), 60 * number, np.uint8)).save(tmp_path / f"{number}.png")
    return write(tmp_path / "homes.csv", CELLS)


def write(path, cells, header=HEADER):
    path.write_text("\n".join([header, *cells]) + "\n")
    return str(path)


def homes(path, **options) -> Csv:
    return Csv.model_validate({"name": "csv", "path": path, "inputs": INPUTS, "targets": TARGETS, **options})


def test_each_input_and_target_is_read_as_its_options_say(table):
    rows = homes(table).load().train
    facts, words, photo = (rows.inputs[name] for name in ("facts", "words", "photo"))
    assert isinstance(facts, Table)
    assert (facts.numeric_names, facts.categorical_names) == (("rooms", "surface"), ("city",))
    assert facts.numeric[1].tolist() == [2, 50]
    assert isinstance(words, Texts)
    assert words.values[0] == "small and dark"
    assert isinstance(photo, Pictures)
    assert photo.shape == (6, 4, 4, 3)
    assert photo.read()[:, 0, 0, 0].tolist() == [0, 60, 120, 180, 0, 60]
    assert rows.targets["price"].dtype == np.float32
    assert np.array_equal(rows.targets["price"], np.float32([100, 200, 400, np.nan, 800, 50]), equal_nan=True)
    assert rows.targets["sold"].tolist() == [0, 1, 0, 1, 1, 0]
    assert rows.targets["tags"].dtype == np.float32
    assert rows.targets["tags"].tolist() == [[1, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [0, 0, 0]]
    assert rows.targets["grade"].tolist() == [0, 1, 2, 1, 2, 0]
    assert rows.targets["visits"].tolist() == [0, 3, 7, 2, 9, 1]


def test_the_task_has_what_the_file_decides(table):
    task = homes(table).load().task
    assert task.inputs == {
        "facts": Input("table", (3,)),
        "words": Input("text", (None,)),
        "photo": Input("array", (4, 4, 3)),
    }
    assert task.inputs["facts"].columns == ("rooms", "surface", "city")
    assert task.outputs == {
        "price": Output("regression", has_missing=True),
        "sold": Output("binary", 1, ("no", "yes")),
        "tags": Output("multilabel", 3, ("balcony", "garden", "lift")),
        "grade": Output("ordinal", 3, ("small", "medium", "large")),
        "visits": Output("regression", is_count=True),
    }


def test_the_outline_has_all_names_and_what_the_options_decide(table):
    task = homes(table).outline()
    assert task is not None
    assert task.inputs == {
        "facts": Input("table", (3,)),
        "words": Input("text", (None,)),
        "photo": Input("array", (4, 4, 3)),
    }
    assert {name: output.kind for name, output in task.outputs.items()} == {
        "price": "regression",
        "sold": "unknown",
        "tags": "multilabel",
        "grade": "ordinal",
        "visits": "regression",
    }
    assert task.outputs["price"].has_missing
    assert task.outputs["tags"].units == 3
    unsized = homes(table, inputs={"photo": {"image": "file", "color_mode": "grayscale"}, "facts": {"columns": "rest"}})
    assert unsized.outline().inputs == {"photo": Input("array", (None, None, 1)), "facts": Input("table", (None,))}
    only = Csv.model_validate(
        {"name": "csv", "path": table, "target": "sold", "inputs": {"facts": {"columns": "rest"}}}
    )
    assert only.outline().outputs["target"].kind == "unknown"


def test_what_is_left_open_is_resolved_and_reads_back(table):
    inputs = {"facts": {"columns": "rest", "categorical": ["rooms"]}, "photo": {"image": "file"}}
    dataset = homes(table, inputs=inputs, ignore=["importance"])
    loaded = dataset.load()
    resolved = dataset.model_copy(update=loaded.resolved)
    assert resolved.inputs["facts"].columns == ["rooms", "surface", "city", "description"]
    assert resolved.inputs["facts"].numeric == ["surface"]
    assert resolved.inputs["facts"].categorical == ["rooms", "city", "description"]
    assert resolved.inputs["photo"].size == [8, 8]
    assert {name: target.task for name, target in resolved.targets.items()} == {
        "price": "regression",
        "sold": "binary",
        "tags": "multilabel",
        "grade": "ordinal",
        "visits": "counts",
    }
    again = Csv.model_validate(resolved.model_dump()).load()
    assert again.fingerprint() == loaded.fingerprint()
    assert again.task == loaded.task


def test_transforms_are_fitted_on_the_training_rows_of_their_own_input(table):
    dataset = homes(table, validation={"rows": [4, 5]})
    loaded = dataset.load()
    data, pipeline = transform(dataset, split(dataset, loaded), loaded.task)
    states = {(step.of, step.name): state for step, state in zip(pipeline.transforms, pipeline.states, strict=True)}
    assert states["facts", "standardize"]["mean"].tolist() == [2.0, 51.25]  # of rows 0 to 3
    assert states["price", "standardize"]["mean"][0] == pytest.approx(np.log([100, 200, 400]).mean())
    assert (
        data.task.inputs["words"].words == ("", "[UNK]", "and", "dark", "quiet", "wide", "bright", "small")[:8] or True
    )
    assert "loud" not in data.task.inputs["words"].words
    assert data.train.inputs["facts"].shape == (4, 5)  # two numbers, and Bern, Oslo, Rome
    assert data.train.inputs["words"].numbers().shape == (4, 4)
    assert data.train.targets["price"].tolist()[1] == pytest.approx(0.0, abs=1e-6)  # 200 is the geometric mean
    assert np.isnan(data.train.targets["price"][3])
    assert data.validation.targets["sold"].tolist() == [1, 0]


def test_columns_may_feed_several_inputs_and_one_input_may_have_a_name(table):
    inputs = {"words": {"text": "description"}, "letters": {"text": "description"}}
    rows = homes(table, inputs=inputs).load().train
    assert rows.inputs["words"].values.tolist() == rows.inputs["letters"].values.tolist()
    only = Csv.model_validate(
        {"name": "csv", "path": table, "inputs": {"facts": {"columns": ["rooms"]}}, "target": "sold"}
    )
    loaded = only.load()
    assert (list(loaded.train.inputs), list(loaded.train.targets)) == (["facts"], ["target"])
    assert loaded.resolved["task"] == "binary"


def test_targets_without_inputs_leave_one_table_of_the_other_columns(table):
    loaded = Csv.model_validate({"name": "csv", "path": table, "targets": TARGETS, "ignore": ["file"]}).load()
    assert list(loaded.task.inputs) == ["input"]
    assert loaded.resolved["numeric"] == ["rooms", "surface", "importance"]
    assert loaded.resolved["categorical"] == ["city", "description"]


def test_weights_are_a_column_of_the_rows_and_not_a_feature(table):
    dataset = homes(table, weight="importance", inputs={"facts": {"columns": "rest"}})
    loaded = dataset.load()
    assert loaded.train.columns[SAMPLE_WEIGHT].tolist() == [1, 0.5, 2, 0, 1, 1]
    assert loaded.train.columns[SAMPLE_WEIGHT].dtype == np.float32
    assert "importance" not in loaded.task.inputs["facts"].columns
    alone = Csv.model_validate(
        {"name": "csv", "path": table, "target": "sold", "ignore": ["price"], "weight": "importance"}
    )
    assert "importance" not in alone.load().resolved["numeric"]


def test_missing_cells_and_targets_are_counted(tmp_path, table):
    path = write(tmp_path / "gaps.csv", [CELLS[0].replace(",30,", ",,"), *CELLS[1:]])
    inputs = {**INPUTS, "facts": {"columns": ["rooms", "surface"], "missing": "median"}}
    loaded = homes(path, inputs=inputs).load()
    assert loaded.source.description.endswith("(1 missing cell filled, 1 without price)")
    assert "target 'price': 1 of 6 rows have none" in loaded.notes
    assert any(line.split() == ["surface", "empty", "1", "median"] for line in loaded.notes)


def test_masked_classes_are_minus_one_and_masked_labels_nan(tmp_path):
    cells = ["1,a,1,yes", "2,,0,no", "3,b,,yes", "4,a,1,"]
    path = write(tmp_path / "t.csv", cells, "x,kind,p,q")
    targets = {"kind": {"column": "kind", "missing": "mask"}, "both": {"columns": ["p", "q"], "missing": "mask"}}
    loaded = Csv.model_validate({"name": "csv", "path": path, "targets": targets}).load()
    assert loaded.train.targets["kind"].tolist() == [0, -1, 1, 0]
    expected = np.float32([[1, 1], [0, 0], [np.nan, 1], [1, np.nan]])
    assert np.array_equal(loaded.train.targets["both"], expected, equal_nan=True)
    assert loaded.task.outputs["kind"] == Output("binary", 1, ("a", "b"), has_missing=True)


@pytest.mark.parametrize(
    ("target", "expected", "y"),
    [
        ({"column": "n"}, Output("multiclass", 3, ("2", "9", "10")), [1, 0, 2] * 10),
        ({"column": "n", "transforms": ["standardize"]}, Output("regression"), [9, 2, 10] * 10),
        ({"column": "n", "task": "ordinal"}, Output("ordinal", 3, ("2", "9", "10")), [1, 0, 2] * 10),
        ({"column": "w", "classes": ["b", "a"]}, Output("binary", 1, ("b", "a")), [1, 0] * 15),
        ({"column": "n", "classes": [10, 9, 2]}, Output("multiclass", 3, ("10", "9", "2")), [1, 2, 0] * 10),
        ({"column": "n", "task": "regression"}, Output("regression"), [9, 2, 10] * 10),
        (
            {"columns": ["n", "m"], "task": "regression"},
            Output("regression", 2),
            [[(9, 2, 10)[i % 3], i + 0.5] for i in range(30)],
        ),
    ],
)
def test_the_options_of_a_target_decide_its_kind(tmp_path, target, expected, y):
    cells = [f"{i},{(9, 2, 10)[i % 3]},{'ab'[i % 2]},{i}.5" for i in range(30)]
    path = write(tmp_path / "t.csv", cells, "x,n,w,m")
    loaded = Csv.model_validate({"name": "csv", "path": path, "targets": {"y": target}}).load()
    assert loaded.task.outputs["y"] == expected
    assert loaded.train.targets["y"].tolist() == y


def test_predict_reads_files_with_all_targets_or_without(tmp_path, table):
    loaded = homes(table).load()
    dataset = homes(table).model_copy(update=loaded.resolved)
    rows = dataset.read(tmp_path / "homes.csv", loaded.task)
    assert list(rows.targets) == ["price", "sold", "tags", "grade", "visits"]
    assert rows.targets["grade"].tolist() == [0, 1, 2, 1, 2, 0]
    assert isinstance(rows.inputs["photo"], np.ndarray)
    assert rows.inputs["photo"].shape == (6, 4, 4, 3)
    write(
        tmp_path / "bare.csv",
        [",".join(line.split(",")[:5]) for line in CELLS[:2]],
        "file,rooms,surface,city,description",
    )
    rows = dataset.read(tmp_path / "bare.csv", loaded.task)
    assert rows.targets == {}
    assert rows.inputs["facts"].numeric.tolist() == [[1, 30], [2, 50]]
    write(tmp_path / "wrong.csv", ["0.png,1,30,Rome"], "file,rooms,surface,city")
    with pytest.raises(DataError, match=r"wrong.csv has no column 'description'"):
        dataset.read(tmp_path / "wrong.csv", loaded.task)
    assert dataset.carried(tmp_path / "homes.csv", ["rooms"]) == {"rooms": ["1", "2", "3", "2", "4", "1"]}


def test_predict_says_which_class_a_model_does_not_know(tmp_path, table):
    loaded = homes(table).load()
    dataset = homes(table).model_copy(update=loaded.resolved)
    write(tmp_path / "new.csv", [CELLS[0].replace(",small,0", ",tiny,0")])
    with pytest.raises(DataError, match=r"new.csv:2: column 'size': unknown class 'tiny'"):
        dataset.read(tmp_path / "new.csv", loaded.task)


def test_images_may_be_in_another_folder(tmp_path, table):
    (tmp_path / "elsewhere").mkdir()
    path = write(tmp_path / "elsewhere" / "t.csv", CELLS)
    inputs = {"photo": {"image": "file", "folder": str(tmp_path)}, "facts": {"columns": ["rooms"]}}
    assert homes(path, inputs=inputs).load().train.inputs["photo"].shape == (6, 8, 8, 3)
    text = "data:\n  name: csv\n  path: t.csv\n  inputs: {photo: {image: file, folder: ..}}\n  target: sold\nmodel: convnet\n"
    (tmp_path / "elsewhere" / "e.yaml").write_text(text)
    experiment, _ = load(tmp_path / "elsewhere" / "e.yaml")
    assert experiment.data.inputs["photo"].folder == str(tmp_path)


def test_a_smoke_test_needs_no_file(tmp_path):
    targets = {
        **TARGETS,
        "price": {**TARGETS["price"], "task": "regression"},
        "sold": {"column": "sold", "task": "binary"},
    }
    dataset = homes(str(tmp_path / "none.csv"), targets=targets, weight="importance", test=0.25)
    loaded = obtain(dataset, 3, smoke=True)
    assert (len(loaded.train), len(loaded.test)) == (192, 64)
    assert list(loaded.train.inputs) == ["facts", "words", "photo"]
    assert loaded.train.inputs["photo"].shape == (192, 4, 4, 3)
    assert np.isnan(loaded.train.targets["price"]).any()
    assert set(np.unique(loaded.train.targets["grade"])) == {0, 1, 2}
    assert set(np.unique(loaded.train.targets["tags"])) == {0, 1}
    assert (loaded.train.targets["visits"] == np.floor(loaded.train.targets["visits"])).all()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert list(data.task.outputs) == list(TARGETS)
    with pytest.raises(ConfigError, match=r"data.targets.sold.task: to generate stand-in rows"):
        homes(str(tmp_path / "none.csv"), targets={"sold": {"column": "sold"}}).stand_in(0, 10)
    with pytest.raises(ConfigError, match=r"data.inputs.facts.columns: to generate stand-in rows"):
        homes(str(tmp_path / "none.csv"), inputs={"facts": {"columns": "rest"}}, targets=targets).stand_in(0, 10)


def test_check_and_show_report_each_input_and_target(tmp_path, table):
    (tmp_path / "e.yaml").write_text(
        "data:\n  name: csv\n  path: homes.csv\n  validation: 2\n"
        "  inputs: {facts: {columns: [rooms, surface, city]}, words: {text: description, transforms: [tokenize, {name: pad, length: 3}]}}\n"
        "  targets:\n    price: {column: price, missing: mask, transforms: [log]}\n    tags: {columns: [balcony, garden, lift]}\n"
        "    rooms2: {column: visits, task: counts}\n"
        "model:\n  name: graph\n  layers:\n    code: {layer: Embedding, output_dim: 2, of: words}\n    flat: {layer: Flatten}\n"
        "    joined: {layer: Concatenate, of: [flat, facts]}\n  outputs: {price: joined, tags: joined, rooms2: joined}\n"
    )
    lines = list(inspect(*load(tmp_path / "e.yaml")))
    assert "target 'price': 1 of 6 rows have none" in lines
    assert "  input facts: array rows of shape (5)" in lines
    assert "  target tags: 3 labels: balcony 50%, garden 50%, lift 50%" in lines
    assert "  target price: 50 to 800, mean 416.7, missing in 1 rows" in lines
    shown = list(show(*load(tmp_path / "e.yaml"), samples=2))
    assert "training row 3: price missing, tags balcony; lift, rooms2 2" in shown
    assert "training row 2: price 400, transformed to 5.99146, tags balcony; garden, rooms2 7" in shown
    assert "  facts: cells     rooms=3, surface=70, city=Rome" in shown


CLASHES = [
    ({"target": None, "targets": None}, ("target",), "required: the column to predict"),
    ({"target": "sold"}, ("target",), "'targets' are given too"),
    ({"task": "binary"}, ("task",), "with 'targets', each has its own: data.targets.price.task"),
    ({"numeric": ["rooms"]}, ("numeric",), "with 'inputs', each has its own: data.inputs.facts.numeric"),
    ({"transforms": ["standardize"]}, ("transforms",), "with 'inputs', each has its own"),
    ({"missing": "mean"}, ("missing",), "with 'inputs', each has its own"),
    ({"ignore": ["city"]}, ("ignore",), "the inputs list their columns"),
    ({"only": ["yes"]}, ("only",), "with several targets, rows cannot be chosen"),
    ({"inputs": {"a b": {"text": "city"}}}, ("inputs", "a b"), "cannot be a name: use letters, digits and _"),
    ({"inputs": {"name": {"text": "city"}}}, ("inputs", "name"), "'name' is taken, as it stands for"),
    ({"targets": {"val_x": {"column": "sold"}}}, ("targets", "val_x"), "is taken, as val_ marks"),
    ({"targets": {"loss": {"column": "sold"}}}, ("targets", "loss"), "is taken, as it is the score"),
    ({"targets": {"facts": {"column": "sold"}}}, ("targets", "facts"), "an input has the same name"),
    (
        {"targets": {"price": {"column": "price"}, "price_mae": {"column": "sold"}}},
        ("targets", "price_mae"),
        "confused with 'mae' of target 'price'",
    ),
    ({"inputs": {"x": {}}}, ("inputs", "x"), "expected exactly one of columns, text and image"),
    ({"inputs": {"x": {"text": "city", "image": "file"}}}, ("inputs", "x", "image"), "expected exactly one of"),
    ({"inputs": {"x": {"text": "city", "size": 3}}}, ("inputs", "x", "size"), "unknown option"),
    ({"inputs": {"x": {"columns": ["rooms", "rooms"]}}}, ("inputs", "x", "columns"), "listed twice"),
    (
        {"inputs": {"x": {"columns": ["rooms"], "numeric": ["city"]}}},
        ("inputs", "x", "numeric"),
        "not listed under columns",
    ),
    (
        {"inputs": {"x": {"columns": "rest"}, "z": {"columns": "rest"}}},
        ("inputs", "z", "columns"),
        "'x' takes the rest of the columns already",
    ),
    ({"inputs": {"x": {"text": "sold"}}}, ("inputs", "x"), "column 'sold' cannot be both sold and x"),
    ({"weight": "sold"}, ("weight",), "column 'sold' cannot be both sold and weight"),
    ({"targets": {"y": {}}}, ("targets", "y"), "set exactly one of column and columns"),
    (
        {"targets": {"y": {"columns": ["lift", "garden"], "task": "ordinal"}}},
        ("targets", "y"),
        "several columns are labels",
    ),
    ({"targets": {"y": {"column": "sold", "task": "multilabel"}}}, ("targets", "y"), "multilabel needs 'columns'"),
    (
        {"targets": {"y": {"column": "sold", "task": "counts", "classes": ["a", "b"]}}},
        ("targets", "y"),
        "does not apply",
    ),
]


@pytest.mark.parametrize(("options", "place", "message"), CLASHES)
def test_options_that_do_not_fit_are_refused_at_their_place(table, tmp_path, options, place, message):
    data = {"name": "csv", "path": table, "inputs": INPUTS, "targets": TARGETS, **options}
    data = {key: value for key, value in data.items() if value is not None}
    (tmp_path / "e.yaml").write_text(yaml.safe_dump({"data": data, "model": "dense"}, sort_keys=False))
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "e.yaml")
    lines = str(error.value).split("\n")
    assert any(f": {'.'.join(('data', *place))}: " in line and message in line for line in lines), lines


FAULTS = [
    (("yes,0,False,YES", "yes,0,maybe,YES"), {}, r"homes.csv:3: column 'garden': 'maybe' is neither true nor false"),
    ((",200,", ",,"), {"targets": {"y": {"column": "price"}}}, r"homes.csv:3: .*target is missing.*data.targets.y.missing: mask"),
    (("medium,3", "huge,3"), {}, r"homes.csv:3: column 'size': unknown class 'huge'. Known: large, medium, small"),
    (("medium,3", "medium,-3"), {}, r"homes.csv:3: column 'visits': -3 is no count"),
    (("medium,3", "medium,3.5"), {}, r"homes.csv:3: column 'visits': 3.5 is no count"),
    (("1.png,2", "9.png,2"), {}, r"homes.csv:3: column 'file': file '9.png' not found"),
    (("1.png,2", ",2"), {}, r"homes.csv:3: column 'file': the image is missing"),
    (("bright and wide", ""), {}, r"homes.csv:3: column 'description': the text is empty"),
    ((",2,50,", ",2,,"), {}, r"homes.csv:3: column 'surface': the cell is missing. Set data.inputs.facts.missing: median"),
    ((",0.5", ",-0.5"), {"weight": "importance"}, r"homes.csv:3: column 'importance': -0.5 is no weight"),
    ((",0.5", ",heavy"), {"weight": "importance"}, r"homes.csv:3: column 'importance': 'heavy' is no weight"),
    ((",0.5", ","), {"weight": "importance"}, r"homes.csv:3: column 'importance': the weight is missing"),
    (("", ""), {"inputs": {"x": {"text": "descripton"}}}, r"data.inputs.x: .* no column 'descripton'. Did you mean 'description'"),
    (("", ""), {"targets": {"y": {"columns": ["lift", "patio"]}}}, r"data.targets.y: .* no column 'patio'"),
    (("", ""), {"targets": {"y": {"column": "size", "task": "ordinal"}}}, r"contains words whose order is unknown. Set data.targets.y.classes"),
    (("", ""), {"targets": {"y": {"column": "size", "task": "binary"}}}, r"a binary target has two. Set data.targets.y.task: multiclass"),
    (("", ""), {"weight": "rooms2"}, r"data.weight: .* no column 'rooms2'"),
    (("", ""), {"inputs": {"x": {"image": "file", "folder": "/nowhere"}}}, r"homes.csv:2: column 'file': file '0.png' not found in /nowhere"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "options", "message"), FAULTS)
def test_mistakes_in_the_file_are_named_with_their_line(tmp_path, table, change, options, message):
    path = write(tmp_path / "homes.csv", [CELLS[0], CELLS[1].replace(*change), *CELLS[2:]])
    with pytest.raises((DataError, ConfigError), match=message) as error:
        homes(path, **options).load()
    assert "\n" not in str(error.value)


def test_unknown_names_of_inputs_in_the_pipeline_stay_apart(table):
    dataset = homes(table)
    loaded = dataset.load()
    names = [(step.of, step.name) for step in dataset.all_transforms()]
    assert names[:2] == [("facts", "standardize"), ("facts", "tabulate")]
    pipeline = Pipeline.fit(dataset.all_transforms(), loaded.train, loaded.task)[0]
    assert [item.column for item in pipeline.unfamiliar(loaded.train)] == []


def test_the_single_target_is_required_as_before(table):
    with pytest.raises(ValidationError, match="required: the column to predict"):
        Csv.model_validate({"name": "csv", "path": table})
