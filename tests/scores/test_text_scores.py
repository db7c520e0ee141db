import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpy.scores.text_scores import bleu, chrf, exact_match, text_scores, tokens_13a

REFERENCES = ["the cat is on the mat", "it is 3.5 km, isn't it?", "a & b - well-known"]
WRITTEN = ["the cat sat on the mat", "it is 3,5 km, is it?", "a and b - well known"]


def test_equal_texts_score_full_marks() -> None:
    found = text_scores(REFERENCES, REFERENCES)
    assert found == pytest.approx({"exact_match": 1.0, "bleu": 100.0, "chrf": 100.0})


def test_bleu_by_hand() -> None:
    # 1-grams 5 of 6, 2-grams 3 of 5, 3-grams 1 of 4, 4-grams 0 of 3 counted as a half: lengths are equal
    wanted = 100 * (5 / 6 * 3 / 5 * 1 / 4 * 0.5 / 3) ** 0.25
    assert bleu(WRITTEN[:1], REFERENCES[:1]) == pytest.approx(wanted)


def test_short_texts_are_penalized() -> None:
    assert bleu(["a b c d"], ["a b c d e f g h"]) == pytest.approx(100 * math.exp(1 - 8 / 4))


def test_bleu_of_short_references_is_undefined() -> None:
    assert math.isnan(bleu(["a b c", "a b c d"], ["a b c", "a b c"]))


def test_bleu_without_a_match_is_zero() -> None:
    assert bleu(["a b"], ["c d e f"]) == 0.0


def test_chrf_by_hand() -> None:
    # "abc" against "abd": 1-grams 2 of 3, 2-grams 1 of 2, 3-grams 0 of 1; longer ones are in neither
    precision = recall = (2 / 3 + 1 / 2 + 0) / 3
    assert chrf(["abc"], ["abd"]) == pytest.approx(100 * 5 * precision * recall / (4 * precision + recall))


def test_exact_match_counts_whole_texts() -> None:
    assert exact_match(["a", "b ", "c"], ["a", "b", "d"]) == pytest.approx(1 / 3)


def test_scores_of_no_texts_are_undefined() -> None:
    assert all(math.isnan(value) for value in text_scores([], []).values())


def test_punctuation_is_split_off_except_within_numbers() -> None:
    assert tokens_13a("It's 3.5 km, see 1987-03-12.") == [
        *["It's", "3.5", "km", ",", "see", "1987", "-", "03", "-", "12", "."]
    ]


TEXTS = st.lists(st.tuples(*[st.text(st.sampled_from('ab c.,-&13\n"$é<'), max_size=25)] * 2), min_size=1, max_size=5)


@settings(max_examples=300)
@given(TEXTS)
def test_scores_are_those_of_sacrebleu(pairs: list[tuple[str, str]]) -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    written, references = map(list, zip(*pairs, strict=True))
    if any(len(tokens_13a(text)) >= 4 for text in references):
        assert bleu(written, references) == pytest.approx(sacrebleu.corpus_bleu(written, [references]).score, abs=1e-9)
    assert chrf(written, references) == pytest.approx(sacrebleu.corpus_chrf(written, [references]).score, abs=1e-9)
