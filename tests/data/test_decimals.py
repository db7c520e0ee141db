"""The fast parser of decimals gives the nearest float64, as Python does."""

import numpy as np
import pytest

from dlpy.data.tables.decimals import PAD, Cells, parse


def parsed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers in these texts, and which of them are plain decimals."""
    raw = b" " * PAD + ",".join(texts).encode() + b"\n" + b" " * 8
    ends = PAD + np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = ends - [len(text) for text in texts]
    places = [text.find(".") for text in texts]
    dots = [end if place < 0 else start + place for start, end, place in zip(starts, ends, places, strict=True)]
    return parse(Cells(np.frombuffer(raw, np.uint8), starts, np.array(dots), ends))


# each is wrong by one unit in the last place if digits and tens are rounded to float64 before they are divided
LONG = ["1.6478483247632045", "0.3745401188473625", "-0.9507143064099162", "123456.78901234567", "9007199254740993"]


def test_long_numbers_are_the_nearest_float64() -> None:
    numbers, plain = parsed([*LONG, "1.5", "-12", "1e5", "1234567890123456789", "00123"])
    assert plain.tolist() == [True, True, True, True, False, True, True, False, False, False]
    assert numbers[:4].tolist() == [1.6478483247632045, 0.3745401188473625, -0.9507143064099162, 123456.78901234567]
    assert numbers[5:7].tolist() == [1.5, -12.0]


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_read_as_python_wrote_them(seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=20_000) * 1000
    numbers, plain = parsed([repr(number) for number in drawn.tolist()])
    assert np.count_nonzero(~plain) < 60  # in the middle between two float64, as far as 64 bits tell
    assert np.array_equal(numbers[plain], drawn[plain])
