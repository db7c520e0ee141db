"""Times random searches over networks for Boston's houses: in one graph, one after another, and by KerasTuner.

    python tests/benchmarks/searches.py boston.csv [--trials 1000] [--alone 50] [--tuner 20] [--rounds 1]

The sides run in turn, each in a fresh process, over the same space: five pairs of layer sizes, the learning rate and
the dropout rate of two hidden layers, 100 epochs of batches of 16 rows. Prints the trials a second of each, all of the
process but the import of TensorFlow, and the ratios. KerasTuner is to be installed besides dlpy.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from run import DLPY, run_script, timed

SPACE = """
data: {{name: boston_housing, path: {file}, validation: 80, transforms: [standardize]}}
model:
  name: dense
  units: {{search: {{choices: [[64, 64], [64, 32], [32, 64], [32, 32], [48, 48]]}}}}
  dropout: {dropout}
training:
  optimizer: {{name: rmsprop, learning_rate: {{search: [1e-4, 1e-2], scale: log}}}}
  epochs: 100
  batch_size: 16
callbacks: [{{name: checkpoint, monitor: val_mae}}]
search: {{sampler: random, monitor: val_mae, trials: {trials}, together: {together}}}
"""
DROPOUTS = {"with dropout": "{search: [0.0, 0.4], step: 0.1}", "without dropout": "0.0"}


def main() -> None:
    """Run the sides and print what they do in a second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=50)
    parser.add_argument("--tuner", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    importing = timed([sys.executable, "-c", "from dlpy.core import keras_backend; keras_backend.start()"])[0]
    for name, dropout in DROPOUTS.items():
        together, alone, tuner = [], [], []
        for _ in range(given.rounds):
            together.append(_dlpy(given.file, given.trials, "auto", dropout) - importing)
            alone.append(_dlpy(given.file, given.alone, "1", dropout) - importing)
            if given.tuner:
                tuner.append(run_script(f"keras_tuner_boston.py {given.file.resolve()} {given.tuner}".split()).training)
        paces = [given.trials / statistics.median(together), given.alone / statistics.median(alone)]
        line = f"{name}: together {paces[0]:.2f} trials a second, one after another {paces[1]:.2f}"
        line += f" ({paces[0] / paces[1]:.1f} times)"
        if tuner:
            pace = given.tuner / statistics.median(tuner)
            line += f", KerasTuner {pace:.3f} ({paces[0] / pace:.0f} times; with dropout)"
        print(line, flush=True)


def _dlpy(file: Path, trials: int, together: str, dropout: str) -> float:
    """Return the seconds of a search."""
    with tempfile.TemporaryDirectory() as folder:
        experiment = Path(folder) / "search.yaml"
        values = {"file": file.resolve(), "trials": trials, "together": together, "dropout": dropout}
        experiment.write_text(SPACE.format(**values))
        command = [sys.executable, "-c", DLPY, "search", str(experiment), "--runs", f"{folder}/runs", "--quiet"]
        return timed(command)[0]


if __name__ == "__main__":
    main()
