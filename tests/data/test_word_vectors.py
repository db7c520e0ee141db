"""Files of word vectors, as users have them."""

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.data.task import Input
from dlpy.data.text.word_vectors import read_vectors, stand_in_vectors
from dlpy.models._sequences import Embedding

WORDS = ("", "the", "cat", "sat", "nowhere")
GLOVE = "the 0.5 -1 2\ncat 1 2 3\nsat 0 0 1e-3\nother 9 9 9\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes) -> str:
        path = tmp_path / "vectors.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


@pytest.mark.parametrize("head", ["", "4 3\n"])
def test_vectors_come_in_the_order_of_the_words(write, head: str) -> None:
    matrix, found = read_vectors(write(head + GLOVE), WORDS)
    assert found == 3
    np.testing.assert_allclose(matrix, [[0, 0, 0], [0.5, -1, 2], [1, 2, 3], [0, 0, 1e-3], [0, 0, 0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("the 1 2 3\ncat 1 2\n", "vectors.txt:2: 'cat' has 2 numbers, expected 3 numbers."),
        ("the 1 2 3\ncat 1 x 3\n", "vectors.txt:2: '1 x 3' is not a list of numbers separated by spaces."),
        ("the 1 2 nan\n", "vectors.txt:1: a number is not finite."),
        ("the\n", "vectors.txt:1: 'the' has 0 numbers"),
        ("dog 1 2 3\n", "contains none of the 4 words of the vocabulary."),
        (b"the 1 2 3\n\xff\xfe 1 2 3\n", "is not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_told_with_its_line(write, text: str | bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_vectors(write(text), WORDS)
    assert message in str(caught.value)


@pytest.mark.slow
def test_a_missing_file_is_told_or_stood_in_for(tmp_path) -> None:
    path, given = str(tmp_path / "glove.txt"), Input("sequence", (5,), 5, "front", words=WORDS)
    with pytest.raises(DataError, match=r"there is no file .*glove\.txt"):
        Embedding(path=path).notice(given)
    generated = Embedding(path=path, size=6, fallback="stand_in")
    assert "stand in for" in str(generated.notice(given))
    layer = generated.build(given, mask_zero=False)
    np.testing.assert_array_equal(layer.get_weights()[0], stand_in_vectors(WORDS, 6))
    assert not layer.get_weights()[0][0].any()


@pytest.mark.slow
def test_the_layer_begins_with_the_files_vectors_and_keeps_them(write) -> None:
    given = Input("sequence", (5,), 5, "front", words=WORDS)
    embedding = Embedding(path=write(GLOVE), trainable=False)
    layer = embedding.build(given, mask_zero=True)
    assert layer.trainable_weights == []
    assert embedding.notice(given) == f"embedding: {embedding.path} has 3 of 4 words (75.0%); others start at 0"
    assert embedding.resolved(given).size == 3
    unknown = Input("sequence", (5,), 5, "front")
    assert embedding.resolved(given).build(unknown, mask_zero=True).output_dim == 3
