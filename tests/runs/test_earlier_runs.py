"""Runs that were made before dlpy's modules moved into packages are read, resumed and drawn as before.

Each archive in `earlier/` holds an interrupted run of one family, its data (or the run it builds on), and in `expected/`
the scores of the same training left alone. Made on another machine, so scores agree to rounding; on that machine
they were the same to the bit.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

ARCHIVES = sorted((Path(__file__).parent / "earlier").glob("*.tar.xz"))


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.partition(".")[0])
def test_a_run_made_before_the_move_is_resumed_and_read(archive: Path, bench) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(".", filter="data")
    assert bench.run("runs", "--verify")[0] == 0
    _bring_to(Path.cwd())
    assert bench.run("resume", "latest", "--quiet", "--allow-inexact")[0] == 0
    (run,) = Path("runs").iterdir()
    tables = sorted(Path("expected").rglob("metrics.csv"))
    assert tables
    for table in tables:
        _assert_close(run / table.relative_to("expected"), table)
    for command in (("runs", "--verify"), ("plot", "latest"), *_questions(archive)):
        assert bench.run(*command)[0] == 0, command


def _bring_to(folder: Path) -> None:
    """Let the runs find their data here: the paths in their config.yaml are absolute."""
    for config in folder.rglob("config.yaml"):
        config.write_text(config.read_text().replace("/home/user", str(folder)))


def _questions(archive: Path) -> list[tuple[str, ...]]:
    name = archive.name.partition(".")[0]
    if name in ("folds", "dream"):
        return []
    asked = [("evaluate", "latest", "--json")]
    return [*asked, ("predict", "latest", "rows.npz")] if name == "dense" else asked


def _assert_close(got: Path, want: Path) -> None:
    """Compare all columns but times."""
    rows, expected = ([line.split(",") for line in path.read_text().splitlines()] for path in (got, want))
    keep = [i for i, name in enumerate(expected[0]) if "second" not in name and "time" not in name]
    assert [rows[0][i] for i in keep] == [expected[0][i] for i in keep]
    numbers, numbers_expected = (
        np.array([[float(row[i] or "nan") for i in keep] for row in table[1:]]) for table in (rows, expected)
    )
    np.testing.assert_allclose(numbers, numbers_expected, rtol=0.02, atol=0.02)
