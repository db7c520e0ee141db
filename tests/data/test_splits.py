import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout, KFold
from dlpy.data.task import Input, Output, Task

CLASSES = Task.single(Input("array", (1,)), Output("multiclass", 3, ("a", "b", "c")))
NUMBERS = Task.single(Input("array", (1,)), Output("regression"))


def rows(labels: list[int], groups: list[str] | None = None) -> Rows:
    columns = {} if groups is None else {"group": np.array(groups)}
    return Rows.single(np.arange(len(labels), dtype=np.float32)[:, None], np.array(labels), columns)


def held(holdout: object, labels: list[int], task: Task = NUMBERS, seed: int = 0) -> list[int]:
    parsed = Holdout.model_validate(holdout)
    return np.flatnonzero(parsed.held_out(rows(labels), task, seed)).tolist()


def test_a_count_takes_the_first_rows() -> None:
    assert held(3, [0] * 10) == [0, 1, 2]


def test_a_count_can_take_the_last_rows() -> None:
    assert held({"count": 3, "take": "last"}, [0] * 10) == [7, 8, 9]


def test_a_fraction_takes_random_rows_that_depend_on_the_seed_alone() -> None:
    first, again, other = (held(0.3, [0] * 10, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(first) == 3


def test_a_fraction_of_classes_keeps_their_shares() -> None:
    labels = [0] * 80 + [1] * 15 + [2] * 5
    chosen = held(0.2, labels, CLASSES)
    assert np.bincount(np.array(labels)[chosen]).tolist() == [16, 3, 1]


def test_stratify_false_draws_whatever_comes() -> None:
    labels = [0] * 80 + [1] * 15 + [2] * 5
    shares = {tuple(np.bincount(np.array(labels)[held({"fraction": 0.2, "stratify": False}, labels, CLASSES, s)], minlength=3)) for s in range(9)}  # fmt: skip
    assert len(shares) > 1


def test_groups_stay_together_in_a_hold_out() -> None:
    names = [f"patient {i % 7}" for i in range(70)]
    mask = Holdout(fraction=0.3).held_out(rows([0] * 70, names), NUMBERS, 0)
    groups = np.array(names)
    assert not set(groups[mask]) & set(groups[~mask])
    assert 20 <= mask.sum() <= 30


@pytest.mark.parametrize("holdout", [10, 11, {"fraction": 0.01}])
def test_some_rows_must_stay_on_both_sides(holdout: object) -> None:
    with pytest.raises(DataError, match="both splits need at least one row"):
        held(holdout, [0] * 10)


def test_a_column_marks_the_rows() -> None:
    table = Rows.single(np.zeros((3, 1)), np.zeros(3), {"part": np.array(["train", "validation", "train"])})
    assert Holdout(column="part").held_out(table, NUMBERS, 0).tolist() == [False, True, False]
    with pytest.raises(DataError, match="no rows have 'test' in column 'part'"):
        Holdout(column="part", value="test").held_out(table, NUMBERS, 0)


def folds(kfold: KFold, data: Rows, task: Task = NUMBERS, seed: int = 0) -> list[tuple[list[int], list[int]]]:
    return [(train.tolist(), held.tolist()) for train, held in kfold.split(data, task, seed)]


def test_folds_without_shuffling_are_contiguous() -> None:
    assert [held for _, held in folds(KFold(folds=3, shuffle=False), rows([0] * 9))] == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
    ]


@pytest.mark.parametrize("count", range(4, 21))
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_row_is_held_out_once_and_never_trains_beside_itself(count: int, shuffle: bool) -> None:
    found = folds(KFold(folds=4, shuffle=shuffle), rows([0] * count))
    assert sorted(row for _, held in found for row in held) == list(range(count))
    assert all(held and not set(train) & set(held) for train, held in found)
    assert max(len(held) for _, held in found) - min(len(held) for _, held in found) <= 1


def test_folds_of_classes_keep_their_shares() -> None:
    labels = [0] * 20 + [1] * 8 + [2] * 4
    for _, held in folds(KFold(folds=4), rows(labels), CLASSES):
        assert np.bincount(np.array(labels)[held]).tolist() == [5, 2, 1]


def test_repeats_shuffle_anew() -> None:
    found = folds(KFold(folds=2, repeats=3), rows([0] * 12))
    assert len(found) == 6
    assert len({tuple(held) for _, held in found}) == 6


def test_groups_stay_together_in_folds() -> None:
    names = [f"{i % 5}" for i in range(23)]
    for train, held in folds(KFold(folds=3), rows([0] * 23, names)):
        assert not {names[row] for row in train} & {names[row] for row in held}


def test_a_class_with_fewer_members_than_folds_is_named() -> None:
    with pytest.raises(DataError, match="class c has 2 rows, fewer than 3 folds"):
        folds(KFold(folds=3), rows([0, 0, 0, 1, 1, 1, 2, 2]), CLASSES)
    with pytest.raises(DataError, match="class c has a single row"):
        folds(KFold(folds=2), rows([0, 0, 1, 1, 2]), CLASSES)


def test_more_folds_than_rows_are_refused() -> None:
    with pytest.raises(DataError, match="5 folds need at least 5 rows; there are 3"):
        folds(KFold(folds=5), rows([0, 0, 0]))


def test_a_range_takes_rows_by_their_numbers_in_the_source() -> None:
    some = rows(list(range(20))).take(np.arange(5, 20))
    found = Holdout(rows=[7, 9]).held_out(some, NUMBERS, 0)
    assert some.index[found].tolist() == [7, 8, 9]
    with pytest.raises(DataError, match=r"no rows are numbered 30 to 40"):
        Holdout(rows=[30, 40]).held_out(some, NUMBERS, 0)
    with pytest.raises(ValueError, match="comes after the last"):
        Holdout(rows=[9, 7])
    few = Holdout(rows=[7, 9]).for_few_rows()
    assert (few.fraction, few.take) == (0.25, "last")
