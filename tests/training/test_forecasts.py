"""Several series on the command line: trained, evaluated by step and by band, and continued; and mistakes in one line."""

import numpy as np
import pytest

from dlpy.runs.directory import Run
from dlpy.runs.results import stored_predictions

pytestmark = pytest.mark.slow

DAYS = np.arange("2020-01-01", "2020-06-01", dtype="M8[D]")
LEVELS = {"north": 100.0, "south": 1.0}
DATA = {
    **{"name": "timeseries_csv", "path": "shops.csv", "time": "day", "id": "shop", "target": "sold"},
    **{"known": ["price"], "lookback": 14, "horizon": 3, "transforms": ["standardize"], "test": 30, "validation": 30},
}
TRAINING = {"epochs": 2, "loss": {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}, "metrics": ["mae"]}


def write(bench, more: int = 0) -> None:
    """Write a week's season on two levels, days first, the newest first; then `more` rows with prices alone."""
    rows = []
    for shop, level in LEVELS.items():
        for place, day in enumerate(DAYS):
            sold = level * (5 + np.sin(2 * np.pi * place / 7))
            rows.append(f"{day.item():%d.%m.%Y},{shop},{place % 3},{sold:.6f}")
        rows += [f"{(DAYS[-1] + 1 + i).item():%d.%m.%Y},{shop},{i},\n".strip() for i in range(more)]
    bench.write("\n".join(["day,shop,price,sold", *rows[::-1]]) + "\n", "shops.csv")


@pytest.fixture
def run(bench) -> Run:
    write(bench)
    path = bench.experiment(data=DATA, model={"name": "dlinear", "kernel": 7}, training=TRAINING)
    return bench.trained(path)


def test_each_series_is_on_its_own_scale_and_scores_are_in_the_targets_unit(bench, run) -> None:
    write(bench)
    status, out, err = bench.run("evaluate", run.id, "--split", "test")
    assert (status, err) == (0, "")
    assert "test: mean absolute error by step ahead, in own unit" in out
    assert "test: bands of quantiles" in out
    (stored,) = (one for one in stored_predictions(run) if one.part == "test")
    assert stored.quantiles is not None
    assert stored.quantiles.shape == (2 * 14, 3, 3)  # 30 rows hold 14 windows of 14 rows and 3 targets
    assert (np.diff(stored.quantiles, axis=2) >= 0).all()
    np.testing.assert_array_equal(stored.quantiles[:, :, 1], stored.prediction)
    place = len(DAYS) - 30 + 14 + np.arange(14)[:, None] + np.arange(3)
    waves = 5 + np.sin(2 * np.pi * place / 7)
    np.testing.assert_allclose(stored.target, np.concatenate([100 * waves, waves]), rtol=1e-4)
    np.testing.assert_allclose(stored.seasonal, stored.target, rtol=1e-3)  # each week is as the one before
    assert stored.history is not None
    assert stored.history.shape == (4, 9)
    last = stored.baseline[stored.drawn][:, 0]
    np.testing.assert_allclose(stored.history[:, -1], last, rtol=1e-5)
    steps = run.read("evaluation.json")["test"]["steps"]
    assert [line["step"] for line in steps] == [1, 2, 3]
    wanted = np.abs(stored.baseline - stored.target).mean(axis=0)
    assert [line["last_value"] for line in steps] == pytest.approx(wanted.tolist())


def test_the_next_rows_have_their_times_series_and_quantiles(bench, run) -> None:
    write(bench, more=3)
    status, out, err = bench.run("predict", run.id, "shops.csv", "--ahead", 2)
    assert (status, err) == (0, "")
    names, *lines = [line.split(",") for line in out.split("\n")[:-1]]
    assert names == ["series", "time", "prediction", "quantile_0.1", "quantile_0.9"]
    assert [line[:2] for line in lines] == [
        [shop, f"2020-06-0{day} 00:00:00"] for shop in ("north", "south") for day in (1, 2)
    ]
    for line in lines:
        middle, low, high = map(float, line[2:])
        assert low <= middle <= high
        assert 2 * LEVELS[line[0]] < middle < 8 * LEVELS[line[0]]
    status, out, _ = bench.run("predict", run.id, "shops.csv")
    assert status == 0
    assert out.split("\n")[0].split(",")[:5] == ["series", "time", "prediction_1", "prediction_2", "prediction_3"]
    last = [line for line in out.split("\n") if line.startswith("north")][-1].split(",")
    assert last[1] == "2020-06-01 00:00:00"
    assert float(last[2]) == pytest.approx(float(lines[0][2]), rel=1e-5)


@pytest.mark.parametrize(
    ("more", "arguments", "status", "message"),
    [
        (0, ["--ahead", 3], 3, "series 'north' needs price for 3 rows after the last value; the file has 0. Add them,"),
        (3, ["--ahead", 4], 2, "--ahead 4: the run predicts 3 rows ahead; train with data.horizon=4 for more."),
        (3, ["--ahead", 2, "--keep", "shop"], 2, "--keep is about the rows of a file"),
    ],
)
def test_what_cannot_be_continued_is_told_in_one_line(bench, run, more, arguments, status, message) -> None:
    write(bench, more)
    found, _, err = bench.run("predict", run.id, "shops.csv", *arguments)
    assert (found, err.count("\n")) == (status, 1)
    assert message in err


def test_a_series_without_training_rows_is_told(bench, run) -> None:
    write(bench, 3)
    text = (bench.folder / "shops.csv").read_text().replace("south", "west")
    bench.write(text, "shops.csv")
    status, _, err = bench.run("predict", run.id, "shops.csv")
    assert status == 3
    assert "series 'west' has no training rows, so that its scale is unknown: leave it out." in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon": 0}, "data.horizon"),
        ({"known": ["sold"]}, "data.known: 'sold' is a target, which is not known in advance"),
        ({"lookback": 2}, "data.known: a window must hold the known values of all 3 steps"),
        ({"id": "sold"}, "data.id: column 'sold' has another role"),
        (
            {"test": {"rows": [1, 9]}},
            "data.test: rows are those of all series together: give a fraction, or a count for each series",
        ),
        ({"horizen": 3}, "Did you mean 'horizon'?"),
        ({"missing": "forward"}, "data.missing"),
    ],
)
def test_options_that_do_not_fit_are_told_before_training(bench, options, message) -> None:
    write(bench)
    path = bench.experiment(data=DATA | options, model={"name": "dlinear"}, training=TRAINING)
    status, out, _ = bench.run("check", path)
    assert status == 2
    assert message in out


@pytest.mark.parametrize(
    ("model", "metrics", "message"),
    [
        ({"name": "dlinear", "kernel": 4}, ["mae"], "kernel: the average is around a time step: use an odd number"),
        ({"name": "dlinear"}, ["mape"], "each series has a scale of its own"),
        ({"name": "baseline", "kind": "period_before"}, ["mae"], "period_before"),
    ],
)
def test_models_and_metrics_that_do_not_fit_are_told_before_training(bench, model, metrics, message) -> None:
    write(bench)
    data = DATA | {"columns": ["price", "sold"]}
    path = bench.experiment(data=data, model=model, training=TRAINING | {"metrics": metrics})
    status, out, _ = bench.run("check", path)
    assert status == 2
    assert message in out


def test_a_file_says_what_is_wrong_with_its_times(bench) -> None:
    write(bench)
    path = bench.experiment(data=DATA, model={"name": "dlinear"}, training=TRAINING)
    text = (bench.folder / "shops.csv").read_text()
    first = text.split("\n")[1]
    bench.write(text + first + "\n", "shops.csv")
    status, out, _ = bench.run("check", path, "--data")
    assert status == 3
    assert "31.05.2020 occurs twice in series 'south'. Keep one of the two rows" in out
    bench.write(text.replace("30.05.2020,south", "30.05.2020,"), "shops.csv")
    status, out, _ = bench.run("check", path, "--data")
    assert status == 3
    assert "column 'shop': the cell is missing. Each row needs the name of its series." in out


def test_runs_with_bands_are_compared_by_their_loss_and_combined(bench, run) -> None:
    write(bench)
    other = bench.trained(
        bench.experiment(data=DATA, model={"name": "dlinear", "kernel": 7}, training=TRAINING, seed=7)
    )
    status, out, _ = bench.run("compare", run.id, other.id)
    assert status == 0
    assert "mae" in out
    status, out, err = bench.run("ensemble", run.id, other.id)
    assert (status, err) == (0, "")
