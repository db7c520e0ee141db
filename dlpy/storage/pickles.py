"""Reads the pickled integer lists and byte arrays of IMDB, Reuters and CIFAR-10 without executing code."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.storage.pickle_integers import Integers
from dlpy.storage.pickle_opcodes import RECONSTRUCT, Machine, Made


def read_rows(raw: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the lists in a pickled object array: all integers as int32, and the length of each list as int64.

    Raises:
        ValueError: it is something else or damaged; IndexError, KeyError, AttributeError, TypeError: it is damaged.
    """
    machine = Machine(raw)
    rows = _content(machine.run(), machine.integers, b"O")
    values, counts = machine.integers.read([span for row in rows for span in row])
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    return values, np.bincount(owners, counts, len(rows)).astype(np.int64)


def read_batch(raw: bytes, pixels: bytes, labels: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return two values of a pickled dict: a uint8 array, and a list of integers as int32.

    Raises:
        ValueError: it is something else or damaged; IndexError, KeyError, AttributeError, TypeError: it is damaged.
    """
    machine = Machine(raw)
    content = machine.run()
    if not isinstance(content, dict):
        raise ValueError("it is not a dict")
    made, spans = content[pixels], content[labels]
    if not isinstance(spans, list):
        raise ValueError("its labels are not a list")
    return _content(made, machine.integers, b"u1"), machine.integers.read(spans)[0]


def _content(made: Any, integers: Integers, wanted: bytes) -> Any:
    """Return the contents of an array: bytes with their shape, or the list of an object array."""
    if not isinstance(made, Made) or made.name not in RECONSTRUCT or len(made.state) != 5:
        raise ValueError("it is not an array")
    _, shape, kind, by_columns, content = made.state
    if not isinstance(kind, Made) or kind.name != "numpy.dtype" or not kind.arguments[0].startswith(wanted):
        raise ValueError(f"it is not an array of {'objects' if wanted == b'O' else 'bytes'}")
    sizes = integers.read(list(shape))[0].tolist()
    if wanted == b"O":
        if not isinstance(content, list) or not all(isinstance(row, list) for row in content):
            raise ValueError("it is not an array of lists")
        if sizes != [len(content)]:
            raise ValueError(f"its shape is {tuple(sizes)}, but it has {len(content):,} lists")
        return content
    return np.frombuffer(content, np.uint8).reshape(sizes, order="F" if by_columns else "C")
