"""Windows of running text: by hand, without a leak, held once."""

import numpy as np
import pytest

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError, UnavailableError
from dlpy.data.features import arrays_of, row_bytes
from dlpy.datasets.language_model import LanguageModel
from dlpy.datasets.nietzsche import Nietzsche
from dlpy.engine.device_rows import Resident, batch
from dlpy.training.pipeline import split

WHOLE = {"validation": None, "test": None}


def load(folder, text: str | bytes, **options):
    path = folder / "t.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    dataset = LanguageModel.model_validate({"path": str(path), **options})
    return dataset, dataset.load()


def batches(rows, window):
    import tensorflow as tf

    resident = Resident(rows, 2)
    tensors = resident.in_order()
    return [
        [part.numpy().tolist() for part in batch(tensors, tf.constant(step), {"input": (window,)})] for step in range(2)
    ]


@pytest.mark.slow
def test_every_token_of_a_window_is_followed_by_its_target(workplace) -> None:
    _, loaded = load(workplace, "abcabdabcc", window=3, **WHOLE)
    assert loaded.task.input.words == ("a", "b", "c", "d")
    assert loaded.train.x.starts.tolist() == [0, 3, 6]  # 9 would have nothing behind it
    assert batches(loaded.train, 3) == [[[[0, 1, 2], [0, 1, 3]], [[1, 2, 0], [1, 3, 0]]], [[[0, 1, 2]], [[1, 2, 2]]]]
    assert loaded.train.x.wanted().tolist() == [2, 3, 3, 1]
    assert loaded.resolved == {"step": 3}
    assert loaded.task.output.shape == (3, 4)


@pytest.mark.slow
def test_only_the_token_behind_a_window_is_wanted_as_in_the_book(workplace) -> None:
    _, loaded = load(workplace, "abcabdabcc", window=4, targets="last", **WHOLE)
    assert loaded.resolved == {"step": 3}
    assert loaded.train.y.tolist() == [1, 1]  # abca b, abda b
    assert batches(loaded.train, 4)[0] == [[[0, 1, 2, 0], [0, 1, 3, 0]], [[1], [1]]]


def test_the_books_windows_are_counted_as_in_the_book(workplace) -> None:
    """600,893 characters in windows of 60, step 3: 200,278 (Chollet 2017, 8.1)."""
    path = workplace / "n.txt"
    path.write_text("Ab" * 300_446 + "A")
    dataset = Nietzsche.model_validate({"path": str(path), "targets": "last", **WHOLE})
    loaded = dataset.load()
    assert len(loaded.train) == 200_278
    assert loaded.task.input.words == ("a", "b")
    held = sum(array.nbytes for array in arrays_of(loaded.train.x)) + loaded.train.y.nbytes + loaded.train.index.nbytes
    assert held < 6_000_000  # the book's one-hot windows: 685 MB


def test_no_window_reaches_into_a_held_out_part(workplace) -> None:
    text = "".join(chr(97 + place % 20) for place in range(1000))
    dataset, loaded = load(workplace, text, window=7, step=2, validation=0.2, test=0.1)
    parts = split(dataset, loaded)
    spans = {"train": (0, 720), "validation": (720, 900), "test": (900, 1000)}
    for name, (begin, end) in spans.items():
        x = getattr(parts, name).x
        assert x.starts[0] == begin
        assert (np.diff(x.starts) == 2).all()
        assert end - 2 <= x.starts[-1] + 7 < end  # what follows is of the part too
    assert parts.train.x.tokens is parts.test.x.tokens  # the text is held once


def test_the_vocabulary_is_that_of_the_training_part(workplace) -> None:
    dataset, loaded = load(workplace, "ab" * 40 + "aXbYaXbYaX" + "ababababaZ", window=4, validation=0.1, test=0.1)
    assert loaded.task.input.words == ("a", "b", "")
    validation, test = split(dataset, loaded).validation, loaded.test
    assert validation.x.numbers().tolist() == [[2, 1, 2, 0], [2, 1, 2, 0]]  # XbYa XbYa X
    assert 2 in test.x.tokens
    assert loaded.notes == ("100 characters, vocabulary of 2; unknown characters: 0 training, 5 validation, 1 test",)


def test_a_limit_keeps_the_most_frequent_words_and_one_for_all_others(workplace) -> None:
    text = "the cat, the dog; the end.\n" * 20
    _, loaded = load(workplace, text, by="word", window=5, vocabulary=4, **WHOLE)
    assert loaded.task.input.words == ("the", "cat", ",", "")
    assert loaded.train.x.numbers()[0].tolist() == [0, 1, 2, 0, 3]


def test_rows_of_a_large_vocabulary_count_as_what_a_network_gives_for_them(workplace) -> None:
    _, loaded = load(workplace, "abcabdabcc", window=3, **WHOLE)
    assert row_bytes(loaded.train.x) == 3 * 4 * 4


def test_other_characters_are_another_text(workplace) -> None:
    """The numbers of both are the same."""
    first = load(workplace, "abab" * 30, window=4)[1].fingerprint()
    assert load(workplace, "acac" * 30, window=4)[1].fingerprint() != first


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (b"x" * 60, {}, r"t\.txt has 60 characters; a window and its target need 61"),
        (b"", {}, "has 0 characters"),
        (
            b"ab" * 200,
            {},
            "the validation split has 36 characters; a window and its target need 61. Use a smaller window",
        ),
        (b"aaaa" * 200, {}, "the training text has only 1 distinct character"),
        (b"abc\xff" * 90, {}, "is not UTF-8 text: byte 3 is 0xff"),
        (b"ab" * 400, {"test": 900}, r"data\.test: cannot hold out 900 of 800 rows"),
    ],
)
def test_a_text_that_cannot_be_learnt_from_is_told(workplace, text: bytes, options: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(workplace, text, **options)


def test_a_missing_text_may_have_a_stand_in(workplace) -> None:
    with pytest.raises(UnavailableError, match=r"there is no file none\.txt"):
        LanguageModel.model_validate({"path": "none.txt"}).load()
    with pytest.raises(UnavailableError, match="DLPY_OFFLINE"):
        Nietzsche().load()
    for options in ({"window": 400}, {"by": "word"}, {"test": 90_000, "lower": True}):
        dataset: Dataset = LanguageModel.model_validate({"path": "none.txt", **options})
        loaded = dataset.stand_in(1, 100)
        parts = split(dataset, loaded)
        assert min(len(parts.train), len(parts.validation), len(parts.test)) > 0


def test_dos_line_breaks_and_marks_of_order_are_no_characters(workplace) -> None:
    _, loaded = load(workplace, b"\xef\xbb\xbfab\r\nab\rab\n" * 5, window=3, **WHOLE)
    assert loaded.task.input.words == ("\n", "a", "b", "\ufeff")  # only the first is a mark
