"""Exports a run of each model family to each format, and compares the files with dlpy, each in a process without dlpy.

    python tests/benchmarks/export_matrix.py [CASE ...] [--to keras] [--runs FOLDER]

Trains each case shortly (`--smoke` of files of configs/, and small files that are generated here), exports it, and
prints a line of a table for each: the largest difference to dlpy's predictions, the size of the network, and the time
per row, beside `predict_all` of the run in memory. A cell that is refused holds a number, and the reason follows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import export_cases
import yaml

import dlpy
from dlpy.core.errors import DlpyError
from dlpy.explain.predictor import predictor_of
from dlpy.export.ensemble_job import ensemble_job_of
from dlpy.export.export import Ask, Exported, export
from dlpy.export.formats import FORMATS
from dlpy.export.job import job_of
from dlpy.portable.network import GENERATED
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.sampling.images import make
from dlpy.training.estimators import network_of
from dlpy.training.evaluate import silent

CONFIGS = Path(__file__).parents[2] / "configs"


def trained(name: str, content: Mapping[str, Any] | None, folder: Path) -> Run:
    """Return the run of a case: an experiment of configs/, or one that is written here."""
    if name in export_cases.COMBINED:
        return export_cases.COMBINED[name](folder)
    if content is None:
        path, smoke = CONFIGS / f"{name}.yaml", True
    else:
        path, smoke = folder / f"{name}.yaml", False
        path.write_text(yaml.safe_dump(dict(content)), "utf-8")
    return Run(dlpy.train(path, smoke=smoke, quiet=True, runs=folder / "runs").path)


def predict_time(run: Run) -> float:
    """Return the microseconds per row that a run in memory takes, the best of ten after the first."""
    predict, rows = _prediction(run)
    predict()
    return min(_seconds(predict) for _ in range(10)) / rows * 1e6


def _prediction(run: Run) -> tuple[Callable[[], object], int]:
    """Return what predicts the rows that files are checked with, and their number."""
    if run.record().kind == ENSEMBLE:
        whole, predictor = ensemble_job_of(run, "best", silent), predictor_of(run, "best", silent)
        return lambda: predictor.predict(whole.raw), len(whole.raw)
    job = job_of(run, "best", silent)
    rows = job.checked.rows
    if GENERATED in job.checked.wanted:
        sampler = network_of(job.trained.engine).sampler  # type: ignore[attr-defined]
        return lambda: make(sampler, rows.array), len(rows)
    return lambda: job.trained.own_predictions(rows), len(rows)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def cells(run: Run, formats: Sequence[str], reasons: list[str]) -> list[str]:
    """Return the cells of a run: of all formats at once if none is refused, and otherwise of one after the other."""
    try:
        return _told(run, formats)
    except DlpyError:
        return [_cell(run, to, reasons) for to in formats]


def _cell(run: Run, to: str, reasons: list[str]) -> str:
    try:
        return _told(run, [to])[0]
    except DlpyError as error:
        line = str(error)
        if line not in reasons:
            reasons.append(line)
        return f"no ({reasons.index(line) + 1})"


def _told(run: Run, formats: Sequence[str]) -> list[str]:
    made = [one for one in export(run, Ask(tuple(formats), force=True)) if isinstance(one, Exported)]
    return [f"{one.difference:.0e}, {one.size / 1000:,.0f} kB, {one.seconds * 1e6:,.0f}" for one in made]


def line(name: str, run: Run, formats: Sequence[str], reasons: list[str]) -> str:
    """Return a line of the table."""
    found = cells(run, formats, reasons)
    try:
        own = f"{predict_time(run):,.0f}"
    except DlpyError:
        own = ""
    return f"| {name} | {own} | {' | '.join(found)} |"


def main(names: list[str], formats: list[str], folder: Path) -> None:
    """Print the table of these cases, in which no line says why a format was refused; the reasons follow."""
    reasons: list[str] = []
    cases = {
        **dict.fromkeys(export_cases.CONFIGS),
        **export_cases.written(folder),
        **dict.fromkeys(export_cases.COMBINED),
    }
    print(f"| run | dlpy | {' | '.join(formats)} |\n| {'--- | ' * (len(formats) + 1)}--- |")
    for name in names or cases:
        try:
            print(line(name, trained(name, cases[name], folder), formats, reasons), flush=True)
        except DlpyError as error:
            print(f"{name}: {error}", file=sys.stderr)
    print("", *(f"{number}. {reason}" for number, reason in enumerate(reasons, 1)), sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--to", action="append", choices=FORMATS)
    parser.add_argument("--runs", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        main(given.cases, given.to or list(FORMATS), given.runs or Path(scratch))
