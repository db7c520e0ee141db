import pickle

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from dlpy.storage.pickles import read_batch, read_rows

DAMAGE = (ValueError, IndexError, KeyError, AttributeError, TypeError)


def objects(rows: list) -> np.ndarray:
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


def as_lists(raw: bytes) -> list[list[int]]:
    values, lengths = read_rows(raw)
    ends = np.cumsum(lengths)
    return [values[end - length : end].tolist() for end, length in zip(ends, lengths, strict=True)]


ROWS = [
    [1, 255, 256, 65535, 65536, 2**31 - 1, -1, 0],
    [],
    [7],
    [1, 2, 3],
    list(range(2500)),
    [300] * 1001,
    [10, 40, 46, 75, 77, 74, 93, 113],  # the opcodes themselves, as values
    [0x28945D4B, 0x4B28945D, 7, 0x65655D65, 8, 9],  # the opcodes that begin and end a list, as one value
]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_lists_of_integers_come_back_as_they_were(protocol: int) -> None:
    assert as_lists(pickle.dumps(objects(ROWS), protocol)) == ROWS


@given(st.lists(st.lists(st.sampled_from(ROWS[0] + ROWS[6] + ROWS[7])), max_size=20), st.sampled_from([2, 3, 4]))
def test_any_lists_of_integers_come_back_as_they_were(rows: list[list[int]], protocol: int) -> None:
    assert as_lists(pickle.dumps(objects(rows), protocol)) == rows


def test_many_lists_come_back_as_they_were() -> None:
    rows = [[number, 3, 70_000] for number in range(12_000)]
    assert as_lists(pickle.dumps(objects(rows), 4)) == rows


def test_frames_may_end_within_a_list() -> None:
    rows = [[number % 70_000] * 900 for number in range(300)]
    assert as_lists(pickle.dumps(objects(rows), 4)) == rows


def test_no_rows_are_no_integers() -> None:
    assert as_lists(pickle.dumps(objects([]), 2)) == []
    assert as_lists(pickle.dumps(objects([[], []]), 2)) == [[], []]


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_batch_of_bytes_comes_back_as_it_was(protocol: int, order) -> None:
    pixels = np.asarray(np.arange(12, dtype=np.uint8).reshape(3, 4), order=order)
    raw = pickle.dumps({b"data": pixels, b"labels": [3, 1, 2], b"names": [b"a", b"b"]}, protocol)
    found, labels = read_batch(raw, b"data", b"labels")
    assert found.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert labels.tolist() == [3, 1, 2]


class Asks:
    def __reduce__(self) -> tuple:
        return (print, ("never printed",))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (objects([[Asks()]]), r"it calls .*print; no known dataset does"),
        (objects([[1.5]]), "opcode b'G'"),
        (objects([[2**40]]), r"opcode b'\\x8a'"),
        (objects([["a"]]), "something other than integers"),
        (objects([[[1]]]), "something other than integers"),
        (objects([1, 2]), "it is not an array of lists"),
        (np.ones(3), "it is not an array of objects"),
        ([1, 2], "it is not an array"),
        (objects([ROWS[0], ROWS[0]]), "the same object twice"),
        ({1: 2}, "one of its keys is not a text"),
    ],
)
def test_anything_else_is_refused(value: object, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=reason):
        read_rows(pickle.dumps(value, 2))
    assert capsys.readouterr().out == ""


def test_an_endless_pickle_is_given_up() -> None:
    with pytest.raises(ValueError, match="more than 1,000,000 steps"):
        read_rows(b"]" * 1_100_000)


def test_every_damage_is_one_of_five_errors() -> None:
    whole = pickle.dumps(objects([[1, 2, 300], [4]]), 2)
    for position in range(len(whole)):
        for changed in (whole[:position], whole[:position] + bytes([whole[position] ^ 0x2A]) + whole[position + 1 :]):
            try:
                values, lengths = read_rows(changed)
            except DAMAGE:
                continue
            assert lengths.sum() == len(values)
