"""Calibration, thresholds and conformal prediction through the commands: what is kept, used, shown and undone."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from dlpy.runs.directory import Run, forget_outdated
from dlpy.runs.verify import verify

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(11)
X = RNG.normal(size=(600, 2)).round(4)
CHANCE = 1 / (1 + np.exp(-2 * X[:, 0] - X[:, 1] + 1.5))
TARGETS = {
    "binary": np.where(RNG.random(600) < CHANCE, "yes", "no"),
    "noise": RNG.choice(["heads", "tails"], 600),
    "classes": np.array(["a", "b", "c"])[np.searchsorted([-0.8, 0.8], X[:, 0] + RNG.normal(size=600))],
    "number": (X[:, 0] * 10 + RNG.normal(size=600)).round(3).astype(str),
}
SURE = "naive_bayes"  # three columns are the same, and it takes them for three independent ones


def written(bench, target: str, model: str, **training: object) -> Path:
    lines = [f"{x},{x},{x},{y},{value}" for (x, y), value in zip(X, TARGETS[target], strict=True)]
    bench.write("\n".join(["x,again,more,y,answer", *lines]) + "\n", "table.csv")
    data = {"name": "csv", "path": "table.csv", "target": "answer", "test": 0.3, "validation": 0.4}
    return bench.experiment(data=data, model=model, training=training, kfold={"folds": 4})


def trained(bench, target: str, model: str = "linear", command: str = "train", **training: object) -> Run:
    path = written(bench, target, model, **training)
    if command == "train":
        return bench.trained(path)
    return bench.once("folds", lambda: bench.run("kfold", path, "--refit", "--quiet"))


def evaluated(bench, run: Run, *options: object) -> dict:
    status, out, err = bench.run("evaluate", run.path, "--json", *options)
    assert status == 0, err
    return json.loads(out)


def predicted(bench, run: Run, *options: object) -> list[dict[str, str]]:
    status, out, err = bench.run("predict", run.path, "table.csv", *options)
    assert status == 0, err
    return list(csv.DictReader(io.StringIO(out)))


@pytest.mark.parametrize("target", ["binary", "classes"])
def test_a_temperature_lowers_the_calibration_error_and_leaves_every_class(bench, target: str) -> None:
    run = trained(bench, target, SURE)
    before, rows = evaluated(bench, run)["test"], predicted(bench, run)
    status, out, _ = bench.run("calibrate", run.path, "--json")
    told = json.loads(out)["outputs"]["target"]
    assert (status, told["rows"]) == (0, 168)
    assert told["temperature"] > 1.3
    assert told["after"]["log_loss"] < told["before"]["log_loss"]
    after = evaluated(bench, run)["test"]
    assert after["scores"] == before["scores"]  # the model's own, its accuracy to the bit
    assert after["probabilities"] == before["probabilities"]
    assert after["calibrated"]["temperature"] == told["temperature"]
    assert after["calibrated"]["ece"] < before["probabilities"]["ece"] - 0.02
    calibrated = predicted(bench, run)
    assert [row["prediction"] for row in calibrated] == [row["prediction"] for row in rows]
    assert calibrated != rows
    assert verify(run).damages == []
    assert bench.run("calibrate", run.path, "--undo")[0] == 0
    assert predicted(bench, run) == rows
    assert "calibrated" not in evaluated(bench, run)["test"]


def test_validation_rows_are_scored_crosswise_and_test_rows_as_they_are(bench) -> None:
    run = trained(bench, "binary", SURE)
    bench.run("calibrate", run.path)
    told = evaluated(bench, run, "--threshold", "f1", "--coverage", "0.9")
    for block in ("calibrated", "coverage"):
        assert told["validation"][block]["cross_fitted"]
        assert not told["test"][block]["cross_fitted"]
    assert told["validation"]["thresholds"][0]["cross_fitted"]
    assert not told["test"]["thresholds"][0]["cross_fitted"]


def test_a_threshold_is_kept_for_predict_and_taken_back(bench) -> None:
    run = trained(bench, "binary")
    rows = predicted(bench, run)
    (told,) = evaluated(bench, run, "--threshold", "recall=0.9")["test"]["thresholds"]
    assert (told["of"], told["criterion"]) == ("yes", "recall=0.9")
    assert told["threshold"] < 0.5
    assert told["at_threshold"]["recall"] > told["at_half"]["recall"]
    assert told["at_threshold"]["precision"] < told["at_half"]["precision"]
    wanted = ["yes" if float(row["probability_yes"]) > told["threshold"] else "no" for row in rows]
    assert [row["prediction"] for row in predicted(bench, run)] == wanted
    assert wanted != [row["prediction"] for row in rows]
    assert evaluated(bench, run)["test"]["thresholds"] == [told]
    assert "thresholds" not in evaluated(bench, run, "--threshold", "0.5")["test"]
    assert predicted(bench, run) == rows


def test_an_experiment_can_ask_for_a_threshold(bench) -> None:
    run = trained(bench, "binary", threshold="recall=0.9")
    (told,) = evaluated(bench, run)["test"]["thresholds"]
    assert (told["criterion"], run.read("thresholds.json")["on"]) == ("recall=0.9", ["validation"])
    by_command = evaluated(bench, run, "--threshold", "recall=0.9")["test"]["thresholds"]
    assert by_command == [told]


@pytest.mark.parametrize(
    ("target", "threshold", "message"),
    [
        ("number", "f1", "training.threshold: threshold needs two classes, or labels; this target is a number."),
        ("classes", "f1", "this target is multiclass."),
        ("binary", "best", "training.threshold: expected f1, precision=0.95"),
    ],
)
def test_a_threshold_that_cannot_be_chosen_is_a_mistake(bench, target: str, threshold: str, message: str) -> None:
    status, _, err = bench.run("train", written(bench, target, "linear", threshold=threshold))
    assert (status, message in err) == (2, True), err


def test_a_threshold_without_held_out_rows_is_found_by_check(bench) -> None:
    blocks = {"data": {"name": "blobs", "task": "binary", "validation": None}, "training": {"threshold": "f1"}}
    status, out, err = bench.run("check", bench.experiment("none.yaml", **blocks))
    assert (status, err, len(out.splitlines())) == (2, "", 1)
    assert "training.threshold: the threshold is chosen on held-out rows, and there are none: set data.val" in out
    assert bench.run("check", bench.experiment("folds.yaml", **blocks, kfold={"folds": 3}))[0] == 0


def test_the_same_rows_are_predicted_after_calibration_at_the_threshold_shown(bench) -> None:
    run = trained(bench, "binary", SURE)
    evaluated(bench, run, "--threshold", "cost=fp:1,fn:5")
    rows = predicted(bench, run)
    bench.run("calibrate", run.path)
    after = predicted(bench, run)
    assert [row["prediction"] for row in after] == [row["prediction"] for row in rows]
    threshold = evaluated(bench, run)["test"]["thresholds"][0]["threshold"]
    assert [row["prediction"] for row in after] == [
        "yes" if float(row["probability_yes"]) > threshold else "no" for row in after
    ]
    (fixed,) = evaluated(bench, run, "--threshold", "0.3")["test"]["thresholds"]
    assert fixed["threshold"] == pytest.approx(0.3)


def test_intervals_hold_the_truth_as_often_as_asked(bench) -> None:
    run = trained(bench, "number")
    told = evaluated(bench, run, "--coverage", "0.9")
    for part in ("validation", "test"):
        assert told[part]["coverage"]["covered"] == pytest.approx(0.9, abs=0.06)
        assert told[part]["coverage"]["width"] == pytest.approx(2 * 1.645, abs=0.6)  # the noise is normal
    rows = predicted(bench, run, "--coverage", "0.9")
    truth = TARGETS["number"].astype(float)
    ends = np.array([[float(row[f"prediction_{end}"]) for end in ("low", "high")] for row in rows])
    assert np.mean((ends[:, 0] <= truth) & (truth <= ends[:, 1])) == pytest.approx(0.9, abs=0.05)
    middle = np.array([float(row["prediction"]) for row in rows])
    assert ends.mean(axis=1) == pytest.approx(middle, rel=1e-5, abs=1e-5)


def test_sets_hold_the_class_as_often_as_asked(bench) -> None:
    run = trained(bench, "classes")
    told = evaluated(bench, run, "--coverage", "0.9")["test"]["coverage"]
    assert told["covered"] == pytest.approx(0.9, abs=0.06)
    assert 1 < told["size"] < 3
    rows = predicted(bench, run, "--coverage", "0.9")
    sets = [row["prediction_set"].split("; ") for row in rows]
    assert np.mean([value in one for value, one in zip(TARGETS["classes"], sets, strict=True)]) > 0.85
    assert list(rows[0])[-1] == "prediction_set"


def test_a_k_fold_run_is_calibrated_on_its_out_of_fold_rows(bench) -> None:
    run = trained(bench, "binary", SURE, "kfold")
    status, out, _ = bench.run("calibrate", run.path, "--json")
    assert (status, json.loads(out)["on"]) == (0, "out_of_fold")
    assert run.read("calibration.json")["rows"] == {"target": 420}
    told = evaluated(bench, run, "--threshold", "f1")["test"]
    assert told["calibrated"]["ece"] < told["probabilities"]["ece"]
    assert told["thresholds"][0]["at_threshold"]["f1"] > 0.6


def test_a_k_fold_run_has_intervals_from_its_out_of_fold_errors(bench) -> None:
    run = trained(bench, "number", command="kfold")
    status, out, err = bench.run("evaluate", run.path, "--json", "--coverage", "0.9")
    assert (status, "without a proof" in err) == (0, True)
    assert json.loads(out)["test"]["coverage"]["covered"] == pytest.approx(0.9, abs=0.06)


def test_nothing_that_is_fitted_on_noise_looks_better_than_chance(bench) -> None:
    run = trained(bench, "noise", SURE)
    bench.run("calibrate", run.path)
    for criterion in ("f1", "recall=0.9", "precision=0.52", "cost=fp:2,fn:1"):
        told = evaluated(bench, run, "--threshold", criterion, "--coverage", "0.9")
        for part, rows in (("validation", 168), ("test", 180)):
            three = 3 * 0.5 / rows**0.5  # standard errors of a share
            own, effect = told[part]["calibrated"], told[part]["thresholds"][0]["at_threshold"]
            assert own["log_loss"] > np.log(2) - 0.01
            assert own["brier"] > 0.25 - 0.005
            assert own["ece"] < own["ece_by_chance"] + three
            assert told[part]["coverage"]["covered"] == pytest.approx(0.9, abs=3 * 0.3 * (1 / rows + 1 / 168) ** 0.5)
            assert told[part]["coverage"]["size"] > 1.7
            if effect is not None:
                assert effect["accuracy"] == pytest.approx(0.5, abs=three)
                some = max(effect["predicted"], 1)
                assert effect["precision"] is None or abs(effect["precision"] - 0.5) < 3 * 0.5 / some**0.5 + 0.03


@pytest.mark.parametrize(
    ("target", "command", "options", "message"),
    [
        ("number", "calibrate", [], "predicts a numeric target: only probabilities are calibrated"),
        ("number", "evaluate", ["--threshold", "f1"], "predicts a numeric target: only two classes"),
        ("classes", "evaluate", ["--threshold", "f1"], "predicts more than two classes: only two classes"),
        ("binary", "evaluate", ["--threshold", "f2"], "--threshold f2: expected f1, precision=0.95"),
        ("binary", "evaluate", ["--threshold", "cost=fp:1"], "expected f1, precision=0.95"),
        ("binary", "evaluate", ["--threshold", "recall=2"], "expected f1, precision=0.95"),
        ("binary", "evaluate", ["--threshold", "f1", "--checkpoint", "last"], "leave --checkpoint out"),
        ("binary", "evaluate", ["--coverage", "90"], "expected a fraction between 0 and 1"),
        (
            "binary",
            "predict",
            ["table.csv", "--coverage", "0.999"],
            "needs at least 999 held-out rows; this run has 168",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_before_test_rows_are_scored(
    bench, target: str, command: str, options: list[str], message: str
) -> None:
    run = trained(bench, target)
    status, _, err = bench.run(command, run.path, *options)
    assert status in (2, 3)
    assert message in err
    assert err.count("\n") == 1
    assert not run.record().test_looks


def test_damaged_files_are_found_and_named(bench) -> None:
    run = trained(bench, "binary")
    for name, text in (("calibration.json", '{"epoch": 1}'), ("thresholds.json", "[]")):
        (run.path / name).write_text(text)
        assert [name in damage for damage in verify(run).damages] == [True]
        status, _, err = bench.run("predict", run.path, "table.csv")
        assert (status, name in err) == (7, True)
        (run.path / name).unlink()


def test_a_training_that_goes_on_forgets_what_was_fitted_on_its_earlier_state(bench) -> None:
    run = trained(bench, "binary", SURE)
    bench.run("calibrate", run.path)
    evaluated(bench, run, "--threshold", "f1")
    forget_outdated(run)
    assert not (run.path / "calibration.json").exists()
    assert not (run.path / "thresholds.json").exists()


def test_predictions_of_another_checkpoint_are_not_fitted_on(bench) -> None:
    run = trained(bench, "binary")
    evaluated(bench, run, "--checkpoint", "last")
    status, _, err = bench.run("calibrate", run.path)
    assert (status, "predictions of checkpoint 'last'" in err) == (7, True)
    evaluated(bench, run, "--split", "validation")
    assert bench.run("calibrate", run.path)[0] == 0
