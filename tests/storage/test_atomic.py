import math
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dlpy.storage.atomic import beside, is_running, number_text, number_texts, remove_abandoned


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float(np.float32(0.01)), "0.01"),
        (float(np.float32(1e-5)), "1e-05"),
        (float(np.float32(1 / 3)), "0.33333334"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (0.656250001, "0.656250001"),
        (1e300, "1e+300"),
        (math.inf, "inf"),
        (math.nan, ""),
    ],
)
def test_numbers_in_csv_have_no_digits_that_float32_makes_up(value, text):
    assert number_text(value) == text


def test_numbers_in_csv_are_read_as_the_same_float32():
    values = np.random.default_rng(0).normal(0, 1, 1000).astype(np.float32) ** 9

    assert [np.float32(number_text(float(value))) for value in values] == values.tolist()


def test_many_numbers_are_written_as_each_of_them():
    rng = np.random.default_rng(0)
    values = [
        *rng.normal(size=100),
        *rng.normal(size=100).astype(np.float32).tolist(),
        *10.0 ** rng.uniform(-44, 39, 100),
    ]
    values += [0.0, -0.0, 3.0, 1e16, 16777217.0, math.nan, math.inf, -math.inf, 5e-324, 1e300]

    assert number_texts(values) == list(map(number_text, values))
    assert number_texts([]) == []


def test_a_process_that_ended_does_not_run_before_its_parent_asks_for_its_status_either(tmp_path: Path) -> None:
    started = subprocess.Popen(["true"])
    os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
    os.kill(started.pid, 0)
    assert not is_running(started.pid)
    left = beside(tmp_path / "run.json").name.replace(f".{os.getpid()}@", f".{started.pid}@")
    (tmp_path / left).write_text("half")
    remove_abandoned(tmp_path)
    assert not list(tmp_path.iterdir())
    started.wait()
    assert not is_running(started.pid)
    assert is_running(os.getpid())
