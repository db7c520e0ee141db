"""Generated rows keep to the bounds of transforms, such as log, which takes numbers above 0 only."""

import numpy as np
import pytest

from dlpy.components.dataset import Dataset
from dlpy.data.features import Table, Windows
from dlpy.datasets._generated_targets import classes
from dlpy.training.pipeline import obtain
from dlpy.transforms.log import Log

TABLE = {"path": "none.csv", "target": "y", "task": "regression", "numeric": ["a", "b"], "categorical": ["c"]}
ONE_TARGET = {
    "csv": TABLE,
    "npz": {"path": "none.npz", "task": "regression"},
    "text_csv": {"path": "none.csv", "text": "t", "target": "y", "task": "regression"},
}
INPUTS = {
    "csv": TABLE | {"dates": []},
    "npz": {"path": "none.npz", "task": "binary"},
    "timeseries_csv": {"path": "none.csv", "target": "y", "columns": ["y", "z"], "lookback": 5},
    "whole_series": {"path": "none.csv", "target": "y", "id": "i", "columns": ["a"]},
}


def made(name: str, options: dict):
    return Dataset.registry.get(name).model_validate({"name": name, **options})


def numbers_of(x) -> np.ndarray:
    return x.series if isinstance(x, Windows) else x.numeric if isinstance(x, Table) else x


@pytest.mark.parametrize("add", [0.0, 1.0, -2.0])
@pytest.mark.parametrize("name", ONE_TARGET)
def test_generated_targets_have_the_logarithm_that_is_asked_for(name: str, add: float) -> None:
    log = Log(name="log", add=add)
    loaded = obtain(made(name, ONE_TARGET[name] | {"target_transforms": [log.model_dump()]}), 3, smoke=True)
    assert loaded.train.y.min() > -add
    assert np.isfinite(np.log(loaded.train.y + add)).all()
    assert len(np.unique(loaded.train.y)) > 2


@pytest.mark.parametrize("name", INPUTS)
def test_generated_numbers_have_a_logarithm_too(name: str) -> None:
    plain = numbers_of(obtain(made(name, INPUTS[name]), 3, smoke=True).train.x)
    rows = numbers_of(obtain(made(name, INPUTS[name] | {"transforms": ["log"]}), 3, smoke=True).train.x)
    assert np.nanmin(plain) < 0 < np.nanmin(rows)
    np.testing.assert_allclose(np.log(rows), plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_generated_classes_all_have_rows_even_where_scores_are_few(count: int) -> None:
    score = np.repeat([-1.0, 0.0, 1.0], [30, 31, 29])
    found = classes(np.random.default_rng(1).permutation(score), count)
    assert np.bincount(found, minlength=count).min() >= 20
    np.testing.assert_array_equal(classes(np.arange(6.0), 3), [0, 0, 1, 1, 2, 2])
