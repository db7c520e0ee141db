"""What a training left, for tests that compare trainings in pieces with those in memory."""

from __future__ import annotations

from dlpy.runs.directory import Run


def last_run(bench, *arguments: object) -> Run:
    """Run a command, and return the last run in the folder."""
    status, out, err = bench.run(*arguments)
    assert status == 0, out + err
    return Run(sorted((bench.folder / "runs").iterdir())[-1])


def weights_of(run: Run) -> dict[str, bytes]:
    """Return the files of the last checkpoint that hold numbers."""
    files = (file for file in (run.path / "checkpoints").rglob("*") if file.suffix in (".h5", ".npz"))
    found = {str(file.relative_to(run.path)): file.read_bytes() for file in files}
    assert found
    return found


def scores_of(run: Run) -> list[list[str]]:
    """Return the lines of metrics.csv without their seconds."""
    lines = [line.split(",") for line in run.metrics.read_text().splitlines()]
    return [line[:1] + line[2:] for line in lines]
