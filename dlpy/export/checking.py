"""Runs exported networks in a fresh process without dlpy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlpy.core.errors import SetupError, shortened
from dlpy.export import check_program


@dataclass(frozen=True)
class Ran:
    """What an exported network answered, by output, and its seconds per row beside the other rows."""

    answers: dict[str, np.ndarray]
    seconds: float


def run_programs(folders: Sequence[Path], rows: dict[str, np.ndarray], scratch: Path) -> list[Ran]:
    """Return what the example programs in these folders answer for rows, run in one fresh process.

    Args:
        folders: of exports.
        rows: for each input of the networks.
        scratch: a folder for files of this check.

    Raises:
        SetupError: a program failed.
    """
    given = scratch / "rows.npz"
    np.savez(given, **rows)  # type: ignore[arg-type]
    answers = [scratch / f"answers-{number}.npz" for number in range(len(folders))]
    pairs = [str(path) for pair in zip(folders, answers, strict=True) for path in pair]
    command = [sys.executable, "-I", "-B", str(Path(check_program.__file__)), str(given), *pairs]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = next((line for line in reversed(ended.stderr.splitlines()) if line.strip()), f"{ended.returncode}")
        raise SetupError(f"the exported file does not run in a process of its own: {shortened(last, 300)}")
    return [_read(path) for path in answers]


def _read(path: Path) -> Ran:
    with np.load(path) as stored:
        answers = {key.removeprefix("answers."): stored[key] for key in stored.files if key.startswith("answers.")}
        return Ran(answers, float(stored["seconds"]))
