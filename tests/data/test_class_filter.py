import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.class_filter import kept, narrowed
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.task import Input, Output, Task

TASK = Task.single(Input("array", (1,)), Output("multiclass", 4, ("ant", "bee", "cat", "dog")))


def loaded(labels: list[int]) -> Loaded:
    rows = Rows.single(np.arange(len(labels), dtype=np.float32)[:, None], np.array(labels, np.uint8))
    return Loaded(rows, rows.take(np.array([0])), TASK, Source("file", "zoo"))


def test_rows_of_the_named_classes_are_kept_and_numbered_anew() -> None:
    found = kept(loaded([0, 1, 2, 3, 2, 0]), ["cat", "0"])
    assert found.train.array.reshape(-1).tolist() == [0, 2, 4, 5]
    assert found.train.y.tolist() == [1, 0, 0, 1]
    assert found.train.index.tolist() == [0, 2, 4, 5]
    assert found.test is not None
    assert len(found.test) == 1
    assert found.task.output.classes == ("cat", "ant")
    assert found.task.output.units == 2


def test_without_names_all_rows_are_kept() -> None:
    every = loaded([0, 1])
    assert kept(every, None) is every
    assert narrowed(TASK, None) is TASK


def test_a_class_without_rows_is_an_error() -> None:
    with pytest.raises(DataError, match="zoo has no training rows of class dog"):
        kept(loaded([0, 1, 2]), ["dog"])


@pytest.mark.slow
def test_evaluate_scores_the_same_classes(bench) -> None:
    path = bench.experiment(data={"name": "blobs", "classes": 3, "only": ["c", "a"], "validation": None})
    assert bench.run("train", path, "--quiet")[0] == 0
    status, out, _ = bench.run("evaluate", "latest", "--json")
    assert status == 0
    assert '"rows": 40' in out  # of 60 test rows a third is of class b
