"""How much two texts are alike: numbers that siamese predicts, and its runs among several seeds, in ensembles and searches."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions
from dlpy.runs.trials import read_trials

pytestmark = pytest.mark.slow

WORDS = ["apple", "pear", "plum", "iron", "zinc", "lead"]  # three fruits and three metals
RNG = np.random.default_rng(3)
SIDES = [RNG.integers(6, size=300) for _ in "ab"]
KINDS = [side // 3 for side in SIDES]
SCORE = np.where(SIDES[0] == SIDES[1], 5.0, np.where(KINDS[0] == KINDS[1], 3.0, 0.0))  # 5, 3 or 0
ALIKE = np.where(KINDS[0] == KINDS[1], "yes", "no")
TASKS = {"score": "regression", "alike": "binary"}  # few whole numbers would be classes
INPUTS = {"a": {"text": "a", "transforms": ["tokenize", "pad"]}, "b": {"text": "b", "like": "a"}}
ENCODER = {"family": "conv1d", "filters": [8], "kernel": 1, "embedding": 6}
ADAM = {"name": "adam", "learning_rate": 0.02}


def write_pairs(path: str, sides: list[np.ndarray]) -> None:
    with Path(path).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "score", "alike"])
        words = [[f"the {WORDS[word]}" for word in side] for side in sides]
        writer.writerows(zip(*words, SCORE.tolist(), ALIKE.tolist(), strict=True))


def experiment(bench, target: str, name: str = "experiment.yaml", **blocks: Any) -> Path:
    write_pairs("pairs.csv", SIDES)
    data = {"name": "csv", "path": "pairs.csv", "target": target, "task": TASKS[target]}
    data |= {"inputs": INPUTS, "test": 0.2, "validation": 0.25}
    model = {"name": "siamese", "encoder": ENCODER, **blocks.pop("model", {})}
    training = {"epochs": 3, "batch_size": 16, "optimizer": ADAM, **blocks.pop("training", {})}
    return bench.experiment(name, data=data, model=model, training=training, **blocks)


def predicted(bench, run: Run, path: str, column: str) -> np.ndarray:
    status, out, err = bench.run("predict", run.path, path)
    assert status == 0, err
    return np.array([float(row[column]) for row in csv.DictReader(io.StringIO(out))])


def of_validation(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows, the targets and the predictions that a run stored."""
    (found,) = (stored for stored in stored_predictions(run) if stored.part == "validation")
    return found.index, found.target.reshape(-1), found.prediction[:, 0]


def test_a_similarity_is_learnt_and_predicted_whichever_side_is_left(bench) -> None:
    run = bench.trained(experiment(bench, "score", training={"epochs": 40}))
    index, target, prediction = of_validation(run)
    assert np.array_equal(target, SCORE[index])
    assert np.abs(prediction - target).mean() < 0.5  # always the median: 1.9
    write_pairs("pairs.csv", SIDES)
    own = predicted(bench, run, "pairs.csv", "prediction")
    assert own[index] == pytest.approx(prediction, abs=1e-4)
    write_pairs("swapped.csv", SIDES[::-1])
    assert predicted(bench, run, "swapped.csv", "prediction") == pytest.approx(own, abs=1e-4)


def test_a_cosine_of_numbers_is_learnt_in_their_own_unit(bench) -> None:
    run = bench.trained(experiment(bench, "score", model={"compare": "cosine"}, training={"epochs": 30}))
    _, target, prediction = of_validation(run)
    assert prediction[target == 5] == pytest.approx(prediction[target == 5][0], abs=1e-4)  # a cosine of 1 each
    assert np.abs(prediction - target).mean() < 1.0


def test_a_distance_of_numbers_is_one_line_at_its_option(bench) -> None:
    status, _, err = bench.run("train", experiment(bench, "score", model={"compare": "distance"}))
    assert (status, len(err.splitlines())) == (2, 1)
    assert "model.compare: distance predicts binary targets alone, not regression: use cosine or both." in err


def test_seeds_of_pairs_are_combined_and_compared(bench) -> None:
    path = experiment(bench, "alike")
    seeds = bench.once("seeds", lambda: bench.run("train", path, "--seeds", "2", "--quiet"))
    alone = bench.trained(experiment(bench, "alike", "distance.yaml", model={"compare": "distance"}))
    status, out, err = bench.run("ensemble", seeds.path, alone.path, "--json")
    assert (status, err) == (0, "")
    run = Run(Path(json.loads(out)["run"]))
    members = [seeds.path / "seeds/1", seeds.path / "seeds/2", alone.path]
    wanted = np.mean([predicted(bench, Run(path), "pairs.csv", "probability_yes") for path in members], axis=0)
    assert predicted(bench, run, "pairs.csv", "probability_yes") == pytest.approx(wanted, abs=1e-5)
    index, target, prediction = of_validation(run)
    assert prediction == pytest.approx(wanted[index], abs=1e-5)
    accuracy = ((prediction > 0.5) == target).mean()
    assert run.read("summary.json")["best"]["val_accuracy"] == pytest.approx(accuracy)
    status, out, err = bench.run("compare", run.path, seeds.path, "--json")
    assert (status, err) == (0, "")
    scores = [side["scores"]["accuracy"]["value"] for side in json.loads(out)["runs"]]
    each = [of_validation(Run(path)) for path in members[:2]]
    assert scores == pytest.approx([accuracy, np.mean([((own > 0.5) == true).mean() for _, true, own in each])])


def test_a_search_over_pairs_logs_each_trial_and_its_best_trains_again(bench) -> None:
    choices = {"search": {"choices": ["product", "distance"]}}
    path = experiment(
        bench,
        "alike",
        model={"compare": choices, "size": 4},
        search={"sampler": "grid"},
    )
    assert bench.run("search", path, "--quiet")[0] == 0
    (folder,) = Path("runs").iterdir()
    trials = read_trials(Run(folder))
    assert [trial.status for trial in trials] == ["completed"] * 2
    scores = [trial.score or 9.0 for trial in trials]
    assert Run(folder).read("summary.json")["search"]["trial"] == 1 + int(np.argmin(scores))
    assert bench.run("train", folder / "best.yaml", "--runs", "again", "--quiet")[0] == 0
    (again,) = Path("again").iterdir()
    assert Run(again).read("summary.json")["best"]["val_loss"] == min(scores)
