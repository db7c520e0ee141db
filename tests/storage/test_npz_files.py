import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dlpy.storage import npz
from dlpy.storage.npz import ArraysError, read_npz, sizes_of


def saved(path: Path, **content: np.ndarray) -> Path:
    np.savez(path, **content)  # type: ignore
    return path


def with_member(path: Path, header: dict, content: bytes) -> Path:
    """Write an npz file of one array x whose header says what it likes."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"fortran_order": False, **header})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", file.getvalue() + content)
    return path


def test_numbers_and_texts_come_back_as_they_were(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "a.npz",
        a=np.array([[1.5, 2.0]], order="F"),
        b=np.array(["é", "yes"]),
        c=np.array(3),
        d=np.empty((0, 2)),
    )
    found = read_npz(path)
    assert list(found) == ["a", "b", "c", "d"]
    assert (found["a"].tolist(), found["b"].tolist(), int(found["c"])) == ([[1.5, 2.0]], ["é", "yes"], 3)
    assert found["d"].shape == (0, 2)


def test_only_the_named_arrays_are_read_in_their_order(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", a=np.array([{}]), b=np.array([1]), c=np.array([2]))
    assert list(read_npz(path, ["c", "b"])) == ["c", "b"]
    with pytest.raises(ArraysError, match="it has no array 'x'"):
        read_npz(path, ["x"])


def test_the_size_of_arrays_is_known_unread(tmp_path: Path) -> None:
    assert sizes_of(saved(tmp_path / "a.npz", a=np.zeros(1000))) == {"a": 128 + 8000}


@pytest.mark.parametrize(
    ("header", "content", "reason"),
    [
        (
            {"descr": "|O", "shape": (1,)},
            b"cos\nsystem\n(S'true'\ntR.",
            "contains Python objects, which dlpy never loads",
        ),
        ({"descr": [("a", "|O")], "shape": (1,)}, b"", "contains Python objects"),
        ({"descr": "<c16", "shape": (1,)}, bytes(16), "contains complex128; expected numbers"),
        (
            {"descr": "<f8", "shape": (10**12,)},
            bytes(16),
            "declares 8,000,000,000,000 bytes of numbers but contains 16",
        ),
        ({"descr": "<f8", "shape": (1,)}, bytes(16), "declares 8 bytes of numbers but contains 16"),
        ({"descr": "<f8", "shape": (-1, -2)}, bytes(16), "only specify one unknown dimension"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(tmp_path: Path, header: dict, content: bytes, reason: str) -> None:
    with pytest.raises(ArraysError, match=reason):
        read_npz(with_member(tmp_path / "a.npz", header, content))


def test_zeros_that_unfold_into_too_much_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npz, "_SMALL", 1_000_000)
    path = with_member(tmp_path / "a.npz", {"descr": "|u1", "shape": (2_000_000,)}, bytes(2_000_000))
    with pytest.raises(ArraysError, match=r"would expand to 2,000,128; save it uncompressed"):
        read_npz(path)
    monkeypatch.setattr(npz, "MOST_BYTES", 1_000_000)
    with pytest.raises(ArraysError, match="its arrays need 2,000,128 bytes; at most 1,000,000 are supported"):
        read_npz(path)


def test_damage_anywhere_is_one_error(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", a=np.arange(50))
    whole = path.read_bytes()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            found = read_npz(path)
        except ArraysError:
            continue
        assert all(array.tolist() == list(range(50)) for array in found.values())  # a date or an attribute was hit


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.npz")
    with pytest.raises(ArraysError, match="it is not a regular file"):
        read_npz(tmp_path / "a.npz")
