"""No window, scale, fill or season of a series knows a row of another series, of a later part, or beyond a gap."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as some

from dlpy.components.quantile_levels import QuantileLevels
from dlpy.components.transform import Transform
from dlpy.core.errors import DataError
from dlpy.data.rows import Rows, series_of
from dlpy.data.splits import Holdout, KFold
from dlpy.datasets._series_gaps import filled
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.training.pipeline import Pipeline, Split, split, transform

pytestmark = pytest.mark.slow

START = np.datetime64("2020-01-01")
DRAWN = some.fixed_dictionaries(
    {
        "seed": some.integers(0, 10_000),
        "series": some.integers(1, 3),
        "lookback": some.integers(1, 6),
        "horizon": some.integers(1, 4),
        "delay": some.integers(0, 2),
        "gaps": some.sampled_from(["allow", "fill"]),
        "missing": some.sampled_from(["previous", "interpolate", "drop"]),
        "known": some.booleans(),
        "windows": some.sampled_from(["within_parts", "across_parts"]),
        "difference": some.sampled_from([False, True, "scaled"]),
    }
)


def write(folder: Path, drawn: dict, changed: np.ndarray | None = None) -> TimeseriesCsv:
    """Write a file of series with gaps and missing cells; rows of the dates in `changed` get other numbers."""
    rng = np.random.default_rng(drawn["seed"])
    lines = []
    for name in "abc"[: drawn["series"]]:
        days = START + np.flatnonzero(rng.random(70) > 0.04)
        values = rng.normal(size=(len(days), 2)).round(3)
        holes = rng.random(len(days)) < 0.06
        holes[0] = False
        if changed is not None:
            values[np.isin(days, changed)] += 500
        cells = np.where(holes, "", values[:, 0].astype(str))
        lines += [f"{day},{name},{cell},{x}" for day, cell, x in zip(days, cells, values[:, 1], strict=True)]
    rng.shuffle(lines)
    path = folder / "s.csv"
    path.write_text("\n".join(["day,of,y,x", *lines]) + "\n")
    options = {key: drawn[key] for key in ("lookback", "horizon", "delay", "gaps", "missing", "windows", "difference")}
    assume(not drawn["known"] or drawn["lookback"] >= drawn["horizon"])
    options |= {"known": ["x"]} if drawn["known"] else {}
    options |= {"transforms": ["standardize"], "test": 14, "validation": 14, "columns": ["y", "x"]}
    return TimeseriesCsv.model_validate({"path": str(path), "time": "day", "id": "of", "target": "y", **options})


def parts_of(dataset: TimeseriesCsv) -> tuple[Split, object]:
    try:
        loaded = dataset.load()
        return split(dataset, loaded), loaded.task
    except DataError:
        assume(False)
        raise


def common(function):
    suppressed = [HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]
    return settings(max_examples=25, suppress_health_check=suppressed)(given(DRAWN)(function))


class Forecasts:
    """What an experiment with predicted quantiles asks for."""

    def __init__(self, dataset: TimeseriesCsv) -> None:
        self.dataset = dataset

    def all_transforms(self) -> list[Transform]:
        return [*self.dataset.all_transforms(), QuantileLevels(levels=(0.1, 0.5, 0.9))]


def same(one: Rows, other: Rows) -> None:
    """Assert that the inputs and targets of rows are equal to the bit."""
    np.testing.assert_array_equal(one.array, other.array)
    np.testing.assert_array_equal(one.y, other.y)


def assert_same_states(one: Pipeline, other: Pipeline) -> None:
    for state, new in zip(one.states, other.states, strict=True):
        assert state.keys() == new.keys()
        assert all(np.array_equal(state[key], new[key]) for key in state)


def last_days(rows: Rows, drawn: dict) -> np.ndarray:
    """Return the days after all targets of rows."""
    return np.arange(days_of(rows).max() + drawn["horizon"], START + 100)


def days_of(rows) -> np.ndarray:
    return rows.columns["time"].astype("M8[us]").astype("M8[D]")


@common
def test_later_rows_change_nothing_that_is_learnt_or_scored_before(tmp_path: Path, drawn: dict) -> None:
    dataset = write(tmp_path, drawn)
    parts, task = parts_of(dataset)
    data, pipeline = transform(Forecasts(dataset), parts, task)
    assume(min(len(rows) for rows in (parts.validation, parts.test)) > 0)
    end = {}  # the last day that training windows or their targets hold, by series
    for name, day in zip(series_of(parts.train), days_of(parts.train), strict=True):
        end[name] = max(end.get(name, day), day + drawn["horizon"] - 1)
    later = np.arange(max(end.values()) + 1, START + 100)
    assume(len(later) > 40)
    changed = write(tmp_path, drawn, later)
    other, other_task = parts_of(changed)
    made, others = transform(Forecasts(changed), other, other_task)
    assert_same_states(pipeline, others)
    same(data.train, made.train)
    assert not np.array_equal(parts.test.y, other.test.y)


@common
@pytest.mark.parametrize("validation", [14, None])
def test_test_rows_change_no_earlier_part_even_if_all_others_are_trained_on(tmp_path, validation, drawn: dict) -> None:
    dataset = write(tmp_path, drawn).model_copy(update={"validation": validation and Holdout(count=validation)})
    parts, task = parts_of(dataset)
    data, pipeline = transform(Forecasts(dataset), parts, task)
    later = last_days(parts.train if parts.validation is None else parts.validation, drawn)
    assume(len(parts.test) > 0 and days_of(parts.test).max() >= later[0])
    write(tmp_path, drawn, later)
    other, other_task = parts_of(dataset)
    made, others = transform(Forecasts(dataset), other, other_task)
    assert_same_states(pipeline, others)
    same(data.train, made.train)
    assert not np.array_equal(parts.test.y, other.test.y)
    if data.validation is not None and made.validation is not None:
        same(data.validation, made.validation)


@common
def test_later_rows_change_nothing_in_the_folds_before_them(tmp_path: Path, drawn: dict) -> None:
    dataset = write(tmp_path, {**drawn, "series": 1})
    fold = 1 + drawn["seed"] % 2

    def prepared() -> tuple[Pipeline, Rows, Rows]:
        try:
            loaded = dataset.load()
            train, validation = dataset.folds(loaded, KFold(folds=3))[fold]
        except DataError:
            assume(False)
            raise
        transforms = Forecasts(dataset).all_transforms()
        pipeline, rows, _ = Pipeline.fit(transforms, loaded.train.take(train), loaded.task)
        return pipeline, rows, pipeline.apply(loaded.train.take(validation))

    pipeline, train, validation = prepared()
    write(tmp_path, {**drawn, "series": 1}, last_days(train, drawn))
    other, same_train, changed = prepared()
    assert_same_states(pipeline, other)
    same(train, same_train)
    assert not np.array_equal(validation.y, changed.y)
    write(tmp_path, {**drawn, "series": 1}, last_days(validation, drawn))
    _, _, unchanged = prepared()
    same(validation, unchanged)


@common
def test_a_window_is_of_one_series_and_one_part_and_crosses_no_gap(tmp_path: Path, drawn: dict) -> None:
    dataset = write(tmp_path, drawn)
    parts, _ = parts_of(dataset)
    length = drawn["lookback"] + drawn["delay"] + drawn["horizon"]
    held, aims = {}, {}
    for name, rows in (("train", parts.train), ("validation", parts.validation), ("test", parts.test)):
        windows = rows.x
        spans = windows.starts[:, None] + np.arange(length)
        assert (windows.owner[spans] == windows.owner[spans[:, :1]]).all()
        assert (np.array(windows.ids)[windows.owners] == series_of(rows)).all()
        assert np.isfinite(rows.array).all()
        filled_from = spans if windows.since is None else np.concatenate([spans, windows.since[spans[:, :1]]], axis=1)
        held[name] = set(filled_from.reshape(-1).tolist())
        aims[name] = set(spans[:, drawn["lookback"] + drawn["delay"] :].reshape(-1).tolist())
    assert not held["train"] & (aims["validation"] | aims["test"])
    assert not held["validation"] & aims["test"]
    assert not aims["train"] & aims["validation"]
    if drawn["windows"] == "within_parts":
        assert not held["train"] & held["validation"]
        assert not held["train"] & held["test"]
        assert not held["validation"] & held["test"]


@given(
    some.lists(some.one_of(some.none(), some.floats(-9, 9)), min_size=1, max_size=30),
    some.sets(some.integers(1, 29)),
    some.sampled_from(["previous", "interpolate", "drop"]),
)
def test_a_filled_cell_depends_on_the_rows_that_are_named_alone(cells: list, breaks: set, how: str) -> None:
    values = np.array([[np.nan if cell is None else cell] for cell in cells], np.float64)
    edges = np.array(sorted(place for place in breaks if place < len(values)), np.int64)
    made = filled(values, edges, how)
    for row in np.flatnonzero(made.since >= 0).tolist():
        since, until = int(made.since[row]), min(int(made.until[row]), len(values) - 1)
        assert not ((edges > since) & (edges <= min(until, len(values) - 1))).any() or made.until[row] == len(values)
        other = np.where((np.arange(len(values)) < since) | (np.arange(len(values)) > until), -77.0, values[:, 0])
        again = filled(np.where(np.isnan(values), np.nan, other[:, None]), edges, how)
        np.testing.assert_array_equal(made.values[row], again.values[row])


@common
def test_a_window_holds_nothing_of_the_rows_after_it(tmp_path: Path, drawn: dict) -> None:
    drawn = {**drawn, "known": False}
    before, _ = parts_of(write(tmp_path, drawn))
    middle = START + 25
    after, _ = parts_of(write(tmp_path, drawn, np.arange(middle, START + 100)))
    ends = days_of(before.train) - drawn["delay"] - 1
    seen = np.flatnonzero(ends < middle)
    assume(len(seen) > 0)
    np.testing.assert_array_equal(before.train.array[seen], after.train.array[seen])
