"""How long an epoch takes is said once, while the first one runs."""

import pytest

from dlpy.cli.pace import Pace, duration


def test_the_steps_after_the_first_measured_moment_give_the_duration_of_an_epoch() -> None:
    pace = Pace(steps=100, epochs=6)
    assert pace.after(10, 50.0) is None  # compiled until then
    assert pace.after(14, 51.0) is None
    assert pace.after(20, 52.5) == "an epoch takes about 25 s, 6 epochs 2.5 min"  # 10 steps in 2.5 s
    assert pace.after(30, 70.0) is None


@pytest.mark.parametrize(
    ("steps", "moments"),
    [(100, [(10, 0.0), (80, 2.5)]), (0, [(10, 0.0), (20, 9.0)]), (100, [(90, 0.0), (5, 9.0), (50, 60.0)])],
    ids=["short epochs", "steps not known", "a second epoch"],
)
def test_nothing_is_said_of(steps: int, moments: list[tuple[int, float]]) -> None:
    pace = Pace(steps, epochs=3)
    assert [pace.after(*moment) for moment in moments] == [None] * len(moments)


def test_durations_have_two_figures() -> None:
    given = (3.2, 119, 150, 1234, 9000, 40_000)
    assert [duration(seconds) for seconds in given] == ["3 s", "119 s", "2.5 min", "21 min", "2.5 h", "11 h"]
