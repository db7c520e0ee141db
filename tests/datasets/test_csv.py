"""Tables of the user's own."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dlpy.core.errors import ConfigError, DataError, UnavailableError
from dlpy.data.tables.cell_formats import CellFormat
from dlpy.datasets.csv import Csv
from dlpy.experiment.experiment import load, raise_mistakes
from dlpy.training.pipeline import obtain, split, transform

BOSTON = Path(__file__).parents[2] / "../shared/data/boston.csv"
SMALL = "age,city,income,bought\n" + "".join(
    f"{20 + i},{'Rome' if i % 3 else 'Oslo'},{i * 1.5},{'yes' if i % 2 else 'no'}\n" for i in range(40)
)


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.csv").write_text(SMALL)
    return str(tmp_path / "small.csv")


def changed(tmp_path, old, new):
    assert old in SMALL
    (tmp_path / "small.csv").write_text(SMALL.replace(old, new, 1))
    return str(tmp_path / "small.csv")


def test_columns_and_task_are_guessed_and_written_down(small):
    loaded = Csv(path=small, target="bought").load()
    assert loaded.resolved == {"numeric": ["age", "income"], "categorical": ["city"], "task": "binary"}
    assert loaded.task.output.classes == ("no", "yes")
    assert loaded.train.y.tolist()[:4] == [0, 1, 0, 1]
    assert loaded.train.x.categorical[:3, 0].tolist() == ["Oslo", "Rome", "Rome"]


@pytest.mark.parametrize(
    ("cells", "kind", "classes"),
    [
        (["1.5", "2", "3", "4"] * 10, "regression", ()),
        ([str(i) for i in range(40)], "regression", ()),
        (["10", "9", "2"] * 10, "multiclass", ("2", "9", "10")),
        (["1.0", "0", "1", "0.0"] * 10, "binary", ("0", "1")),
        (["b", "a", "c"] * 10, "multiclass", ("a", "b", "c")),
        (["true", "false"] * 10, "binary", ("false", "true")),
        (["1", "2"], "regression", ()),
    ],
)
def test_the_target_decides_the_task(tmp_path, cells, kind, classes):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{i}.5,{cell}\n" for i, cell in enumerate(cells)))
    output = Csv(path=str(path), target="y").load().task.output
    assert (output.kind, output.classes) == (kind, classes)


def test_a_table_goes_through_the_pipeline_to_one_float32_matrix(small):
    dataset = Csv.model_validate({"name": "csv", "path": small, "target": "bought", "transforms": ["standardize"]})
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert data.train.x.dtype == np.float32
    assert data.task.input.shape == (4,)  # age, income, Oslo, Rome
    assert np.allclose(data.train.x[:, :2].mean(axis=0), 0, atol=1e-6)
    assert data.train.x[:, 2:].sum(axis=1).tolist() == [1.0] * len(data.train)


def test_listed_columns_are_taken_and_ignored_ones_left_out(small):
    loaded = Csv(path=small, target="bought", numeric=["income"], categorical=["age"]).load()
    assert loaded.train.x.numeric_names == ("income",)
    assert loaded.train.x.categorical[0].tolist() == ["20"]
    assert Csv(path=small, target="bought", ignore=["city"]).load().train.x.categorical_names == ()


def test_test_rows_groups_and_marks_keep_rows_apart(small):
    loaded = Csv.model_validate({"name": "csv", "path": small, "target": "bought", "test": 0.25}).load()
    assert (len(loaded.train), len(loaded.test)) == (30, 10)
    assert not set(loaded.train.index) & set(loaded.test.index)
    marked = Csv.model_validate(
        {"name": "csv", "path": small, "target": "bought", "test": {"column": "city", "value": "Oslo"}, "group": "age"}
    ).load()
    assert set(marked.test.x.numeric[:, 0]) == {0.0 + 4.5 * i for i in range(14)}
    assert marked.train.columns["group"][0] == "21"
    assert marked.train.x.numeric_names == ("income",)


@pytest.mark.parametrize(
    ("rule", "expected"), [("mean", 1125 / 34), ("median", 33.75), (7, 7.0), ({"income": "median"}, 33.75)]
)
def test_missing_cells_are_filled_from_training_rows(tmp_path, rule, expected):
    path = changed(tmp_path, "40,Rome,30.0", "40,Rome,NA")
    dataset = Csv(path=path, target="bought", missing=rule, validation=None, test={"count": 5, "take": "first"})
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert data.train.x[15, 1] == np.float32(expected)  # of 7.5, 9, ... 58.5 without 30: 34 numbers


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("23,Oslo,4.5", "23,Oslo,", "small.csv:5: column 'income': the cell is missing. Set data.missing: median,"),
        ("23,Oslo", "23,?", "small.csv:5: column 'city': '?' marks a missing cell. Set data.missing: most_frequent,"),
        ("23,Oslo,4.5", "23,Oslo,abc", "small.csv:5: column 'income': 'abc' is not a number."),
        ("23,Oslo,4.5", "23,Oslo,inf", "small.csv:5: column 'income': 'inf' among numbers is taken for a missing"),
        ("23,Oslo,4.5", "23,Oslo,NULL", "small.csv:5: column 'income': 'NULL' among numbers is taken for a missing"),
        ("4.5,yes", "4.5,NA", "small.csv:5: column 'bought': 'NA' marks a missing target."),
    ],
)
def test_a_bad_cell_is_named_with_its_line(tmp_path, old, new, message):
    with pytest.raises(DataError) as caught:
        Csv(path=changed(tmp_path, old, new), target="bought").load()
    assert str(caught.value).startswith(message)


def test_a_decimal_comma_is_recognised(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n" + "".join(f"{i},5;{i}.5\n" for i in range(30)))
    loaded = Csv(path=str(path), target="y", delimiter=";").load()
    assert loaded.train.x.numeric[:, 0].tolist() == [i + 0.5 for i in range(30)]
    assert loaded.resolved["formats"] == {"x": CellFormat(decimal=",")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "bougt"}, r"data\.target: .* has no column 'bougt'\. Did you mean 'bought'\?"),
        ({"numeric": ["agee"]}, r"data\.numeric: .* Did you mean 'age'\?"),
        ({"ignore": ["cty"]}, r"data\.ignore: .* Did you mean 'city'\?"),
        ({"group": "ages"}, r"data\.group: .* Did you mean 'age'\?"),
        ({"missing": {"incom": "mean"}}, r"data\.missing: .* Did you mean 'income'\?"),
    ],
)
def test_an_unknown_column_suggests_the_closest(small, options, message):
    with pytest.raises(DataError, match=message):
        Csv.model_validate({"name": "csv", "path": small, "target": "bought", **options}).load()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"numeric": ["y"]}, "column 'y' cannot be both target and numeric"),
        ({"numeric": ["x"], "ignore": ["x"]}, "column 'x' cannot be both numeric and ignore"),
        ({"path": None}, "csv needs 'path'"),
        ({"test": "test"}, "'test' should be a fraction, a count, or a mapping"),
        ({"missing": "medain"}, "unknown rule 'medain'. Did you mean 'median'?"),
        ({"delimiter": "a"}, "expected the character between cells"),
        ({"encoding": "utf-9"}, "expected auto or an encoding, such as utf-8"),
        ({"encoding": "base64"}, "expected auto or an encoding, such as utf-8"),
        ({"comment": "1"}, "expected auto, null, or the characters that begin a comment"),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands cannot both be ','"),
    ],
)
def test_options_that_clash_are_refused(options, message):
    with pytest.raises(ValidationError) as caught:
        Csv.model_validate({"name": "csv", "path": "t.csv", "target": "y", **options})
    assert message in str(caught.value)


def test_the_wrong_delimiter_is_recognised(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x;y\n1;2\n3;4\n")
    with pytest.raises(DataError, match=r'Its first line contains \';\': set data\.delimiter: ";"'):
        Csv(path=str(path), target="y", delimiter=",").load()


def test_a_pattern_beside_the_experiment_file_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "of [me]"
    (folder / "parts").mkdir(parents=True)
    for name in ("b", "a"):
        (folder / "parts" / f"{name}.csv").write_text("x,y\n" + f"1,{name}\n2,{name}\n")
    (folder / "e.yaml").write_text("data: {name: csv, path: parts/*.csv, target: y}\nmodel: dense\n")
    monkeypatch.chdir(tmp_path)
    loaded = load(folder / "e.yaml")[0].data.load()
    assert loaded.train.y.tolist() == [0, 0, 1, 1]


def test_targets_that_tell_nothing_apart_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "1,a\n" * 10)
    with pytest.raises(DataError, match="target 'y' is 'a' in every row"):
        Csv(path=str(path), target="y").load()
    path.write_text("x,y\n1,a\n")
    with pytest.raises(DataError, match="a single row"):
        Csv(path=str(path), target="y").load()
    path.write_text("x,y\n" + "1,a\n2,b\n3,c\n" * 5)
    with pytest.raises(DataError, match=r"3 classes \(a, b, c\); a binary target has two"):
        Csv(path=str(path), target="y", task="binary").load()


def test_free_text_is_not_taken_for_categories(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"some text {i},{i % 2}\n" for i in range(1500)))
    with pytest.raises(DataError, match="column 'x' has 1,500 distinct texts"):
        Csv(path=str(path), target="y").load()


def test_a_class_that_looks_like_a_number_or_a_boolean_is_known_in_a_single_row(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("age,kind\n" + "1,007\n2,A1\n3,True\n" * 3)
    dataset = Csv(path=str(path), target="kind")
    loaded = dataset.load()
    assert loaded.task.output.classes == ("007", "A1", "True")
    single = tmp_path / "new.jsonl"
    for row, number in (('{"age": 1, "kind": "007"}', 0), ('{"age": 3, "kind": true}', 2)):
        single.write_text(row + "\n")
        assert dataset.model_copy(update=loaded.resolved).read(single, loaded.task).y.tolist() == [number]


def test_predict_reads_columns_by_name_in_any_order(small, tmp_path):
    dataset = Csv(path=small, target="bought")
    loaded = dataset.load()
    dataset = dataset.model_copy(update=loaded.resolved)
    path = tmp_path / "new.csv"
    path.write_text("city,extra,income,age\nRome,1,2.5,30\nParis,2,3.5,31\n")
    rows = dataset.read(path, loaded.task)
    assert rows.x.numeric.tolist() == [[30, 2.5], [31, 3.5]]
    assert rows.targets == {}
    path.write_text("city,income,age,bought\nRome,2.5,30,yes\n")
    assert dataset.read(path, loaded.task).y.tolist() == [1]
    path.write_text("city,income,age,bought\nRome,2.5,30,yess\n")
    with pytest.raises(DataError, match=r"new\.csv:2: column 'bought': unknown class 'yess'\. Did you mean 'yes'\?"):
        dataset.read(path, loaded.task)
    path.write_text("city,incom,age\nRome,2.5,30\n")
    with pytest.raises(DataError, match=r"no column 'income'\. Did you mean 'incom'\?"):
        dataset.read(path, loaded.task)


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_the_stand_in_is_that_table_and_can_be_learnt(kind):
    options = {"name": "csv", "path": "none.csv", "target": "y", "task": kind, "numeric": ["p", "q"], "test": 0.5}
    dataset = Csv.model_validate({**options, "categorical": ["r"], "fallback": "stand_in"})
    loaded = obtain(dataset, seed=1)
    assert (len(loaded.train), len(loaded.test), loaded.source.kind) == (800, 800, "stand-in")
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert data.task.input.shape == (5,)
    x = np.column_stack([data.train.x, np.ones(len(data.train))])
    fitted = x @ np.linalg.lstsq(x, data.train.y, rcond=None)[0]
    assert np.corrcoef(fitted, data.train.y)[0, 1] > 0.75
    small = dataset.stand_in(1, 100)
    assert (len(small.train), len(small.test)) == (50, 50)


def test_a_stand_in_needs_the_columns_and_a_missing_file_without_it_is_an_error():
    with pytest.raises(ConfigError, match="to generate stand-in rows, set 'task' and list the columns"):
        Csv(path="none.csv", target="y").stand_in(0, None)
    with pytest.raises(UnavailableError, match="there is no file"):
        obtain(Csv(path="none.csv", target="y"), 0)


def test_a_stand_in_takes_the_columns_that_options_leave_open_from_the_file(small):
    left_open = Csv(path=str(small), target="bought").stand_in(1, 100)
    table = left_open.train.x
    assert (table.numeric_names, table.categorical_names) == (("age", "income"), ("city",))
    assert left_open.task.output.kind == "binary"
    listed = Csv(path="none.csv", target="bought", task="binary", numeric=["age", "income"], categorical=["city"])
    alone = listed.stand_in(1, 100)
    assert np.array_equal(table.numeric, alone.train.x.numeric)
    assert np.array_equal(left_open.train.y, alone.train.y)
    named = Csv.model_validate({"path": str(small), "inputs": {"facts": {"columns": "rest"}}, "target": "bought"})
    assert named.stand_in(1, 100).train.inputs["facts"].numeric_names == ("age", "income")


def test_classes_that_only_the_file_knows_may_be_weighted_by_name(small, tmp_path):
    path = tmp_path / "e.yaml"
    data = f"data: {{name: csv, path: {small}, target: bought, task: binary}}"
    path.write_text(f"{data}\nmodel: dense\ntraining: {{class_weight: {{no: 1, 'yes': 3}}}}\n")
    experiment, document = load(path)
    raise_mistakes(experiment, document, experiment.data.load().task)
    path.write_text(f"{data}\nmodel: dense\ntraining: {{class_weight: {{yess: 3}}}}\n")
    experiment, document = load(path)
    with pytest.raises(ConfigError, match=r"no class 'yess'\. Did you mean 'yes'\?"):
        raise_mistakes(experiment, document, experiment.data.load().task)


def test_the_resolved_experiment_reads_back_as_itself(small, tmp_path):
    path = tmp_path / "e.yaml"
    path.write_text(f"data: {{name: csv, path: {small}, target: bought}}\nmodel: dense\n")
    experiment, _ = load(path)
    loaded = experiment.data.load()
    resolved = experiment.resolved(experiment.task(loaded.task), loaded.resolved)
    path.write_text(resolved.to_yaml())
    assert load(path)[0] == resolved
    assert load(path)[0].data.load().fingerprint() == loaded.fingerprint()


@pytest.mark.skipif(not BOSTON.is_file(), reason="needs shared/data/boston.csv")
def test_the_boston_houses_are_read_as_they_are():
    loaded = Csv(path=str(BOSTON), target="MEDV").load()
    assert loaded.task.output.kind == "regression"
    assert loaded.train.x.numeric.shape == (506, 13)
    order = np.arange(506)
    np.random.RandomState(113).shuffle(order)
    train = loaded.train.y[order[:404]]
    assert train[:5].tolist() == np.array([15.2, 42.3, 50.0, 21.1, 17.7], np.float32).tolist()
    assert abs(train.astype(np.float64).sum() - 9047.6) < 1e-3
