import gzip
import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from dlpy.core.errors import DataError
from dlpy.datasets.cifar10 import Cifar10
from dlpy.datasets.fashion_mnist import FashionMnist
from dlpy.datasets.mnist import Mnist

FASHION = Path(__file__).parents[2] / "../shared/data/fashion_mnist.npz"


def pictures(count: int, *shape: int) -> np.ndarray:
    return (np.arange(count * np.prod(shape)) % 251).astype(np.uint8).reshape(count, *shape)


def save_npz(path: Path, **changes: np.ndarray) -> str:
    arrays = {
        "x_train": pictures(20, 28, 28),
        "y_train": np.arange(20, dtype=np.uint8) % 10,
        "x_test": pictures(10, 28, 28),
        "y_test": np.arange(10, dtype=np.uint8),
    }
    np.savez(path, **{**arrays, **changes})  # type: ignore
    return str(path)


def save_idx(folder: Path, **changes: bytes) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", 20), ("t10k", 10)):
        header = bytes([0, 0, 8, 3]) + np.array([count, 28, 28], ">u4").tobytes()
        content = changes.get(prefix, header + pictures(count, 28, 28).tobytes())
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
        labels = bytes([0, 0, 8, 1]) + np.array([count], ">u4").tobytes() + bytes(i % 10 for i in range(count))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    return str(folder)


def text(content: bytes) -> bytes:
    """Return the pickle opcodes of a str of Python 2, which Python 3 cannot write."""
    return b"T" + struct.pack("<i", len(content)) + content


def python2_batch(labels: list[int], pixels: np.ndarray) -> bytes:
    """Return what Python 2's pickle wrote for a batch: {"labels": [...], "data": array}, opcode by opcode."""
    kind = b"cnumpy\ndtype\n" + text(b"u1") + b"K\x00K\x01\x87R(K\x03" + text(b"|") + b"NNN" + b"J\xff\xff\xff\xff" * 2
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + text(b"b") + b"\x87R"
    shape = b"".join(b"J" + struct.pack("<i", size) for size in pixels.shape) + b"\x86"
    array = empty + b"(K\x01" + shape + kind + b"K\x00tb" + b"\x89" + text(pixels.tobytes()) + b"tb"
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + text(b"labels") + numbers + text(b"data") + array + b"u."


def save_cifar(path: Path, **changes: bytes) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for position, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
            pixels = np.full((4, 3072), position, np.uint8) + np.repeat([0, 10, 20], 1024).astype(np.uint8)
            batch = python2_batch([(position + i) % 10 for i in range(4)], pixels)
            content = changes.get(name, batch)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return str(path)


def test_digits_come_as_they_are_stored(tmp_path: Path) -> None:
    loaded = Mnist(path=save_npz(tmp_path / "mnist.npz")).load()
    assert loaded.test is not None
    assert loaded.train.x.dtype == np.uint8
    assert np.array_equal(loaded.train.x, pictures(20, 28, 28))
    assert loaded.test.y.tolist() == list(range(10))
    assert loaded.task == Mnist().outline()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"x_train": pictures(20, 28, 27)},
            r"x_train should be uint8 of shape \(rows, 28, 28\), but is uint8 \(20, 28, 27\)",
        ),
        ({"x_test": pictures(10, 28, 28) / 255}, r"x_test should be uint8 .* but is float64"),
        ({"y_train": np.arange(19)}, r"y_train should be integers of shape \(20,\), but is int64 \(19,\)"),
        ({"y_test": np.zeros((10, 1), np.uint8)}, r"y_test should be integers of shape \(10,\)"),
    ],
)
def test_pictures_of_another_kind_are_refused(tmp_path: Path, changes: dict, message: str) -> None:
    path = save_npz(tmp_path / "other.npz", **changes)
    with pytest.raises(DataError, match=message) as caught:
        Mnist(path=path).load()
    assert path in str(caught.value)


def test_object_arrays_are_not_unpickled(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "mnist.npz", y_train=np.array([None] * 20, dtype=object))
    with pytest.raises(DataError, match="is not an npz file with x_train, y_train, x_test, y_test"):
        Mnist(path=path).load()


def test_clothes_are_read_from_an_npz_file_or_from_the_four_files(tmp_path: Path) -> None:
    npz = FashionMnist(path=save_npz(tmp_path / "own.npz")).load()
    folder = FashionMnist(path=save_idx(tmp_path / "idx")).load()
    assert np.array_equal(npz.train.x, folder.train.x)  # type: ignore
    assert npz.fingerprint() == folder.fingerprint()


def test_clothes_are_found_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLPY_DATA", str(tmp_path))
    save_idx(tmp_path / "fashion-mnist")
    assert len(FashionMnist().load().train) == 20
    save_npz(tmp_path / "fashion_mnist.npz", x_train=pictures(3, 28, 28), y_train=np.arange(3))
    assert len(FashionMnist().load().train) == 3


def test_clothes_are_found_in_keras_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLPY_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("DLPY_OFFLINE", "1")
    save_idx(tmp_path / "datasets" / "fashion-mnist")
    assert len(FashionMnist().load().train) == 20


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it does not start with the IDX header"),
        (bytes([0, 0, 8, 1]) + bytes(40), "it does not start with the IDX header"),
        (
            bytes([0, 0, 8, 3]) + bytes([0, 0, 0, 20, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes(99),
            "fewer bytes than the 15,680",
        ),
        (bytes([0, 0, 8, 3]) + bytes([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(99), "more bytes than the 4 "),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, "its shape is"),
    ],
)
def test_damaged_idx_files_are_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = save_idx(tmp_path, train=content)
    with pytest.raises(DataError, match=f"train-images-idx3-ubyte.gz is not a gzipped IDX file .* {reason}"):
        FashionMnist(path=path).load()


def test_missing_files_of_a_folder_are_named(tmp_path: Path) -> None:
    save_idx(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"does not contain t10k-labels-idx1-ubyte\.gz"):
        FashionMnist(path=str(tmp_path)).load()


@pytest.mark.skipif(not FASHION.is_file(), reason="the real data is not here")
def test_the_real_clothes_are_what_they_should_be() -> None:
    loaded = FashionMnist(path=str(FASHION)).load()
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (60_000, 10_000)
    assert np.bincount(loaded.train.y).tolist() == [6000] * 10
    assert loaded.train.y[:5].tolist() == [9, 0, 0, 3, 0]


def test_photographs_have_their_colours_last_and_flat_labels(tmp_path: Path) -> None:
    loaded = Cifar10(path=save_cifar(tmp_path / "cifar.tar.gz")).load()
    assert loaded.test is not None
    x = loaded.train.x
    assert isinstance(x, np.ndarray)
    assert (x.shape, x.dtype) == ((20, 32, 32, 3), np.uint8)
    assert x[0, 5, 7].tolist() == [0, 10, 20]
    assert x[19, 31, 0].tolist() == [4, 14, 24]
    assert (loaded.train.y.shape, loaded.train.y.dtype) == ((20,), np.uint8)
    assert loaded.train.y[:8].tolist() == [0, 1, 2, 3, 1, 2, 3, 4]
    assert loaded.test.y.tolist() == [5, 6, 7, 8]
    assert loaded.task.output.classes[3] == "cat"


class Evil:
    def __reduce__(self) -> tuple:
        return (eval, ("1 + 1",))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pickle.dumps({b"labels": Evil()}), "it calls builtins.eval; no known dataset does"),
        (b"nothing pickled", "is not a CIFAR archive"),
        (pickle.dumps({b"labels": [1]}), "it has no b'data'"),
        (pickle.dumps({b"labels": [1], b"data": [1]}), "it is not an array"),
        (pickle.dumps({b"labels": [1], b"data": np.zeros((1, 3071), np.uint8)}, 2), "one row of 3,072 bytes per label"),
        (pickle.dumps({b"labels": [300], b"data": np.zeros((1, 3072), np.uint8)}, 2), "not class numbers"),
    ],
)
def test_damaged_batches_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = save_cifar(tmp_path / "cifar.tar.gz", data_batch_2=content)
    with pytest.raises(DataError, match=reason):
        Cifar10(path=path).load()


def test_an_archive_without_a_batch_or_cut_short_is_refused(tmp_path: Path) -> None:
    whole = Path(save_cifar(tmp_path / "whole.tar.gz")).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz"):
        pass
    for name in ("cut.tar.gz", "empty.tar.gz"):
        with pytest.raises(DataError, match=f"{name} is not a CIFAR archive with data_batch_1"):
            Cifar10(path=str(tmp_path / name)).load()


def test_links_in_an_archive_are_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "links.tar.gz", "w:gz") as archive:
        for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    with pytest.raises(DataError, match="it has no data_batch_1"):
        Cifar10(path=str(tmp_path / "links.tar.gz")).load()
