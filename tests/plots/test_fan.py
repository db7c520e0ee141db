import numpy as np
import pytest

from dlpy.drawing.figures import style
from dlpy.plots.error_by_step import ErrorByStep
from dlpy.plots.fan import Fan
from dlpy.plots.steps_compared import StepsCompared


def forecasts(make_run, hours: int, *, rows: int = 6, name: str = "20260101-120000-toy"):
    """A run whose forecasts two steps ahead are 1 and 2 too high, and whose last value is 3 too low."""
    files = make_run(name).task("regression")
    record = files.run.read("run.json")["task"]
    record["outputs"]["target"] |= {"units": 2, "horizon": 2}
    files.run.update(task=record)
    target = np.arange(2.0 * rows, dtype=np.float32).reshape(rows, 2)
    times = np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(hours, "h")
    arrays = {
        **{"target": target, "prediction": target + np.float32([1, 2]), "baseline": target - 3},
        **{"index": np.arange(rows), "time": times.astype(np.int64)},
        **{"drawn": np.array([1, 4]), "history": np.zeros((2, 3), np.float32)},
    }
    np.savez(files.run.predictions, **{f"test.{name}": array for name, array in arrays.items()})
    return files.run


@pytest.mark.parametrize(
    ("hours", "titles"),
    [
        (24, ["from 2020-01-02", "from 2020-01-05"]),
        (6, ["from 2020-01-01 06:00:00", "from 2020-01-02 00:00:00"]),
    ],
)
def test_forecasts_are_named_by_the_dates_they_start_from(make_run, hours: int, titles: list[str]) -> None:
    with style():
        axes = Fan().draw([forecasts(make_run, hours)])["test"].axes
    assert [one.get_title("left") or one.get_title() for one in axes] == titles
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes[0].lines}
    assert (drawn["true value"], drawn["forecast"], drawn["past"]) == ([2, 3], [3, 5], [0, 0, 0])


def test_the_error_of_each_step_ahead_is_worked_out_by_hand(make_run) -> None:
    with style():
        (axes,) = ErrorByStep().draw([forecasts(make_run, 24)])["test"].axes
    drawn = {line.get_label(): line.get_ydata().tolist() for line in axes.lines}
    assert drawn == {"forecast": [1, 2], "the last value": [3, 3]}


def test_forecasts_are_named_by_their_series(make_run) -> None:
    run = forecasts(make_run, 24)
    with np.load(run.predictions) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(run.predictions, **arrays, **{"test.drawn_series": np.array(["north", "south"])})
    with style():
        axes = Fan().draw([run])["test"].axes
    titles = [one.get_title("left") or one.get_title() for one in axes]
    assert titles == ["north, from 2020-01-02", "south, from 2020-01-05"]


def test_the_errors_of_several_runs_are_drawn_beside_the_naive_one(make_run) -> None:
    runs = [forecasts(make_run, 24), forecasts(make_run, 24, name="20260101-130000-other")]
    with np.load(runs[1].predictions) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(runs[1].predictions, **{**arrays, "test.prediction": arrays["test.target"] - 4})
    with style():
        (axes,) = StepsCompared().draw(runs)["test"].axes
    assert sorted(line.get_ydata().tolist() for line in axes.lines) == [[1, 2], [3, 3], [4, 4]]
    np.savez(runs[1].predictions, **{**arrays, "test.target": arrays["test.target"] + 1})
    assert StepsCompared().draw(runs) == {}
