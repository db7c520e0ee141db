"""What checkpoints cost: the share of training that copying and writing states takes.

    python -m tests.benchmarks.checkpoints

Trains dense networks of several sizes on generated rows, with epochs of about a second and with short ones, and prints
the seconds spent in the checkpoint callback beside those of the whole training, in one process each.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

CASES = {  # units, rows, epochs, options of the checkpoint callback
    "0.4 million weights": ([512], 60_000, 20, {}),
    "4 million weights": ([2000, 1200], 8_000, 20, {}),
    "12 million weights": ([3000, 3000], 6_000, 12, {}),
    "0.4 million weights, short epochs": ([512], 2_000, 300, {}),
    "4 million weights, short epochs": ([2000, 1200], 500, 150, {}),
    "0.4 million weights, short epochs, best_every 10": ([512], 2_000, 300, {"best_every": 10}),
    "4 million weights, short epochs, best_every 10": ([2000, 1200], 500, 150, {"best_every": 10}),
}


def train(units: list[int], rows: int, epochs: int, options: dict) -> None:
    """Train in a folder of its own and print what it took."""
    from dlpy.callbacks import checkpoint
    from dlpy.cli.main import main

    spent = 0.0

    def timed(name: str) -> None:
        plain = getattr(checkpoint.CheckpointHooks, name)

        def counted(self: object, *arguments: object) -> None:
            nonlocal spent
            began = time.perf_counter()
            plain(self, *arguments)
            spent += time.perf_counter() - began

        setattr(checkpoint.CheckpointHooks, name, counted)

    for name in ("on_epoch_end", "on_train_batch_end"):  # that at the end is there whatever is kept on the way
        timed(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        rng = np.random.default_rng(1)
        x = rng.normal(size=(rows, 784)).astype(np.float32)
        np.savez(path / "rows.npz", x=x, y=(x[:, :10].argmax(axis=1)))
        content = {
            "data": {"name": "npz", "path": str(path / "rows.npz"), "validation": 0.1},
            "model": {"name": "dense", "units": units},
            "training": {"optimizer": {"name": "adam", "learning_rate": 1e-5}, "epochs": epochs, "batch_size": 128},
            "callbacks": [{"name": "checkpoint", **options}],
        }
        (path / "x.yaml").write_text(yaml.safe_dump(content))
        main(["train", str(path / "x.yaml"), "--quiet", "--runs", str(path / "runs")])
        (metrics,) = path.glob("runs/*/metrics.csv")
        last = metrics.read_text().splitlines()[-1].split(",")
    seconds = float(last[1])
    print(f"{epochs} epochs of {seconds / epochs:.2f} s: {spent:.2f} of {seconds:.1f} s, {100 * spent / seconds:.1f} %")


if __name__ == "__main__":
    for title, case in CASES.items():
        print(f"{title}: ", end="", flush=True)
        process = multiprocessing.get_context("spawn").Process(target=train, args=case)
        process.start()
        process.join()
