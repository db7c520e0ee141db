"""Progress of long operations where the output is no terminal."""

from __future__ import annotations

import pytest

from dlpy.core import progress
from dlpy.core.progress import progress_bar, progress_line


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        (1_250_000_000, 5_000_000_000, 60, "1.25 GB of 5 GB (25%), 3 min left"),
        (4_500_000_000, 5_000_000_000, 90, "4.5 GB of 5 GB (90%), 10 s left"),
        (2_000_000, None, 5, "2 MB"),
        (5_000_000, 5_000_000, 5, "5 MB of 5 MB"),
    ],
)
def test_a_line_says_how_far_and_how_long(done: int, total: int | None, seconds: float, line: str) -> None:
    assert progress_line(done, total, seconds, in_bytes=True) == line


def test_rows_are_counted() -> None:
    assert progress_line(1500, 3000, 10, in_bytes=False) == "1,500 of 3,000 (50%), 10 s left"


def test_short_operations_write_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("reading rows") as report:
        report(1, 2)
    assert capsys.readouterr().err == ""


def test_long_operations_write_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 10.0, 30.0, 40.0, 100.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress_bar("reading rows") as report:
        for done in (10, 30, 40, 50):
            report(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["reading rows: 30 of 100 (30%), 70 s left", "reading rows: 50 of 100 (50%), 100 s left"]
