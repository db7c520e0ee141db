"""Classic models through every command: the run directory is that of any other model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score, log_loss, roc_auc_score

from dlpy.components.dataset import Dataset
from dlpy.components.objectives import Metric
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.models.boosting import Boosting
from dlpy.runs.directory import Run
from dlpy.runs.verify import verify
from dlpy.storage.npz import read_npz
from dlpy.training import estimators

pytestmark = pytest.mark.slow

SCORES = ["accuracy", "f1", "auc", {"name": "top_k", "k": 2}]
DATA = {"name": "blobs", "noise": 1.5, "validation": 60}


def classic(bench, model: object, **blocks: object) -> Path:
    return bench.experiment(**{"data": DATA, "model": model, "training": {"metrics": SCORES}, **blocks})


def best_of(run: Run) -> dict[str, float]:
    return run.read("summary.json")["best"]


def parts_of(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x and y of the training rows, and of the validation rows."""
    given = {name: value for name, value in DATA.items() if name != "validation"}
    rows, splits = Dataset.registry.get("blobs").model_validate(given).load().train, read_npz(run.splits)
    parts = [rows.take(splits[name]) for name in ("train", "validation")]
    return parts[0].array, parts[0].y, parts[1].array, parts[1].y


def test_a_linear_model_scores_as_scikit_learn_says(bench) -> None:
    run = bench.trained(classic(bench, "linear"))
    x, y, held_out, wanted = parts_of(run)
    made = LogisticRegression(max_iter=1000).fit(x.astype(np.float64), y)
    probability, best = made.predict_proba(held_out.astype(np.float64)), best_of(run)
    assert best["val_loss"] == pytest.approx(log_loss(wanted, probability), rel=1e-5)
    assert best["loss"] == pytest.approx(log_loss(y, made.predict_proba(x.astype(np.float64))), rel=1e-5)
    assert best["val_accuracy"] == pytest.approx(made.score(held_out, wanted))
    assert best["val_f1"] == pytest.approx(f1_score(wanted, probability.argmax(axis=1), average="macro"))
    assert best["val_auc"] == pytest.approx(roc_auc_score(wanted, probability, multi_class="ovr"))
    assert best["val_top_k"] == pytest.approx(np.mean(np.argsort(probability)[:, 1:] == wanted[:, None]) * 2)
    np.testing.assert_allclose(read_npz(run.predictions)["validation.prediction"], probability, atol=1e-6)


def test_its_run_is_whole_and_says_what_trained(bench) -> None:
    run = bench.trained(classic(bench, "linear"))
    assert verify(run).line == "completed: intact"
    assert run.metrics.read_text().startswith("epoch,seconds,loss,accuracy,f1,auc,top_k,val_loss,")
    assert not run.model.exists()
    assert sorted(path.name for path in (run.checkpoints / "best").iterdir()) == [
        "manifest.json", "model.npz", "state.json",
    ]  # fmt: skip
    status, out, _ = bench.run("runs", "--json")
    assert status == 0
    assert json.loads(out)[0]["val_accuracy"] == pytest.approx(best_of(run)["val_accuracy"])
    path = (run.checkpoints / "best").resolve() / "model.npz"
    path.write_bytes(path.read_bytes()[:-5])
    assert verify(run).damages == [
        "checkpoints/epoch-0001/model.npz is damaged: its content was changed after it was written"
    ]
    assert bench.run("evaluate", "latest")[0] == 7


def test_the_config_of_a_run_trains_to_the_same_bits(bench) -> None:
    run = bench.trained(classic(bench, {"name": "boosting", "trees": 12}))
    status, out, err = bench.run("train", run.config, "--quiet")
    assert (status, err) == (0, "")
    again = Run(Path(out.strip()).resolve())
    for name in ("summary.json", "predictions.npz", "checkpoints/best/model.txt", "checkpoints/last/model.txt"):
        assert (run.path / name).read_bytes() == (again.path / name).read_bytes()


def test_evaluate_gives_the_scores_of_training_and_counts_a_look_at_test_rows(bench) -> None:
    for model in ("linear", {"name": "boosting", "trees": 12}):
        run = bench.trained(classic(bench, model))
        status, out, _ = bench.run("evaluate", run.path, "--json")
        assert status == 0
        found, best = json.loads(out), best_of(run)
        for name, score in found["validation"]["scores"].items():
            assert score == pytest.approx(best[f"val_{name}"], rel=1e-6)
        assert found["test"]["scores"]["accuracy"] > 0.5
        assert run.record().test_looks == 1


def test_numbers_are_scored_and_predicted_in_their_own_unit(bench) -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(80, 2))
    price = 1000 * table[:, 0] + 300 * table[:, 1] + 5000 + rng.normal(scale=50, size=80)
    lines = [f"{a},{b},{y}" for (a, b), y in zip(table.tolist(), price.tolist(), strict=True)]
    (bench.folder / "houses.csv").write_text("\n".join(["a,b,price", *lines]) + "\n")
    target = {"column": "price", "transforms": ["standardize"]}
    data = {"name": "csv", "path": "houses.csv", "targets": {"price": target}, "validation": 20}
    path = classic(bench, {"name": "linear", "penalty": 0.0}, data=data, training={"metrics": ["mae", "r2", "mape"]})
    status, out, err = bench.run("train", path, "--quiet")
    assert (status, err) == (0, "")
    run = Run(Path(out.strip()).resolve())
    splits = read_npz(run.splits)
    train, held_out = splits["train"], splits["validation"]
    wanted = Ridge(alpha=0.0).fit(table[train], price[train]).predict(table[held_out])
    np.testing.assert_allclose(read_npz(run.predictions)["validation.prediction"][:, 0], wanted, rtol=1e-4)
    summary = run.read("summary.json")
    error = np.abs(wanted - price[held_out])
    assert summary["in_unit"]["best"]["val_mae"] == pytest.approx(error.mean(), rel=1e-4)
    assert summary["best"]["val_mape"] == pytest.approx(100 * (error / price[held_out]).mean(), rel=1e-4)
    assert summary["best"]["val_mae"] == pytest.approx(error.mean() / price[train].std(), rel=1e-4)
    assert summary["in_unit"]["baseline"]["mae"] > 5 * error.mean()
    status, out, _ = bench.run("predict", run.path, bench.folder / "houses.csv")
    assert status == 0
    assert float(out.splitlines()[1 + held_out[0]]) == pytest.approx(wanted[0], rel=1e-4)


def test_class_weights_count_in_the_fit_and_in_the_training_loss(bench) -> None:
    weights = {"a": 1, "b": 4, "c": 1}
    run = bench.trained(classic(bench, "linear", training={"class_weight": weights, "metrics": ["accuracy"]}))
    x, y, held_out, wanted = parts_of(run)
    weight = np.array([1.0, 4, 1])[y]
    made = LogisticRegression(max_iter=1000).fit(x.astype(np.float64), y, weight)
    own = -np.log(made.predict_proba(x.astype(np.float64))[np.arange(len(y)), y])
    assert best_of(run)["loss"] == pytest.approx((own * weight).mean(), rel=1e-4)
    assert best_of(run)["val_loss"] == pytest.approx(log_loss(wanted, made.predict_proba(held_out)), rel=1e-4)


def test_boosting_ends_early_and_keeps_the_best_and_the_last_trees(bench) -> None:
    model = {"name": "boosting", "trees": 200, "learning_rate": 0.5, "early_stopping": 4}
    run = bench.trained(classic(bench, model))
    summary = run.read("summary.json")
    best, last = summary["best"], summary["last"]
    assert last["epoch"] == best["epoch"] + 4 < 200
    lines = [line.split(",") for line in run.metrics.read_text().splitlines()]
    column = lines[0].index("val_loss")
    losses = [float(line[column]) for line in lines[1:]]
    assert len(losses) == last["epoch"]
    assert min(losses) == losses[best["epoch"] - 1] == pytest.approx(best["val_loss"], rel=1e-6)
    assert (run.checkpoints / "best").readlink().name == f"epoch-{best['epoch']:04d}"
    status, out, _ = bench.run("evaluate", run.path, "--split", "validation", "--checkpoint", "last", "--json")
    assert status == 0
    assert json.loads(out)["validation"]["scores"]["loss"] == pytest.approx(last["val_loss"], rel=1e-6)


def test_without_validation_rows_the_last_trees_are_the_best(bench) -> None:
    run = bench.trained(classic(bench, {"name": "boosting", "trees": 3}, data={"name": "blobs", "validation": None}))
    assert best_of(run)["epoch"] == 3
    assert "val_loss" not in best_of(run)


def test_kfold_scores_each_fold_and_refits(bench) -> None:
    path = classic(bench, {"name": "boosting", "trees": 6}, data={"name": "blobs", "noise": 1.5}, kfold={"folds": 3})
    assert bench.run("kfold", path, "--refit", "--quiet")[0] == 0
    (run,) = [Run(each) for each in (bench.folder / "runs").iterdir()]
    summary = run.read("summary.json")
    assert [fold["rows"] for fold in summary["folds"]] == [80, 80, 80]
    each = [fold["val_accuracy"] for fold in summary["folds"]]
    assert summary["mean"]["val_accuracy"] == pytest.approx(np.mean(each))
    assert summary["refit"]["last"]["epoch"] == summary["best"]["epoch"]
    assert verify(run).line == "completed: intact"
    stored = read_npz(run.predictions)
    assert len(stored["out_of_fold.index"]) == 240
    found = (stored["out_of_fold.prediction"].argmax(axis=1) == stored["out_of_fold.target"]).mean()
    assert found == pytest.approx(np.mean(each))


def test_a_training_that_was_stopped_is_trained_again_to_the_same_bits(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = classic(bench, {"name": "boosting", "trees": 12})
    whole = bench.trained(path)
    rounds = Boosting.rounds

    def stopped(self: Boosting, job: object):
        for number, found in enumerate(rounds(self, job)):  # type: ignore
            if number == 5:
                raise KeyboardInterrupt
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(Boosting, "rounds", stopped)
        status, _, err = bench.run("train", path)
    assert status == 130
    assert "to resume: dlpy resume" in err
    run = next(Run(each) for each in (bench.folder / "runs").iterdir() if each.name != whole.id)
    assert (run.record().status, verify(run).line) == ("interrupted", "interrupted, resumable: intact")
    status, out, _ = bench.run("resume", run.path)
    assert status == 0
    assert "boosting is trained again from the start" in out
    for name in ("summary.json", "predictions.npz", "checkpoints/last/model.txt"):
        assert (run.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_folds_that_are_done_are_kept_and_the_others_come_to_the_same_bits(
    bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = classic(bench, {"name": "boosting", "trees": 6}, data={"name": "blobs", "noise": 1.5}, kfold={"folds": 3})
    assert bench.run("kfold", path, "--refit", "--quiet")[0] == 0
    (whole,) = [Run(each) for each in (bench.folder / "runs").iterdir()]
    rounds, calls = Boosting.rounds, []

    def stopped(self: Boosting, job: object):
        calls.append(job)
        if len(calls) in (2, 5):  # in the second fold; then, of two folds and the final model, in the last
            raise KeyboardInterrupt
        yield from rounds(self, job)  # type: ignore

    monkeypatch.setattr(Boosting, "rounds", stopped)
    assert bench.run("kfold", path, "--refit")[0] == 130
    (run,) = [Run(each) for each in (bench.folder / "runs").iterdir() if each.name != whole.id]
    assert bench.run("resume", run.path)[0] == 130
    status, out, _ = bench.run("resume", run.path)
    assert (status, "3 of 3 folds are done" in out, len(calls)) == (0, True, 6)
    for name in ("summary.json", "predictions.npz", "checkpoints/last/model.txt"):
        assert (run.path / name).read_bytes() == (whole.path / name).read_bytes()
    assert verify(run).line == "completed: intact"


def test_the_baseline_of_counts_is_their_mean(bench) -> None:
    counts = [0, 1, 2, 1, 4, 0, 1, 3] * 10
    (bench.folder / "t.csv").write_text("a,n\n" + "\n".join(f"{i % 5},{n}" for i, n in enumerate(counts)) + "\n")
    target = {"column": "n", "task": "counts"}
    data = {"name": "csv", "path": "t.csv", "targets": {"n": target}, "numeric": ["a"], "validation": None}
    run = bench.trained(classic(bench, {"name": "boosting", "trees": 3}, data=data, training={}))
    mean = 1.5
    assert run.read("summary.json")["baseline"]["loss"] == pytest.approx(mean - mean * np.log(mean), rel=1e-5)


def test_options_that_a_classic_model_would_ignore_are_refused(bench) -> None:
    training = {"epochs": 3, "optimizer": "adam", "batch_size": 8, "loss": "mae", "metrics": ["accuracy"]}
    path = classic(bench, "linear", training=training, callbacks=["early_stopping"])
    status, out, _ = bench.run("check", path)
    assert status == 2
    for name in ("batch_size", "epochs", "loss", "optimizer"):
        assert f"training.{name}: linear is fitted without it: leave this option out" in out
    assert "callbacks: linear has no epochs to act on" in out
    assert "metrics" not in out


def test_a_missing_package_is_named_with_the_extra(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, model, package in [
        ("sklearn", "svm", "scikit-learn"),
        ("lightgbm", "boosting", "lightgbm"),
        ("xgboost", {"name": "boosting", "library": "xgboost"}, "xgboost-cpu"),
    ]:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            status, out, _ = bench.run("check", classic(bench, model))
        assert status == 2
        assert f"needs {package}, which is not installed: pip install 'dlpy[classic]'" in out


def test_several_targets_are_refused(bench) -> None:
    (bench.folder / "t.csv").write_text("a,b,c\n" + "1,2,3\n2,3,4\n" * 20)
    data = {"name": "csv", "path": "t.csv", "targets": {"b": {"column": "b"}, "c": {"column": "c"}}}
    status, out, _ = bench.run("check", "--data", classic(bench, "linear", data=data, training={}))
    assert status == 2
    assert "linear takes one input and predicts one target" in out


def test_commands_for_networks_refuse_a_classic_model(bench) -> None:
    path = classic(bench, "linear")
    run = bench.trained(path)
    status, _, err = bench.run("show", "model", path)
    assert (status, "linear is no neural network" in err) == (2, True)
    status, _, err = bench.run("explain", run.path, "cat.png")
    assert (status, "takes a table" in err) == (2, True)


SCRIPT = """
import sys
from dlpy.cli.main import main
for arguments in {commands!r}:
    assert main(arguments) == 0
    heavy = ("keras", "tensorflow", "sklearn", "scipy", "lightgbm", "pandas")
    print("loaded:", *sorted(name for name in heavy if name in sys.modules))
"""


def loaded_after(*commands: list[str]) -> list[list[str]]:
    """Return which heavy packages are loaded after each of some commands, in one process of their own."""
    script = SCRIPT.format(commands=list(commands))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("loaded:")]


def test_nothing_is_imported_that_is_not_needed(bench) -> None:
    lines = "\n".join(f"{i % 7},{i % 5},{'yes' if i % 7 > 3 else 'no'}" for i in range(60))
    (bench.folder / "t.csv").write_text(f"a,b,y\n{lines}\n")
    data = {"name": "csv", "path": "t.csv", "target": "y", "task": "binary", "validation": 12}
    path = str(classic(bench, "naive_bayes", data=data, training={}))
    found = loaded_after(["check", path], ["train", path, "--quiet"])
    assert found == [[], ["scipy", "sklearn"]]
    assert loaded_after(["evaluate", "latest", "--json"], ["predict", "latest", "t.csv"]) == [[], []]
    path = str(classic(bench, "boosting", data=data, training={}))
    assert loaded_after(["train", path, "--quiet"]) == [["lightgbm", "scipy"]]


TARGETS = {
    "binary": (
        Output("binary", 1, ("no", "yes")),
        np.array([0, 1, 1, 0, 1]),
        np.array([[0.2], [0.9], [0.4], [0.6], [0.7]]),
    ),
    "multiclass": (
        Output("multiclass", 3, ("a", "b", "c")),
        np.array([0, 1, 2, 2, 1]),
        np.array([[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], [0.5, 0.1, 0.4], [0.1, 0.3, 0.6], [0.2, 0.7, 0.1]]),
    ),
    "regression": (
        Output("regression", scale=2.0, offset=5.0, unit="m"),
        np.array([0.5, -1.0, 2.0, 1.0, 0.0]),
        np.array([[0.7], [-0.5], [1.0], [1.5], [0.1]]),
    ),
}
OPTIONS = {
    "precision": [{}, {"average": "macro"}, {"average": "micro"}, {"average": "weighted"}, {"class_id": 0}],
    "top_k": [{"k": 1}, {"k": 2}],
}


@pytest.mark.parametrize("kind", TARGETS)
def test_metrics_without_keras_are_those_of_keras(kind: str) -> None:
    output, y, prediction = TARGETS[kind]
    task, compared = Task.single(Input("array", (1,)), output), 0
    rows = Rows.single(np.zeros((5, 1), np.float32), y.astype(np.float32) if kind == "regression" else y)
    for name in Metric.registry.names():
        for options in OPTIONS.get(name, [{}]):
            metric = Metric.registry.get(name).model_validate({"name": name, **options})
            try:
                metric.check(task)
            except Exception:
                continue
            if name in ("auc", "ece", "bits", "perplexity"):
                continue  # exact where Keras' is an approximation, or of texts
            built = metric.build(task)
            built.update_state(rows.y.reshape(5, -1), prediction.astype(np.float32))
            found = metric.of_rows(task, rows, prediction.astype(np.float32))
            assert found == pytest.approx(float(built.result()), rel=1e-5, nan_ok=True), (name, options)
            compared += 1
    assert compared >= 7


@pytest.mark.parametrize("kind", TARGETS)
def test_losses_without_keras_are_those_of_keras(kind: str) -> None:
    from dlpy.components.objectives import Loss

    output, y, prediction = TARGETS[kind]
    rows = Rows.single(np.zeros((5, 1), np.float32), y)
    loss = Loss.registry.get(output.loss).model_validate({"name": output.loss}).build()
    wanted = float(loss(y.reshape(5, -1), prediction))
    assert estimators.losses_of_rows(output, rows, prediction).mean() == pytest.approx(wanted, rel=1e-5)


def test_the_loss_of_counts_is_that_of_keras() -> None:
    import keras

    y, prediction = np.array([0.0, 3, 1]), np.array([[0.5], [2.0], [1.5]])
    wanted = float(keras.losses.Poisson()(y.reshape(3, 1), prediction))
    output = Output("regression", is_count=True)
    found = estimators.losses_of_rows(output, Rows.single(np.zeros((3, 1)), y), prediction)
    assert found.mean() == pytest.approx(wanted, rel=1e-5)


def test_bags_of_words_stay_sparse(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"good": ["fine", "great", "lovely"], "bad": ["awful", "poor", "dull"]}
    rng = np.random.default_rng(0)
    lines = [f"{' '.join(rng.choice(words[name], 4))},{name}" for name in ("good", "bad") * 30]
    (bench.folder / "t.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    data = {"name": "text_csv", "path": "t.csv", "text": "text", "target": "label", "task": "binary"}
    data |= {"transforms": ["tokenize", "multi_hot"], "validation": 20}
    kinds = []
    given = estimators.matrix_of
    monkeypatch.setattr(estimators, "matrix_of", lambda rows: kinds.append(given(rows)) or kinds[-1])
    for model in ("naive_bayes", "linear", {"name": "svm", "kernel": "linear"}):
        status, out, err = bench.run("train", classic(bench, model, data=data, training={}), "--quiet")
        assert (status, err) == (0, "")
        assert best_of(Run(Path(out.strip()).resolve()))["val_accuracy"] == 1
    assert {type(kind).__name__ for kind in kinds} == {"csr_matrix"}


def test_images_are_flattened_by_reshape(bench) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    images = rng.integers(0, 40, (40, 4, 4)).astype(np.uint8) + 60 * labels[:, None, None].astype(np.uint8)
    np.savez(bench.folder / "i.npz", x_train=images[..., None], y_train=labels)
    data = {"name": "npz", "path": "i.npz", "validation": 10, "transforms": ["rescale"]}
    status, out, err = bench.run("train", classic(bench, "linear", data=data, training={}), "--quiet")
    assert (status, "reshape" in out + err) == (2, True)
    data["transforms"] = ["rescale", {"name": "reshape", "shape": [-1]}]
    status, out, err = bench.run("train", classic(bench, "linear", data=data, training={}), "--quiet")
    assert (status, err) == (0, "")
    assert best_of(Run(Path(out.strip()).resolve()))["val_accuracy"] == 1
    shutil.rmtree(bench.folder / "runs")
