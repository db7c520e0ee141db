"""Texts cut up into characters or words, and put together again."""

import numpy as np
import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.text.vocabulary import Vocabulary, learn, pieces

TEXT = 'He said: "It isn\'t (quite) done." Then, well-nigh\nsilent, he left.\n\nSo what?'


def test_words_punctuation_and_line_breaks_are_tokens() -> None:
    found = pieces('Don\'t go, "Jo"!\n\nGo.', "word", lower=True)
    spelled = [found.distinct[number] for number in found.rows.values]
    assert spelled == ["don't", "go", ",", '"', "jo", '"', "!", "\n\n", "go", "."]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("character", TEXT),
        ("word", 'He said: " It isn\'t (quite) done. " Then, well-nigh\nsilent, he left.\n\nSo what?'),
    ],
)
def test_a_text_is_put_together_again(by: str, expected: str) -> None:
    found = pieces(TEXT, by, lower=False)
    known, numbers = learn(found, np.ones(len(found.rows.values), bool), by, None, lower=False)
    assert known.text(numbers) == expected
    again = Vocabulary.of(known.arrays())
    assert again == known
    np.testing.assert_array_equal(again.all_numbers(TEXT, "here"), numbers)


def test_what_the_text_lacks_is_named() -> None:
    known = Vocabulary(("a", "b", ""), "character", True)
    assert known.all_numbers("AB", "here").tolist() == [0, 1]
    with pytest.raises(ConfigError, match=r"here: 'ü', '\\n' not found in the training text"):
        known.all_numbers("aü\nb", "here")
    assert known.writable().tolist() == [True, True, False]


def test_words_are_numbered_by_how_often_training_tokens_are_and_characters_by_their_codes() -> None:
    text = "b a c b b a z z z z z"
    for by, expected in (("word", ("b", "a", "c", "")), ("character", (" ", "a", "b", "c", ""))):
        found = pieces(text, by, lower=False)
        training = np.arange(len(found.rows.values)) < (6 if by == "word" else 11)
        known, numbers = learn(found, training, by, None, lower=False)
        assert known.words == expected
        assert numbers[-1] == len(expected) - 1
