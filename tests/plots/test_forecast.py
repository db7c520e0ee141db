import numpy as np

from dlpy.drawing.figures import draw, style
from dlpy.plots.error_by_hour import ErrorByHour
from dlpy.plots.forecast import Forecast


def series(make_run, rows=48, *, times=True, **task):
    """A run whose forecasts are 1 too high and whose baseline is 2 too low, one row an hour."""
    files = make_run().task("regression")
    record = files.run.read("run.json")["task"]
    record["outputs"]["target"] |= task
    files.run.update(task=record)
    target = np.arange(rows, dtype=np.float32)
    arrays = {"target": target, "prediction": target[:, None] + 1, "baseline": target - 2, "index": np.arange(rows) + 7}
    hours = np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "h")
    arrays |= {"time": hours.astype(np.int64)} if times else {}
    np.savez(files.run.predictions, **{f"test.{name}": array for name, array in arrays.items()})
    return files


def test_forecast_truth_and_baseline_are_lines_over_time(make_run):
    files = series(make_run, unit="degC").summary(baseline={"guess": "the last value"})
    with style():
        (axes,) = Forecast().draw([files.run])["test"].axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert list(lines) == ["baseline: the last value", "true value", "forecast"]
    assert lines["forecast"] == [value + 1 for value in lines["true value"]]
    assert axes.get_ylabel() == "value (degC)"
    assert axes.get_title("left") == "all rows"


def test_a_long_series_is_drawn_in_part_and_lines_stop_at_gaps(make_run):
    files = series(make_run, 2000, times=False)
    arrays = dict(np.load(files.run.predictions))
    arrays["test.index"][1000:] += 50
    np.savez(files.run.predictions, **arrays)
    with style():
        (axes,) = Forecast().draw([files.run])["test"].axes
    assert axes.get_title("left") == "500 of 2,000 rows, from the middle"
    values = axes.lines[1].get_ydata()
    assert np.flatnonzero(np.isnan(values)).tolist() == [250]
    assert axes.get_xlabel() == "row of the series"


def test_errors_by_hour_are_worked_out_by_hand(make_run):
    files = series(make_run, unit="degC")
    with style():
        (axes,) = ErrorByHour().draw([files.run])["test"].axes
    assert axes.lines[0].get_ydata().tolist() == [1.0] * 24
    assert axes.lines[1].get_ydata().tolist() == [2.0] * 24
    assert axes.get_ylabel() == "mean absolute error (degC)"


def test_regression_axes_name_the_unit(make_run):
    files = series(make_run, unit="degC")
    names = [path.name for path in draw([files.run], None, files.run.plots)]
    assert names == ["error_by_hour-test.png", "forecast-test.png", "regression-test.png"]


def test_runs_without_time_stamps_or_series_have_no_such_plots(make_run):
    files = make_run().task("regression").predictions([1.0, 2.0], [[2.0], [2.0]], "test")
    with style():
        assert Forecast().draw([files.run]) == {}
        assert ErrorByHour().draw([files.run]) == {}
