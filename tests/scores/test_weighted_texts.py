"""The scores of resampled texts are those of the texts themselves, as sacrebleu scores them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpy.scores.text_scores import bleu, chrf, tokens_13a
from dlpy.scores.weighted_texts import COUNTS, counts_of_texts, text_scores_of

TEXTS = st.lists(st.tuples(*[st.text(st.sampled_from("ab c.,1"), max_size=20)] * 2), min_size=1, max_size=5)


def stored(written: list[str], references: list[str], tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return checksums of references, here their places in a list, and those of the texts with their counts."""
    every = sorted({*written, *references})
    sums = [np.array([every.index(text) for text in own], float) for own in (written, references)]
    return sums[1], np.column_stack([sums[0], counts_of_texts(written, references, tokens)])


@settings(max_examples=150)
@given(TEXTS, st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_a_resample_is_scored_as_its_texts(pairs: list[tuple[str, str]], times: list[int]) -> None:
    weights = np.array(times[: len(pairs)]) + np.eye(len(pairs), dtype=int)[0]
    target, prediction = stored(*map(list, zip(*pairs, strict=True)), np.ones((len(pairs), 2), int))
    drawn = [pair for pair, count in zip(pairs, weights, strict=True) for _ in range(count)]
    written, references = map(list, zip(*drawn, strict=True))
    found = {name: float(score.of(weights[None])[0]) for name, score in text_scores_of(target, prediction).items()}
    # BLEU depends on the number of texts where a length of n-grams has no match: a resample is as large as the whole
    whole = len(drawn) == len(pairs)
    if whole and any(len(tokens_13a(text)) >= 4 for text in references):
        assert found["bleu"] == pytest.approx(bleu(written, references), abs=1e-9)
    assert found["chrf"] == pytest.approx(chrf(written, references), abs=1e-9)
    assert found["exact_match"] == pytest.approx(sum(one == other for one, other in drawn) / len(drawn))


def test_token_accuracy_is_that_of_all_tokens_together() -> None:
    target, prediction = stored(["a", "b c"], ["a", "b d"], np.array([[2, 2], [1, 8]]))
    scores = text_scores_of(target, prediction)
    assert list(scores) == ["exact_match", "chrf", "token_accuracy"]  # no reference has the four words of BLEU
    assert scores["token_accuracy"].of(np.array([[1, 1], [0, 2], [3, 1]])) == pytest.approx([0.3, 0.125, 0.5])
    assert prediction.shape == (2, 1 + COUNTS)


def test_texts_without_counts_have_their_exact_match() -> None:
    assert list(text_scores_of(np.array([1, 2]), np.array([[1.0], [3.0]]))) == ["exact_match"]


def test_the_influence_of_texts_on_bleu_gives_the_spread_of_resamples() -> None:
    rng, words = np.random.default_rng(3), np.array(list("abcdefgh"))
    references = [" ".join(words[rng.integers(8, size=9)]) for _ in range(300)]
    written = [text if rng.random() < 0.5 else text[:8] + "x" + text[9:] for text in references]
    score = text_scores_of(*stored(written, references, np.ones((300, 2), int)))["bleu"]
    resamples = rng.multinomial(300, np.full(300, 1 / 300), size=2000)
    by_influence = float(np.sqrt(np.square(score.influence()).sum())) / 300
    assert float(score.of(resamples).std()) == pytest.approx(by_influence, rel=0.1)
