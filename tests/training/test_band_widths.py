"""Bands whose widths are fitted on validation rows: kept with the run, predicted, scored, drawn and exported."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.export.job import job_of
from dlpy.runs.adapted_bands import shown_bands
from dlpy.runs.bands import with_widths
from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions

pytestmark = pytest.mark.slow

LOSS = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}


def series(bench: Any, windows: str = "within_parts", time: str | None = "day", **changes: Any) -> Path:
    """Write a walk whose steps become three times as large where the validation rows begin, and its experiment."""
    random = np.random.default_rng(3)
    steps = random.normal(size=300) * np.where(np.arange(300) < 180, 1.0, 3.0)
    days = np.arange("2020-01-01", "2020-10-27", dtype="M8[D]")
    rows = [f"{day},{value:.4f}" for day, value in zip(days, np.cumsum(steps), strict=True)]
    bench.write("\n".join(["day,level", *rows]) + "\n", "walk.csv")
    data = {
        "name": "timeseries_csv", "path": "walk.csv", "time": time, "target": "level", "lookback": 6, "horizon": 2,
        "difference": True, "transforms": ["standardize"], "validation": 60, "test": 60,
        "windows": windows, "columns": ["level"],
    }  # fmt: skip
    training = {"epochs": 3, "batch_size": 32, "loss": LOSS} | changes
    return bench.experiment(data=data, model={"name": "dlinear", "kernel": 3}, training=training)


def quantiles_of(run: Run, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets, (rows, steps), and the quantiles as predictions.npz holds them, (rows, steps, quantiles)."""
    (stored,) = (one for one in stored_predictions(run) if one.part == part)
    assert stored.quantiles is not None
    return stored.target, stored.quantiles


def distances_of(run: Run, part: str) -> np.ndarray:
    """Return how far each truth is from the median, in distances of the band's end on that side: (rows, steps)."""
    target, quantiles = quantiles_of(run, part)
    beyond = target - quantiles[:, :, 1]
    ends = np.where(beyond < 0, quantiles[:, :, 1] - quantiles[:, :, 0], quantiles[:, :, 2] - quantiles[:, :, 1])
    return np.abs(beyond) / ends


def followed(distances: np.ndarray, start: float) -> list[float]:
    """Return the factor of each of consecutive windows with two steps ahead, and that after all, as defined."""
    logs, lessons, count = [np.log(start)], np.zeros(distances.shape), len(distances)
    for window in range(count):
        lessons[window] = np.where(np.isnan(distances[window]), 0, (distances[window] > np.exp(logs[-1])) - 0.2)
        newly = lessons[window, 0] + (lessons[window - 1, 1] if window else 0)  # of the row at the origin
        logs.append(logs[-1] + 0.1 * newly / 2)
    logs.append(logs[-1] + 0.1 * lessons[-1, 1] / 2)
    return np.exp(logs).tolist()


def lines_of(out: str) -> dict[str, np.ndarray]:
    """Return the numbers of a CSV by the time of each line."""
    return {time[:10]: np.array(cells, float) for time, *cells in (line.split(",") for line in out.split("\n")[1:-1])}


def test_the_factor_is_that_after_the_validation_rows_and_is_told(bench) -> None:
    status, out, _ = bench.run("train", series(bench))
    assert status == 0
    (path,) = Path("runs").glob("*-*")
    run = Run(path)
    record, distances = run.read("bands.json"), distances_of(run, "validation")
    rows = len(distances)
    assert record["factors"] == [pytest.approx(followed(distances, 1.0)[-1])]
    assert record["factors"][0] > 1.5  # the steps are larger than those of the training rows
    assert (record["on"], record["asked"], record["rows"]) == (["validation"], [0.8], rows)
    assert record["windows"] == -(-rows // 2)
    last = np.datetime64("2020-01-01", "us") + np.timedelta64(238, "D")  # two targets: 238 and 239
    assert record["until"] == {"": int(last.astype(np.int64))}
    assert f"widths of bands: 80% x {record['factors'][0]:.2f}; fitted on {rows} validation rows" in out
    assert "which also chose the epoch; later forecasts follow the errors of those before" in out


def test_bands_of_a_file_are_those_that_evaluate_scores_around_the_same_median(bench) -> None:
    run = bench.trained(series(bench, windows="across_parts"))
    (start,) = run.read("bands.json")["factors"]
    status, out, _ = bench.run("predict", run.id, "walk.csv")
    assert status == 0
    assert bench.run("evaluate", run.id)[0] == 0
    found, (target, quantiles) = lines_of(out), quantiles_of(run, "test")
    factors = np.array(followed(distances_of(run, "test"), start))
    assert factors[:-1].max() > 1.1 * factors[:-1].min()
    test = np.array([cells for time, cells in found.items() if time >= "2020-08-28"])[: len(target)]  # row 240
    wanted = quantiles[:, :, 1:2] + factors[:-2, None, None] * (quantiles - quantiles[:, :, 1:2])
    np.testing.assert_allclose(test[:, :2], wanted[:, :, 1], rtol=1e-5)
    np.testing.assert_allclose(test[:, 2:].reshape(-1, 2, 2), wanted[:, :, [0, 2]], rtol=1e-4)
    before = [cells for time, cells in found.items() if time <= "2020-08-26"]
    middles, ends = (np.array(before)[:, columns] for columns in (slice(2), slice(2, 6)))
    assert len(middles) == 233  # whose targets training or validation knows: the factor is that of bands.json
    shown = found_of_validation(run, start)
    np.testing.assert_allclose(ends[-len(shown) :], shown, rtol=1e-4)


def found_of_validation(run: Run, factor: float) -> np.ndarray:
    """Return the ends of the bands of the validation rows with a factor: (rows, steps x 2)."""
    _, quantiles = quantiles_of(run, "validation")
    middle = quantiles[:, :, 1:2]
    return (middle + factor * (quantiles - middle))[:, :, [0, 2]].reshape(len(quantiles), -1)


def with_the_last_row(run: Run, line: np.ndarray, factor: float) -> np.ndarray:
    """Return the distances of the test rows, and of the window whose second target is not known.

    Args:
        line: what a file's line says of this window, both medians and then the ends of both bands, with a plain factor.
    """
    value = float(Path("walk.csv").read_text("utf-8").split("\n")[300].split(",")[1])
    middle, low, high = line[0], *line[2:4]
    end = (middle - low if value < middle else high - middle) / factor
    return np.concatenate([distances_of(run, "test"), [[abs(value - middle) / end, np.nan]]])


def test_the_next_rows_have_the_widths_after_all_known_rows(bench) -> None:
    run = bench.trained(series(bench, windows="across_parts"))
    (start,) = run.read("bands.json")["factors"]
    status, out, _ = bench.run("predict", run.id, "--ahead", 2)
    assert status == 0
    given = bench.run("predict", run.id, "walk.csv", "--ahead", 2)[1]
    assert given == out
    ahead = np.array(list(lines_of(out).values()))
    (last,) = list(lines_of(bench.run("predict", run.id, "walk.csv")[1]).values())[-1:]
    np.testing.assert_allclose(ahead[:, 0], last[:2], rtol=1e-5)
    np.testing.assert_allclose(ahead[:, 1:].reshape(-1), last[2:], rtol=1e-5)
    run.write("bands.json", run.read("bands.json") | {"until": None})  # as earlier versions wrote it
    plain = np.array(list(lines_of(bench.run("predict", run.id, "--ahead", 2)[1]).values()))
    assert bench.run("evaluate", run.id)[0] == 0
    line = lines_of(bench.run("predict", run.id, "walk.csv")[1])["2020-10-26"]
    ratio = followed(with_the_last_row(run, line, start), start)[-1] / start
    np.testing.assert_allclose(np.diff(ahead[:, [1, 0, 2]]), ratio * np.diff(plain[:, [1, 0, 2]]), rtol=1e-4)


def test_later_values_of_a_file_change_no_band_before_them(bench) -> None:
    run = bench.trained(series(bench))
    first = lines_of(bench.run("predict", run.id, "walk.csv")[1])
    lines = Path("walk.csv").read_text("utf-8").split("\n")
    changed = [f"{line.split(',')[0]},{row % 7}" if row > 270 else line for row, line in enumerate(lines[:-1])]
    bench.write("\n".join(changed) + "\n", "other.csv")
    second = lines_of(bench.run("predict", run.id, "other.csv")[1])
    same = [time for time, cells in first.items() if np.array_equal(cells, second[time])]
    assert same == [
        time for time in first if time <= lines[271].split(",")[0]
    ]  # the first target may be the changed row


def test_without_time_stamps_the_runs_own_rows_change_the_widths_and_those_of_files_do_not(bench) -> None:
    run = bench.trained(series(bench, windows="across_parts", time=None))
    (start,) = run.read("bands.json")["factors"]
    assert run.read("bands.json")["until"] == {"": 238}
    assert bench.run("evaluate", run.id, "--split", "test")[0] == 0
    assert run.read("evaluation.json")["test"]["bands"][0]["adapted"]
    own, of_file = (
        np.array(list(lines_of(bench.run("predict", run.id, *given, "--ahead", 2)[1]).values()))
        for given in ((), ("walk.csv",))
    )
    line = lines_of(bench.run("predict", run.id, "walk.csv")[1])["299"]
    ratio = followed(with_the_last_row(run, line, start), start)[-1] / start
    np.testing.assert_allclose(np.diff(own[:, [1, 0, 2]]), ratio * np.diff(of_file[:, [1, 0, 2]]), rtol=1e-4)


def test_coverage_is_scored_as_learned_and_as_bands_follow_the_series(bench) -> None:
    run = bench.trained(series(bench))
    status, out, _ = bench.run("evaluate", run.id)
    assert status == 0
    assert "as learned" in out
    assert "test: bands of quantiles, width in own unit; widths follow the errors of earlier forecasts" in out
    (start,) = run.read("bands.json")["factors"]
    for part, first in (("validation", 1.0), ("test", start)):
        band = run.read("evaluation.json")[part]["bands"][0]
        assert (band["cross_fitted"], band["adapted"]) == (False, True)
        target, quantiles = quantiles_of(run, part)
        each = np.array(followed(distances_of(run, part), first))[: len(target), None]
        low, high = (quantiles[:, :, 1] + each * (quantiles[:, :, end] - quantiles[:, :, 1]) for end in (0, 2))
        assert band["covered"] == pytest.approx(((low <= target) & (target <= high)).mean(), abs=0.01)
        assert band["width"] == pytest.approx(np.mean(high - low), rel=1e-4)
        inside = (quantiles[:, :, 0] <= target) & (target <= quantiles[:, :, 2])
        assert band["learned"]["covered"] == pytest.approx(inside.mean())
        assert abs(band["covered"] - 0.8) < abs(band["learned"]["covered"] - 0.8)
        assert band["by_chance"] == pytest.approx(np.sqrt(0.8 * 0.2 / -(-len(target) // 2)))
        (stored,) = (one for one in stored_predictions(run) if one.part == part)
        shown = shown_bands(run, stored).quantiles
        assert shown is not None
        np.testing.assert_allclose(shown[:, :, 2], high, rtol=1e-4)


def test_another_checkpoint_shows_bands_as_it_learned_them(bench) -> None:
    run = bench.trained(series(bench))
    run.write("bands.json", run.read("bands.json") | {"epoch": 99})
    status, _, err = bench.run("evaluate", run.id, "--split", "test")
    assert status == 0
    assert "bands.json is that of epoch 99: bands are shown as they were learned by epoch" in err
    assert "learned" not in run.read("evaluation.json")["test"]["bands"][0]


def test_few_validation_rows_change_little_and_without_any_bands_stay_as_learned(bench) -> None:
    path = series(bench)
    status, out, _ = bench.run("train", path, "data.validation=4", "data.windows=across_parts")
    assert status == 0
    assert "fitted on 3 validation rows (2 that share no target)" in out  # 0.1 at most for each known row
    (path_of_run,) = Path("runs").glob("*-*")
    assert 1 <= Run(path_of_run).read("bands.json")["factors"][0] <= np.exp(0.3)
    status, out, _ = bench.run("train", path, "data.validation=null")
    assert status == 0
    assert "bands stay as learned: there are no validation rows" in out


def table(bench: Any) -> Path:
    """Write a table whose target is the logarithm's line with noise of heavy tails."""
    random = np.random.default_rng(5)
    x = random.uniform(0, 2, 400)
    y = np.exp(1 + x + 0.2 * random.standard_t(3, 400))
    bench.write("\n".join(["x,y", *(f"{a:.4f},{b:.4f}" for a, b in zip(x, y, strict=True))]) + "\n", "table.csv")
    data = {
        "name": "csv", "path": "table.csv", "target": "y", "target_transforms": ["log", "standardize"],
        "transforms": ["standardize"], "validation": 100, "test": 100,
    }  # fmt: skip
    training = {"epochs": 3, "batch_size": 32, "loss": LOSS}
    return bench.experiment(data=data, model={"name": "dense", "units": [8]}, training=training)


def test_tables_have_the_factor_of_the_guarantee_in_logarithms_where_training_sees_these(bench) -> None:
    run = bench.trained(table(bench))
    record = run.read("bands.json")
    assert record["windows"] is None
    target, quantiles = (np.log(numbers) for numbers in quantiles_of(run, "validation"))
    beyond = target.reshape(-1) - quantiles[:, 0, 1]
    ends = np.where(beyond < 0, quantiles[:, 0, 1] - quantiles[:, 0, 0], quantiles[:, 0, 2] - quantiles[:, 0, 1])
    assert record["factors"] == [pytest.approx(np.sort(np.abs(beyond) / ends)[80], rel=1e-3)]  # ceil(101 * 0.8) = 81st
    status, out, _ = bench.run("predict", run.id, "table.csv")
    assert status == 0
    for line in out.split("\n")[1:-1]:
        middle, low, high = map(float, line.split(","))
        assert 0 < low <= middle <= high


def test_an_exported_network_answers_with_the_fitted_widths(bench) -> None:
    job = job_of(bench.trained(series(bench)), "best", lambda line: None)
    (factor,) = job.trained.bands.factors
    assert factor > 1.5
    network = job.portable(strings=True).network
    (given,) = network.input
    answers = {name: np.asarray(own) for name, own in network({given: job.raw.array}).items()}
    assert job.checked.agrees(answers)


def test_the_model_file_answers_with_the_fitted_widths(bench) -> None:
    import keras

    run = bench.trained(series(bench))
    (stored,) = (one for one in stored_predictions(run) if one.part == "validation")
    wanted = with_widths(stored, run.read("bands.json")["factors"]).quantiles
    assert wanted is not None
    walk = np.loadtxt("walk.csv", delimiter=",", skiprows=1, usecols=1)
    windows = walk[stored.index[:, None] + np.arange(-6, 0)][:, :, None].astype(np.float32)
    answers = np.asarray(keras.saving.load_model(run.model).predict(windows, verbose=0))
    np.testing.assert_allclose(answers.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-3)


def test_folds_store_their_quantiles_and_widths_of_the_final_model_are_fitted_out_of_fold(bench) -> None:
    path = series(bench, epochs=1)
    status, out, _ = bench.run("kfold", path, "kfold.folds=3", "--refit")
    assert status == 0
    (folder,) = Path("runs").glob("*-*")
    run = Run(folder)
    target, quantiles = quantiles_of(run, "out_of_fold")
    inside = (quantiles[:, :, 0] <= target) & (target <= quantiles[:, :, 2])
    assert f"bands as learned hold the out-of-fold rows, 80%: {inside.mean():.1%}" in out
    record = run.read("bands.json")
    assert (record["on"], record["rows"], record["epoch"]) == (["out_of_fold"], len(target), 1)
    status, out, _ = bench.run("predict", run.id, "--ahead", 1)
    assert status == 0
    folds = [np.load(fold / "predictions.npz") for fold in sorted((folder / "folds").iterdir())]
    assert sum(len(fold["quantiles"]) for fold in folds) == len(target)
    np.testing.assert_array_equal(quantiles.reshape(len(target), -1)[-1], folds[-1]["quantiles"][-1])


def test_damaged_widths_are_told_in_one_line(bench) -> None:
    run = bench.trained(series(bench))
    for factors in ([], [0.0], [1.0, 2.0]):
        run.write("bands.json", run.read("bands.json") | {"factors": factors})
        status, _, err = bench.run("predict", run.id, "--ahead", 2)
        assert (status, err.count("\n")) == (7, 1)
        assert "bands.json is damaged" in err


def test_repeated_folds_leave_bands_as_learned_and_a_line_says_why(bench) -> None:
    repeated = ("training.epochs=1", "data.validation=null", "kfold.folds=2", "kfold.repeats=2")
    status, out, err = bench.run("kfold", table(bench), *repeated, "--refit")
    assert (status, "bands stay as learned: run" in out) == (0, True), err
    assert "has repeated folds" in out


@pytest.mark.parametrize("quantiles", [[0.5], [0.5, 0.9]])
def test_quantiles_that_are_the_ends_of_no_band_are_trained_without_widths(bench, quantiles) -> None:
    status, _, err = bench.run("train", series(bench, loss={"name": "pinball", "quantiles": quantiles}))
    assert status == 0, err
    assert not [*Path("runs").glob("*/bands.json")]
    assert bench.run("evaluate", "latest")[0] == 0


def test_folds_that_predict_the_median_alone_tell_nothing_of_bands(bench) -> None:
    few = ("training.epochs=1", "data.validation=null", "kfold.folds=2")
    status, out, err = bench.run("kfold", table(bench), *few, "training.loss={name: pinball, quantiles: [0.5]}")
    assert (status, "bands" in out) == (0, False), err
