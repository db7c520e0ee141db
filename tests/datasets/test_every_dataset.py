"""What holds for every dataset there is, and for whatever is added."""

import numpy as np
import pytest
from every import made, names

from dlpy.components.dataset import Dataset
from dlpy.data.features import Passages, Sequences, Table, Texts, Windows
from dlpy.data.rows import Rows
from dlpy.data.task import Task

LIMIT = 40  # of rows


@pytest.mark.parametrize("name", names("datasets"))
def test_a_stand_in_gives_rows_that_fit_its_outline(name: str) -> None:
    dataset: Dataset = made("datasets", name)
    loaded, outline = dataset.stand_in(3, LIMIT), dataset.outline()
    assert loaded.source.kind == "stand-in"
    for rows in (loaded.train, loaded.test) if loaded.test else (loaded.train,):
        assert 0 < len(rows) <= LIMIT
        assert len(rows.x) == len(rows.y) == len(rows)
        fits_task(rows, loaded.task)
    if outline is not None:
        assert outline.input.kind == loaded.task.input.kind
        assert outline.output.kind == loaded.task.output.kind
        assert outline.output.units in (None, loaded.task.output.units)
        shapes = zip(outline.input.shape, loaded.task.input.shape, strict=True)
        assert all(wanted in (None, given) for wanted, given in shapes)
    again = dataset.stand_in(3, LIMIT)
    assert again.fingerprint() == loaded.fingerprint()
    assert dataset.stand_in(4, LIMIT).fingerprint() != loaded.fingerprint()


def fits_task(rows: Rows, task: Task) -> None:
    given = rows.x
    if isinstance(given, np.ndarray):
        assert task.input.kind == "array"
        assert given.shape[1:] == task.input.shape
    elif isinstance(given, Windows):
        assert task.input.kind == "array"
        assert given.shape[1:] == task.input.shape
        assert given.starts.min() >= 0
        assert given.starts.max() + given.offsets.max() < len(given.series)
    elif isinstance(given, Passages):
        assert (task.input.kind, task.input.shape) == ("sequence", given.shape[1:])
        assert 0 <= given.tokens.min() <= given.tokens.max() < len(given.words) == task.input.vocabulary
        assert given.starts.max() + given.length < len(given.tokens)
    elif isinstance(given, Sequences):
        assert task.input.kind == "sequence"
        assert 0 <= given.values.min() <= given.values.max() < (task.input.vocabulary or np.inf)
    elif isinstance(given, Texts):
        assert (task.input.kind, task.input.shape) == ("text", (None,))
        assert all(isinstance(text, str) and text.strip() for text in given.values)
    else:
        assert task.input.kind == "table"
        assert isinstance(given, Table)
        assert task.input.shape == (len(given.numeric_names) + len(given.categorical_names),)
    if task.output.kind == "regression":
        assert rows.y.dtype == np.float32
        assert np.isfinite(rows.y).all()
    else:
        classes = 2 if task.output.kind == "binary" else task.output.units
        assert rows.y.dtype.kind in "iu"
        assert set(np.unique(rows.y)) <= set(range(classes or 0))
