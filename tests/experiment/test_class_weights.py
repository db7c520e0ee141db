"""Class weights go by names; numbers are taken only where nobody can mistake them for names."""

import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.experiment.class_weights import check_class_weight, weights_by_class


def of(*names: str) -> Output:
    return Output("binary" if len(names) == 2 else "multiclass", 1 if len(names) == 2 else len(names), names)


@pytest.mark.parametrize(
    ("names", "given", "wanted"),
    [
        (("cat", "dog", "owl"), {"dog": 3.0}, [1, 3, 1]),
        (("cat", "dog", "owl"), {"1": 3.0, "owl": 0.5}, [1, 3, 0.5]),
        (("0", "1", "2"), {"1": 3.0}, [1, 3, 1]),  # each is called by its number
        (("1", "2", "3"), {"1": 3.0}, [3, 1, 1]),  # and not the class with number 1 too
        (("1", "0"), {"1": 3.0}, [3, 1]),
        (("5", "3"), {"3": 3.0}, [1, 3]),  # no class has number 3 or 5
        (("5", "3"), {"0": 3.0}, [3, 1]),
    ],
)
def test_a_name_wins_over_a_number(names, given, wanted) -> None:
    check_class_weight(given, Task.single(Input(), of(*names)))
    assert weights_by_class(given, of(*names), len(names)).tolist() == wanted


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        (("1", "2", "3"), {"0": 3.0}, r"no class is called '0', and .* others: use the names '1', '2', '3'\."),
        (("a", "0", "b"), {"2": 1.0}, r"no class is called '2', and .*: use the names 'a', '0', 'b'\."),
        (("1", "2", "3"), {"4": 3.0}, r"there is no class '4'\. Known: 1, 2, 3\."),
        (("cat", "dog", "owl"), {"3": 3.0}, r"there is no class '3'\."),
        (("cat", "dog", "owl"), {"dog": 2.0, "1": 3.0}, "'dog' and '1' are the same class: keep one of them"),
        (("cat", "dog", "owl"), {"dog": -1.0}, "must be a finite number, 0 or more"),
        (("cat", "dog", "owl"), {"dog": float("inf")}, "must be a finite number, 0 or more"),
        (("cat", "dog", "owl"), {"dog": float("nan")}, "must be a finite number, 0 or more"),
    ],
)
def test_what_may_mean_two_classes_or_none_is_refused(names, given, message) -> None:
    with pytest.raises(ConfigError, match=message):
        check_class_weight(given, Task.single(Input(), of(*names)))


def test_classes_without_names_go_by_their_numbers_alone() -> None:
    assert weights_by_class({"1": 4.0}, Output("binary"), 2).tolist() == [1, 4]
    with pytest.raises(ConfigError, match=r"there is no class '5'\. Known: 0, 1\."):
        weights_by_class({"5": 4.0}, Output("binary"), 2)


def test_the_same_class_as_a_number_and_as_a_text_is_refused(bench) -> None:
    text = "data: blobs\nmodel: dense\ntraining: {class_weight: {1: 2, '1': 3}}\n"
    status, out, _ = bench.run("check", bench.write(text))
    assert status == 2
    assert "training.class_weight.1: given twice: remove one." in out
