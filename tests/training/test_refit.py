"""`training.refit`: which rows the final model learns, what predicts with it, and what remains with the first model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dlpy.engine.mean_of_networks import networks_of
from dlpy.experiment.experiment import load
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.runs.lookup import find_run
from dlpy.runs.predictions import read_splits
from dlpy.training.evaluate import restore
from dlpy.training.loaded_rows import raw_parts
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.resume import resume
from dlpy.training.train import train
from tests.chaos.__main__ import differences, outcome

pytestmark = pytest.mark.slow

STOPPING = {"name": "early_stopping", "patience": 2}
CHECKPOINT = {"name": "checkpoint", "every_seconds": 0}
HOMES = {"name": "csv", "path": "homes.csv", "target": "price", "test": 0.2, "validation": 0.25}
SCALED = {"transforms": ["standardize"], "target_transforms": ["standardize"]}
SAME_ROWS = HOMES | SCALED | {"split_seed": 1}
TRAINING = {"epochs": 30, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.05}}
SMALL = {"name": "dense", "units": [6], "dropout": 0.2}


def write_homes(folder: Path, rows: int = 100) -> None:
    rng = np.random.default_rng(3)
    size, age = rng.uniform(20, 200, rows), rng.uniform(0, 80, rows)
    price = 3 * size - age + rng.normal(0, 20, rows)
    lines = [f"{a:.1f},{b:.1f},{c:.1f}" for a, b, c in zip(size, age, price, strict=True)]
    (folder / "homes.csv").write_text("\n".join(["size,age,price", *lines]) + "\n")


def blocks(*, refit: bool = True, **changes: Any) -> dict[str, Any]:
    usual = {
        "seed": 5,
        "data": HOMES | SCALED,
        "model": SMALL,
        "training": TRAINING | ({"refit": True} if refit else {}),
        "callbacks": [STOPPING],
    }
    return usual | changes


def run_of(bench: Any, name: str, content: dict[str, Any]) -> Run:
    write_homes(bench.folder)
    return bench.trained(bench.write(yaml.safe_dump(content), f"{name}.yaml"))


def on_all_rows(bench: Any, epochs: int) -> Run:
    """Return a run that learns all rows but the test rows, without validation."""
    data = HOMES | SCALED | {"validation": None}
    return run_of(bench, "all", blocks(refit=False, data=data, training=TRAINING | {"epochs": epochs}, callbacks=[]))


def same_weights(one: Run, other: Run) -> bool:
    first, second = checkpoints.read_weights(one), checkpoints.read_weights(other)
    return all(np.array_equal(*pair) for pair in zip(first.values(), second.values(), strict=True))


def test_final_model_is_that_of_all_rows_and_the_best_number_of_epochs(bench):
    run = run_of(bench, "refit", blocks())
    best = run.summary().best
    assert best is not None
    assert best.epoch is not None
    assert 1 < best.epoch < 30
    own, first = read_splits(run.path / "refit" / "splits.npz"), read_splits(run.splits)
    assert len(first["train"]) == 60
    assert len(first["validation"]) == 20
    assert sorted(own["train"]) == sorted([*first["train"], *first["validation"]])
    alone = on_all_rows(bench, best.epoch)
    assert same_weights(Run(run.path / "refit"), alone)
    assert not same_weights(run, alone)


def test_validation_scores_are_those_of_a_model_that_has_not_seen_the_rows(bench):
    run, plain = run_of(bench, "refit", blocks()), run_of(bench, "plain", blocks(refit=False))
    assert run.predictions.read_bytes() == plain.predictions.read_bytes()
    assert run.metrics.read_text().count("\n") == plain.metrics.read_text().count("\n")
    summaries = [one.read("summary.json") for one in (run, plain)]
    assert "refit" in summaries[0]
    assert "val_loss" not in summaries[0].pop("refit")["best"]
    assert summaries[0] == summaries[1]
    assert bench.run("evaluate", run.path)[0] == bench.run("evaluate", plain.path)[0] == 0
    found = [one.read("evaluation.json") for one in (run, plain)]
    assert found[0]["validation"] == found[1]["validation"]
    assert found[0]["test"]["scores"] != found[1]["test"]["scores"]


def test_test_rows_and_new_rows_are_predicted_by_the_final_model(bench):
    run = run_of(bench, "refit", blocks())
    alone = on_all_rows(bench, run.summary().best.epoch)
    answers, scores = [], []
    for one in (run, alone):
        assert bench.run("evaluate", one.path, "--split", "test")[0] == 0
        scores.append(one.read("evaluation.json")["test"]["scores"])
        answers.append(bench.run("predict", one.path, "homes.csv")[1])
    assert scores[0] == scores[1]
    assert answers[0] == answers[1] != ""


def test_evaluation_and_report_say_which_model_scores_the_rows(bench):
    run = run_of(bench, "refit", blocks())
    told = "test rows are scored with the final model (training.refit), others with the first one"
    assert told in bench.run("evaluate", run.path)[1]
    for options in (("--split", "validation"), ("--checkpoint", "last")):
        assert told not in bench.run("evaluate", run.path, *options)[1]
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert "trained on all 80 rows but the test rows; predicts these and new rows" in page
    several = run_of(bench, "several", blocks(**SEVERAL))
    best = ", ".join(map(str, several.summary().refit["networks"]))
    page = (several.path / "report.html").read_text(encoding="utf-8")
    assert f"mean of 3 networks on 80 rows (best epochs {best}); predicts test rows and new rows" in page


class Stopping(Reporter):
    """Raises what Ctrl-C would after n epochs of both trainings together."""

    def __init__(self, epochs: int) -> None:
        self._left = epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt


def interrupted(path: Path, folder: Path, epochs: int) -> Run:
    with pytest.raises(KeyboardInterrupt):
        train(*load(path), Options(folder), Stopping(epochs))
    (run,) = (Run(one) for one in folder.iterdir())
    return run


@pytest.mark.parametrize("stops", [(2,), (99,), (2, 99)], ids=["first", "final", "both"])
def test_resumed_run_ends_with_the_same_bits(bench, stops):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(callbacks=[STOPPING, CHECKPOINT])))
    whole = train(*load(path), Options(bench.folder / "whole"), Reporter())
    epochs = len(whole.metrics.read_text().splitlines()) - 1
    first, *more = [epochs + 3 if stop == 99 else stop for stop in stops]
    run = interrupted(path, bench.folder / "cut", first)
    for stop in more:
        with pytest.raises(KeyboardInterrupt):
            resume(run, "", Stopping(stop - first), allow_inexact=False)
    assert run.record().status == "interrupted"
    resume(run, "", Reporter(), allow_inexact=False)
    assert differences(outcome(whole), outcome(run)) == []


def test_classic_model_is_fitted_again_with_as_many_rounds(bench):
    pytest.importorskip("sklearn")
    content = blocks(model={"name": "linear"}, training={"refit": True}, data=HOMES)
    content.pop("callbacks")
    run = run_of(bench, "linear", content)
    assert bench.run("evaluate", run.path)[0] == 0
    assert len(read_splits(run.path / "refit" / "splits.npz")["train"]) == 80


def test_every_seed_has_a_final_model(bench):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(training=TRAINING | {"refit": True, "epochs": 3})))
    assert bench.run("train", path, "--seeds", "2", "--quiet")[0] == 0
    run = find_run("latest")
    finals = [Run(run.path / "seeds" / str(number) / "refit") for number in (1, 2)]
    assert not same_weights(*finals)
    assert finals[1].id == f"{run.id}/seeds/2/refit"
    assert bench.run("evaluate", run.path)[0] == 0


def test_folds_are_not_trained_again(bench):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(training=TRAINING | {"refit": True, "epochs": 2})))
    assert bench.run("kfold", path, "kfold.folds=2", "--quiet")[0] == 0
    assert not [*find_run("latest").path.rglob("refit")]


def test_ensemble_scores_validation_rows_by_the_first_models(bench):
    runs = [run_of(bench, f"refit{seed}", blocks(seed=seed, data=SAME_ROWS)) for seed in (5, 6)]
    plain = [run_of(bench, f"plain{seed}", blocks(seed=seed, refit=False, data=SAME_ROWS)) for seed in (5, 6)]
    found = []
    for members in (runs, plain):
        assert bench.run("ensemble", *(member.path for member in members))[::2] == (0, "")
        ensemble = Run(max((bench.folder / "runs").glob("*-ensemble*")))  # members may be of the same second
        assert bench.run("evaluate", ensemble.path)[0] == 0
        found.append(ensemble.read("evaluation.json"))
    assert found[0]["validation"]["scores"] == found[1]["validation"]["scores"]
    assert found[0]["test"]["scores"] != found[1]["test"]["scores"]


def test_intervals_say_that_their_limits_are_those_of_the_first_model(bench):
    run = run_of(bench, "refit", blocks())
    status, out, err = bench.run("predict", run.path, "homes.csv", "--coverage", "0.8")
    assert status == 0
    assert "errors of the first model" in out + err


def test_intervals_of_an_ensemble_of_final_models_say_so_too(bench):
    members = [run_of(bench, f"refit{seed}", blocks(seed=seed, data=SAME_ROWS)) for seed in (5, 6)]
    assert bench.run("ensemble", *(member.path for member in members))[0] == 0
    status, _, err = bench.run("predict", "latest", "homes.csv", "--coverage", "0.8")
    assert (status, "limits from errors of the first model: about" in err) == (0, True), err


def test_final_model_is_resumed_with_its_run(bench):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(training=TRAINING | {"refit": True, "epochs": 3})))
    run = interrupted(path, bench.folder / "cut", 4)
    status, _, err = bench.run("resume", run.path / "refit")
    assert status == 7
    assert f"resume {run.id} resumes both" in err


def test_prediction_by_the_first_model_is_told_where_the_final_one_is_not_trained_yet(bench):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(training=TRAINING | {"refit": True, "epochs": 3})))
    run = interrupted(path, bench.folder / "cut", 4)
    told = "note: the final model is not trained yet; the first one predicts. "
    for command in (("predict", run.path, "homes.csv"), ("evaluate", run.path)):
        status, _, err = bench.run(*command)
        assert status == 0
        assert err.count(told) == 1
    assert told not in bench.run("evaluate", run.path, "--split", "validation")[2]
    resume(run, "", Reporter(), allow_inexact=False)
    assert told not in bench.run("predict", run.path, "homes.csv")[2]


def test_final_model_that_is_missing_is_reported(bench):
    run = run_of(bench, "refit", blocks())
    (run.path / "refit" / "run.json").unlink()
    status, _, err = bench.run("predict", run.path, "homes.csv")
    assert status == 7
    assert "the final model of run" in err


@pytest.mark.parametrize("value", ["yes please", -1, 21, 2.5, [5], None])
def test_a_value_that_is_no_number_of_networks_is_a_mistake(bench, value):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(training=TRAINING | {"refit": value})))
    status, _, err = bench.run("train", path)
    wanted = f"training.refit: expected true, or a number of networks up to 20, got {value!r}"
    assert (status, wanted in err) == (2, True), err


REFUSED = {
    "no validation rows": (
        {"data": HOMES | SCALED | {"validation": None}, "callbacks": []},
        "there are no validation rows to add",
    ),
    "validation rows that are test rows": (
        {"data": HOMES | SCALED | {"validation": "test"}},
        "the validation rows are the test rows",
    ),
    "phases": (
        {"training": {"refit": True, "phases": [{"freeze": "none", "epochs": 2}]}},
        "a training in phases has no single best epoch",
    ),
    "a rate that follows a score": (
        {"callbacks": [{"name": "reduce_lr_on_plateau"}]},
        "reduce_lr_on_plateau follows val_loss",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_that_rule_it_out_are_mistakes(bench, case):
    write_homes(bench.folder)
    changes, message = REFUSED[case]
    status, out, err = bench.run("check", bench.write(yaml.safe_dump(blocks(**changes))))
    assert status == 2
    assert message in out + err


LATEST = {"fraction": 0.2, "take": "last"}
IN_TIME = HOMES | {"time": "age", "test": LATEST, "validation": LATEST}
TABM = {"name": "tabm", "members": 3, "units": [8], "bins": None}
SEVERAL = {"model": TABM, "training": TRAINING | {"epochs": 4, "refit": 3}}


def test_a_look_at_the_test_rows_by_the_final_model_is_one_of_its_run(bench):
    run = run_of(bench, "refit", blocks())
    assert bench.run("evaluate", run.path / "refit", "--split", "test")[0] == 0
    assert bench.run("evaluate", run.path, "--split", "test")[0] == 0
    assert (run.record().test_looks, Run(run.path / "refit").record().test_looks) == (2, 1)


def test_several_networks_each_learn_all_rows_but_a_part_and_predict_their_mean(bench):
    run = run_of(bench, "several", blocks(**SEVERAL))
    plain = run_of(bench, "one", blocks(refit=False, model=TABM, training=TRAINING | {"epochs": 4}))
    assert run.predictions.read_bytes() == plain.predictions.read_bytes()
    final = Run(run.path / "refit")
    splits = [read_splits(final.path / str(number) / "splits.npz") for number in (1, 2, 3)]
    first = read_splits(run.splits)
    rows = sorted([*first["train"], *first["validation"]])
    assert sorted(row for one in splits for row in one["validation"]) == rows
    assert all(sorted([*one["train"], *one["validation"]]) == rows for one in splits)
    trained = restore(run)
    x = trained.applied(raw_parts(run, trained.experiment)["test"])
    networks = networks_of(trained.engine.model)
    each = [network(x.x, training=False).numpy() for network in networks]
    assert len(each) == 3
    assert not np.array_equal(each[0], each[1])
    np.testing.assert_allclose(trained.engine.predict(x, 8), np.mean(each, axis=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("epochs", [6, 9])
def test_resumed_run_of_several_networks_ends_with_the_same_bits(bench, epochs):
    write_homes(bench.folder)
    path = bench.write(yaml.safe_dump(blocks(**SEVERAL, callbacks=[CHECKPOINT])))
    whole = train(*load(path), Options(bench.folder / "whole"), Reporter())
    run = interrupted_within(path, bench.folder / "cut", epochs)
    resume(run, "", Reporter(), allow_inexact=False)
    assert differences(outcome(whole), outcome(run)) == []


def interrupted_within(path: Path, folder: Path, epochs: int) -> Run:
    """Return a run whose process was interrupted when n epochs of all its networks had begun."""
    stopping = Beginning(epochs)
    with pytest.raises(KeyboardInterrupt):
        train(*load(path), Options(folder), stopping)
    (run,) = (Run(one) for one in folder.iterdir())
    return run


class Beginning(Reporter):
    """Raises what Ctrl-C would when n epochs have begun."""

    def __init__(self, epochs: int) -> None:
        self._left = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": {"name": "linear"}, "training": {"refit": 3}, "callbacks": []}, "linear is no network"),
        ({"data": IN_TIME, "training": TRAINING | {"refit": 3}}, "the rows are in time order"),
        ({"training": TRAINING | {"refit": 21}}, "a number of networks up to 20"),
    ],
)
def test_several_networks_are_for_tables(bench, changes, message):
    write_homes(bench.folder)
    status, out, err = bench.run("check", bench.write(yaml.safe_dump(blocks(**changes))))
    assert status == 2
    assert message in out + err


def test_more_networks_than_rows_of_a_class_are_refused_before_training(bench):
    lines = ["size,kind", *(f"{number},{'rare' if number in (7, 23, 41) else 'usual'}" for number in range(60))]
    (bench.folder / "kinds.csv").write_text("\n".join(lines) + "\n")
    data = {"name": "csv", "path": "kinds.csv", "target": "kind", "validation": 0.34}
    path = bench.write(yaml.safe_dump(blocks(data=data, training=TRAINING | {"refit": 5})))
    status, _, err = bench.run("train", path)
    assert status == 3
    wanted = "class rare has 3 rows, fewer than 5 folds, one for each network. Use fewer networks, or refit: true."
    assert f"training.refit: {wanted}" in err
    assert not [*(bench.folder / "runs").glob("*")]
