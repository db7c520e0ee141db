"""K-fold validation of Boston (Chollet 2017, 3.6), all folds at once against one after another, in turn, in one process.

    python tests/benchmarks/kfold_together.py FILE [RUNS]

FILE is boston_housing.npz, or a table read by data.name=csv as in configs/own_table.yaml. Prints the medians of the
processor's and of the wall clock's seconds of training, from the first fold's start to the last one's end.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from dlpy.core import keras_backend
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.runs.how import How
from dlpy.training import kfold as validation
from dlpy.training.folds import train_folds
from dlpy.training.prepare import prepare
from dlpy.training.record import Options, begin
from dlpy.training.reporter import Reporter

CONFIG = Path(__file__).parents[2] / "configs" / "boston_kfold.yaml"


def seconds(path: str, together: str) -> tuple[float, float]:
    """Return the processor's and the wall clock's seconds of training all folds."""
    experiment, document = load(CONFIG, [f"data.path={path}", f"training.together={together}"])
    with tempfile.TemporaryDirectory() as folder:
        options = Options(Path(folder), kind="kfold", folds=How())
        prepared, first = validation.with_folds(prepare(experiment, document, options))
        run: Run = begin(prepared.experiment, prepared.loaded, first.task, options)
        processor, wall = time.process_time(), time.monotonic()
        train_folds(run, prepared, 1, Reporter())
        return time.process_time() - processor, time.monotonic() - wall


def main() -> None:
    path, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    keras_backend.start()
    found: dict[str, list[tuple[float, float]]] = {"true": [], "false": []}
    for _ in range(runs):
        for together, times in found.items():
            times.append(seconds(path, together))
            print(together, *(f"{value:.2f}" for value in times[-1]), flush=True)
    for position, clock in enumerate(("processor", "wall")):
        at_once, in_turn = (statistics.median(times[position] for times in found[name]) for name in ("true", "false"))
        print(f"{clock}: at once {at_once:.2f} s, one after another {in_turn:.2f} s, ratio {at_once / in_turn:.2f}")


if __name__ == "__main__":
    main()
