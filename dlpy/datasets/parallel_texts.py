"""Your own translations in two files side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from dlpy.core.errors import DataError
from dlpy.data.features import Texts
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.task import Task
from dlpy.datasets._prose import read_text
from dlpy.datasets._texts import checked
from dlpy.datasets._translation import Translation, generated_pairs, pairs
from dlpy.transforms.token_pairs import RAW_TASK


class ParallelTexts(Translation):
    """Two UTF-8 text files, `source` and `target`, with a sentence on each line: each line is the other's translation.

    `dlpy predict RUN FILE` translates the lines of a text file. Pairs in two columns of a table are read by text_csv.
    """

    name: Literal["parallel_texts"] = "parallel_texts"
    source: str = ""
    """File with the source texts, one on each line, relative to the current folder."""
    target: str = ""
    """File with the target texts, one on each line."""
    test: Holdout | None = None
    """Test rows, used only by `dlpy evaluate`: a fraction (0.2) or a count (500). Default: none."""

    @model_validator(mode="after")
    def _has_files(self) -> ParallelTexts:
        if not self.source or not self.target:
            raise ValueError("parallel_texts needs 'source' and 'target', the paths of the two text files")
        if self.path is not None:
            raise ValueError("parallel_texts reads the files 'source' and 'target': remove 'path'")
        if self.test is not None and (self.test.use or self.test.column):
            raise ValueError("'test' should be a fraction or a count")
        return self

    def load(self) -> Loaded:
        source, target = (Path(path).expanduser() for path in (self.source, self.target))
        sources, targets = _lines(source), _lines(target)
        if len(sources) != len(targets):
            counts = f"{source} has {len(sources):,} lines, {target} has {len(targets):,}"
            raise DataError(f"{counts}. Each line of one is the translation of the same line of the other.")
        return self._loaded(pairs(sources, targets), Source("file", f"{source} and {target}"), self.test)

    def read(self, path: Path, task: Task) -> Rows:
        return pairs(_lines(path), None)

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        test = for_limit(self.test, limit)
        source = Source("stand-in", f"generated sentences instead of {self.source} and {self.target}")
        return self._loaded(generated_pairs(seed, limit, test), source, test)

    def _loaded(self, rows: Rows, source: Source, test: Holdout | None) -> Loaded:
        return hold_out(Loaded(rows, None, RAW_TASK, source), test, self.split_seed)


def _lines(path: Path) -> Texts:
    """Return the lines of a text file.

    Raises:
        DataError: the file cannot be read, or a line is empty.
    """
    lines = read_text(path).removesuffix("\n").split("\n")
    return checked(lines, lambda row: f"{path}, line {row + 1}")
