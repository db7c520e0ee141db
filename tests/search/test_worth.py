"""What the best of a search is worth: estimates, verdicts, and reasons where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from searches import NUMBERS, make_search, store, trial

from dlpy.runs.directory import Run
from dlpy.runs.trials import read_trials
from dlpy.search.directory import Result, write_result
from dlpy.search.worth import lines, summary_of

LABELS = np.arange(200) % 2


def of_classes(folder: Path, predictions: np.ndarray, target: np.ndarray = LABELS) -> Run:
    """Return a search whose trials predict (trials, rows) probabilities of the second class."""
    accuracies = ((predictions > 0.5) == target).mean(axis=1)
    run = make_search(folder, [trial(number, float(value)) for number, value in enumerate(accuracies, 1)])
    for number, prediction in enumerate(predictions, 1):
        store(run, number, {"": (np.arange(len(target)), target, prediction[:, None])}, "{metrics: [accuracy]}")
    return run


def test_a_search_over_noise_says_that_nothing_was_found(tmp_path: Path) -> None:
    run = of_classes(tmp_path, np.random.default_rng(0).random((200, 200)))
    found = summary_of(run, read_trials(run))
    assert (found["trials"], found["rows"], found["score"]) == (200, 200, "val_accuracy")
    assert found["best_score"] > 0.57
    assert found["expected"] == pytest.approx(0.5, abs=0.05)
    assert found["optimism"] == pytest.approx(found["best_score"] - found["expected"])
    assert found["baseline"] == 0.5  # half of the rows are of each class
    assert (found["found"], found["tenth_is_alike"]) == (False, True)
    assert lines(found)[-1] == "nothing was found: that is no better than the baseline 0.5, beyond chance"


def test_what_can_be_learnt_is_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    right = rng.random((60, 200)) < np.linspace(0.55, 0.8, 60)[:, None]
    run = of_classes(tmp_path, np.where(right, LABELS, 1 - LABELS) * 1.0)
    found = summary_of(run, read_trials(run))
    assert found["found"] is True
    assert 0.74 < found["expected"] < found["best_score"]
    assert found["interval"][0] < 0.8 < found["interval"][1]
    assert "nothing" not in " ".join(lines(found))


def test_one_trial_is_not_optimistic(tmp_path: Path) -> None:
    prediction = np.where(np.arange(200) < 150, LABELS, 1 - LABELS)[None] * 1.0
    run = of_classes(tmp_path, prediction)
    found = summary_of(run, read_trials(run))
    assert found["best_score"] == 0.75
    assert found["expected"] == pytest.approx(0.75, abs=0.005)
    assert found["interval"] == pytest.approx([0.69, 0.81], abs=0.006)  # 0.75 +- 1.96 sqrt(0.75 * 0.25 / 200)
    assert (found["alike"], found["tenth_is_alike"]) == (0, None)


def test_a_clear_winner_is_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    right = rng.random((20, 200)) < np.where(np.arange(20) == 4, 0.98, 0.6)[:, None]
    run = of_classes(tmp_path, np.where(right, LABELS, 1 - LABELS) * 1.0)
    found = summary_of(run, read_trials(run))
    assert (found["best"], found["alike"], found["tenth_is_alike"]) == (5, 0, False)
    assert len(lines(found)) == 1


def of_numbers(folder: Path, monitor: str, scale: float, *, logged: float = 1.0) -> Run:
    """Return a search of two trials whose errors are 1 and 3 in the own unit, logged divided by the scale."""
    target = np.arange(40.0)
    power = 2 if monitor == "val_mse" else 1
    scores = [logged * (error / scale) ** power for error in (1.0, 3.0)]
    trials = [trial(number, score, monitor=monitor) for number, score in enumerate(scores, 1)]
    run = make_search(folder, trials, monitor=monitor, outputs={"target": NUMBERS})
    for number, error in enumerate((1.0, 3.0), 1):
        signs = np.where(np.arange(40) % 2, error, -error)
        store(run, number, {"": (np.arange(40), target, (target + signs)[:, None])}, "{loss: mse, metrics: [mae, mse]}")
    return run


@pytest.mark.parametrize(("monitor", "expected"), [("val_mae", 0.1), ("val_mse", 0.01), ("val_loss", 0.01)])
def test_scores_are_those_of_the_log_where_targets_are_standardized(
    tmp_path: Path, monitor: str, expected: float
) -> None:
    if monitor == "val_loss":
        run = of_numbers(tmp_path, "val_mse", 10.0)
        run.update(search={"monitor": "val_loss", "direction": "min"})
    else:
        run = of_numbers(tmp_path, monitor, 10.0)
    found = summary_of(run, read_trials(run))
    assert found["best_score"] == pytest.approx(expected)
    assert found["expected"] == pytest.approx(expected)  # all rows have the same error
    assert found["optimism"] == pytest.approx(0, abs=1e-9)
    assert found["found"] is True


def test_predictions_of_other_scores_are_not_used(tmp_path: Path) -> None:
    run = of_classes(tmp_path, np.random.default_rng(0).random((3, 200)))
    (run.path / "trials.jsonl").write_text(
        (run.path / "trials.jsonl").read_text().replace('"val_accuracy": 0.', '"val_accuracy": 0.9')
    )
    assert summary_of(run, read_trials(run)) == {"reason": "the stored predictions do not give the logged val_accuracy"}


def test_missing_predictions_are_the_reason(tmp_path: Path) -> None:
    run = make_search(tmp_path, [trial(1, 0.5)])
    (run.path / "trials" / "0001").mkdir(parents=True)
    (run.path / "trials" / "0001" / "config.yaml").write_text("training: {metrics: [accuracy]}\n")
    found = summary_of(run, read_trials(run))
    assert found == {"reason": "trial 1 has no stored predictions"}
    assert lines(found) == ["how optimistic the best score is, is unknown: trial 1 has no stored predictions"]


def test_failed_and_pruned_trials_are_not_compared(tmp_path: Path) -> None:
    run = of_classes(tmp_path, np.random.default_rng(0).random((3, 200)))
    more = [trial(4, None, status="failed", reason="NaN"), trial(5, 0.99, status="pruned")]
    assert summary_of(run, [*read_trials(run), *more])["trials"] == 3
    assert summary_of(run, more) == {"reason": "no trial is completed"}


def test_areas_are_computed_for_each_sample(tmp_path: Path) -> None:
    trials = [trial(number, 0.75, monitor="val_auc") for number in (1, 2)]
    run = make_search(tmp_path, trials, monitor="val_auc")
    target, prediction = np.repeat([0, 1], 20), np.repeat([0.0, 0.0, 0.0, 1.0], 10)
    for number in (1, 2):
        store(run, number, {"": (np.arange(40), target, prediction[:, None])}, "{metrics: [auc]}")
    found = summary_of(run, read_trials(run))
    assert found["best_score"] == 0.75  # half of the second class scores above the first, half ties with it
    assert found["expected"] == pytest.approx(0.75, abs=0.01)
    assert found["baseline"] == 0.5


def test_each_fold_has_the_scale_of_its_own_training_rows(tmp_path: Path) -> None:
    logged = {1: (1 / 2, 3 / 4), 2: (3 / 2, 1 / 4)}  # errors of 1 and 3, and of 3 and 1, on scales of 2 and 4
    trials = [trial(number, sum(scores) / 2, monitor="val_mae") for number, scores in logged.items()]
    run = make_search(tmp_path, trials, monitor="val_mae", outputs={"target": NUMBERS})
    target = np.arange(20.0)
    for number, scores in logged.items():
        errors = np.multiply(scores, (2, 4))
        parts = {
            f"folds/{fold + 1:02d}": (np.arange(20) + 20 * fold, target, (target + error)[:, None])
            for fold, error in enumerate(errors)
        }
        store(run, number, parts, "{loss: mse, metrics: [mae]}")
        for folder, score in zip(parts, scores, strict=True):
            path = Run(run.path / "trials" / f"{number:04d}" / folder)
            write_result(path, Result({"val_mae": score}, 1, 1, [score]))
    found = summary_of(run, read_trials(run))
    assert (found["best"], found["best_score"]) == (1, pytest.approx(0.625))


def test_folds_are_scored_by_their_mean(tmp_path: Path) -> None:
    right = {1: ([1, 1, 1, 0], [1, 0, 0, 0]), 2: ([1, 0, 0, 0], [1, 1, 1, 1]), 3: ([0, 0, 0, 1], [1, 1, 0, 0])}
    means = {1: 0.5, 2: 0.625, 3: 0.375}
    run = make_search(tmp_path, [trial(number, mean) for number, mean in means.items()])
    target = np.array([0, 1, 0, 1])
    for number, folds in right.items():
        parts = {}
        for fold, hits in enumerate(folds):
            prediction = np.where(np.array(hits) == 1, target, 1 - target)[:, None] * 1.0
            parts[f"folds/{fold + 1:02d}"] = (np.arange(4) + 4 * fold, target, prediction)
        store(run, number, parts, "{metrics: [accuracy]}")
    found = summary_of(run, read_trials(run))
    assert (found["best"], found["best_score"], found["rows"]) == (2, 0.625, 8)
    # the best of fold 1 is trial 1 with 0.75 against 0.25 of trial 2; that of fold 2 is trial 2 itself
    assert found["optimism_by_folds"] == pytest.approx(0.25)
