"""The twelve tables of the comparison with scikit-learn: where each lies, and its columns in memory."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MOST_ROWS = 50_000


@dataclass(frozen=True)
class Table:
    """A table: its file, the column to predict and how, and columns that give the target away or number the rows."""

    name: str
    file: str
    target: str
    task: str
    ignore: tuple[str, ...] = ()
    score: str = ""

    @property
    def metric(self) -> str:
        """The score by which models are compared."""
        return self.score or ("r2" if self.task == "regression" else "accuracy")


TWELVE = [
    Table("diabetes", "sklearn:diabetes", "target", "regression"),
    Table("boston", "boston.csv", "MEDV", "regression"),
    Table("computers", "Ecdat/Computers.csv", "price", "regression"),
    Table("diamonds", "ggplot2/diamonds.csv", "price", "regression"),
    Table("breast_cancer", "sklearn:breast_cancer", "target", "binary"),
    Table("titanic", "titanic_all.csv", "survived", "binary", ("name",)),
    Table("mortgages", "Ecdat/Hdma.csv", "deny", "binary", score="auc"),
    Table("insurance", "Ecdat/HI.csv", "hhi", "binary", ("hhi2",)),
    Table("digits", "sklearn:digits", "target", "multiclass"),
    Table("chile", "car/Chile.csv", "vote", "multiclass"),
    Table("yogurt", "Ecdat/Yogurt.csv", "choice", "multiclass"),
    Table("colours", "ggplot2/diamonds.csv", "cut", "multiclass"),
]


@dataclass(frozen=True)
class Columns:
    """A table in memory: the cells of each column as texts, and which columns are numbers."""

    cells: dict[str, list[str]]
    target: str
    numeric: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.cells[self.target])

    def features(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers (rows, columns) with NaN where missing, and the categories (rows, columns) as texts."""
        names = [name for name in self.cells if name != self.target]
        texts = {name: np.array(self.cells[name], object)[rows] for name in names}
        numbers = [texts[name] for name in names if name in self.numeric]
        others = [texts[name] for name in names if name not in self.numeric]
        found = [[float(cell) if cell else np.nan for cell in column] for column in numbers]
        shapes = (len(found), len(rows)), (len(others), len(rows))
        return np.array(found, float).reshape(shapes[0]).T, np.array(others, object).reshape(shapes[1]).T

    def answers(self, rows: np.ndarray) -> np.ndarray:
        """Return the targets as texts, or as numbers if they are some."""
        texts = np.array(self.cells[self.target], object)[rows]
        return texts.astype(float) if self.target in self.numeric else texts.astype(str)


def read(table: Table, folders: list[Path]) -> Columns | None:
    """Return the table without rows that lack the target, at most 50,000 drawn at random; None if it is missing."""
    found = _bundled(table.file[8:]) if table.file.startswith("sklearn:") else _from_file(table.file, folders)
    if found is None:
        return None
    cells = {name: column for name, column in found.items() if name and name not in table.ignore}
    known = [row for row, cell in enumerate(cells[table.target]) if cell]
    if len(known) > MOST_ROWS:
        known = sorted(np.random.default_rng(0).permutation(known)[:MOST_ROWS].tolist())
    cells = {name: [column[row] for row in known] for name, column in cells.items()}
    numeric = {name for name, column in cells.items() if all(map(_is_number, column))}
    return Columns(cells, table.target, numeric if table.task == "regression" else numeric - {table.target})


def _bundled(name: str) -> dict[str, list[str]]:
    from sklearn import datasets

    loaded = getattr(datasets, f"load_{name}")()
    names = [str(each) for each in getattr(loaded, "feature_names", range(loaded.data.shape[1]))]
    cells = {name: [repr(float(cell)) for cell in column] for name, column in zip(names, loaded.data.T, strict=True)}
    return cells | {"target": [f"{cell:g}" for cell in loaded.target]}


def _from_file(name: str, folders: list[Path]) -> dict[str, list[str]] | None:
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        return None
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        first, *rows = csv.reader(file)
    columns = zip(*rows, strict=True)
    return {
        name: ["" if cell == "NA" else cell for cell in column] for name, column in zip(first, columns, strict=True)
    }


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


def parts(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to learn from, and the test rows."""
    order = np.random.default_rng(seed).permutation(count)
    test = min(count // 5, 10_000)
    return np.sort(order[test:]), np.sort(order[:test])
