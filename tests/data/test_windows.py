import numpy as np
import pytest
from numpy.testing import assert_array_equal

from dlpy.data.windows import Windows


@pytest.mark.parametrize("offsets", [[0, 1, 2], [2, 1, 0], [0, 3, 6, 9], [9, 6, 3, 0], [4]])
def test_windows_in_a_file_are_read_as_their_times_say(tmp_path, offsets):
    series = np.memmap(tmp_path / "series.bin", np.float32, "w+", shape=(1500, 2))
    series[:] = np.arange(3000).reshape(1500, 2)
    starts = np.random.default_rng(0).permutation(1500 - 9)
    rows = np.arange(1400)[::-1]

    read = Windows(series, starts, np.array(offsets)).read(rows)

    times = starts[rows][:, None] + np.array(offsets)
    assert_array_equal(read, np.stack([2 * times, 2 * times + 1], axis=2).astype(np.float32))


def test_no_windows_of_a_short_series_are_read_as_none(tmp_path):
    series = np.memmap(tmp_path / "series.bin", np.float32, "w+", shape=(2, 1))

    assert Windows(series, np.empty(0, np.int64), np.arange(5)).read(np.arange(0)).shape == (0, 5, 1)
