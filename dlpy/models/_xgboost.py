"""Trees grown by XGBoost, and kept in its own JSON format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.components.estimator import Fitted, Job, Round, threads_for
from dlpy.data.matrix import Matrix
from dlpy.data.task import Output
from dlpy.models._trees import Growth, Library, columns_of, known, light_import


class XgBoost(Library):
    """XGBoost: the same rows, seed, options and threads give the same bits."""

    def rounds(self, job: Job, growth: Growth) -> Iterator[Round]:
        library = _library()
        train = library.DMatrix(job.x, job.y, weight=job.weight, nthread=job.threads)
        held_out = None if job.held_out is None else library.DMatrix(job.held_out, nthread=job.threads)
        booster = library.Booster(_options(job, growth), [part for part in (train, held_out) if part is not None])
        for number in range(1, growth.trees + 1):
            booster.update(train, number - 1)
            own = columns_of(booster.predict(train))  # the booster adds the new tree to what it keeps of these rows
            others = None if held_out is None else columns_of(booster.predict(held_out))
            yield Round(XgBoostTrees(booster, number), own, others)

    def read(self, path: Path, output: Output) -> XgBoostTrees:
        library = _library()
        try:
            booster = library.Booster(model_file=path)
        except library.core.XGBoostError as error:
            raise ValueError(str(error).splitlines()[0]) from None
        units = max(1, int(json.loads(booster.save_config())["learner"]["learner_model_param"]["num_class"]))
        if units != output.units:
            raise ValueError(f"it predicts {units} numbers, not {output.units}")
        return XgBoostTrees(booster, booster.num_boosted_rounds())


def _library() -> Any:
    with light_import():
        import xgboost

    return xgboost


def _options(job: Job, growth: Growth) -> dict[str, object]:
    """Return the options of XGBoost."""
    output = job.output
    objective = {"binary": "binary:logistic", "regression": "count:poisson" if output.is_count else "reg:squarederror"}
    options = {
        "objective": objective.get(output.kind, "multi:softprob"),
        "num_class": output.units if output.kind in ("multiclass", "ordinal") else None,
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "learning_rate": growth.learning_rate,
        "max_depth": growth.depth,
        "max_leaves": growth.leaves,
        "min_child_weight": growth.leaf_rows,
        "lambda": growth.penalty,
        "subsample": growth.rows,
        "colsample_bytree": growth.columns,
        "seed": job.seed % 2**31,
        "nthread": job.threads,
        "verbosity": 0,
    }
    return known(options)


class XgBoostTrees(Fitted):
    """The first trees of a booster."""

    file = "model.json"

    def __init__(self, booster: Any, trees: int) -> None:
        self._booster, self._trees = booster, trees

    def predict(self, x: Matrix) -> np.ndarray:
        if x.shape[1] != self._booster.num_features():
            raise ValueError(f"it was fitted to {self._booster.num_features():,} columns, not {x.shape[1]:,}")
        rows = _library().DMatrix(x, nthread=threads_for(x))
        return columns_of(self._booster.predict(rows, iteration_range=(0, self._trees)))

    def save(self, path: Path) -> None:
        self._booster[: self._trees].save_model(path)

    @property
    def parameters(self) -> int:
        lines = (line for tree in self._booster[: self._trees].get_dump() for line in tree.splitlines())
        return sum(1 for line in lines if line)
