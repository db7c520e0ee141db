"""What holds for every dataset there is, and for whatever is added."""

import numpy as np
import pytest
from every import made, names

from dlpy.components.dataset import Dataset
from dlpy.data.features import Features, Passages, Sequences, Table, Texts, Windows
from dlpy.data.task import Input, Output

LIMIT = 40  # of rows


@pytest.mark.parametrize("name", names("datasets"))
def test_a_stand_in_gives_rows_that_fit_its_outline(name: str) -> None:
    dataset: Dataset = made("datasets", name)
    loaded, outline = dataset.stand_in(3, LIMIT), dataset.outline()
    assert loaded.source.kind == "stand-in"
    for rows in (loaded.train, loaded.test) if loaded.test else (loaded.train,):
        assert 0 < len(rows) <= LIMIT
        rows.check_lengths(name)
        outputs = {} if loaded.task.translates else loaded.task.outputs  # target texts are not numbers yet
        assert (rows.inputs.keys(), rows.targets.keys()) == (loaded.task.inputs.keys(), outputs.keys())
        for key, given in rows.inputs.items():
            fits_input(given, loaded.task.inputs[key])
        for key, target in rows.targets.items():
            fits_output(target, loaded.task.outputs[key])
    if outline is not None:
        assert (outline.inputs.keys(), outline.outputs.keys()) == (
            loaded.task.inputs.keys(),
            loaded.task.outputs.keys(),
        )
        for key, outlined in outline.inputs.items():
            assert outlined.kind == loaded.task.inputs[key].kind
            shapes = zip(outlined.shape, loaded.task.inputs[key].shape, strict=True)
            assert all(wanted in (None, given) for wanted, given in shapes)
        for key, outlined in outline.outputs.items():
            assert outlined.kind == loaded.task.outputs[key].kind
            assert outlined.units in (None, loaded.task.outputs[key].units)
    again = dataset.stand_in(3, LIMIT)
    assert again.fingerprint() == loaded.fingerprint()
    assert dataset.stand_in(4, LIMIT).fingerprint() != loaded.fingerprint()


def fits_input(given: Features, wanted: Input) -> None:
    if isinstance(given, np.ndarray):
        assert wanted.kind == "array"
        assert given.shape[1:] == wanted.shape
    elif isinstance(given, Windows):
        assert wanted.kind == "array"
        assert given.shape[1:] == wanted.shape
        assert given.starts.min() >= 0
        assert given.starts.max() + given.offsets.max() < len(given.series)
    elif isinstance(given, Passages):
        assert (wanted.kind, wanted.shape) == ("sequence", given.shape[1:])
        assert 0 <= given.tokens.min() <= given.tokens.max() < len(given.words) == wanted.vocabulary
        assert given.starts.max() + given.length < len(given.tokens)
    elif isinstance(given, Sequences):
        assert wanted.kind == "sequence"
        assert 0 <= given.values.min() <= given.values.max() < (wanted.vocabulary or np.inf)
    elif isinstance(given, Texts):
        assert (wanted.kind, wanted.shape) == ("text", (None,))
        assert all(isinstance(text, str) and text.strip() for text in given.values)
    else:
        assert wanted.kind == "table"
        assert isinstance(given, Table)
        assert wanted.shape == (len(given.numeric_names) + len(given.categorical_names),)


def fits_output(target: np.ndarray, wanted: Output) -> None:
    if wanted.kind == "regression":
        assert target.dtype == np.float32
        assert np.isfinite(target).all()
    elif wanted.kind == "multilabel":
        assert (target.shape[1], len(wanted.classes)) == (wanted.units, wanted.units)
        assert set(np.unique(target)) <= {0, 1}
    else:
        classes = 2 if wanted.kind == "binary" else wanted.units
        assert target.dtype.kind in "iu"
        if wanted.is_per_step:
            assert target.ndim == 2
            assert target.dtype == np.int32
        assert set(np.unique(target)) <= {*range(classes or 0), *([-1] if wanted.has_missing else [])}
