"""Pairs of texts from a table to predictions: one vocabulary, codes, retrieval, and what else commands do with them."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.components.objectives import Loss
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Task
from dlpy.stand_ins.paraphrases import paraphrases, partners
from dlpy.training.codes import loss_of_batches
from dlpy.training.loss import plain_loss
from dlpy.training.row_warnings import shared_sides

pytestmark = pytest.mark.slow

INPUTS = {"a": {"text": "a", "transforms": ["tokenize", "pad"]}, "b": {"text": "b", "like": "a"}}
ENCODER = {"family": "conv1d", "filters": [8], "kernel": 3, "padding": "same", "embedding": 4}
TRAINING = {"epochs": 2, "batch_size": 16, "optimizer": "adam"}
COUNT = 60


def write_pairs(path: Path = Path("pairs.csv"), count: int = COUNT) -> None:
    """Write pairs of texts; those of the left side have words that no right side has."""
    found = paraphrases(5, 0, count)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "same"])
        for a, b, same in zip(found.left, found.right, found.same, strict=True):
            writer.writerow([f"firstly {a}", f"secondly {b}", ["no", "yes"][same]])


def experiment(bench, name: str = "experiment.yaml", **blocks: Any) -> Path:
    write_pairs()
    data = {"name": "csv", "path": "pairs.csv", "target": "same", "inputs": INPUTS} | blocks.pop("data", {})
    model = {"name": "siamese", "encoder": ENCODER} | blocks.pop("model", {})
    return bench.experiment(name, data=data, model=model, training=TRAINING | blocks.pop("training", {}), **blocks)


def of_partners(bench, **blocks: Any) -> Path:
    data = {"name": "paraphrases", "pairs": "partners", "rows": 80, "test_rows": 40}
    data |= {"inputs": {"left": {"transforms": ["tokenize", "pad"]}, "right": {"like": "left"}}}
    model = {"name": "embedding", "encoder": ENCODER, "size": 4}
    return bench.experiment(data=data, model=model, training=TRAINING | blocks.pop("training", {}), **blocks)


def predicted(bench, *arguments: object) -> list[dict[str, str]]:
    status, out, _ = bench.run("predict", "latest", *arguments)
    assert status == 0
    return list(csv.DictReader(io.StringIO(out)))


def test_both_sides_have_one_vocabulary_in_any_order_of_words(bench) -> None:
    run = bench.trained(experiment(bench))
    words = (run.path / "a-vocabulary.txt").read_text().split()
    assert {"firstly", "secondly"} <= {*words}
    assert not (run.path / "b-vocabulary.txt").exists()
    task = json.loads((run.path / "run.json").read_text())["task"]
    left, right = task["inputs"]["a"], task["inputs"]["b"]
    assert left == right
    assert (left["vocabulary_of"], left["vocabulary"]) == ("a", 1 + len(words))


def test_predictions_are_those_that_training_stored(bench) -> None:
    run = bench.trained(experiment(bench))
    write_pairs()
    rows = predicted(bench, "pairs.csv")
    assert len(rows) == COUNT
    with np.load(run.predictions) as stored:
        index, wanted = stored["validation.index"], stored["validation.prediction"]
    found = [float(rows[row]["probability_yes"]) for row in index]
    np.testing.assert_allclose(found, wanted[:, 0], atol=1e-5)


def test_vectors_are_the_codes_of_both_sides(bench) -> None:
    run = bench.trained(experiment(bench, model={"compare": "distance", "size": 3}))
    write_pairs()
    status, out, _ = bench.run("predict", run.path, "pairs.csv", "--embed", "codes")
    assert (status, out) == (0, f"{2 * COUNT} codes of size 3: codes\n")
    vectors = np.loadtxt("codes/vectors.tsv", delimiter="\t")
    told = list(csv.DictReader(Path("codes/metadata.tsv").read_text().splitlines(), delimiter="\t"))
    assert vectors.shape == (2 * COUNT, 3)
    assert [told[0]["input"], told[COUNT]["input"]] == ["a", "b"]
    assert told[COUNT]["text"].startswith("secondly ")
    distance = np.linalg.norm(vectors[:COUNT] - vectors[COUNT:], axis=1)
    found = [float(row["probability_yes"]) for row in predicted(bench, "pairs.csv")]
    np.testing.assert_allclose(np.exp(-distance), found, atol=1e-5)
    assert 'tensor_path: "vectors.tsv"' in Path("codes/projector_config.pbtxt").read_text()


def test_vectors_of_another_family_are_what_its_last_layer_reads(bench) -> None:
    np.savez("x.npz", x=np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32), y=np.arange(30) % 3)
    model = {"name": "dense", "units": [6]}
    run = bench.trained(bench.experiment(data={"name": "npz", "path": "x.npz"}, model=model, training=TRAINING))
    assert bench.run("predict", run.path, "x.npz", "--embed", "codes")[:2] == (0, "30 codes of size 6: codes\n")
    vectors = np.loadtxt("codes/vectors.tsv", delimiter="\t")
    assert (vectors >= 0).all()  # of the hidden layer, a relu
    assert Path("codes/metadata.tsv").read_text().splitlines()[:2] == ["0", "1"]  # one column has no name
    assert bench.run("predict", run.path, "x.npz", "--embed", "codes", "-o", "p.csv")[0] == 2


def test_pairs_without_a_target_learn_who_belongs_together(bench) -> None:
    found = partners(5, 0, COUNT)
    with Path("partners.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *zip(found.left, found.right, strict=True)])
    data = {"name": "csv", "path": "partners.csv", "task": "pairs", "inputs": INPUTS}
    model = {"name": "embedding", "encoder": ENCODER, "size": 4}
    bench.trained(bench.experiment(data=data, model=model, training=TRAINING))
    rows = predicted(bench, "partners.csv")
    assert {*rows[0]} == {"similarity"}
    assert all(-1.00001 < float(row["similarity"]) < 1.00001 for row in rows)


def test_retrieval_is_scored_among_all_rows_beside_chance(bench) -> None:
    run = bench.trained(of_partners(bench))
    assert bench.run("evaluate", run.path)[0] == 0
    test = json.loads((run.path / "evaluation.json").read_text())["test"]
    assert {*test["scores"]} == {"loss", "recall_at_1", "recall_at_10", "mrr"}
    assert test["baseline"]["recall_at_10"] == 0.25  # of 40 rows
    assert test["baseline"]["loss"] == pytest.approx(math.log(20))  # 40 rows in two batches of at least 16


def test_the_loss_of_held_out_rows_is_that_of_batches_as_in_training() -> None:
    codes = np.eye(4, dtype=np.float32)[np.arange(40) % 4]
    rows = Rows({"left": codes}, {"target": np.ones(40)}, np.arange(40))
    loss = plain_loss(Loss.registry.get("in_batch")(name="in_batch"))
    batches = [loss_of_batches(loss, size, rows, {"target": np.hstack([codes, codes])}) for size in (4, 20, 100)]
    assert batches[0] < batches[1] < batches[2]
    assert batches[2] == pytest.approx(math.log(10), abs=1e-4)  # ten rows have each of the four codes


def test_a_learnt_code_finds_partners_far_above_chance(bench) -> None:
    path = of_partners(bench, training={"epochs": 15, "optimizer": {"name": "adam", "learning_rate": 0.02}})
    run = bench.trained(path, "data.rows=400")
    best = json.loads((run.path / "summary.json").read_text())["best"]
    assert best["val_recall_at_10"] > 0.5  # chance: 10 of 80


def test_triplets_bring_classes_together(bench) -> None:
    rng = np.random.default_rng(2)
    y = np.arange(120) % 3
    np.savez("x.npz", x=(np.eye(3)[y] + rng.normal(0, 0.3, (120, 3))).astype(np.float32), y=y)
    model = {"name": "embedding", "encoder": {"family": "dense", "units": [8]}, "size": 2}
    training = {**TRAINING, "epochs": 20, "optimizer": {"name": "adam", "learning_rate": 0.02}}
    run = bench.trained(bench.experiment(data={"name": "npz", "path": "x.npz"}, model=model, training=training))
    summary = json.loads((run.path / "summary.json").read_text())
    assert summary["best"]["val_precision_at_1"] > 0.85
    assert summary["baseline"]["precision_at_1"] == pytest.approx(7 / 23, abs=0.01)
    status, _, err = bench.run("predict", run.path, "x.npz")
    assert (status, "learned codes" in err) == (2, True)


def test_codes_can_be_trained_over_folds_and_are_no_predictions(bench) -> None:
    path = of_partners(bench, kfold={"folds": 2})
    assert bench.run("kfold", path, "--keep-models", "--quiet")[0] == 0
    (folder,) = Path("runs").iterdir()
    assert bench.run("runs", "--verify")[0] == 0
    assert not (folder / "predictions.npz").exists()
    run = bench.trained(path)
    for command in (("ensemble", folder), ("compare", folder, run.path), ("calibrate", run.path)):
        status, _, err = bench.run(*command)
        assert (status in (2, 7), len(err.splitlines())) == (True, 1)
        assert "gives codes of rows, not predictions of a target" in err
    assert "has no final model: `dlpy kfold --refit` trains one." in bench.run("evaluate", folder)[2]


def test_a_side_that_is_in_training_too_is_reported() -> None:
    def rows(left: list[list[int]], right: list[list[int]]) -> Rows:
        return Rows({"left": np.array(left), "right": np.array(right)}, index=np.arange(len(left)))

    train = rows([[1], [2]], [[3], [4]])
    validation = rows([[5], [3], [6]], [[1], [7], [8]])  # 1 and 3 are in training pairs, on the other side
    found = [*shared_sides(Data(train, validation, rows([[9]], [[10]]), Task({}, {})))]
    assert len(found) == 1
    assert found[0].startswith("warning: 2 of 3 validation pairs share a side with a training pair")


def error_of(bench, path: Path) -> str:
    status, out, err = bench.run("check", path)
    assert status == 2
    (line,) = (out + err).strip().splitlines()
    return line


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "vocabularies of their own": (
        {"data": {"task": "binary", "inputs": INPUTS | {"b": {"text": "b", "transforms": ["tokenize", "pad"]}}}},
        "'a' and 'b' have vocabularies of their own: replace the transforms of 'b' by 'like: a'.",
    ),
    "like itself": ({"data": {"inputs": INPUTS | {"b": {"text": "b", "like": "b"}}}}, "there is no other input 'b'"),
    "like nobody": (
        {"data": {"inputs": INPUTS | {"b": {"text": "b", "like": "A"}}}},
        "there is no other input 'A' with options. Known: a.",
    ),
    "like and transforms": (
        {"data": {"inputs": INPUTS | {"b": {"text": "b", "like": "a", "transforms": ["tokenize"]}}}},
        "inputs.b.like: it has the transforms of 'a': remove its own",
    ),
    "pairs with a target": ({"data": {"task": "pairs"}}, "pairs: every row is a pair that belongs together"),
    "contrastive without a distance": (
        {"data": {"task": "binary"}, "training": {"loss": "contrastive"}},
        "training.loss: contrastive needs the distance of two codes: use model siamese with 'compare: distance'.",
    ),
    "in_batch without codes": (
        {"data": {"task": "binary"}, "training": {"loss": "in_batch"}},
        "training.loss: in_batch needs codes: use model embedding.",
    ),
    "accuracy of codes": (
        {"data": {"task": "binary"}, "model": {"name": "embedding"}, "training": {"metrics": ["accuracy"]}},
        "accuracy needs predicted classes, not codes.",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line(bench, case: str) -> None:
    blocks, wanted = MISTAKES[case]
    assert wanted in error_of(bench, experiment(bench, **blocks))
