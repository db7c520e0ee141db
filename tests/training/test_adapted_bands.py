"""Widths of bands that follow the errors of earlier forecasts: in files, of the next rows, and in scores."""

from pathlib import Path

import numpy as np
import pytest
from walks import LOSS, distances_of, followed, lines_of, quantiles_of, series

from dlpy.datasets import _memory_option
from dlpy.runs.adapted_bands import shown_bands
from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions
from dlpy.training.adapted_predictions import OF_THE_RUN, new_rows
from dlpy.training.evaluate import restore

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("options", [[], ["--ahead", 2]])
@pytest.mark.parametrize("bytes_allowed", [10**9, 1])  # in memory, in pieces
def test_a_number_that_is_infinite_for_the_model_is_refused(
    bench, monkeypatch, options: list, bytes_allowed: int
) -> None:
    path, lines = series(bench), Path("walk.csv").read_text("utf-8").split()
    small = [f"{day},{float(level) / 100:.6f}" for day, level in (line.split(",") for line in lines[1:])]
    bench.write("\n".join([lines[0], *small]) + "\n", "walk.csv")  # with a deviation far below 1
    run = bench.trained(path)
    bench.write("\n".join([lines[0], *small, "2020-10-27,3e38"]) + "\n", "large.csv")
    monkeypatch.setattr(_memory_option, "most_bytes", lambda memory: bytes_allowed)
    status, _, err = bench.run("predict", run.id, "large.csv", *options)
    assert status == 3, err
    assert "row 300, input [0] is inf" in err


def test_without_time_stamps_validation_rows_count_once_beside_rows_of_the_future(bench) -> None:
    random = np.random.default_rng(5)
    walk = [np.cumsum(random.normal(size=200)) for _ in "ab"]
    lines = [f"{shop},{row % 3},{walk['ab'.index(shop)][row]:.4f}" for shop in "ab" for row in range(200)]
    future = [[f"{shop},{row % 3}," for row in range(200, 208)] for shop in "ab"]
    bench.write("\n".join(["shop,p,x", *lines[:200], *future[0], *lines[200:], *future[1]]) + "\n", "walk.csv")
    data = {
        "name": "timeseries_csv", "path": "walk.csv", "id": "shop", "target": "x", "columns": ["x"], "known": ["p"],
        "lookback": 6, "horizon": 2, "transforms": ["standardize"], "validation": 40, "test": None,
        "windows": "across_parts",
    }  # fmt: skip
    run = bench.trained(
        bench.experiment(data=data, model={"name": "dense", "units": [4]}, training={"epochs": 1, "loss": LOSS})
    )
    trained = restore(run)
    past = trained.experiment.data.history(Path("walk.csv"), trained.raw_task)
    new = new_rows(trained, past, OF_THE_RUN)
    assert np.isnan(new.y).any(axis=1).all()  # every row with a target is a row of training or of validation
