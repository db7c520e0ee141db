"""Ensembles through the commands: what they predict, how they are scored, and which runs cannot be combined."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from named_outputs import three_outputs

from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions
from dlpy.scores.ensembles import cross_combined

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(11)
X = RNG.normal(size=(600, 2)).round(4)
TARGETS = {
    "classes": np.array(["a", "b", "c"])[np.searchsorted([-0.8, 0.8], X[:, 0] + RNG.normal(size=600))],
    "noise": RNG.choice(["heads", "tails"], 600),
    "number": np.exp(X[:, 0] + 0.3 * RNG.normal(size=600)).round(3).astype(str),
}
CLASSIC = ("linear", "naive_bayes")


def trained(bench, target: str, model: str, **data: object) -> Run:
    lines = [f"{x},{y},{value}" for (x, y), value in zip(X, TARGETS[target], strict=True)]
    bench.write("\n".join(["x,y,answer", *lines]) + "\n", "table.csv")
    given = {"name": "csv", "path": "table.csv", "target": "answer", "test": 0.3, "validation": 0.4, **data}
    name = f"{model}{len(data)}.yaml"
    return bench.trained(bench.experiment(name, data=given, model=model, training={}))


def made(bench, members: list[Run], *options: object) -> Run:
    status, out, err = bench.run("ensemble", *(member.path for member in members), "--json", *options)
    assert (status, err) == (0, "")
    return Run(Path(json.loads(out)["run"]))


def evaluated(bench, run: Run, *options: object) -> dict:
    status, out, err = bench.run("evaluate", run.path, "--json", *options)
    assert status == 0, err
    return json.loads(out)


def predicted(bench, run: Run, column: str) -> np.ndarray:
    status, out, err = bench.run("predict", run.path, "table.csv")
    assert status == 0, err
    return np.array([float(row[column]) for row in csv.DictReader(io.StringIO(out))])


def of_part(run: Run, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets and the predictions that a run stored."""
    (found,) = (stored for stored in stored_predictions(run) if stored.part == part)
    return found.target, found.prediction


def test_an_ensemble_predicts_the_mean_of_its_members_and_is_scored_on_the_test_rows(bench) -> None:
    members = [trained(bench, "classes", model) for model in CLASSIC]
    run = made(bench, members)
    own = [predicted(bench, member, "probability_b") for member in members]
    assert predicted(bench, run, "probability_b") == pytest.approx((own[0] + own[1]) / 2, abs=1e-6)
    told = evaluated(bench, run, "--interval")["test"]
    for member in members:
        evaluated(bench, member, "--split", "test")
    pairs = [of_part(member, "test") for member in members]
    target, mean = pairs[0][0], (pairs[0][1] + pairs[1][1]) / 2
    assert told["scores"]["accuracy"] == pytest.approx((mean.argmax(axis=1) == target).mean())
    assert told["scores"]["loss"] == pytest.approx(-np.log(mean[np.arange(len(target)), target]).mean(), abs=1e-6)
    low, high = told["intervals"]["scores"]["accuracy"]
    assert low < told["scores"]["accuracy"] < high
    differ = (pairs[0][1].argmax(axis=1) != pairs[1][1].argmax(axis=1)).mean()
    assert told["diversity"] == {"target": {"disagreement": pytest.approx(differ)}}
    for member, one in zip(members, told["members"], strict=True):
        assert one["scores"] == pytest.approx(member.read("evaluation.json")["test"]["scores"], abs=1e-6)
    assert run.read("run.json")["test_looks"] == 1


def test_the_other_commands_take_an_ensemble_like_any_run(bench) -> None:
    members = [trained(bench, "classes", model) for model in CLASSIC]
    run = made(bench, members, "--name", "both")
    assert run.id.endswith("-both")
    status, out, err = bench.run("compare", "both", members[0].path, "--json")
    assert (status, err) == (0, "")
    assert {"option": "model.name", "values": [None, "linear"]} in json.loads(out)["options"]
    status, out, err = bench.run("calibrate", "both", "--json")
    assert (status, err) == (0, "")
    told = evaluated(bench, run, "--coverage", "0.8", "--split", "test")["test"]
    assert told["calibrated"]["temperature"] == json.loads(out)["outputs"]["target"]["temperature"]
    assert abs(told["coverage"]["covered"] - 0.8) < 0.1
    assert bench.run("runs", "--verify") == (0, bench.run("runs", "--verify")[1], "")
    assert "val_accuracy" in bench.run("runs")[1]
    assert bench.run("plot", "both", "--only", "confusion")[0] == 0
    assert "there is nothing to do" in bench.run("resume", "both")[1]
    assert "name one of its members" in bench.run("rivals", "both")[2]
    assert "is an ensemble: give its members" in bench.run("ensemble", "both", members[0].path)[2]


@pytest.mark.parametrize("weights", ["greedy", "stack"])
def test_rows_that_choose_the_weights_are_scored_crosswise(bench, weights: str) -> None:
    members = [trained(bench, "classes", model) for model in CLASSIC]
    run = made(bench, members, "--weights", weights)
    target, _ = of_part(members[0], "validation")
    each = np.stack([of_part(member, "validation")[1] for member in members])
    wanted = cross_combined(weights, target, each, is_number=False)
    assert of_part(run, "validation")[1] == pytest.approx(wanted, abs=1e-6)
    accuracy = (wanted.argmax(axis=1) == target).mean()
    assert run.read("summary.json")["best"]["val_accuracy"] == pytest.approx(accuracy)
    told = evaluated(bench, run)
    assert told["validation"]["scores"]["accuracy"] == pytest.approx(accuracy)
    assert (told["validation"]["cross_fitted"], told["test"]["cross_fitted"]) == (True, False)
    assert of_part(run, "validation")[1] == pytest.approx(wanted, abs=1e-6)


def test_test_rows_that_are_the_validation_rows_are_scored_crosswise_too(bench) -> None:
    members = [trained(bench, "classes", model, validation={"use": "test"}) for model in CLASSIC]
    told = evaluated(bench, made(bench, members, "--weights", "greedy"))
    assert told["test"]["cross_fitted"]
    assert told["test"]["scores"] == told["validation"]["scores"]


def test_an_ensemble_of_noise_is_within_chance(bench) -> None:
    run = made(bench, [trained(bench, "noise", model) for model in CLASSIC], "--weights", "greedy")
    for result in evaluated(bench, run).values():
        error = (0.25 / result["rows"]) ** 0.5
        assert abs(result["scores"]["accuracy"] - 0.5) < 3 * error


@pytest.mark.parametrize("weights", ["mean", "greedy"])
def test_numbers_are_averaged_in_their_own_unit(bench, weights: str) -> None:
    scales = {"target_transforms": ["log", "standardize"]}
    members = [trained(bench, "number", "linear", **scales), trained(bench, "number", "linear")]
    run = made(bench, members, "--weights", weights)
    share = [known["weights"]["target"] for known in run.read("run.json")["ensemble"]["members"]]
    own = [predicted(bench, member, "prediction") for member in members]
    assert predicted(bench, run, "prediction") == pytest.approx(share[0] * own[0] + share[1] * own[1], rel=1e-4)
    told = evaluated(bench, run)["test"]
    target, prediction = of_part(run, "test")
    assert told["scores"]["mae"] == pytest.approx(np.abs(target.reshape(-1) - prediction[:, 0]).mean(), rel=1e-5)
    assert run.read("summary.json")["baseline"]["mae"] == pytest.approx(
        evaluated(bench, run, "--split", "validation")["validation"]["baseline"]["mae"], rel=1e-4
    )


def test_a_member_that_changed_or_is_missing_is_noticed(bench) -> None:
    members = [trained(bench, "classes", model) for model in CLASSIC]
    run = made(bench, members)
    members[0].config.write_text(members[0].config.read_text() + "\n")
    assert f"its member {members[0].id} has changed since" in bench.run("runs", "--verify", run.path)[1]
    status, _, err = bench.run("predict", run.path, "table.csv")
    assert (status, "has changed since" in err) == (7, True)
    shutil.rmtree(members[0].path)
    status, out, _ = bench.run("runs", "--verify", run.path)
    assert (status, "is missing" in out) == (7, True)
    assert bench.run("evaluate", run.path)[0] == 7


def test_a_member_with_an_impossible_path_is_a_damage(bench) -> None:
    run = made(bench, [trained(bench, "classes", model) for model in CLASSIC])
    how = run.read("run.json")["ensemble"]
    how["members"][1]["run"] = "a\0b"
    run.update(ensemble=how)
    for command in (("runs", "--verify", run.path), ("predict", run.path, "table.csv")):
        status, out, err = bench.run(*command)
        assert (status, "a member has no possible path" in out + err) == (7, True)


def test_seeds_with_several_outputs_are_weighted_by_output(bench) -> None:
    blocks = three_outputs() | {"data": {"name": "weather", "validation": 0.3}}
    path = bench.experiment("seeds.yaml", **blocks)
    seeds = bench.once("seeds", lambda: bench.run("train", path, "--seeds", "2", "--quiet"))
    run = made(bench, [seeds], "--weights", "stack")
    members = run.read("run.json")["ensemble"]["members"]
    assert [list(member["weights"]) for member in members] == [["size", "side", "signs"]] * 2
    assert [sum(member["weights"][name] for member in members) for name in ("size", "side")] == pytest.approx([1, 1])
    told = evaluated(bench, run, "--interval")["test"]
    assert set(told["outputs"]) == {"size", "side", "signs"}
    losses = [told["scores"][f"{name}_loss"] for name in ("size", "side", "signs")]
    assert told["scores"]["loss"] == pytest.approx(sum(losses))
    assert set(told["intervals"]["scores"]) == set(told["scores"]) - {"loss"}


def refused(bench, *runs: object) -> str:
    status, out, err = bench.run("ensemble", *runs)
    assert (status in (2, 3, 7), out) == (True, "")
    assert len(err.splitlines()) == 1
    return err


def test_runs_that_cannot_be_combined_are_refused(bench) -> None:
    run = trained(bench, "classes", "linear", split_seed=4)
    assert "needs at least two runs" in refused(bench, run.path)
    assert "a run is given twice" in refused(bench, run.path, run.path)
    other = trained(bench, "classes", "naive_bayes", split_seed=5)
    assert "data.split_seed differs" in refused(bench, run.path, other.path)
    assert "one target is multiclass, the other binary" in refused(
        bench, run.path, trained(bench, "noise", "linear").path
    )
    assert "Known: greedy, mean, stack" in refused(bench, run.path, other.path, "--weights", "best")
    other.update(kind="kfold")
    assert "k-fold runs are combined with k-fold runs" in refused(bench, run.path, other.path)
    other.update(kind="search")
    assert "--seeds 5" in refused(bench, run.path, other.path)
    other.update(kind="train", status="interrupted")
    assert "is not complete" in refused(bench, run.path, other.path)


def test_without_validation_rows_there_is_only_the_mean(bench) -> None:
    members = [trained(bench, "classes", model, validation=None).path for model in CLASSIC]
    assert "have no validation rows" in refused(bench, *members, "--weights", "greedy")
    run = made(bench, [Run(path) for path in members])
    assert run.read("summary.json")["best"] == {}
    assert bench.run("runs", "--verify", run.path)[0] == 0
    assert list(evaluated(bench, run)) == ["test"]
    status, out, _ = bench.run("ensemble", *members)
    assert (status, "no validation rows: nothing is scored yet" in out) == (0, True)
    assert "test rows: dlpy evaluate " in out


def test_without_test_rows_none_are_spoken_of(bench) -> None:
    members = [trained(bench, "classes", model, test=None).path for model in CLASSIC]
    status, out, _ = bench.run("ensemble", *members, "--name", "both")
    assert (status, "test rows" in out) == (0, False)
    assert bench.run("evaluate", "both", "--split", "test")[2].endswith("-both has no test rows.\n")
    assert "test rows" not in bench.run("calibrate", "both")[1]
