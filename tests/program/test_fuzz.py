"""A few hundred cases of `python -m tests.fuzz`, and that it would tell what it looks for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import experiments, files, samples, trained
from fuzz.__main__ import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def require_none_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
    """Run cases of a fixed seed in a process of their own, and require that none fails."""
    monkeypatch.setattr(sys, "argv", ["fuzz", *arguments, "--seed", "7"])
    status = main()
    out, err = capsys.readouterr()
    assert status == 0, out + err
    count = arguments[arguments.index("--count") + 1]
    assert f"{count} cases, 0 failed" in out


@pytest.mark.parametrize(("kind", "count"), [("experiments", 600), ("files", 150)])
def test_no_case_of_a_fixed_seed_fails(kind: str, count: int, tmp_path: Path, monkeypatch, capsys) -> None:
    require_none_fails(monkeypatch, capsys, kind, "--count", str(count), "--folder", str(tmp_path / "cases"))


def test_no_damaged_run_of_a_fixed_seed_ends_in_a_traceback_or_is_called_intact_and_damaged(
    bench, monkeypatch, capsys
) -> None:
    trained.write_experiments(bench.folder)
    for name in ("table", "series"):
        assert bench.run("train", f"{name}.yaml", "--runs", "made", "--quiet")[0] == 0
    require_none_fails(monkeypatch, capsys, "light-runs", "--count", "60", "--folder", str(bench.folder))


def test_the_same_number_makes_the_same_case(tmp_path: Path) -> None:
    for number in range(20):
        contents = []
        for _ in range(2):
            case = experiments.Case(3, number, tmp_path)
            contents.append((case.path.read_bytes(), case.overrides))
        assert contents[0] == contents[1]


@pytest.mark.parametrize("kind", files.data_kinds(), ids=lambda kind: kind.name)
def test_files_that_are_whole_are_read(kind: files.Kind, tmp_path: Path) -> None:
    (tmp_path / kind.name).write_bytes(kind.content)
    kind.read(tmp_path / kind.name)


def test_enough_kinds_of_files_are_damaged() -> None:
    assert len(files.data_kinds()) >= 15
    assert len(files.RUN_READERS) >= 10
    assert len(experiments.texts()) > 50
    assert samples.TABLE.count(b"\n") == 41


WRONG = """\
import sys
from pathlib import Path
from tests.fuzz import watch
from dlpy.core.errors import DataError
watch.MOST_SECONDS, watch.MOST_WAITING, watch.MOST_MEGABYTES = 1, 30, 100
seen = watch.Watch(Path("x").absolute())
def fail(error): raise error
for case in (
    lambda: None,
    lambda: fail(DataError("known")),
    lambda: fail(ValueError("unknown")),
    lambda: all(True for _ in iter(int, 1)),
    lambda: Path("written").write_text("a"),
    lambda: bytearray(200_000_000),
    lambda: fail(DataError("")),
):
    print(seen.problem(case))
"""


def test_the_watch_tells_errors_hangs_files_and_memory() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", WRONG], capture_output=True, text=True, env=environment)
    told = done.stdout.split("\n")
    assert told[:2] == ["", ""]
    assert told[2].startswith("ValueError: unknown")
    assert "TimeoutError" in done.stdout
    assert "did open ('written'" in done.stdout
    assert " MB\n" in done.stdout
    assert done.stdout.endswith("an error without a word\n")
