"""The plots of a search, from directories written by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from searches import make_search, trial

from dlpy.components.plot import Plot
from dlpy.core.errors import RunError
from dlpy.drawing.figures import style
from dlpy.plots._trials import Option, searched
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial

pytestmark = pytest.mark.slow

UNITS, RATE = "model.units", "training.optimizer.learning_rate"
NAMES = ["trials", "options", "parallel_coordinates", "best_curves", "importance"]


def of(number: int, score: float | None, units: int, rate: float, **changes) -> Trial:
    point = {UNITS: units, RATE: rate}
    shown = {UNITS: ["[8]", "[16]", "[16, 16]"][units], RATE: rate}
    return trial(number, score, **({"point": point, "shown": shown} | changes))


@pytest.fixture
def search(tmp_path: Path) -> Run:
    rates = np.geomspace(1e-4, 1e-1, 12)
    trials = [of(number, 0.5 + 0.03 * number, number % 3, rate) for number, rate in enumerate(rates, 1)]
    trials += [of(13, None, 0, 0.1, status="failed", reason="NaN"), of(14, 0.55, 1, 0.01, status="pruned")]
    return make_search(tmp_path, trials)


def figure(name: str, run: Run):
    with style():
        return Plot.registry.get(name)(name=name).draw([run])[""]


def test_every_plot_is_drawn(search: Run) -> None:
    for name in NAMES:
        assert figure(name, search).axes


def test_few_trials_have_no_importance(tmp_path: Path) -> None:
    run = make_search(tmp_path, [of(1, 0.5, 0, 0.01), of(2, 0.6, 1, 0.02), of(3, 0.7, 2, 0.03)])
    drawn = [name for name in NAMES if Plot.registry.get(name)(name=name).draw([run])]
    assert drawn == ["trials", "options", "parallel_coordinates", "best_curves"]


def test_other_runs_and_searches_without_scores_have_none_of_them(make_run, tmp_path: Path) -> None:
    run = make_run().metrics({"val_loss": [1.0, 2.0]}).run
    failed = make_search(tmp_path / "failed", [of(1, None, 0, 0.1, status="failed")])
    for name in NAMES:
        assert Plot.registry.get(name)(name=name).draw([run]) == {}
        assert Plot.registry.get(name)(name=name).draw([failed]) == {}


def test_the_best_so_far_rises_with_the_trials(search: Run) -> None:
    (axes,) = figure("trials", search).axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    np.testing.assert_allclose(lines["best so far"].get_ydata()[:3], [0.53, 0.56, 0.59])
    assert list(lines["failed"].get_xdata()) == [13]
    assert list(lines["pruned"].get_ydata()) == [0.55]


def test_options_are_axes_as_in_the_file(search: Run) -> None:
    first, second = figure("options", search).axes
    assert [label.get_text() for label in first.get_xticklabels()] == ["[8]", "[16]", "[16, 16]"]
    assert (first.get_xlabel(), second.get_xlabel()) == ("units", "learning_rate")
    assert second.get_xscale() == "log"
    assert [label.get_text() for label in second.get_xticklabels()] == ["0.0001", "0.001", "0.01", "0.1"]


def test_what_decides_the_score_is_the_most_important(search: Run) -> None:
    (axes,) = figure("importance", search).axes
    assert axes.get_yticklabels()[0].get_text() == "learning_rate"


def test_an_outlier_does_not_stretch_the_axis(tmp_path: Path) -> None:
    trials = [of(number, 0.7 + 0.01 * number, 0, 0.01) for number in range(1, 9)]
    run = make_search(tmp_path, [*trials, of(9, -50.0, 0, 0.02)])
    found = searched([run])
    assert found is not None
    low, high = found.limits()
    assert 0.55 < low < 0.71
    assert high < 0.8
    assert [each.number for each in found.within()] == [8, 7, 6, 5, 4, 3, 2, 1]
    (axes,) = figure("trials", run).axes
    assert axes.get_title("left") == "1 trial below, drawn at the edge"


def test_positions_on_an_axis() -> None:
    logarithmic = Option("rate", np.array([1e-4, 1e-2, np.nan]), (1e-4, 1e-2), log=True)
    np.testing.assert_allclose(logarithmic.heights(), [0, 1, np.nan])
    np.testing.assert_allclose(logarithmic.ticks(), [1e-4, 1e-3, 1e-2])
    whole = Option("units", np.array([1.0, 2.0, 8.0]), (0, 8), is_whole=True)
    np.testing.assert_allclose(whole.heights(), [0.125, 0.25, 1])
    np.testing.assert_allclose(whole.ticks(), [0, 2, 4, 6, 8])


def test_a_damaged_search_file_is_named(search: Run) -> None:
    (search.path / "search.yaml").write_text("model: [")
    with pytest.raises(RunError, match=r"search\.yaml cannot be read"):
        figure("trials", search)
