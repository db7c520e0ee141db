"""Your own texts, one file each, in one folder per class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import DataError, reading
from dlpy.data.features import Texts
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.task import Task
from dlpy.datasets._folders import class_folder, class_folders, entries, output_of
from dlpy.datasets._memory_option import require_memory
from dlpy.datasets._table_options import carried_columns
from dlpy.datasets._texts import STAND_IN_ROWS, TEXT, checked, generated, read_csv

_UNLABELLED = "unsup"  # the folder of unlabelled reviews in aclImdb


class TextFolder(Dataset):
    """UTF-8 text files that end in .txt, in one folder per class under `path`: pos/1.txt, neg/7.txt, ...

    The classes are the folders in alphabetical order, except hidden ones and aclImdb's `unsup`. Symbolic links are not
    followed. A transform, `tokenize` or `hash_words`, converts the texts to integers.
    """

    name: Literal["text_folder"] = "text_folder"
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    """Names of the classes to read, in the order of their numbers. Default: all, sorted by name."""
    test: Holdout | None = None
    """Test texts, used only by `dlpy evaluate`: a fraction (0.2) or a count (500). Default: none."""
    test_path: str | None = None
    """Folder with the test texts in the same class folders, e.g. aclImdb/test. Default: none."""
    shuffle_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed for shuffling the rows."""

    @model_validator(mode="after")
    def _possible(self) -> TextFolder:
        if self.path is None:
            raise ValueError("text_folder needs 'path', the folder that contains the class folders")
        if self.test is not None and (self.test_path or self.test.use or self.test.column):
            raise ValueError(
                "'test' should be a fraction or a count of the texts under 'path'; or set 'test_path' instead"
            )
        if self.classes is not None and len({*self.classes}) < len(self.classes):
            raise ValueError("'classes' lists a folder twice")
        return self

    def outline(self) -> Task | None:
        return None if self.classes is None else Task.single(TEXT, output_of(self.classes))

    def check(self) -> None:
        why = "A folder of texts is read as a whole: write them into one CSV file for text_csv, which reads pieces."
        require_memory(self.path, 1, why, self._is_read)

    def _is_read(self, file: Path) -> bool:
        """Return whether a file of the folder is a text of one of the classes."""
        name = file.parent.name
        is_of_class = name != _UNLABELLED if self.classes is None else name in self.classes
        return is_of_class and file.suffix == ".txt" and file.parent.parent == Path(str(self.path))

    def load(self) -> Loaded:
        folder = Path(str(self.path))
        classes = self.classes or class_folders(folder, leave=_UNLABELLED)
        task = Task.single(TEXT, output_of(classes))
        random = np.random.default_rng(self.shuffle_seed)
        rows = _rows(folder, classes, random)
        test = _rows(Path(self.test_path).expanduser(), classes, random) if self.test_path else None
        loaded = Loaded(rows, test, task, Source("file", str(folder)), {"classes": classes})
        return hold_out(loaded, self.test, self.split_seed)

    def read(self, path: Path, task: Task) -> Rows:
        if path.is_dir():
            return Rows.single(_texts(_files(path)))
        return Rows.single(_texts([path]) if path.suffix == ".txt" else read_csv(path, "text")[1])

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        is_table = path.is_file() and path.suffix != ".txt"
        return carried_columns(path, names) if is_table else super().carried(path, names)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        classes = self.classes or ["a", "b"]
        output = output_of(classes)
        task, source = Task.single(TEXT, output), Source("stand-in", f"generated sentences instead of {self.path}")
        test = Holdout(fraction=0.5) if self.test_path else for_limit(self.test, limit)
        rows = generated(seed, 2 * (limit or STAND_IN_ROWS) if self.test_path else limit, output, test)
        return hold_out(Loaded(rows, None, task, source, {"classes": classes}), test, self.split_seed)


def _rows(folder: Path, classes: list[str], random: np.random.Generator) -> Rows:
    """Return the texts of all classes with their class numbers, in random order."""
    files = [_files(class_folder(folder, name)) for name in classes]
    labels = np.repeat(np.arange(len(classes)), [len(paths) for paths in files])
    rows = Rows.single(_texts([path for paths in files for path in paths]), labels)
    return rows.take(random.permutation(len(rows)))


def _files(folder: Path) -> list[Path]:
    """Return the text files in a folder, sorted by name."""
    found = (entry for entry in entries(folder) if entry.is_file(follow_symlinks=False))
    files = [Path(entry.path) for entry in found if entry.name.endswith(".txt")]
    if not files:
        raise DataError(f"{folder} contains no files that end in .txt.")
    return files


def _texts(paths: list[Path]) -> Texts:
    return checked([_text(path) for path in paths], lambda row: str(paths[row]))


def _text(path: Path) -> str:
    """Return the contents of a UTF-8 text file."""
    with reading(path):
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
