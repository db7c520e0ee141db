"""The model family `random_forest`: decision trees on random samples, by scikit-learn; they vote in NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.estimator import EstimatorModel, Job, Round
from dlpy.data.matrix import Matrix, dense
from dlpy.data.task import Output
from dlpy.models._fitted import SCIKIT_LEARN, InArrays, light_import, read_numbers, require_columns
from dlpy.storage.npz import ArraysError

_AT_ONCE = 4096  # rows: their numbers stay in the processor's cache
_SHAPES = {"roots": 1, "features": 1, "thresholds": 1, "left": 1, "right": 1, "values": 2, "columns": 0}


class RandomForest(EstimatorModel):
    """Decision trees, each grown on a random sample of the rows; the prediction is the mean of theirs."""

    name: Literal["random_forest"] = "random_forest"
    trees: Annotated[int, Field(gt=0)] = 100
    """Number of trees."""
    depth: Annotated[int, Field(gt=0)] | None = None
    """Largest depth of a tree; no limit by default."""
    leaf_rows: Annotated[int, Field(gt=0)] = 1
    """Smallest number of rows in a leaf."""
    columns: Annotated[float, Field(gt=0, le=1)] | None = None
    """Fraction of the columns that each split chooses from; default: of n columns the square root of n for classes, all
    for numbers."""

    several_numbers = True

    def needs(self) -> dict[str, str]:
        return SCIKIT_LEARN

    def rounds(self, job: Job) -> Iterator[Round]:
        with light_import():
            from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind: Any = RandomForestClassifier if job.output.has_classes else RandomForestRegressor
        made = kind(
            n_estimators=self.trees,
            max_depth=self.depth,
            min_samples_leaf=self.leaf_rows,
            max_features=self.columns or ("sqrt" if job.output.has_classes else 1.0),
            random_state=job.seed,
            n_jobs=job.threads,
        )
        made.fit(job.x, job.y, sample_weight=job.weight)
        fitted = Forest(_arrays(made.estimators_, job), job.output)
        held_out = None if job.held_out is None else fitted.predict(job.held_out)
        yield Round(fitted, fitted.predict(job.x), held_out)

    def read(self, path: Path, output: Output) -> Forest:
        arrays = read_numbers(path, _SHAPES)
        nodes = len(arrays["features"])
        pointers = [arrays[name] for name in ("roots", "left", "right", "features")]
        limits = [nodes, nodes, nodes, int(arrays["columns"])]
        fits = all(len(arrays[name]) == nodes for name in ("thresholds", "left", "right", "values"))
        fits &= all((array >= 0).all() and (array < limit).all() for array, limit in zip(pointers, limits, strict=True))
        fits &= all(array.dtype.kind == "i" for array in pointers) and _descends(arrays["left"], arrays["right"])
        if not fits or arrays["values"].shape[1] != (2 if output.kind == "binary" else output.units):
            raise ArraysError("its trees are inconsistent, or do not fit the target")
        return Forest(arrays, output)


def _descends(left: np.ndarray, right: np.ndarray) -> bool:
    """Return whether children come after their parents, so that every path through the nodes ends."""
    nodes = np.arange(len(left))
    inner = left != nodes
    return bool((left >= nodes).all() and (right[inner] > nodes[inner]).all())


def _arrays(trees: list[Any], job: Job) -> dict[str, np.ndarray]:
    """Return all trees as arrays over their nodes, in which a leaf is its own child."""
    each = [tree.tree_ for tree in trees]
    roots = np.cumsum([0, *(tree.node_count for tree in each)])[:-1]
    own = [np.arange(tree.node_count) for tree in each]
    children = {
        side: [
            np.where(getattr(tree, f"children_{side}") < 0, nodes, getattr(tree, f"children_{side}")) + root
            for tree, nodes, root in zip(each, own, roots, strict=True)
        ]
        for side in ("left", "right")
    }
    units = job.output.class_count if job.output.has_classes else job.output.units
    values = np.concatenate([tree.value.reshape(tree.node_count, units) for tree in each])
    if job.output.has_classes:
        values = values / values.sum(axis=1, keepdims=True)
    return {
        "roots": roots.astype(np.int32),
        "features": np.concatenate([np.maximum(tree.feature, 0) for tree in each]).astype(np.int32),
        "thresholds": np.concatenate([tree.threshold for tree in each]),
        **{side: np.concatenate(found).astype(np.int32) for side, found in children.items()},
        "values": values,
        "columns": np.array(job.x.shape[1]),
    }


class Forest(InArrays):
    """Trees over nodes that are numbered together: `left` and `right` of a leaf are the leaf itself."""

    def __init__(self, arrays: dict[str, np.ndarray], output: Output) -> None:
        super().__init__(arrays)
        self._output = output

    @property
    def parameters(self) -> int:
        return len(self.arrays["thresholds"])

    def predict(self, x: Matrix) -> np.ndarray:
        require_columns(x.shape[1], int(self.arrays["columns"]))
        starts = range(0, x.shape[0], _AT_ONCE)
        found = [self._mean(dense(x[start : start + _AT_ONCE])) for start in starts]
        prediction = np.concatenate(found).astype(np.float32)
        return prediction[:, 1:] if self._output.kind == "binary" else prediction

    def _mean(self, x: np.ndarray) -> np.ndarray:
        """Return the mean of the trees' values: (rows, units)."""
        total = np.zeros((len(x), self.arrays["values"].shape[1]))
        for root in self.arrays["roots"]:
            total += self.arrays["values"][self._leaves(x, root)]
        return total / len(self.arrays["roots"])

    def _leaves(self, x: np.ndarray, root: int) -> np.ndarray:
        """Return the leaf that each row ends in: (rows,)."""
        features, thresholds, left, right = (self.arrays[name] for name in ("features", "thresholds", "left", "right"))
        node = np.full(len(x), root)
        moving = np.arange(len(x)) if left[root] != root else np.empty(0, np.int64)
        while len(moving):
            at = node[moving]
            goes_left = x[moving, features[at]] <= thresholds[at]
            node[moving] = at = np.where(goes_left, left[at], right[at])
            moving = moving[left[at] != at]
        return node
