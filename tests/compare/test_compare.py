"""Comparisons of runs that are written by hand, with counts and differences worked out by hand."""

import json
import math

import numpy as np
import pytest

from dlpy.compare.compare import Choice, compare
from dlpy.compare.differing_options import differing_options
from dlpy.compare.sides import Side, common_part, side_of
from dlpy.compare.verdicts import verdict_of
from dlpy.core.errors import ConfigError
from dlpy.runs.directory import Run
from dlpy.scores.blocks import block_length, units_of
from dlpy.scores.intervals import Interval

LABELS = np.arange(200) % 2
CONFIG = "seed: {seed}\ndata: {{name: csv, path: t.csv, split_seed: {split}}}\nmodel: {{name: dense, units: {units}}}\n"


def given(right: np.ndarray) -> np.ndarray:
    """Return probabilities of class 1: 0.8 for the true class of rows that are to be right, else 0.2."""
    return np.where(right == (LABELS == 1), 0.8, 0.2)[:, None]


def classifier(make_run, name: str, right: np.ndarray, **config: object):
    made = make_run(f"20260101-120000-{name}").task("binary", 1, ["no", "yes"])
    made.predictions(LABELS, given(right), "validation", index=1000 + np.arange(200))
    made.run.config.write_text(CONFIG.format(**{"seed": 1, "split": 0, "units": "[8]"} | config))
    return made.run


def regressor(make_run, name: str, errors: np.ndarray, **arrays: np.ndarray):
    made = make_run(f"20260101-120000-{name}").task("regression")
    return made.predictions(
        np.arange(len(errors)), np.arange(len(errors))[:, None] + errors[:, None], "test", **arrays
    ).run


def sides(*runs: Run, part: str = "validation") -> list[Side]:
    return [side_of(run.name, [run], part) for run in runs]


def test_accuracies_and_mcnemar_are_those_of_the_counted_rows(make_run) -> None:
    rows = np.arange(200)
    good, bad = classifier(make_run, "good", rows >= 20), classifier(make_run, "bad", (rows >= 60) | (rows < 5))
    record = compare(sides(bad, good), Choice())
    assert (record["part"], record["rows"], record["unit"], record["to"]) == ("validation", {"": 200}, "rows", "bad")
    assert [run["scores"]["accuracy"]["value"] for run in record["runs"]] == [0.725, 0.9]
    difference = record["differences"]["accuracy"]["good"]
    assert difference["value"] == pytest.approx(0.175)
    assert 0.1 < difference["low"] < 0.13 < 0.22 < difference["high"] < 0.25  # 0.175 +- 1.96 * 0.030
    assert difference["verdict"].startswith("better by 0.1750 (0.1")
    assert difference["p_corrected"] < 0.001
    told = record["mcnemar"]["target"]["good"]
    assert (told["only_to"], told["only_this"]) == (5, 40)


def test_equal_predictions_are_the_same_in_every_row(make_run) -> None:
    right = np.arange(200) >= 20
    record = compare(sides(classifier(make_run, "one", right), classifier(make_run, "other", right)), Choice())
    assert {own["other"]["verdict"] for own in record["differences"].values()} == {"the same in every row"}
    assert record["options"] == []


def test_among_models_of_noise_no_difference_is_seen(make_run) -> None:
    rng = np.random.default_rng(2)
    runs = [classifier(make_run, f"noise{number}", rng.random(200) < 0.5) for number in range(8)]
    record = compare(sides(*runs), Choice())
    for run in record["runs"]:
        for score in ("accuracy", "auc"):
            assert run["scores"][score]["low"] < 0.5 < run["scores"][score]["high"]
    for own in record["differences"].values():
        for told in own.values():
            assert told["p_corrected"] > 0.05
            assert told["low"] < 0 < told["high"] or told["p"] < 0.05  # one of 28 uncorrected intervals may miss 0
            assert not told["verdict"].startswith(("better", "worse")) or told["p"] < 0.05


def test_p_is_corrected_for_several_runs(make_run) -> None:
    rows = np.arange(200)
    runs = [classifier(make_run, f"run{wrong}", rows >= wrong) for wrong in (40, 47, 48)]
    told = compare(sides(*runs), Choice(scores=["accuracy"]))["differences"]["accuracy"]
    first, second = told["run47"], told["run48"]
    assert (first["p"], second["p"]) == pytest.approx((2 / 2**7, 2 / 2**8))  # 7 and 8 rows, all worse
    assert (first["p_corrected"], second["p_corrected"]) == pytest.approx((2 / 2**7, 4 / 2**8))


def test_of_two_seeds_of_an_experiment_neither_is_the_better_experiment(make_run) -> None:
    rows = np.arange(200)
    one, other = (classifier(make_run, name, rows >= wrong, seed=wrong) for name, wrong in (("one", 60), ("other", 20)))
    told = compare(sides(one, other), Choice())["differences"]["accuracy"]["other"]
    assert told["p"] < 0.001  # of the two models: McNemar, 0 against 40 rows
    assert told["verdict"].startswith("no difference of experiments: another seed was better by 0.2000 (0.1")
    wider = classifier(make_run, "wider", rows >= 20, seed=20, units="[16]")
    assert compare(sides(one, wider), Choice())["differences"]["accuracy"]["wider"]["verdict"].startswith("better by")


def test_the_smaller_error_is_the_better_one(make_run) -> None:
    errors = np.random.default_rng(0).normal(size=200)
    one, other = regressor(make_run, "one", errors), regressor(make_run, "other", errors * 2)
    told = compare(sides(one, other, part="test"), Choice(to=1))["differences"]["mae"]["one"]
    assert told["value"] < 0
    assert told["verdict"].startswith("better by")


def test_classes_are_compared_by_f1(make_run) -> None:
    rows = np.arange(200)
    one = classifier(make_run, "one", np.ones(200, bool))
    other = classifier(make_run, "other", (rows >= 50) | (LABELS == 0))  # 25 rows of class 1 are missed
    classes = compare(sides(one, other), Choice(by_class=True))["classes"]["target"]
    assert {name: told["rows"] for name, told in classes.items()} == {"no": 100, "yes": 100}
    assert classes["yes"]["f1"]["other"]["value"] == pytest.approx(150 / 175)
    assert classes["no"]["f1"]["other"]["value"] == pytest.approx(200 / 225)
    assert classes["yes"]["differences"]["other"]["verdict"].startswith("worse by 0.14")


def test_numbers_have_no_classes(make_run) -> None:
    errors = np.ones(20)
    runs = [regressor(make_run, name, errors) for name in ("one", "other")]
    with pytest.raises(ConfigError, match="--by-class: these runs do not predict classes"):
        compare(sides(*runs, part="test"), Choice(by_class=True))


def test_rows_held_out_by_another_split_seed_are_refused(make_run) -> None:
    one = classifier(make_run, "one", np.ones(200, bool))
    other = classifier(make_run, "other", np.ones(200, bool), split=7)
    arrays = dict(np.load(other.predictions))
    np.savez(other.predictions, **arrays | {"validation.index": 1100 + np.arange(200)})
    with pytest.raises(ConfigError) as caught:
        compare(sides(one, other), Choice())
    reason = "one and other were scored on different rows (200 and 200, of which 100 are the same)"
    assert str(caught.value) == f"{reason}: data.split_seed differs."


def test_rows_with_other_targets_are_refused(make_run) -> None:
    one, other = (regressor(make_run, name, np.ones(20)) for name in ("one", "other"))
    arrays = dict(np.load(other.predictions))
    np.savez(other.predictions, **arrays | {"test.target": np.arange(20)[::-1]})
    with pytest.raises(ConfigError, match="their targets differ, so their data does"):
        compare(sides(one, other, part="test"), Choice())


def test_other_targets_data_and_units_are_refused(make_run) -> None:
    one = classifier(make_run, "one", np.ones(200, bool))
    numbers = regressor(make_run, "numbers", np.ones(20))
    with pytest.raises(ConfigError, match="one target is binary, the other regression"):
        compare([*sides(one), *sides(numbers, part="test")], Choice())
    generated = classifier(make_run, "generated", np.ones(200, bool))
    generated.update(data={"source": "stand-in", "description": "", "sha256": "b"})
    with pytest.raises(ConfigError, match="one was trained on a file, the other on a stand-in"):
        compare(sides(one, generated), Choice())
    metres, feet = (regressor(make_run, name, np.ones(20)) for name in ("metres", "feet"))
    task = feet.read("run.json")["task"]
    task["outputs"]["target"]["unit"] = "ft"
    feet.update(task=task)
    with pytest.raises(ConfigError, match="one target is in no unit, the other in ft"):
        compare(sides(metres, feet, part="test"), Choice())


def test_rows_are_matched_by_their_position(make_run) -> None:
    errors = np.random.default_rng(0).normal(size=50)
    one = regressor(make_run, "one", errors)
    other = regressor(make_run, "other", errors)
    order = np.random.default_rng(1).permutation(50)
    arrays = {name: array[order] for name, array in np.load(other.predictions).items()}
    np.savez(other.predictions, **arrays)
    told = compare(sides(one, other, part="test"), Choice())["differences"]["mae"]["other"]
    assert told["verdict"] == "the same in every row"


def test_rows_with_infinite_predictions_are_left_out_of_all(make_run) -> None:
    errors = np.ones(50)
    one, other = (
        regressor(make_run, "one", errors),
        regressor(make_run, "other", np.where(np.arange(50) < 3, np.inf, 1)),
    )
    record = compare(sides(one, other, part="test"), Choice())
    assert (record["rows"], record["left_out"]) == ({"": 47}, 3)


def test_groups_are_resampled(make_run) -> None:
    errors = np.repeat(np.random.default_rng(0).normal(size=20), 10)
    groups = np.repeat(np.arange(20), 10)
    runs = [regressor(make_run, name, scale * errors, group=groups) for name, scale in (("one", 1), ("other", 1.2))]
    record = compare(sides(*runs, part="test"), Choice())
    assert record["unit"] == "groups"
    found = record["runs"][0]["scores"]["mae"]
    assert found["high"] - found["low"] > 0.4  # 2 * 2.1 * 0.6 / sqrt(20); rows would give 0.16


def test_several_runs_are_seeds_of_one_side(make_run) -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=100)
    runs = [regressor(make_run, f"run{number}", np.abs(base) + number) for number in range(6)]
    three, others = side_of("three", runs[:3], "test"), side_of("others", runs[3:], "test")
    record = compare([three, others], Choice(scores=["mae"]))
    assert [run["trainings"] for run in record["runs"]] == [3, 3]
    told = record["differences"]["mae"]["others"]
    assert told["value"] == pytest.approx(3)
    assert told["low"] < 1.5 < 4.5 < told["high"]  # seeds vary by 1: 3 +- 2.78 * sqrt(2 / 3)
    assert record["mcnemar"] == {}


def test_a_run_of_several_seeds_is_read_from_its_seeds(make_run) -> None:
    whole = regressor(make_run, "whole", np.ones(30))
    whole.predictions.unlink()
    for number in (1, 2):
        seed = regressor(make_run, "seed", np.ones(30) * number)
        (whole.path / "seeds").mkdir(exist_ok=True)
        seed.path.rename(whole.path / "seeds" / str(number))
    assert common_part([whole], None) == "test"
    side = side_of("whole", [whole], "test")
    assert side.count == 2
    (other,) = sides(regressor(make_run, "other", np.ones(30)), part="test")
    record = compare([side, other], Choice())
    assert record["runs"][0]["scores"]["mae"]["value"] == 1.5


def test_folds_count_the_same_whatever_their_size(make_run) -> None:
    made = make_run("20260101-120000-folds", kind="kfold").task("regression")
    target, errors = np.arange(30.0), np.repeat([1.0, 4.0], [20, 10])
    made.predictions(target, (target + errors)[:, None], "out_of_fold")
    for number, rows in enumerate((np.arange(20), np.arange(20, 30)), 1):
        folder = made.run.path / "folds" / f"{number:02d}"
        folder.mkdir(parents=True)
        np.savez(
            folder / "predictions.npz", rows=rows, target=target[rows], prediction=(target + errors)[rows][:, None]
        )
    side = side_of("folds", [made.run], "out_of_fold")
    assert (side.count, side.has_folds) == (1, True)
    record = compare([side, Side("again", side.runs, side.outputs, side.trainings)], Choice())
    assert record["runs"][0]["scores"]["mae"]["value"] == 2.5


def test_the_part_is_the_one_that_all_runs_have(make_run) -> None:
    one = classifier(make_run, "one", np.ones(200, bool))
    tested = regressor(make_run, "tested", np.ones(20))
    assert common_part([one], None) == "validation"
    assert common_part([tested], None) == "test"
    with pytest.raises(ConfigError, match=r"no rows were scored by all .*one: validation; .*tested: test"):
        common_part([one, tested], None)
    with pytest.raises(ConfigError, match="was not evaluated: `dlpy evaluate 20260101-120000-one --split test`"):
        common_part([one], "test")


def test_options_that_differ_have_dotted_keys(make_run) -> None:
    one = classifier(make_run, "one", np.ones(200, bool))
    other = classifier(make_run, "other", np.ones(200, bool), units="[16, 16]")
    other.config.write_text(other.config.read_text() + "callbacks: [{name: early_stopping, patience: 3}]\n")
    assert differing_options(sides(one, other)) == [
        {"option": "model.units", "values": [[8], [16, 16]]},
        {"option": "callbacks.early_stopping.name", "values": [None, "early_stopping"]},
        {"option": "callbacks.early_stopping.patience", "values": [None, 3]},
    ]


def test_verdicts() -> None:
    assert verdict_of(Interval(0.012, 0.003, 0.021), 0.01, 0.01, smaller=False) == "better by 0.0120 (0.0030 to 0.0210)"
    assert verdict_of(Interval(0.012, 0.003, 0.021), 0.01, 0.01, smaller=True) == "worse by 0.0120 (0.0030 to 0.0210)"
    unclear = "no difference can be seen (-0.0040 to +0.0100)"
    assert verdict_of(Interval(0.003, -0.004, 0.01), 0.4, 0.4, smaller=False) == unclear
    corrected = "no difference can be seen after the correction (+0.0010 to +0.0200)"
    assert verdict_of(Interval(0.01, 0.001, 0.02), 0.04, 0.08, smaller=False) == corrected
    assert verdict_of(Interval(math.nan), math.nan, math.nan, smaller=False).startswith("cannot be compared")


def test_consecutive_rows_are_resampled_in_blocks_as_long_as_their_errors_go_together() -> None:
    rng = np.random.default_rng(0)
    independent = rng.normal(size=1000)
    smooth = np.convolve(rng.normal(size=1019), np.ones(20) / 20, "valid")
    assert block_length(independent) == 10  # the cube root of 1,000
    assert 30 <= block_length(smooth) <= 80
    unit, numbers = units_of(None, independent, in_time=True)
    assert (unit, numbers[9], numbers[10], numbers[-1]) == ("blocks of 10 consecutive rows", 0, 1, 99)


def run_command(bench, *arguments: object) -> tuple[int, str, str]:
    return bench.run("compare", *arguments, "--runs", bench.folder / "runs")


def test_the_command_prints_verdicts_options_and_what_they_assume(bench, make_run) -> None:
    rows = np.arange(200)
    classifier(make_run, "one", rows >= 60)
    classifier(make_run, "other", rows >= 20, units="[4]")
    status, out, err = run_command(bench, "one", "other", "--by-class")
    assert (status, err) == (0, "")
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0] == "validation rows (200), compared with 20260101-120000-one"
    assert lines[2].split()[:3] == ["accuracy", "20260101-120000-one", "0.7000"]
    assert "better by 0.2000 (0.14" in lines[3]
    assert lines[3].endswith("< 0.001")
    assert any(line.startswith("McNemar's test: 0 rows right in 20260101-120000-one alone, 40 in") for line in lines)
    assert ["model.units", "[8]", "[4]"] in [line.split() for line in lines]
    assert "Two trained models are compared; to compare experiments, give several seeds of each (--help)." in lines


def test_the_command_prints_json(bench, make_run) -> None:
    right = np.arange(200) >= 60
    for name in ("one", "two", "three"):
        classifier(make_run, name, right)
    status, out, _ = run_command(bench, "one,two", "three", "--json", "--score", "auc", "--to", "three")
    record = json.loads(out)
    assert status == 0
    assert record["to"] == "20260101-120000-three"
    assert list(record["differences"]) == ["auc"]
    assert [run["trainings"] for run in record["runs"]] == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one"], "error: compare needs at least two different runs."),
        (["one", "latest", "--score", "acuracy"], "error: --score acuracy: these runs are not compared by it. Did you"),
        (["one", "latest", "--split", "train"], "error: --split train: there are no such rows."),
        (["one", "latest", "--plot", "x.pdf"], "error: --plot x.pdf: expected a file that ends with .png."),
    ],
)
def test_mistakes_are_one_line(bench, make_run, arguments: list[str], message: str) -> None:
    for name in ("one", "two"):
        classifier(make_run, name, np.arange(200) >= 60)
    status, out, err = run_command(bench, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_each_output_is_compared_on_the_rows_that_have_it(bench, make_run) -> None:
    price, rows = np.arange(60.0), np.arange(60)
    for name, error in (("one", 1.0), ("other", 2.0)):
        made = make_run(f"20260101-120000-{name}").outputs(
            price={"kind": "regression", "units": 1}, sold={"kind": "binary", "units": 1, "classes": ["no", "yes"]}
        )
        made.predictions(price, (price + error)[:, None], "test-price")
        made.predictions(LABELS[:40], given(np.arange(200) >= 10 * error)[:40], "test-sold", index=rows[20:])
    status, out, err = run_command(bench, "one", "other", "--json", "--by-class")
    assert (status, err) == (0, "")
    record = json.loads(out)
    assert record["rows"] == {"price": 60, "sold": 40}
    values = {score: own["value"] for score, own in record["runs"][1]["scores"].items()}
    assert values["price_mae"] == 2
    assert values["sold_accuracy"] == 0.5
    assert list(record["classes"]) == ["sold"]
    assert record["mcnemar"]["sold"]["20260101-120000-other"]["only_to"] == 10
    assert record["differences"]["price_mae"]["20260101-120000-other"]["verdict"].startswith("cannot be compared")
