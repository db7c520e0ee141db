"""Small files of every kind that dlpy reads, whole."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from typing import Any

import h5py
import numpy as np
from PIL import Image

from dlpy.datasets.jena_climate import COLUMNS

ROWS = 40
TABLE = b"a,b,kind,text\n" + b"".join(
    f'{row * 0.5},{"xyz"[row % 3]},{("no", "yes")[row % 2]},"word {row % 7}, and another"\n'.encode()
    for row in range(ROWS)
)
PLAIN = b"a,b,target\n" + b"".join(f"{row},{row * row % 7}.25,{row % 2}\n".encode() for row in range(ROWS))
SERIES = b"time,a,b\n" + b"".join(
    f"2020-01-{1 + row // 24:02d} {row % 24:02d}:00:00,{row % 5},{row % 3}.5\n".encode() for row in range(200)
)
PROSE = ("Of all the words\nthat were written, some äre read. " * 40).encode()
VECTORS = b"".join(f"{word} 0.5 -1.25 3e-2\n".encode() for word in ("the", "of", "word"))
WORDS = json.dumps({f"word{number}": number for number in range(1, 50)}).encode()


def objects(rows: list[list[int]]) -> np.ndarray:
    """Return an object array of lists."""
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def npz(**arrays: Any) -> bytes:
    """Return an npz file."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def numbers() -> bytes:
    """Return the npz file of somebody's own arrays."""
    return npz(x=np.arange(ROWS * 4.0).reshape(ROWS, 4), y=np.arange(ROWS) % 2, group=np.arange(ROWS) // 4)


def newswires() -> bytes:
    """Return an npz file as reuters.npz is."""
    return npz(x=objects([[1, 2, 300, 70_000][: 1 + row % 4] * 9 for row in range(ROWS)]), y=np.arange(ROWS) % 46)


def digits() -> bytes:
    """Return an npz file as mnist.npz is."""
    pixels, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20) % 10
    return npz(x_train=pixels, y_train=labels.astype(np.uint8), x_test=pixels, y_test=labels.astype(np.uint8))


def idx() -> bytes:
    """Return a gzipped file of labels as Fashion-MNIST's are."""
    return gzip.compress(bytes([0, 0, 8, 1]) + (30).to_bytes(4, "big") + bytes(row % 10 for row in range(30)))


def cifar() -> bytes:
    """Return an archive as CIFAR-10's is."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
            batch = pickle.dumps({b"labels": [3, 1], b"data": np.zeros((2, 3072), np.uint8)}, 2)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(batch)
            archive.addfile(member, io.BytesIO(batch))
    return file.getvalue()


def climate() -> bytes:
    """Return a zip file as the published climate is."""
    lines = [",".join(["Date Time", *COLUMNS])]
    lines += [f"{1 + row // 144:02d}.01.2009 00:{row % 6}0:00" + f",{row % 7}.5" * len(COLUMNS) for row in range(300)]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("jena_climate_2009_2016.csv", "\n".join(lines) + "\n")
    return file.getvalue()


def picture(kind: str) -> bytes:
    """Return a picture in a format that Pillow knows."""
    pixels = np.random.default_rng(1).integers(0, 255, (24, 32, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **({"exif": Image.Exif()} if kind == "JPEG" else {}))
    return file.getvalue()


def weights() -> bytes:
    """Return an h5 file of weights as Keras 3 writes them."""
    file = io.BytesIO()
    with h5py.File(file, "w") as held:
        for layer in ("dense", "dense_1"):
            held[f"layers/{layer}/vars/0"] = np.ones((4, 3), np.float32)
            held[f"layers/{layer}/vars/1"] = np.zeros(3, np.float32)
    return file.getvalue()


def old_weights() -> bytes:
    """Return an h5 file of weights as Keras 2 wrote them."""
    file = io.BytesIO()
    with h5py.File(file, "w") as held:
        held.attrs["layer_names"] = ["block1"]
        held.create_group("block1").attrs["weight_names"] = ["kernel:0"]
        held["block1"].create_dataset("kernel:0", data=np.ones((3, 3), np.float32), compression="gzip")
    return file.getvalue()
