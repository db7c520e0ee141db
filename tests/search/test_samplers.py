"""Proposals are functions of the space, the seed, the number and the trials that are done, and never leave the space."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpy.core.errors import ConfigError
from dlpy.experiment.dimensions import Choice, Point, active
from dlpy.experiment.document import Document, read
from dlpy.experiment.experiment import experiment_of
from dlpy.experiment.ranges import Space, space_of
from dlpy.experiment.search_checks import number_of_trials
from dlpy.experiment.search_options import Search
from dlpy.runs.trials import Trial
from dlpy.search.samplers import GridSampler, RandomSampler, sampler_of

TEXT = """\
data: boston_housing
model:
  name: dense
  units: {search: {choices: [[32], [64, 64]]}}
  dropout: {search: [0.0, 0.5], step: 0.1}
training:
  epochs: {search: [1, 20], scale: log}
  batch_size: {search: [8, 64]}
  optimizer:
    search:
      choices:
        - rmsprop
        - name: adam
          learning_rate: {search: [1e-4, 1e-1], scale: log}
"""


def space(text: str = TEXT) -> Space:
    Path("x.yaml").write_text(text)
    return space_of(read(Path("x.yaml")))


def within(found: Space, point: Point) -> bool:
    """Return whether a point has a possible value for each dimension that exists there, in file order."""
    dimensions = list(active(found.dimensions, point))
    return list(point) == [one.name for one in dimensions] and all(
        point[one.name] in range(len(one.options))
        if isinstance(one, Choice)
        else one.low <= point[one.name] <= one.high
        and (one.count is None or any(point[one.name] == one.at(position) for position in range(one.count)))
        and isinstance(point[one.name], int) == one.is_whole
        for one in dimensions
    )


def ended(number: int, point: Point, status: str = "completed") -> Trial:
    """Return a trial whose score is best at seven epochs without dropout."""
    score = abs(point["training.epochs"] - 7) + point["model.dropout"]
    values = (None, []) if status == "failed" else (score, [score + 1, score])
    return Trial(number, point, {}, status, values[0], 2, 2, {}, values[1])  # type: ignore


def log(sampler, count: int) -> list[Trial]:
    """Return a log of trials, each proposed from all before; every fifth fails and every seventh is pruned."""
    done: list[Trial] = []
    for number in range(1, count + 1):
        status = "failed" if number % 5 == 0 else "pruned" if number % 7 == 0 else "completed"
        done.append(ended(number, sampler.propose(number, done), status))
    return done


def test_random_points_are_those_of_numpy() -> None:
    sampler = RandomSampler(space(), seed=7)
    first = {
        "model.units": 1,
        "model.dropout": 0.4,
        "training.epochs": 1,
        "training.batch_size": 22,
        "training.optimizer": 0,
    }
    second = {
        "model.units": 0,
        "model.dropout": 0.1,
        "training.epochs": 3,
        "training.batch_size": 32,
        "training.optimizer": 1,
    }
    third = {
        "model.units": 1,
        "model.dropout": 0.5,
        "training.epochs": 13,
        "training.batch_size": 27,
        "training.optimizer": 0,
    }
    rate = {"training.optimizer[1].learning_rate": pytest.approx(0.01118210264226252, rel=1e-15)}
    assert [sampler.propose(number, []) for number in (1, 2, 3)] == [first, second | rate, third]
    assert sampler.version.startswith("numpy ")


def test_random_points_do_not_depend_on_other_trials() -> None:
    sampler = RandomSampler(space(), seed=0)
    assert sampler.propose(3, log(sampler, 2)) == sampler.propose(3, [])


def test_a_log_scale_gives_each_factor_the_same_share() -> None:
    found = space(
        "a: {search: [1, 1000], scale: log}\nb: {search: [1.0, 1000], scale: log}\nc: {search: [1, 4], step: 1}"
    )
    points = [RandomSampler(found, 0).propose(number, []) for number in range(1, 601)]
    for name in ("a", "b"):
        shares = [sum(low <= point[name] < 10 * low for point in points) / 600 for low in (1, 10, 100)]
        assert all(0.27 < share < 0.40 for share in shares)
    assert [sum(point["c"] == value for point in points) // 100 for value in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_a_grid_changes_the_last_dimension_first_and_has_conditional_ones_where_they_are_chosen() -> None:
    text = "a: {search: [0.1, 0.3], step: 0.1}\nb: {search: {choices: [x, {c: {search: [5, 6]}}]}}\nd: {search: {choices: [p, q]}}"
    sampler = GridSampler(space(text))
    points = [sampler.propose(number, []) for number in range(1, 19)]
    first = [
        {"a": 0.1, "b": 0, "d": 0},
        {"a": 0.1, "b": 0, "d": 1},
        {"a": 0.1, "b": 1, "b[1].c": 5, "d": 0},
        {"a": 0.1, "b": 1, "b[1].c": 5, "d": 1},
        {"a": 0.1, "b": 1, "b[1].c": 6, "d": 0},
        {"a": 0.1, "b": 1, "b[1].c": 6, "d": 1},
    ]
    assert points == [{**point, "a": a} for a in (0.1, 0.2, 0.3) for point in first]
    assert [list(point) for point in points[1:3]] == [["a", "b", "d"], ["a", "b", "b[1].c", "d"]]
    for number in (0, 19):
        with pytest.raises(ValueError, match=f"the grid has 18 points; there is no trial {number}"):
            sampler.propose(number, [])


def test_the_experiment_at_every_point_of_a_grid_is_right() -> None:
    found = space(
        TEXT.replace("[1, 20], scale: log", "[1, 2]").replace("[8, 64]", "[8, 9]").replace("scale: log", "step: 0.05")
    )
    assert found.size() == 2 * 6 * 2 * 2 * (1 + 2)
    sampler = GridSampler(found)
    points = [sampler.propose(number, []) for number in range(1, 145)]
    assert len({json.dumps(point) for point in points}) == 144
    for point in points[::7]:
        experiment = experiment_of(found.document(point))
        assert experiment.training.epochs == point["training.epochs"]


@st.composite
def ranges(draw: st.DrawFn) -> dict:
    low = draw(st.one_of(st.integers(-50, 50), st.floats(-1e6, 1e6)))
    span = draw(st.one_of(st.integers(1, 50), st.floats(1e-3, 1e6)))
    if draw(st.booleans()):
        return {"search": [abs(low) + 0.001, abs(low) + 0.001 + span], "scale": "log"}
    step = {"step": span / draw(st.integers(2, 9))} if draw(st.booleans()) else {}
    return {"search": [low, low + span], **step}


@given(st.lists(ranges(), min_size=1, max_size=4), st.integers(0, 2**32 - 1), st.integers(1, 10**6))
@settings(max_examples=30)
def test_no_random_point_leaves_its_space(values: list[dict], seed: int, number: int) -> None:
    nested = {"search": {"choices": ["x", {"units": values[0]}]}}
    found = space_of(Document(Path("x.yaml"), {"a": dict(zip("abcd", values, strict=False)), "b": nested}))
    assert within(found, RandomSampler(found, seed).propose(number, []))


def test_tpe_stays_within_its_space_and_finds_what_is_good() -> None:
    found = space()
    done = log(sampler_of(found, Search(sampler="tpe"), 0), 30)
    assert all(within(found, trial.point) for trial in done)
    assert _distance(done[15:]) < _distance(log(RandomSampler(found, 0), 30)[15:])
    worst = log(sampler_of(found, Search(sampler="tpe"), 0, direction="max"), 30)
    assert _distance(worst[15:]) > _distance(done[15:])


def _distance(trials: Sequence[Trial]) -> float:
    return sum(abs(trial.point["training.epochs"] - 7) for trial in trials) / len(trials)


def test_tpe_proposes_the_same_from_a_study_that_grew_and_from_one_that_is_new() -> None:
    found, options = space(), Search(sampler="tpe")
    done = log(sampler_of(found, options, 3), 30)
    for number in (1, 2, 11, 12, 24, 30):
        fresh = sampler_of(found, options, 3)
        assert fresh.propose(number, done[: number - 1]) == done[number - 1].point
    grown = sampler_of(found, options, 3)
    grown.propose(30, done)
    assert grown.propose(12, done[:11]) == done[11].point  # fewer trials than it knew
    changed = [*done[:4], ended(5, done[4].point), *done[5:29]]  # one that failed was tried again
    assert grown.propose(30, changed) == sampler_of(found, options, 3).propose(30, changed)


def test_tpe_depends_on_the_seed_and_the_number_and_nothing_is_said(capfd, recwarn) -> None:
    sampler = sampler_of(space(), Search(sampler="tpe"), 0)
    points = [
        sampler.propose(1, []),
        sampler.propose(2, []),
        sampler_of(space(), Search(sampler="tpe"), 1).propose(1, []),
    ]
    assert len({json.dumps(point) for point in points}) == 3
    assert sampler.version.startswith("optuna ")
    assert (capfd.readouterr(), list(recwarn)) == (("", ""), [])


def test_trials_that_failed_or_were_pruned_at_once_teach_nothing() -> None:
    sampler = sampler_of(space(), Search(sampler="tpe"), 0)
    point = sampler.propose(1, [])
    failed = Trial(1, point, {}, "failed", None, None, 0, {}, [], "the loss is NaN")
    pruned = Trial(2, point, {}, "pruned", None, None, 0, {}, [])
    assert within(space(), sampler.propose(30, [failed, pruned]))


def test_without_optuna_tpe_is_refused_and_the_others_work(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match="tpe needs Optuna, which is not installed: pip install"):
        sampler_of(space(), Search(sampler="tpe"), 0)
    assert within(space(), sampler_of(space(), Search(), 0).propose(1, []))
    with pytest.raises(ConfigError, match="a grid needs a 'step' in every range"):
        sampler_of(space(), Search(sampler="grid"), 0)


@pytest.mark.slow
def test_another_process_proposes_the_same_and_imports_optuna_only_to_ask_it() -> None:
    done = log(sampler_of(space(), Search(sampler="tpe"), 5), 15)
    code = f"""
import json, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.search.test_samplers import Search, log, sampler_of, space
assert not {{"optuna", "keras", "tensorflow"}} & set(sys.modules)
print(json.dumps([trial.point for trial in log(sampler_of(space(), Search(sampler="tpe"), 5), 15)]))
assert not {{"keras", "tensorflow"}} & set(sys.modules)
"""
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(again) == [trial.point for trial in done]


SMALL = "a: {search: [1, 3]}\nb: {search: {choices: [x, {c: {search: [5, 6]}}]}}\n"


@pytest.mark.parametrize("delay", [1, 4])
def test_tpe_repeats_no_point_of_a_small_space(delay: int) -> None:
    found = space(SMALL)
    sampler, again = (sampler_of(found, Search(sampler="tpe"), 3) for _ in range(2))
    done: list[Trial] = []
    for number in range(1, 10):
        taken, known = [trial.point for trial in done], done[: max(number - delay, 0)]
        point = sampler.propose(number, known, taken)
        assert within(found, point)
        assert point not in taken
        done.append(Trial(number, point, {}, "completed", float(point["a"]), 1, 1, {}, [float(point["a"])]))
    assert again.propose(9, done[: 9 - delay], [trial.point for trial in done[:8]]) == done[8].point
    assert sampler.propose(10, done, [trial.point for trial in done]) in [trial.point for trial in done]


def test_a_search_by_tpe_ends_when_no_point_is_left() -> None:
    assert number_of_trials(space(SMALL), Search(sampler="tpe", trials=20)) == 9
    assert number_of_trials(space(SMALL), Search(sampler="tpe", trials=5)) == 5
    assert number_of_trials(space(SMALL), Search(sampler="random", trials=20)) == 20
    assert number_of_trials(space("a: {search: [0.1, 0.2]}"), Search(sampler="tpe", trials=None)) is None
