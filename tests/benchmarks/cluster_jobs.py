"""What is trained on a cluster that is disturbed: k-fold validation, a search and several seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_LARGE_SEARCH = """
extends: {configs}/boston_kfold.yaml
model: {{units: {{search: {{choices: [[8], [16], [32]]}}}}, dropout: {{search: [0.0, 0.5]}}}}
training: {{epochs: 30, batch_size: 32}}
search: {{trials: 40, sampler: random, workers: 2, together: 1}}
"""
_DATA = "data: {name: boston_housing, transforms: [standardize], validation: 0.2, fallback: stand_in}\n"
_SEARCH = f"""{_DATA}
model: {{name: boosting, trees: 400, early_stopping: null, rows: 0.8, learning_rate: {{search: [0.01, 0.3]}}}}
search: {{trials: 8, sampler: random, workers: 2, together: 1}}
"""
_SEEDS = f"{_DATA}model: {{name: boosting, trees: 800, early_stopping: null, rows: 0.8}}\n"


@dataclass(frozen=True)
class Job:
    """A command without the options that say where it runs."""

    name: str
    command: list[str]


def small_jobs(folder: Path) -> list[Job]:
    """Return k-fold validation of a network, and a search and seeds of classic models, which need no TensorFlow."""
    search, seeds, boston = folder / "search.yaml", folder / "seeds.yaml", Path("configs/boston_kfold.yaml").resolve()
    search.write_text(_SEARCH)
    seeds.write_text(_SEEDS)
    fold = ["kfold", str(boston), "kfold.folds=3", "training.epochs=40", "training.batch_size=16"]
    return [
        Job("kfold", fold),
        Job("search", ["search", str(search)]),
        Job("seeds", ["train", str(seeds), "--seeds", "3"]),
    ]


def large_jobs(folder: Path) -> list[Job]:
    """Return five folds of the IMDB stand-in, and a search of 40 trials."""
    configs, search = Path("configs").resolve(), folder / "search.yaml"
    search.write_text(_LARGE_SEARCH.format(configs=configs))
    fold = ["kfold", str(configs / "imdb_dense.yaml"), "kfold.folds=5", "training.epochs=6"]
    return [Job("kfold", fold), Job("search", ["search", str(search)])]
