"""Classic models beside a run: on its rows, by its scores."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from dlpy.components.dataset import Dataset
from dlpy.components.model import Model
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.verify import verify
from dlpy.storage.npz import read_npz
from dlpy.training.rival_fits import Rows, _experiment_of, _rival
from dlpy.training.rivals import verdict

pytestmark = pytest.mark.slow

BLOBS = {"name": "blobs", "noise": 1.5}
FAST = "linear,naive_bayes"


def experiment(bench, **blocks: object) -> Path:
    return bench.experiment(**{"data": BLOBS | {"validation": 60}, "model": "linear", "training": {}, **blocks})


def told(bench, *arguments: object) -> dict:
    status, out, err = bench.run("rivals", *arguments, "--json")
    assert status == 0, err
    return json.loads(out)


def test_rivals_learn_the_training_rows_and_are_scored_on_the_validation_rows(bench) -> None:
    run = bench.trained(experiment(bench, model="naive_bayes"))
    found = told(bench, run.path, "--with", FAST)
    rows, splits = Dataset.registry.get("blobs").model_validate(BLOBS).load().train, read_npz(run.splits)
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


def test_test_rows_are_scored_only_if_asked_and_counted(bench) -> None:
    run = bench.trained(experiment(bench))
    found = told(bench, run.path, "--with", FAST, "--test")
    assert found["on"] == "test"
    assert found["rivals"]["linear"]["scores"] == pytest.approx(found["scores"])
    assert run.record().test_looks == 1


def test_folds_are_those_of_the_run(bench) -> None:
    path = experiment(bench, data=BLOBS, kfold={"folds": 3})
    found = told(bench, path, "--with", FAST, "--kfold")
    assert found["on"] == "folds"
    assert found["rivals"]["linear"]["scores"] == pytest.approx(found["scores"])
    (run,) = [Run(each) for each in (bench.folder / "runs").iterdir()]
    assert found["scores"]["accuracy"] == pytest.approx(run.read("summary.json")["mean"]["val_accuracy"])
    status, _, err = bench.run("rivals", run.path, "--test")
    assert (status, "never uses the test rows" in err) == (2, True)


def test_a_network_is_compared_and_the_table_says_who_does_best(bench) -> None:
    run = bench.trained(bench.experiment(data=BLOBS | {"validation": 60}))
    status, out, _ = bench.run("rivals", run.path, "--with", FAST)
    assert status == 0
    *table, said, path = out.splitlines()
    assert [line.split()[0] for line in table[-5:]] == ["model", "dense", "linear", "naive_bayes", "baseline"]
    assert said == run.read("rivals.json")["verdict"]
    assert path.endswith(run.id)
    assert said in run.report.read_text("utf-8")


def test_a_model_that_does_not_fit_says_why(bench) -> None:
    run = bench.trained(experiment(bench, data=BLOBS | {"task": "regression", "validation": 60}))
    found = told(bench, run.path, "--with", FAST)
    assert "is for targets of other kinds: binary, multiclass, ordinal" in found["rivals"]["naive_bayes"]["reason"]
    assert found["score"] == "mae"


def test_rivals_are_those_whose_packages_are_installed(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = bench.trained(experiment(bench))
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    found = told(bench, run.path, "--with", "boosting,naive_bayes")
    assert found["rivals"]["boosting"]["scores"]["accuracy"] > 0.7  # by xgboost
    monkeypatch.setitem(sys.modules, "xgboost", None)
    found = told(bench, run.path, "--with", "boosting,naive_bayes")
    assert "boosting needs lightgbm, which is not installed" in found["rivals"]["boosting"]["reason"]
    status, _, err = bench.run("rivals", run.path, "--with", "boosting")
    assert (status, "pip install 'dlpy[classic]'" in err) == (2, True)


def test_mistakes_are_named(bench) -> None:
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
        ("auc", 0.800000012, {"linear": 0.8}, "linear does as well as dense: auc 0.8."),
        ("auc", None, {"linear": 0.8}, "no classic model can be compared with dense by auc."),
        ("auc", 0.8, {}, "no classic model can be compared with dense by auc."),
    ],
)
def test_the_verdict_is_a_plain_sentence(score: str, own: float | None, others: dict, said: str) -> None:
    found = {name: {"scores": {score: value}} for name, value in others.items()}
    record = {"score": score, "model": "dense", "scores": {score: own}, "rivals": found}
    assert verdict(record, "min" if score == "mae" else "max") == said


def rival_of(path: Path, name: str) -> tuple[list[str], dict]:
    """Return the transforms of a rival's rows, and its scores."""
    experiment, _ = load(path)
    loaded, family = experiment.data.load(), Model.registry.get(name).model_validate({"name": name})
    steps = [step.name for step in _experiment_of(experiment, family, loaded.task).data.transforms]
    return steps, _rival(experiment, family, Rows(loaded, "validation", by_name=True))["scores"]


def test_images_are_flattened_for_rivals(bench) -> None:
    labels = np.arange(40) % 2
    noise = np.random.default_rng(0).integers(0, 40, (40, 8, 8, 1))
    np.savez(
        bench.folder / "i.npz", x_train=(noise + 60 * labels[:, None, None, None]).astype(np.uint8), y_train=labels
    )
    data = {"name": "npz", "path": "i.npz", "validation": 10, "transforms": ["rescale"]}
    path = bench.experiment(data=data, model={"name": "convnet", "filters": [4]})
    steps, scores = rival_of(path, "linear")
    assert (steps, scores["accuracy"]) == (["rescale", "reshape"], 1)


def test_tokens_become_bags_of_words_for_rivals(bench) -> None:
    words = {"good": ["fine", "great", "lovely"], "bad": ["awful", "poor", "dull"]}
    rng = np.random.default_rng(0)
    lines = [f"{' '.join(rng.choice(words[name], 4))},{name}" for name in ("good", "bad") * 30]
    (bench.folder / "t.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    data = {"name": "text_csv", "path": "t.csv", "text": "text", "target": "label", "task": "binary"}
    data |= {"transforms": ["tokenize", {"name": "pad", "length": 6}], "validation": 20}
    path = bench.experiment(data=data, model={"name": "rnn", "units": 4, "embedding": 4})
    steps, scores = rival_of(path, "naive_bayes")
    assert (steps, scores["accuracy"]) == (["tokenize", "multi_hot"], 1)
