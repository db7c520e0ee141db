"""What training leaves behind, and that the same experiment always leaves the same."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pytest

from dlpy.components.dataset import Dataset
from dlpy.data.features import Sequences
from dlpy.data.rows import Data, Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import load
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.runs.lookup import all_runs
from dlpy.training.compile import compiled_model, sample_weight
from dlpy.training.evaluate import evaluate
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.split_names import Part
from dlpy.training.train import train as train_run

pytestmark = pytest.mark.slow

OVERFITS = {
    "data": {"name": "blobs", "rows": 40, "noise": 30.0},
    "model": {"name": "dense", "units": [32]},
    "training": {"epochs": 12, "optimizer": {"name": "adam", "learning_rate": 0.1}},
}
DROPOUT = {"model": {"name": "dense", "units": [8], "dropout": 0.3}, "callbacks": ["reduce_lr_on_plateau"]}


class Bags(Dataset):
    """Sequences of integers; a row is of class 1 where it holds a 3."""

    name: Literal["bags"] = "bags"

    def outline(self) -> Task:
        return Task.single(Input("sequence", (None,), 30), Output("binary", 1, ("without", "with")))

    def load(self) -> Loaded:
        values = np.random.default_rng(1).integers(30, size=(150, 9)).astype(np.int32)
        texts = Sequences(values.reshape(-1), np.arange(151) * 9)
        return Loaded(
            Rows.single(texts, (values == 3).any(axis=1).astype(np.int64)), None, self.outline(), Source("file", "bags")
        )


def train(path: Path, *overrides: str) -> Run:
    """Train without the command around it, which draws plots as well."""
    experiment, document = load(path, list(overrides))
    return train_run(experiment, document, Options(Path("runs")), Reporter())


def rows_of(run: Run) -> list[dict[str, str]]:
    with run.metrics.open() as file:
        return list(csv.DictReader(file))


def digest(run: Run, which: str = "best") -> str:
    """Return the sha256 of a checkpoint's weights, all arrays in order."""
    found = hashlib.sha256()
    with np.load(run.checkpoints / which / "weights.npz") as arrays:
        for name in arrays.files:
            found.update(f"{name}{arrays[name].dtype}{arrays[name].shape}".encode() + arrays[name].tobytes())
    return found.hexdigest()


@pytest.mark.plots
def test_a_run_directory_holds_what_its_contract_says_and_quiet_prints_nothing_but_its_path(bench) -> None:
    status, out, err = bench.run("train", bench.experiment(), "--quiet")
    (run,) = all_runs(Path("runs"))
    assert (status, out, err) == (0, f"runs/{run.id}\n", "")
    assert {path.name for path in run.path.iterdir()} == {
        "config.yaml", "run.json", "metrics.csv", "summary.json", "checkpoints", "model.keras", "transforms.npz",
        "splits.npz", "predictions.npz", "classes-validation.csv", "plots", "log.txt", ".lock", ".changes.lock",
        "report.html",
    }  # fmt: skip
    record = run.read("run.json")
    assert record["status"] == "completed"
    assert record["exit_reason"] == "done"
    assert record["kind"] == "train"
    assert record["seed"] == 0
    assert record["smoke"] is False
    assert record["test_looks"] == 0
    assert record["data"]["source"] == "file"
    assert record["seconds"] > 0
    assert set(record["versions"]) >= {"python", "dlpy", "keras", "numpy"}
    assert load(run.config)[0].training.epochs == 3


def test_the_splits_say_which_rows_went_where(bench) -> None:
    run = bench.trained()
    with np.load(run.splits) as splits:
        train_rows, validation = splits["train"], splits["validation"]
        assert splits["test"].tolist() == list(range(60))
    assert len(validation) == 48
    assert sorted([*train_rows, *validation]) == list(range(240))
    assert run.read("summary.json")["rows"] == {"train": 192, "validation": 48, "test": 60}


def test_the_best_epoch_is_that_of_the_lowest_validation_loss(bench) -> None:
    run = bench.trained(bench.experiment(**OVERFITS))
    rows, summary = rows_of(run), run.read("summary.json")
    assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(1, 13)]
    losses = [float(row["val_loss"]) for row in rows]
    best = losses.index(min(losses)) + 1
    assert best < 12
    assert (summary["best"]["epoch"], summary["last"]["epoch"]) == (best, 12)
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert np.float32(summary["best"][name]) == np.float32(rows[best - 1][name])
        assert np.float32(summary["last"][name]) == np.float32(rows[-1][name])


def test_the_summary_tells_what_common_sense_scores(bench) -> None:
    data = {"name": "blobs", "validation": {"count": 30, "take": "last"}}
    baseline = train(bench.experiment(data=data)).read("summary.json")["baseline"]
    assert baseline["on"] == "validation"
    assert baseline["accuracy"] == pytest.approx(1 / 3)  # 70 rows of each class train, 10 of each are held out
    assert baseline["crossentropy"] == pytest.approx(np.log(3))


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(bench) -> None:
    path = bench.experiment(**DROPOUT)
    first, again, other = bench.trained(path), train(path), train(path, "seed=1")
    assert digest(first) == digest(again)
    assert digest(first, "last") == digest(again, "last")
    assert digest(first) != digest(other)
    assert [row["val_loss"] for row in rows_of(first)] == [row["val_loss"] for row in rows_of(again)]
    with np.load(first.splits) as one, np.load(other.splits) as two:
        assert one["validation"].tolist() == two["validation"].tolist()  # the split has a seed of its own


def test_the_runs_own_config_trains_to_the_same_bits(bench) -> None:
    transforms = {"data": {"name": "blobs", "transforms": ["standardize"], "validation": 0.3}}
    path = bench.experiment(**transforms, training={"epochs": 2, "class_weight": "balanced", "metrics": ["acc"]})
    first = bench.trained(path)
    again = train(first.config)
    assert digest(first) == digest(again)
    assert first.config.read_text() == again.config.read_text().replace("name: config", "name: experiment")


def test_how_it_was_executed_is_written_into_the_runs_config(bench) -> None:
    path = bench.experiment(**OVERFITS)
    runs = bench.trained(path), *(train(path, f"training.execution={way}") for way in ("steps", "epoch"))
    told = [run.config.read_text() for run in runs]
    assert ["execution: steps" in text for text in told] == [False, True, False]
    assert ["execution: epoch" in text for text in told] == [True, False, True]
    assert all("jit_compile: false" in text for text in told)
    assert "jit_compile: true" in train(path, "training.jit_compile=true").config.read_text()


def test_steps_and_epoch_leave_the_same_scores(bench) -> None:
    path = bench.experiment(**DROPOUT)
    of_epochs = bench.trained(path)
    assert "execution: epoch" in of_epochs.config.read_text()
    one, other = rows_of(train(path, "training.execution=steps")), rows_of(of_epochs)
    assert len(one) == len(other)
    for mine, theirs in zip(one, other, strict=True):
        for name in mine.keys() - {"seconds"}:
            assert float(mine[name]) == pytest.approx(float(theirs[name]), rel=1e-4)


DENSE = OVERFITS
BINARY = OVERFITS | {
    "data": {"name": "blobs", "task": "binary", "noise": 3.0, "transforms": ["standardize"], "validation": 0.35},
    "training": {"epochs": 6, "metrics": ["auc", "f1", "accuracy"]},
}
REGRESSION = OVERFITS | {"data": {"name": "blobs", "task": "regression", "validation": {"count": 37}}}
SPARSE = OVERFITS | {"data": {"name": "bags", "transforms": ["multi_hot"]}}
ONE_HOT = OVERFITS | {"data": {"name": "blobs", "noise": 2.0, "transforms": ["one_hot"]}}
CONVNET = {
    "data": {"name": "npz", "path": "images.npz", "transforms": ["rescale"], "validation": 0.3, "test": 20},
    "model": {"name": "convnet", "filters": [4], "units": [6], "batch_normalization": True, "dropout": 0.2},
    "training": {"epochs": 4},
}


@pytest.mark.parametrize("blocks", [DENSE, BINARY, REGRESSION, SPARSE, ONE_HOT, CONVNET])
def test_evaluate_gives_the_validation_score_of_the_best_epoch_to_the_last_digit(bench, blocks) -> None:
    if blocks == CONVNET:
        rng = np.random.default_rng(2)
        x = rng.integers(256, size=(100, 8, 8, 1)).astype(np.uint8)
        np.savez("images.npz", x=x, y=(x.mean(axis=(1, 2, 3)) > 127).astype(np.int64))
    run = bench.trained(bench.experiment(**blocks))
    best = run.read("summary.json")["best"]
    result = evaluate(run, ["validation"])["validation"]
    assert result["epoch"] == best["epoch"]
    assert result["scores"] == {name[4:]: value for name, value in best.items() if name.startswith("val_")}


def test_evaluate_can_score_the_last_epoch(bench) -> None:
    run = bench.trained(bench.experiment(**OVERFITS))
    last = run.read("summary.json")["last"]
    assert evaluate(run, ["validation"], "last")["validation"]["scores"] == {
        "loss": last["val_loss"],
        "accuracy": last["val_accuracy"],
    }


def test_the_saved_model_takes_rows_as_they_are_in_the_file(bench) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(50.0, 9.0, size=(80, 3))
    np.savez("rows.npz", x=x, y=x @ [1.0, -1.0, 2.0])
    data = {"name": "npz", "path": "rows.npz", "transforms": ["standardize"], "validation": {"count": 20}}
    run = train(bench.experiment(data=data))
    with np.load(run.predictions) as stored:
        expected = stored["validation.prediction"]
        assert stored["validation.index"].tolist() == list(range(20))
    found = keras.models.load_model(run.model).predict(x[:20].astype(np.float32), verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def weights_of_rows(bench, class_weight: object, task: str, labels: list[int]) -> list[float]:
    """Return how much each row counts in training."""
    data = {"name": "blobs", "task": task}
    experiment, _ = load(bench.experiment(data=data, training={"class_weight": class_weight}))
    rows = Rows.single(np.zeros((len(labels), 4), np.float32), np.array(labels))
    weight = sample_weight(experiment, Data(rows, None, None, experiment.data.outline()))
    assert weight is not None
    return weight.tolist()


def test_balanced_classes_count_the_same_in_sum(bench) -> None:
    found = weights_of_rows(bench, "balanced", "multiclass", [0, 0, 0, 0, 1, 2, 2, 0, 0])
    assert found == pytest.approx([0.5, 0.5, 0.5, 0.5, 3.0, 1.5, 1.5, 0.5, 0.5])  # 9 rows / (3 classes x 6, 1, 2 rows)
    assert weights_of_rows(bench, "balanced", "binary", [0, 1, 0, 0]) == pytest.approx([2 / 3, 2, 2 / 3, 2 / 3])


@pytest.mark.parametrize("given", [{"a": 2.0, "c": 0.5}, {0: 2.0, 2: 0.5}])
def test_a_class_counts_as_its_name_or_number_says_and_others_once(bench, given) -> None:
    assert weights_of_rows(bench, given, "multiclass", [0, 1, 2, 2]) == [2.0, 1.0, 0.5, 0.5]


def test_one_step_with_class_weights_is_the_one_worked_out_by_hand(bench) -> None:
    data = {"name": "blobs", "task": "binary", "rows": 40, "validation": None}
    sgd = {"name": "sgd", "learning_rate": 0.5}
    how = {"epochs": 1, "batch_size": 40, "optimizer": sgd, "class_weight": {"no": 3.0, "yes": 0.5}}
    path = bench.experiment(data=data, model={"name": "dense", "units": []}, training=how)
    run = train(path)
    experiment, _ = load(path)
    loaded = experiment.data.load()
    before = compiled_model(experiment, loaded.task, experiment.seed)
    kernel, bias = before.get_weights()
    x, y = loaded.train.array, loaded.train.y[:, None]
    counts = np.where(y == 1, 0.5, 3.0)
    slope = counts * (1 / (1 + np.exp(-(x @ kernel + bias))) - y) / 40  # of the mean cross-entropy, by the logit
    model = compiled_model(experiment, loaded.task, experiment.seed)
    checkpoints.load_weights(model, run)
    np.testing.assert_allclose(model.get_weights()[0], kernel - 0.5 * x.T @ slope, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], bias - 0.5 * slope.sum(axis=0), rtol=1e-5, atol=1e-6)


def test_every_look_at_the_test_rows_is_counted(bench) -> None:
    run = bench.trained()
    looks = []
    wanted: list[list[Part]] = [["validation"], ["test"], [], ["train"], ["test"]]
    for parts in wanted:
        evaluate(run, parts)
        looks.append(run.read("run.json")["test_looks"])
    assert looks == [0, 1, 2, 2, 3]
    assert set(run.read("evaluation.json")) == {"train", "validation", "test"}


def test_a_stand_in_is_marked_in_the_record_and_on_the_screen(bench) -> None:
    data = {"name": "npz", "path": "missing.npz", "task": "binary", "test": 0.2, "fallback": "stand_in"}
    status, out, _ = bench.run("train", bench.experiment(data=data))
    assert status == 0
    assert out.startswith("*** STAND-IN DATA ***")
    (run,) = bench.folder.glob("runs/2*")
    assert json.loads((run / "run.json").read_text())["data"]["source"] == "stand-in"
    assert "*** STAND-IN DATA ***" in bench.run("evaluate", "latest")[1]
    assert " stand-in " in bench.run("runs")[1]


def test_runs_go_where_they_are_told_to(bench, monkeypatch) -> None:
    assert bench.run("train", bench.experiment(), "--runs", "mine")[0] == 0
    monkeypatch.setenv("DLPY_RUNS", "theirs")
    assert bench.run("train", bench.experiment())[0] == 0
    assert [len(list(bench.folder.glob(f"{name}/2*"))) for name in ("mine", "theirs", "runs")] == [1, 1, 0]


def test_a_separable_toy_is_learnt(bench) -> None:
    assert bench.trained().read("summary.json")["best"]["val_accuracy"] == 1.0
