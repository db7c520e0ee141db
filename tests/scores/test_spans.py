"""Spans are found and scored as by the script of CoNLL; expected values are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpy.scores.spans import Scheme, scheme_of, span_scores, spans_of

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
BIOES = ("O", *(f"{prefix}-{kind}" for kind in ("X", "Y") for prefix in "BIES"))


def scheme(tags: tuple[str, ...] = TAGS) -> Scheme:
    found = scheme_of(tags)
    assert found is not None
    return found


def numbers(sentences: list[str], tags: tuple[str, ...] = TAGS) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of tags, written between spaces, and their rows."""
    split = [sentence.split() for sentence in sentences]
    row = np.repeat(np.arange(len(split)), [len(words) for words in split])
    return np.array([tags.index(tag) for words in split for tag in words]), row


@pytest.mark.parametrize(
    ("sentences", "wanted"),
    [
        (["B-PER I-PER O B-LOC"], [(0, 1, "PER"), (3, 3, "LOC")]),
        (["B-PER B-PER I-PER"], [(0, 0, "PER"), (1, 2, "PER")]),
        (["I-PER I-PER O"], [(0, 1, "PER")]),  # I- after O begins a span
        (["O I-PER I-LOC"], [(1, 1, "PER"), (2, 2, "LOC")]),  # and so does another kind
        (["B-PER I-LOC"], [(0, 0, "PER"), (1, 1, "LOC")]),
        (["O O", "O"], []),
        (["B-PER", "I-PER O"], [(0, 0, "PER"), (1, 1, "PER")]),  # no span goes on in the next sentence
    ],
)
def test_spans_of_bio_tags(sentences: list[str], wanted: list[tuple[int, int, str]]) -> None:
    found = spans_of(*numbers(sentences), scheme())
    assert [(first, last, scheme().kinds[kind]) for first, last, kind in found.tolist()] == wanted


def test_spans_of_bioes_tags_end_with_e_and_s() -> None:
    own = scheme(BIOES)
    tags, row = numbers(["B-X E-X I-X S-X S-X O E-Y E-Y", "B-Y I-Y"], BIOES)
    found = [(first, last, own.kinds[kind]) for first, last, kind in spans_of(tags, row, own).tolist()]
    assert found == [(0, 1, "X"), (2, 2, "X"), (3, 3, "X"), (4, 4, "X"), (6, 6, "Y"), (7, 7, "Y"), (8, 9, "Y")]


def test_scores_count_whole_spans_of_the_right_kind() -> None:
    wanted, row = numbers(["B-PER I-PER O B-LOC O", "B-LOC I-LOC O B-PER O"])
    predicted, _ = numbers(["B-PER I-PER O B-PER O", "B-LOC O O B-PER B-LOC"])
    found = span_scores(wanted, predicted, row, scheme())
    # true: PER 2, LOC 2. Predicted: PER 3, LOC 2. Right: two PER; the LOC of two words has one word too few.
    assert found.kinds == ("LOC", "PER", "all")
    assert found.spans.tolist() == [2, 2, 4]
    assert found.predicted.tolist() == [2, 3, 5]
    np.testing.assert_allclose(found.precision, [0, 2 / 3, 2 / 5])
    np.testing.assert_allclose(found.recall, [0, 1, 2 / 4])
    np.testing.assert_allclose(found.f1, [0, 4 / 5, 4 / 9])


def test_scores_without_spans_are_undefined() -> None:
    tags, row = numbers(["O O O"])
    found = span_scores(tags, tags, row, scheme())
    assert np.isnan(found.f1).all()
    assert np.isnan(found.precision).all()


@pytest.mark.parametrize("tags", [("a", "b"), ("O", "B-PER", "NOUN"), ("O",), ("O", "B-")])
def test_other_tags_are_no_scheme(tags: tuple[str, ...]) -> None:
    assert scheme_of(tags) is None


def test_bilou_is_bioes() -> None:
    own = scheme(("O", "B-X", "I-X", "L-X", "U-X"))
    assert spans_of(np.array([1, 2, 3, 4, 0]), np.zeros(5, int), own).tolist() == [[0, 2, 0], [3, 3, 0]]


def by_the_script(tags: list[str]) -> list[tuple[int, int, str]]:
    """Return the spans of a sentence as conlleval does: one word after another, in two questions."""
    found, begin, before = [], 0, ("O", "")
    for place, tag in enumerate([*tags, "O"]):
        now = (tag[0], tag[2:])
        ends = (
            before[0] in "ES" or (before[0] in "BI" and now[0] in "BSO") or (before[0] != "O" and before[1] != now[1])
        )
        if ends:
            found.append((begin, place - 1, before[1]))
        if now[0] in "BS" or (now[0] in "IE" and before[0] in "OES") or (now[0] != "O" and before[1] != now[1]):
            begin = place
        before = now
    return found


@given(st.lists(st.lists(st.sampled_from(BIOES), max_size=8), min_size=1, max_size=4))
def test_spans_are_those_of_the_script(sentences: list[list[str]]) -> None:
    own, offset, wanted = scheme(BIOES), 0, []
    for tags in sentences:
        wanted += [(first + offset, last + offset, kind) for first, last, kind in by_the_script(tags)]
        offset += len(tags)
    tags, row = numbers([" ".join(tags) for tags in sentences], BIOES)
    found = spans_of(tags.astype(np.int64), row, own)
    assert [(first, last, own.kinds[kind]) for first, last, kind in found.tolist()] == wanted
