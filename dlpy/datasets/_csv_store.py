"""The cache on disk of a large table: its rows as numbers and codes, read once from its file.

$DLPY_CACHE/tables (default: ~/.cache/dlpy/tables) contains one folder for each table and way to read it. It is written
under another name and renamed when it is whole, so that a part of it is never taken for all. `load` of `csv` looks at
the first rows of the file each time, which decide the types of columns; the rest comes from here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.stored_texts import StoredTexts, TextsFile, TextsWriter
from dlpy.data.tables.part_files import files_of
from dlpy.data.tables.stored_table import StoredTable
from dlpy.data.tables.table_writer import CodedTexts, TableWriter, opened
from dlpy.storage.cache import own_cache, used

_VERSION = 2  # of the folder's format and of the reading


@dataclass(frozen=True)
class StoredRows:
    """All rows of a table that was read in pieces.

    inputs: the tables and texts by input. arrays: what stays in memory, by name. texts: the distinct texts of coded
    arrays, with the lines where each occurs first. filled: the texts in missing cells by column, counted. lacking: the
    number of rows that were left out, as they have no target.
    """

    inputs: dict[str, StoredTable | StoredTexts]
    arrays: dict[str, np.ndarray]
    texts: dict[str, tuple[list[str], list[int]]]
    filled: dict[str, dict[str, int]]
    lacking: int

    @property
    def index(self) -> np.ndarray:
        """The positions of the rows in the file of the table: (rows,) int32."""
        return self.arrays["index"] if self.lacking else next(iter(self.inputs.values())).rows


@dataclass
class StoreWriter:
    """Writes the rows of a table into a folder, piece by piece."""

    folder: Path
    rows: int = 0
    lacking: int = 0
    filled: dict[str, Counter[str]] = field(default_factory=dict)
    _tables: dict[str, TableWriter] = field(default_factory=dict)
    _of_texts: dict[str, TextsWriter] = field(default_factory=dict)
    _arrays: dict[str, list[np.ndarray]] = field(default_factory=dict)
    _texts: dict[str, CodedTexts] = field(default_factory=dict)

    def table(self, name: str) -> TableWriter:
        """Return what writes the table of an input."""
        if name not in self._tables:
            self._tables[name] = TableWriter(self.folder / f"{len(self._tables)}.bin")
        return self._tables[name]

    def texts(self, name: str) -> TextsWriter:
        """Return what writes the texts of an input."""
        if name not in self._of_texts:
            self._of_texts[name] = TextsWriter(self.folder / f"{len(self._of_texts)}.txt")
        return self._of_texts[name]

    def add(self, name: str, values: np.ndarray) -> None:
        """Append to an array that stays in memory."""
        self._arrays.setdefault(name, []).append(values)

    def add_texts(self, name: str, texts: list[str], lines: list[int] | None = None) -> None:
        """Append texts to an array of codes."""
        coded = self._texts.setdefault(name, CodedTexts(name))
        self.add(name, coded.codes(texts, lines))

    def count_filled(self, counts: Mapping[str, Counter[str]]) -> None:
        """Add counts of the texts in missing cells, by column."""
        for name, counter in counts.items():
            self.filled.setdefault(name, Counter()).update(counter)

    def close(self) -> None:
        """Write what is left, the manifest last."""
        tables = {name: writer.close() for name, writer in self._tables.items()}
        for writer in self._of_texts.values():
            writer.close()
        arrays = {name: np.concatenate(parts) for name, parts in self._arrays.items()}
        self._arrays.clear()
        np.savez(self.folder / "arrays.npz", **arrays)  # type: ignore
        texts = {name: [coded.texts, coded.lines] for name, coded in self._texts.items()}
        told = {
            "tables": tables,
            "inputs": [*self._of_texts],
            "texts": texts,
            "filled": self.filled,
            "lacking": self.lacking,
        }
        (self.folder / "manifest.json").write_text(json.dumps(told))


def key_of(path: Path, options: Mapping[str, object]) -> str:
    """Return the name of the folder for a table, read with these options."""
    stamps = [(os.path.realpath(one), one.stat().st_size, one.stat().st_mtime_ns) for one in files_of(path)]
    described = json.dumps([_VERSION, stamps, options], default=str)
    return hashlib.sha256(described.encode()).hexdigest()[:24]


def folder_of(key: str) -> Path:
    """Return the folder of a table."""
    return own_cache() / "tables" / key


def read(folder: Path) -> StoredRows | None:
    """Return the rows of a folder; None if there is none, or it is damaged."""
    try:
        told: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        inputs, every = dict[str, StoredTable | StoredTexts](), np.arange(0, dtype=np.int32)
        for number, (name, one) in enumerate(told["tables"].items()):
            file, columns = opened(folder / f"{number}.bin", one)
            every = every if len(every) else np.arange(len(file), dtype=np.int32)
            inputs[name] = StoredTable(file, columns, every)
        for number, name in enumerate(told["inputs"]):
            texts_file = TextsFile(folder / f"{number}.txt")
            every = every if len(every) else np.arange(len(texts_file), dtype=np.int32)
            inputs[name] = StoredTexts(texts_file, every)
        with np.load(folder / "arrays.npz") as arrays:
            held = {name: arrays[name] for name in arrays.files if name != "index" or told["lacking"]}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, DataError):
        return None
    used(folder)
    texts = {name: (some, lines) for name, (some, lines) in told["texts"].items()}
    return StoredRows(inputs, held, texts, told["filled"], told["lacking"])
