"""Trees grown by LightGBM, and kept in its own text format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.components.estimator import Fitted, Job, Round, threads_for
from dlpy.data.matrix import Matrix
from dlpy.data.task import Output
from dlpy.models._trees import Growth, Library, columns_of, known, light_import

_QUIET = {"verbosity": -1}
_END = b"\npandas_categorical:null\n"


class LightGbm(Library):
    """LightGBM: the same rows, seed and options give the same bits."""

    def rounds(self, job: Job, growth: Growth) -> Iterator[Round]:
        library = _library()
        options = _options(job, growth)
        train = library.Dataset(job.x, job.y, weight=job.weight, params=options)
        booster = library.Booster(options, train)
        if job.held_out is not None:
            held_out = train.create_valid(job.held_out, np.zeros(job.held_out.shape[0]), params=options)
            booster.add_valid(held_out, "held out")
        for number in range(1, growth.trees + 1):
            is_over = booster.update()  # no leaf can be split any more
            if is_over and number > 1:
                return
            seen = _Seen()
            booster.eval_train(seen)
            train_predictions, held_out = seen.prediction, None
            if job.held_out is not None:
                booster.eval_valid(seen)
                held_out = seen.prediction
            yield Round(LightGbmTrees(booster, number), train_predictions, held_out)
            if is_over:
                return

    def read(self, path: Path, output: Output) -> LightGbmTrees:
        library = _library()
        if not path.read_bytes().endswith(_END):
            raise ValueError("it is cut off")
        try:
            booster = library.Booster(model_file=path)
        except library.basic.LightGBMError as error:
            raise ValueError(str(error)) from None
        units = booster.num_model_per_iteration()
        if units != output.units:
            raise ValueError(f"it predicts {units} numbers, not {output.units}")
        return LightGbmTrees(booster, booster.current_iteration())


def _library() -> Any:
    with light_import():
        import lightgbm

    return lightgbm


def _options(job: Job, growth: Growth) -> dict[str, object]:
    """Return the options of LightGBM."""
    output = job.output
    objective = {"binary": "binary", "regression": "poisson" if output.is_count else "regression"}
    options = {
        "objective": objective.get(output.kind, "multiclass"),
        "num_class": output.units if output.kind in ("multiclass", "ordinal") else None,
        "learning_rate": growth.learning_rate,
        "max_depth": growth.depth,
        "num_leaves": growth.leaves,
        "min_data_in_leaf": growth.leaf_rows,
        "lambda_l2": growth.penalty,
        "bagging_fraction": growth.rows,
        "bagging_freq": 1 if growth.rows < 1 else 0,
        "feature_fraction": growth.columns,
        "metric": "None",
        "seed": job.seed % 2**31,
        "num_threads": job.threads,
        "deterministic": True,
        "force_row_wise": True,
    }
    return known(options) | _QUIET


class _Seen:
    """Takes the predictions that LightGBM gives to a metric, which cost nothing."""

    prediction = np.empty((0, 0), np.float32)

    def __call__(self, prediction: np.ndarray, data: object) -> tuple[str, float, bool]:
        self.prediction = columns_of(prediction)
        return "seen", 0.0, False


class LightGbmTrees(Fitted):
    """The first trees of a booster."""

    file = "model.txt"

    def __init__(self, booster: Any, trees: int) -> None:
        self._booster, self._trees = booster, trees

    def predict(self, x: Matrix) -> np.ndarray:
        if x.shape[1] != self._booster.num_feature():
            raise ValueError(f"it was fitted to {self._booster.num_feature():,} columns, not {x.shape[1]:,}")
        threads = threads_for(x)
        return columns_of(self._booster.predict(x, num_iteration=self._trees, num_threads=threads))

    def save(self, path: Path) -> None:
        self._booster.save_model(path, num_iteration=self._trees)

    @property
    def parameters(self) -> int:
        text = self._booster.model_to_string(num_iteration=self._trees)
        return sum(2 * int(leaves) - 1 for leaves in re.findall(r"^num_leaves=(\d+)$", text, re.MULTILINE))
