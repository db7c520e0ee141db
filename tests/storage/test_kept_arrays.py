"""An array in the cache is made once, and again where its file is missing or damaged in any byte."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlpy.storage.kept_arrays import kept


@pytest.fixture
def make() -> Callable[[], np.ndarray]:
    """What makes an array, and counts how often it does in its attribute `times`."""

    def made() -> np.ndarray:
        made.times += 1
        return np.arange(30, dtype=np.int32).reshape(5, 6)

    made.times = 0
    return made


def test_it_is_made_once(tmp_path: Path, make) -> None:
    for _ in range(3):
        np.testing.assert_array_equal(kept(tmp_path, "a", make), np.arange(30).reshape(5, 6))
    assert make.times == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
    kept(tmp_path, "b", make)
    assert make.times == 2


def test_a_damaged_file_is_made_again(tmp_path: Path, make) -> None:
    kept(tmp_path, "a", make)
    path = tmp_path / "a.npy"
    whole = path.read_bytes()
    damaged = [whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :] for place in range(0, len(whole), 7)]
    for number, content in enumerate([b"", whole[:-1], whole[:50], whole + b"x", *damaged], start=2):
        path.write_bytes(content)
        np.testing.assert_array_equal(kept(tmp_path, "a", make), np.arange(30).reshape(5, 6))
        assert make.times == number
        assert path.read_bytes() == whole


def test_without_room_it_is_made_each_time(tmp_path: Path, make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlpy.storage.kept_arrays.make_room", lambda *_: False)
    kept(tmp_path, "a", make)
    kept(tmp_path, "a", make)
    assert make.times == 2
    assert not [*tmp_path.iterdir()]


def test_where_it_cannot_be_written_it_is_made_each_time(tmp_path: Path, make) -> None:
    (tmp_path / "a.npy").mkdir()
    (tmp_path / "a.npy" / "something").touch()
    for number in (1, 2):
        np.testing.assert_array_equal(kept(tmp_path, "a", make), np.arange(30).reshape(5, 6))
        assert make.times == number
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]
