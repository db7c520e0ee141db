import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from planted import write_table

from dlpy.explain.columns import columns_of, named
from dlpy.explain.dependence import partial_dependence
from dlpy.explain.importance import ShuffledColumns, groups_of, importances, shuffles
from dlpy.explain.part import PartRows, part_rows
from dlpy.explain.predictor import Predictor, predictor_of
from dlpy.explain.quantity import quantity_of
from dlpy.explain.request import Ask
from dlpy.explain.run_scores import run_scores
from dlpy.explain.tables import TableExplanation
from dlpy.explain.watcher import Watcher
from dlpy.runs.directory import Run
from dlpy.training.estimators import network_of

pytestmark = pytest.mark.slow

DATA = {"name": "csv", "path": "table.csv", "target": "y", "task": "regression", "transforms": ["standardize"]}


def linear_run(bench, epochs: int = 30, **data: object) -> Run:
    write_table(bench.folder / "table.csv")
    training = {"epochs": epochs, "batch_size": 32, "optimizer": {"name": "adam", "learning_rate": 0.05}}
    experiment = bench.experiment(data={**DATA, **data}, model={"name": "dense", "units": []}, training=training)
    return bench.trained(experiment)


@pytest.fixture
def restored(bench) -> tuple[Predictor, PartRows]:
    predictor = predictor_of(linear_run(bench), "best", lambda line: None)
    return predictor, part_rows(predictor.run, predictor.experiment, "validation")


def test_the_planted_columns_are_found(bench) -> None:
    run = linear_run(bench)
    status, out, err = bench.run("explain", run.path, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    (score,) = found["scores"]
    assert (found["rows"], score["score"]) == (40, "mae")
    names = [one["name"] for one in score["importances"]]
    assert names == ["strong", "color", "idle"]
    by_name = {one["name"]: one["importance"] for one in score["importances"]}
    assert by_name["strong"] > 2
    assert abs(by_name["idle"]) < 0.1
    assert Path(score["file"]).name == "importance-mae.png"
    assert Path(found["dependence"][0]["file"]).is_file()


def test_shuffling_a_column_without_weight_changes_nothing_at_all(restored: tuple[Predictor, PartRows]) -> None:
    predictor, part = restored
    network = network_of(predictor.trained.engine)
    kernel, bias = network.get_weights()
    kernel[0] = 0  # idle
    network.set_weights([kernel, bias])
    columns = columns_of(part.rows, part.task)
    scores = run_scores(predictor, part.rows, None) + run_scores(predictor, part.rows, "loss")
    shuffled = ShuffledColumns(predictor, part.rows, columns, shuffles(len(part.rows), 7, 0))
    found = importances(groups_of(columns), shuffled.predict, predictor.predict(part.rows), scores, lambda what: None)
    for one in found:
        drops = {importance.name: importance.drops for importance in one.found}
        assert drops["idle"].tolist() == [0.0] * 7
        assert (drops["strong"] > 0).all()


def test_the_score_is_that_of_evaluate_in_the_targets_unit(bench) -> None:
    write_table(bench.folder / "table.csv")
    data = {**DATA, "target_transforms": ["standardize"], "unit": "m"}
    data.pop("unit")
    run = bench.trained(bench.experiment(data=data, model={"name": "dense", "units": [4]}, training={"epochs": 2}))
    predictor = predictor_of(run, "best", lambda line: None)
    part = part_rows(run, predictor.experiment, "validation")
    (score,) = run_scores(predictor, part.rows, "mae")
    status, out, _ = bench.run("evaluate", run.path, "--split", "validation", "--json")
    assert status == 0
    in_unit = json.loads(out)["validation"]["in_unit"]["scores"]["mae"]
    assert score.of(predictor.predict(part.rows)) == pytest.approx(in_unit, rel=1e-5)


def test_partial_dependence_of_a_linear_model_is_a_line(restored: tuple[Predictor, PartRows]) -> None:
    predictor, part = restored
    columns = columns_of(part.rows, part.task)
    quantity = quantity_of(predictor.task, None, None, predictor.predict(part.rows))
    place = columns.index(named(columns, "strong"))
    found = partial_dependence(predictor, part.rows, columns, place, quantity)
    slopes = np.diff(found.mean) / np.diff(found.values)
    kernel = network_of(predictor.trained.engine).get_weights()[0]
    training = part.others["train"].inputs["input"].numeric[:, 1]
    assert slopes == pytest.approx(kernel[1, 0] / training.std(), rel=1e-3)
    assert found.curves.shape == (40, len(found.values))
    of_color = partial_dependence(predictor, part.rows, columns, 2, quantity)
    shown = dict(zip(of_color.values.tolist(), of_color.mean.tolist(), strict=True))
    assert shown["blue"] - shown["red"] == pytest.approx(2, abs=0.3)
    assert of_color.counts.sum() == 40


def test_contributions_of_a_linear_model_are_weights_times_distances_from_the_mean(bench) -> None:
    run = linear_run(bench)
    predictor = predictor_of(run, "best", lambda line: None)
    part = part_rows(run, predictor.experiment, "validation")
    number = int(part.rows.index[3])
    explanation = TableExplanation(run, Ask(rows=[number]), bench.folder / "there", Watcher())
    (found,) = explanation.explain()["explained"]
    values = {line["column"]: line["contribution"] for line in found["columns"]}
    kernel = network_of(predictor.trained.engine).get_weights()[0][:, 0]
    x = predictor.trained.applied(part.rows).array  # idle, strong, then one column for each color
    expected = kernel * (x[3] - x.mean(axis=0))
    assert values["strong"] == pytest.approx(expected[1], abs=1e-4)
    assert values["color"] == pytest.approx(expected[2:].sum(), abs=1e-4)
    assert sum(values.values()) == pytest.approx(found["prediction"] - found["mean"], abs=1e-6)
    assert Path(found["file"]) == bench.folder / "there" / f"row-{number}.png"


def test_a_classic_model_and_an_ensemble_are_explained(bench) -> None:
    pytest.importorskip("sklearn")
    run = linear_run(bench)
    experiment = bench.experiment("classic.yaml", data=DATA, model={"name": "linear"}, training={})
    other = bench.trained(experiment)
    status, out, err = bench.run("explain", other.path, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["scores"][0]["importances"][0]["name"] == "strong"
    assert bench.run("ensemble", run.path, other.path)[0] == 0
    status, out, err = bench.run("explain", "latest", "--json", "--shuffles", 2)
    assert (status, err) == (0, "")
    assert [one["name"] for one in json.loads(out)["scores"][0]["importances"]] == ["strong", "color", "idle"]


def first_row(run: Run) -> int:
    return int(np.load(run.path / "splits.npz")["validation"][0])


MISTAKES: dict[str, tuple[Callable[[Run], list[object]], int, str]] = {
    "a column that is not there": (lambda run: ["--column", "stron"], 2, "--column stron: there is no such column. Did you mean 'strong'?"),
    "a row that is not there": (lambda run: ["--row", 999], 2, "--row 999: there is no such row; the validation rows lie between"),
    "a training row": (lambda run: ["--row", int(np.load(run.path / "splits.npz")["train"][0])], 2, "it is one of the training rows: add --split train."),
    "a score that is not there": (lambda run: ["--score", "mea"], 2, "--score mea: the run has no such score. Did you mean 'mae'?"),
    "a class of numbers": (lambda run: ["--row", first_row(run), "--class", "no"], 2, "--class no: the target is a number, it has no classes."),
    "a target that is not there": (lambda run: ["--row", first_row(run), "--target", "z"], 2, "--target z: there is no such target. Known: target."),
    "a text": (lambda run: ["--text", "hi"], 2, "takes a table or several inputs; the options for these are --split, --row"),
    "a file": (lambda run: ["one.png"], 2, "one.png: the run takes a table or several inputs, and no file is read"),
    "two questions at once": (lambda run: ["--row", 1, "--column", "strong"], 2, "--row and --column exclude each other"),
    "test rows of a run without": (lambda run: ["--split", "test"], 3, "has no test rows"),
}  # fmt: skip


def test_mistakes_are_reported_in_one_line(bench) -> None:
    run = linear_run(bench, test=None)
    for arguments, expected, text in MISTAKES.values():
        status, out, err = bench.run("explain", run.path, *arguments(run))
        assert (status, out, err.count("\n")) == (expected, "", 1), err
        assert text in err
    assert not (run.path / "explain").exists()


def test_a_run_without_validation_rows_is_explained_on_training_rows_on_request(bench) -> None:
    run = linear_run(bench, epochs=2, validation=None)
    status, _, err = bench.run("explain", run.path)
    assert (status, err.count("\n")) == (3, 1)
    assert "has no validation rows: `dlpy explain " in err
    assert "--split train` uses the training rows" in err
    status, out, _ = bench.run("explain", run.path, "--split", "train", "--shuffles", 2)
    assert status == 0
    assert "training rows, 2 shuffles" in out


def test_a_look_at_test_rows_is_counted(bench) -> None:
    run = linear_run(bench, epochs=2, test=0.2)
    assert bench.run("explain", run.path, "--split", "test", "--shuffles", 1)[0] == 0
    assert run.record().test_looks == 1
    assert bench.run("explain", run.path, "--column", "strong")[0] == 0
    assert run.record().test_looks == 1


def test_tables_are_printed(bench) -> None:
    run = linear_run(bench)
    _, out, _ = bench.run("explain", run.path)
    lines = [line.split() for line in out.splitlines()]
    assert ["column", "importance", "deviation"] in lines
    assert [words[0] for words in lines if words[:1] in (["strong"], ["color"], ["idle"])] == [
        "strong",
        "color",
        "idle",
    ]
    _, out, _ = bench.run("explain", run.path, "--column", "color")
    assert "the mean prediction of 40 validation rows" in out
    _, out, _ = bench.run("explain", run.path, "--row", first_row(run))
    assert "standard error" in out
    assert "mean prediction" in out.splitlines()[-1]
