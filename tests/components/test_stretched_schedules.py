"""Schedules of the learning rate stretched to more steps, as a final training on more rows takes them."""

import pytest

from dlpy.components.objectives import Schedule

CASES = [
    (
        {"name": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 40, "decay_rate": 0.5},
        {"decay_steps": 50, "decay_rate": 0.5},
    ),
    (
        {"name": "inverse_time_decay", "initial_learning_rate": 0.1, "decay_rate": 0.5},
        {"decay_steps": 1, "decay_rate": 0.4},
    ),
    (
        {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 80, "warmup_steps": 8},
        {"decay_steps": 100, "warmup_steps": 10},
    ),
    (
        {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 80},
        {"decay_steps": 100, "warmup_steps": 0},
    ),
    (
        {"name": "piecewise_constant_decay", "boundaries": [8, 24], "values": [0.1, 0.05, 0.01]},
        {"boundaries": [10, 30], "values": [0.1, 0.05, 0.01]},
    ),
    ({"name": "warmup_cosine", "peak_learning_rate": 0.1, "steps": 80}, {"steps": 100, "warmup": 0.1}),
    ({"name": "warmup_cosine", "peak_learning_rate": 0.1, "steps": 80, "warmup": 8}, {"steps": 100, "warmup": 10}),
    ({"name": "coslog4", "peak_learning_rate": 0.1, "decay_steps": 80}, {"decay_steps": 100}),
]


@pytest.mark.parametrize(("options", "expected"), CASES)
def test_schedule_takes_a_quarter_more_steps(options, expected):
    schedule = Schedule.registry.get(options["name"]).model_validate(options)
    stretched = schedule.stretched(1.25)
    assert type(stretched) is type(schedule)
    assert {name: getattr(stretched, name) for name in expected} == expected


def test_every_schedule_that_counts_steps_is_among_the_cases():
    assert {options["name"] for options, _ in CASES} == set(Schedule.registry.names())
