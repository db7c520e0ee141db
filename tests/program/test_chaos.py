"""A short run of tests/chaos, in a process of its own: it forks, which must happen before TensorFlow computes."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_disturbed_runs_end_as_those_that_were_left_alone() -> None:
    chosen = ["--seed", "14", "--families", "dense", "conv1d"]  # three disturbances of the first, two of the second
    command = [sys.executable, "-m", "tests.chaos", *chosen, "--disturbances", "5", "--minutes", "3", "--no-plots"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].endswith("all as if they had been left alone")
    assert done.stdout.count(": the same") >= 2
