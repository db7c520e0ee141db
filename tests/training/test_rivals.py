"""Classic models beside a run: on its rows, by its scores."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Blobs, Workbench
from sklearn.linear_model import LogisticRegression

from dlpy.runs.directory import Run
from dlpy.runs.verify import verify
from dlpy.storage.npz import read_npz
from dlpy.training.rivals import verdict

pytestmark = pytest.mark.slow

BLOBS = {"name": "blobs", "noise": 1.5}
FAST = "linear,naive_bayes"


def experiment(bench: Workbench, **blocks: object) -> Path:
    return bench.experiment(**{"data": BLOBS | {"validation": 60}, "model": "linear", "training": {}, **blocks})


def told(bench: Workbench, *arguments: object) -> dict:
    status, out, err = bench.run("rivals", *arguments, "--json")
    assert status == 0, err
    return json.loads(out)


def test_rivals_learn_the_training_rows_and_are_scored_on_the_validation_rows(bench: Workbench) -> None:
    run = bench.trained(experiment(bench, model="naive_bayes"))
    found = told(bench, run.path, "--with", FAST)
    rows, splits = Blobs.model_validate(BLOBS).load().train, read_npz(run.splits)
    train, held_out = (rows.take(splits[name]) for name in ("train", "validation"))
    made = LogisticRegression(max_iter=1000).fit(train.array.astype(np.float64), train.y)
    assert found["on"] == "validation"
    assert found["rivals"]["linear"]["scores"]["accuracy"] == pytest.approx(made.score(held_out.array, held_out.y))
    best = run.read("summary.json")["best"]
    assert found["scores"] == {"accuracy": best["val_accuracy"], "loss": best["val_loss"]}
    assert found["rivals"]["naive_bayes"]["scores"] == pytest.approx(found["scores"])
    assert found["baseline"]["accuracy"] == run.read("summary.json")["baseline"]["accuracy"]
    assert run.read("rivals.json")["rivals"].keys() == {"linear", "naive_bayes"}
    assert verify(run).line == "completed: intact"
    assert run.record().test_looks == 0


def test_test_rows_are_scored_only_if_asked_and_counted(bench: Workbench) -> None:
    run = bench.trained(experiment(bench))
    found = told(bench, run.path, "--with", FAST, "--test")
    assert found["on"] == "test"
    assert found["rivals"]["linear"]["scores"] == pytest.approx(found["scores"])
    assert run.record().test_looks == 1


def test_folds_are_those_of_the_run(bench: Workbench) -> None:
    path = experiment(bench, data=BLOBS, kfold={"folds": 3})
    found = told(bench, path, "--with", FAST, "--kfold")
    assert found["on"] == "folds"
    assert found["rivals"]["linear"]["scores"] == pytest.approx(found["scores"])
    (run,) = [Run(each) for each in (bench.folder / "runs").iterdir()]
    assert found["scores"]["accuracy"] == pytest.approx(run.read("summary.json")["mean"]["val_accuracy"])
    status, _, err = bench.run("rivals", run.path, "--test")
    assert (status, "never uses the test rows" in err) == (2, True)


def test_a_network_is_compared_and_the_table_says_who_does_best(bench: Workbench) -> None:
    run = bench.trained(bench.experiment(data=BLOBS | {"validation": 60}))
    status, out, _ = bench.run("rivals", run.path, "--with", FAST)
    assert status == 0
    *table, said, path = out.splitlines()
    assert [line.split()[0] for line in table[-5:]] == ["model", "dense", "linear", "naive_bayes", "baseline"]
    assert said == run.read("rivals.json")["verdict"]
    assert path.endswith(run.id)


def test_a_model_that_does_not_fit_says_why(bench: Workbench) -> None:
    run = bench.trained(experiment(bench, data=BLOBS | {"task": "regression", "validation": 60}))
    found = told(bench, run.path, "--with", FAST)
    assert "is for targets of other kinds: binary, multiclass, ordinal" in found["rivals"]["naive_bayes"]["reason"]
    assert found["score"] == "mae"


def test_mistakes_are_named(bench: Workbench) -> None:
    run = bench.trained(experiment(bench))
    for arguments, message in [
        ((run.path, "--with", "bosting"), "no such classic model. Did you mean 'boosting'?"),
        ((run.path, "--with", "dense"), "no such classic model"),
        ((run.path, "model=svm"), "a run keeps its options"),
        ((run.path, "--kfold"), "a run keeps its options"),
    ]:
        status, _, err = bench.run("rivals", *arguments)
        assert (status, message in err) == (2, True), err


@pytest.mark.parametrize(
    ("score", "own", "others", "said"),
    [
        ("mae", 2.5, {"linear": 3.0, "boosting": 2.0}, "boosting does better than dense by 20.0 %: mae 2 against 2.5."),
        ("mae", 2.5, {"linear": 3.0}, "dense does best: mae 2.5 against 3 of linear."),
        ("auc", 0.8, {"linear": 0.9, "svm": None}, "linear does better than dense by 12.5 %: auc 0.9 against 0.8."),
        ("auc", 0.8, {"linear": 0.8}, "linear does as well as dense: auc 0.8."),
        ("auc", None, {"linear": 0.8}, "no classic model can be compared with dense by auc."),
        ("auc", 0.8, {}, "no classic model can be compared with dense by auc."),
    ],
)
def test_the_verdict_is_a_plain_sentence(score: str, own: float | None, others: dict, said: str) -> None:
    found = {name: {"scores": {score: value}} for name, value in others.items()}
    record = {"score": score, "model": "dense", "scores": {score: own}, "rivals": found}
    assert verdict(record, "min" if score == "mae" else "max") == said
