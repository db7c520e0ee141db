"""Series in CSV files: the book's windows, parts that do not touch, time stamps, and what is wrong with a file."""

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.splits import KFold
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.experiment.experiment import Experiment
from dlpy.runs.lookup import find_run
from dlpy.training.compile import compiled_model
from dlpy.training.pipeline import split, transform

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(4)
VALUES = RNG.normal(size=(200, 2)).round(3)
TIMES = np.datetime64("2020-03-01T00:00:00") + np.arange(200) * np.timedelta64(10, "m")


def text(times=TIMES, values=VALUES) -> str:
    lines = [f"{time},{a},{b}" for time, (a, b) in zip(times, values, strict=True)]
    return "\n".join(["when,wind,heat", *lines])  # no newline at the end


def series(bench, content: str | None = None, **options) -> TimeseriesCsv:
    path = bench.write(text() if content is None else content, "weather.csv")
    given = {"path": str(path), "target": "heat", "lookback": 12, "step": 3, "delay": 4, **options}
    return TimeseriesCsv.model_validate(given)


def book_generator(data, lookback, delay, min_index, max_index, step):
    """Listing 6.33 of the book, in order, all samples at once; column 1 is the target."""
    rows = np.arange(min_index + lookback, max_index)
    samples = np.zeros((len(rows), lookback // step, data.shape[-1]))
    targets = np.zeros((len(rows),))
    for j, _ in enumerate(rows):
        indices = range(rows[j] - lookback, rows[j], step)
        samples[j] = data[indices]
        targets[j] = data[rows[j] + delay][1]
    return samples, targets


def test_windows_are_those_of_the_books_generator(bench):
    loaded = series(bench, test=None, validation=None).load()
    samples, targets = book_generator(VALUES, 12, 4, 0, len(VALUES) - 4, 3)
    np.testing.assert_array_equal(loaded.train.array, samples)
    np.testing.assert_array_equal(loaded.train.y, targets.astype(np.float32))
    assert loaded.train.index.tolist() == list(range(16, 200))
    assert (loaded.task.input.shape, loaded.task.input.target, loaded.task.input.last) == ((4, 2), 1, 3)


def test_no_window_and_no_target_reaches_into_another_part(bench):
    dataset = series(bench, test=40, validation={"rows": [100, 139]})
    parts = split(dataset, dataset.load())
    for rows, first, last in ((parts.train, 0, 159), (parts.validation, 100, 139), (parts.test, 160, 199)):
        assert rows.x.starts.min() >= first
        assert rows.index.max() <= last
    train = parts.train
    before, behind = train.index < 100, train.x.starts >= 140
    assert (before | behind).all()
    assert before.sum() == 100 - 16
    assert behind.sum() == 20 - 16
    assert len(parts.validation) == len(parts.test) == 40 - 16


def test_fractions_take_the_end_and_validation_comes_before_the_test_rows(bench):
    dataset = series(bench, test=0.2, validation=0.25)
    parts = split(dataset, dataset.load())
    assert (parts.train.index[-1], parts.validation.x.starts[0], parts.validation.index[-1]) == (119, 120, 159)
    assert parts.test.x.starts[0] == 160


def test_standardize_makes_one_series_for_all_parts_by_training_rows_alone(bench):
    dataset = series(bench, transforms=["standardize"], unit="degrees", test=40, validation=40)
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert data.train.x.series is data.validation.x.series is data.test.x.series
    assert data.train.x.series.dtype == np.float32
    known = VALUES[:113]  # the last training target is row 119; its window reads rows 103, 106, 109 and 112
    mean, deviation = known[:, 1].mean(), known[:, 1].std()
    np.testing.assert_allclose(data.test.y, (VALUES[data.test.index, 1] - mean) / deviation, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(data.test.array[0], ((VALUES - known.mean(0)) / known.std(0))[160:172:3], rtol=1e-4)
    assert data.task.output.scale == pytest.approx(deviation)
    assert data.task.output.offset == pytest.approx(mean)
    assert data.task.output.unit == "degrees"


def test_a_target_that_is_not_learnt_from_is_standardized_by_its_own_numbers(bench):
    dataset = series(bench, transforms=["standardize"], columns=["wind"], test=None, validation=None)
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert loaded.task.input.target is None
    assert data.train.y.mean() == pytest.approx(0, abs=1e-6)
    assert data.train.y.std() == pytest.approx(1, rel=1e-5)
    assert data.task.output.offset == pytest.approx(VALUES[16:, 1].mean(), rel=1e-4)


def test_several_targets_are_given(bench):
    loaded = series(bench, target=["heat", "wind"], test=None).load()
    np.testing.assert_array_equal(loaded.train.y, VALUES[16:, ::-1].astype(np.float32))
    assert loaded.task.output.units == 2


@pytest.mark.parametrize(
    "write",
    [
        str,
        lambda time: str(time) + "Z",
        lambda time: str(time).replace("T", " ")[:16],
        lambda time: f"{str(time)[8:10]}.{str(time)[5:7]}.{str(time)[:4]} {str(time)[11:]}",
        lambda time: str(time.astype(np.int64)),
    ],
)
def test_time_stamps_of_many_kinds_are_read(bench, write):
    loaded = series(bench, text([write(time) for time in TIMES]), time="when", test=None).load()
    assert loaded.resolved["columns"] == ["wind", "heat"]
    found = loaded.train.columns["time"].astype("datetime64[us]")
    assert found.tolist() == TIMES[16:].astype("datetime64[us]").tolist()
    assert loaded.notes[0] == "series: 200 rows 10 minutes apart, 2020-03-01 00:00:00 to 2020-03-02 09:10:00"


def test_windows_across_a_gap_are_left_out_where_gaps_are_allowed(bench):
    times = np.concatenate([TIMES[:50], TIMES[50:] + np.timedelta64(2, "h")])
    with pytest.raises(DataError, match=r"one gap between 2020-03-01 08:10:00 and 2020-03-01 10:20:00 \(row 50\)"):
        series(bench, text(times), time="when").load()
    loaded = series(bench, text(times), time="when", gaps="allow", test=None, validation=None).load()
    assert loaded.train.index.tolist() == [*range(16, 50), *range(66, 200)]
    assert "one gap" in loaded.notes[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda times: np.concatenate([times[:7], times[6:-1]]), "weather.csv:9: .*occurs twice"),
        (
            lambda times: np.concatenate([times[:7], times[5:-2]]),
            "weather.csv:9: .*2020-03-01T00:50:00 occurs twice",
        ),
        (lambda times: ["", *times[1:]], "weather.csv:2: column 'when': the timestamp is missing"),
        (lambda times: [*times[:4], "noon", *times[5:]], "weather.csv:6: column 'when': 'noon' is not a timestamp"),
    ],
)
def test_bad_time_stamps_are_told_with_their_line(bench, change, message):
    with pytest.raises(DataError, match=message):
        series(bench, text(change(TIMES)), time="when").load()


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, {"target": "cold"}, "no column 'cold'.*Known"),
        (None, {"columns": ["wind", "rain"]}, "no column 'rain'"),
        (None, {"time": "clock"}, "no column 'clock'"),
        (None, {"lookback": 400}, "has 200 rows; a window and its target need 405"),
        (None, {"test": 10}, "the test split has 10 rows, too few for a window"),
        (None, {"validation": {"rows": [100, 200]}}, "row 200 does not exist"),
        (None, {"validation": {"rows": [150, 170]}}, "are test rows"),
        (
            "a,heat\n" + "1,2\n" * 30 + "1,warm\n" + "1,2\n" * 30,
            {},
            "weather.csv:32: column 'heat': 'warm' is not a number",
        ),
        ("a,heat\n" + "1,2\n" * 30 + "1,\n" + "1,2\n" * 30, {}, "weather.csv:32: column 'heat': the cell is missing"),
        (
            "a,heat\n" + "1,2\n" * 30 + "1,NaN\n" + "1,2\n" * 30,
            {},
            "weather.csv:32: column 'heat': the cell is missing",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(bench, content, options, message):
    dataset = series(bench, content, **options)
    with pytest.raises(DataError, match=message) as caught:
        split(dataset, dataset.load())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": {"fraction": 0.2, "take": "random"}}, "in time order"),
        ({"time": "heat"}, "cannot be both time and target"),
        ({"columns": ["wind"], "difference": True}, "'difference' needs a single target that is among the columns"),
        ({"period": 144}, "shorter than a period of 144 rows: set lookback to at least 140"),
    ],
)
def test_options_that_do_not_fit_are_told(bench, options, message):
    with pytest.raises(ValueError, match=message):
        series(bench, **options)


def test_predict_takes_every_window_there_is_and_needs_no_target(bench):
    dataset = series(bench, time="when", columns=["heat", "wind"])
    new = bench.write(text(), "new.csv")
    rows = dataset.read(new, dataset.outline())
    assert not rows.targets
    assert len(rows) == 200 - 12 + 1
    np.testing.assert_array_equal(rows.array[-1], VALUES[188:200:3, ::-1])
    assert rows.columns["time"][-1].astype("datetime64[us]") == np.datetime64("2020-03-02T10:00:00")
    with pytest.raises(DataError, match="a window needs 12"):
        dataset.read(bench.write("\n".join(text().split("\n")[:8]), "short.csv"), dataset.outline())


@pytest.mark.plots
def test_a_run_reports_in_the_targets_own_unit(bench):
    heat = 20 + 5 * np.sin(np.arange(200) / 9)
    bench.write(text(values=np.stack([VALUES[:, 0], heat.round(3)], axis=1)), "weather.csv")
    data = {"name": "timeseries_csv", "path": "weather.csv", "time": "when", "target": "heat", "unit": "degC"}
    data |= {"lookback": 12, "delay": 4, "period": 6, "transforms": ["standardize"]}
    path = bench.experiment(data=data, model={"name": "baseline"}, training={"epochs": 1, "loss": "mae"})
    status, out, err = bench.run("train", path)
    assert (status, err) == (0, "")
    assert "in degC:  best mae" in out
    status, out, err = bench.run("evaluate", "latest", "--json")
    assert status == 0
    run = find_run("latest", None)
    summary, evaluation = run.read("summary.json"), run.read("evaluation.json")
    with np.load(run.predictions) as stored:
        index, prediction = stored["test.index"], stored["test.prediction"]
        np.testing.assert_allclose(stored["test.target"], heat[index], atol=1e-3)
        np.testing.assert_allclose(prediction[:, 0], heat[index - 5], atol=1e-3)
        np.testing.assert_allclose(stored["test.baseline"], heat[index - 5], atol=1e-3)
        assert stored["test.time"].shape == index.shape
    wanted = np.abs(heat[index] - heat[index - 5]).mean()
    assert evaluation["test"]["in_unit"]["scores"]["mae"] == pytest.approx(wanted, rel=1e-3)
    assert evaluation["test"]["in_unit"]["baseline"]["mae"] == pytest.approx(wanted, rel=1e-3)
    assert summary["in_unit"]["baseline"]["mae"] == pytest.approx(summary["in_unit"]["best"]["val_mae"], rel=1e-5)
    assert summary["baseline"]["also"][0]["guess"] == "the same time of an earlier period"
    assert {"forecast-validation.png", "forecast-test.png", "error_by_hour-test.png"} <= {
        path.name for path in run.plots.iterdir()
    }
    status, out, err = bench.run("predict", "latest", "weather.csv")
    lines = out.split("\n")
    assert lines[0] == "time,prediction"
    time, value = lines[1].split(",")
    assert time == "2020-03-01 02:40:00"
    assert float(value) == pytest.approx(heat[11], abs=2e-3)


def test_folds_go_forward_in_time(bench):
    dataset = series(bench, test=40, validation=None, horizon=2, delay=0)
    loaded = dataset.load()
    folds = dataset.folds(loaded, KFold(folds=3))
    assert len(folds) == 3
    for (train, validation), (start, end) in zip(folds, ((49, 86), (86, 123), (123, 160)), strict=True):
        assert (loaded.train.index[train] + 1).max() == start - 1  # the last target
        assert loaded.train.index[validation].tolist() == list(range(start, end - 1))


def test_folds_of_a_series_train_on_the_past_alone(bench):
    bench.write(text(), "weather.csv")
    data = {"name": "timeseries_csv", "path": "weather.csv", "target": "heat", "lookback": 6, "horizon": 2}
    path = bench.experiment(data=data, model={"name": "dlinear"}, kfold={"folds": 2}, training={"epochs": 1})
    status, out, err = bench.run("kfold", path)
    assert (status, err) == (0, "")
    assert "(the last value, as in each fold; validation rows)" in out
    with np.load(find_run("latest", None).predictions) as stored:
        assert stored["out_of_fold.index"].min() == 57  # of 160 rows, 154 are targets: a third is never predicted
        assert stored["out_of_fold.prediction"].shape[1] == 2
    status, _, err = bench.run("kfold", path, "kfold.repeats=2")
    assert status == 2
    assert "the folds of a series follow each other in time: remove it" in err


def test_differences_are_what_a_model_sees_and_gives(bench):
    dataset = series(bench, difference=True, test=None)
    experiment = Experiment.model_validate({"data": dataset, "model": {"name": "dense", "units": []}})
    model = compiled_model(experiment, dataset.load().task, 0)
    x = RNG.normal(size=(3, 4, 2)).astype(np.float32)
    shifted = x + np.array([0.0, 100.0], np.float32)
    np.testing.assert_allclose(model(shifted).numpy() - 100, model(x).numpy(), atol=1e-4)
    weights = model.get_weights()
    model.set_weights([np.zeros_like(weight) for weight in weights])
    np.testing.assert_allclose(model(x).numpy()[:, 0], x[:, -1, 1], rtol=1e-6)


def test_real_sea_temperatures_have_gaps_that_are_named(real_data):
    options = {"path": str(real_data / "sst.csv"), "target": "temperature (celsius)", "lookback": 240, "delay": 47}
    with pytest.raises(DataError, match=r"sst\.csv:19212: column 'time \(UTC\)': 2017-03-21T16:30:00Z occurs twice"):
        TimeseriesCsv(**options, time="time (UTC)").load()
    plain = TimeseriesCsv(**options, test=0.2, validation=0.25)
    parts = split(plain, plain.load())
    guess = parts.test.x.guesses()["the last value"]
    assert np.abs(guess - parts.test.y).mean() == pytest.approx(0.24, abs=0.01)


def test_a_file_without_a_column_of_numbers_is_told(bench) -> None:
    content = "when,wind,heat\n" + "".join(f"{time},{'ab'[n % 2]},{'xy'[n % 2]}\n" for n, time in enumerate(TIMES))
    with pytest.raises(DataError, match=r"weather\.csv has no numeric columns"):
        series(bench, content, time="when").load()


def test_missing_cells_repeat_the_value_before_and_are_no_targets(bench):
    cells = ["", "", *range(2, 30)]
    cells[10] = cells[11] = ""
    lines = [f"{i},{cell if i > 1 else i}" for i, cell in enumerate(cells)]
    bench.write("i,x\n" + "\n".join(lines) + "\n", "s.csv")
    options = {"path": "s.csv", "target": "x", "columns": ["x"], "lookback": 2, "delay": 0, "validation": 5, "test": 5}
    with pytest.raises(
        DataError, match=r"s\.csv:12: column 'x': the cell is missing\. .* or set data\.missing: previous"
    ):
        TimeseriesCsv(**options).load()
    loaded = TimeseriesCsv(**options, missing="previous").load()
    rows = loaded.train
    assert rows.y.tolist() == [2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]
    of_12 = rows.y.tolist().index(12)
    assert rows.x.take(np.array([of_12])).numbers()[0, :, 0].tolist() == [9, 9]
    assert loaded.notes[-1] == "missing cells filled with the value before: x (2); they are no targets"
