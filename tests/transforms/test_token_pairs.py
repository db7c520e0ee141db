import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.data.text.marked import END, MarkedVocabulary, learn
from dlpy.transforms.token_pairs import RAW_TASK, SideTokens, TokenPairs


def rows(sources: list[str], targets: list[str] | None) -> Rows:
    inputs = {"source": Texts(np.array(sources, object))}
    if targets is not None:
        inputs["decoder"] = Texts(np.array(targets, object))
    return Rows(dict(inputs), {}, np.arange(len(sources)))


TRAIN = rows(["a b", "b b, c"], ["Xy", "y"])
PAIRS = TokenPairs(target=SideTokens(by="character"))


def test_targets_are_one_token_ahead_of_the_decoder() -> None:
    state, found = PAIRS.fit_apply(TRAIN, RAW_TASK)
    # sources: b is the most frequent, then a, "," and c in order of appearance; the four marks come first
    assert found.inputs["source"].numbers().tolist() == [[5, 4, 0, 0], [4, 4, 6, 7]]
    assert found.inputs["decoder"].numbers().tolist() == [[1, 4, 5], [1, 5, 0]]
    assert found.y.tolist() == [[4, 5, 2], [5, 2, -1]]
    assert found.y.dtype == np.int32
    task = PAIRS.measured(PAIRS.outline(RAW_TASK), state)
    assert [task.inputs[name].shape for name in ("source", "decoder")] == [(4,), (3,)]
    assert [task.inputs[name].vocabulary for name in ("source", "decoder")] == [8, 6]
    assert (task.output.units, task.output.steps, task.translates) == (6, 3, True)
    assert PAIRS.files(state)["target-vocabulary.txt"] == "[PAD]\n[START]\n[END]\n[UNK]\nX\ny\n"


def test_held_out_rows_teach_no_tokens() -> None:
    state = PAIRS.fit(TRAIN, RAW_TASK)
    other = rows(["a q a a a a"], ["yzyyy"])
    found = PAIRS.apply(other, state)
    assert found.inputs["source"].numbers().tolist() == [[5, 3, 5, 5]]
    assert found.inputs["decoder"].numbers().tolist() == [[1, 5, 3]]
    assert found.y.tolist() == [[5, 3, 2]]
    told = [(one.problem, one.rows, one.examples[0]) for one in PAIRS.unfamiliar(other, state)]
    assert told == [("unknown words", 1, ("q", 1)), ("cut after 4 words", 1, ("a q a a a a", 1))]


def test_rows_to_predict_have_no_targets() -> None:
    found = PAIRS.apply(rows(["b", "c"], None), PAIRS.fit(TRAIN, RAW_TASK))
    assert found.targets == {}
    assert found.inputs["decoder"].numbers().tolist() == [[1, 0, 0], [1, 0, 0]]


def test_sizes_can_be_limited() -> None:
    pairs = TokenPairs(source=SideTokens(vocabulary=5, length=2))
    _, found = pairs.fit_apply(TRAIN, RAW_TASK)
    assert found.inputs["source"].numbers().tolist() == [[3, 4], [4, 4]]


def test_texts_without_tokens_are_refused() -> None:
    with pytest.raises(DataError, match=r"target texts: the training texts contain no words"):
        TokenPairs().fit(rows(["a"], [" "]), RAW_TASK)


def test_other_rows_are_refused() -> None:
    with pytest.raises(ConfigError, match="requires source and target texts, not texts"):
        PAIRS.outline(Task.single(Input("text", (None,)), Output("binary")))


@given(st.lists(st.text(st.sampled_from("aB é.,-\n12'"), max_size=20), min_size=1), st.booleans())
def test_known_texts_come_back_as_they_are_spelled(texts: list[str], by_word: bool) -> None:
    by = "word" if by_word else "character"
    if not any(MarkedVocabulary((), by, True, 1).pieces(text) for text in texts):
        return
    vocabulary = learn(texts, by, lower=True, limit=None, length=None)
    numbers = vocabulary.numbers(texts)
    for row, text in enumerate(texts):
        assert vocabulary.text(np.append(numbers.row(row), [END, 0])) == vocabulary.plain(text)
    again = MarkedVocabulary.of(vocabulary.arrays("x"), "x")
    assert again == vocabulary
