"""Compares what `dlpy new` writes for a table with scikit-learn's models, on twelve real tables.

    python tests/benchmarks/tables.py --r FOLDER [--seeds 5] [NAME ...]

FOLDER holds R's data sets as CSV files, as in the package pydataset (resources/rdata/csv). A table whose file is
missing is named and skipped. For each seed a fifth of the rows, at most 10,000, are test rows; dlpy takes its
validation rows from the others, and scikit-learn learns from all of these. Its models have their default settings:
HistGradientBoosting, and the better of Ridge and LogisticRegression in the sense that each fits its kind of target, on
standardized numbers and one-hot categories, with medians for missing numbers.
Prints the mean score of each over the seeds: r2 for numbers, accuracy for classes, AUC where the rarer of two classes
has less than a fifth of the rows.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
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
    Table("yogurt", "Ecdat/Yogurt.csv", "choice", "multiclass", ("id",)),
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


def dlpys_score(table: Table, columns: Columns, seed: int, folder: Path) -> tuple[float, float]:
    """Return the score of what `dlpy new` writes on the test rows, and the seconds that training took.

    The file is changed in two places: the seed, and `data.test`, since the test rows are chosen here.
    """
    from dlpy.experiment.experiment import load
    from dlpy.starter.starter import experiment_for
    from dlpy.training.predict import Ask, predict
    from dlpy.training.record import Options
    from dlpy.training.reporter import Reporter
    from dlpy.training.train import train

    learn, test = parts(len(columns), seed)
    rows, other = _write(folder / "rows.csv", columns, learn), _write(folder / "test.csv", columns, test)
    file = folder / "experiment.yaml"
    file.write_text(experiment_for(str(rows), columns.target, file).text, encoding="utf-8")
    began = time.perf_counter()
    run = train(*load(file, [f"seed={seed}", "data.test=null"]), Options(folder / "runs"), Reporter())
    took = time.perf_counter() - began
    answers = predict(run, other, Ask()).records()
    return _score(table, columns.answers(test), answers), took


def _write(path: Path, columns: Columns, rows: np.ndarray) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.cells)
        writer.writerows([column[row] for column in columns.cells.values()] for row in rows)
    return path


def _score(table: Table, true: np.ndarray, answers: list[dict]) -> float:
    """Return the table's metric from dlpy's predictions."""
    from sklearn import metrics

    if table.metric == "r2":
        return float(metrics.r2_score(true, [line["prediction"] for line in answers]))
    if table.metric == "auc":
        last = sorted(set(true.tolist()))[-1]
        return float(metrics.roc_auc_score(true == last, [line[f"probability_{last}"] for line in answers]))
    return float(np.mean(true == np.array([str(line["prediction"]) for line in answers])))


def boosting_score(table: Table, columns: Columns, seed: int) -> float:
    """Return the score of HistGradientBoosting on the test rows; categories are known to it as such."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.preprocessing import OrdinalEncoder

    learn, test = parts(len(columns), seed)
    (numbers, texts), (new_numbers, new_texts) = columns.features(learn), columns.features(test)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=254)
    if texts.shape[1]:
        numbers, new_numbers = (
            np.hstack([numbers, codes.fit_transform(texts)]),
            np.hstack([new_numbers, codes.transform(new_texts)]),
        )
    kind = HistGradientBoostingRegressor if table.task == "regression" else HistGradientBoostingClassifier
    categories = list(range(numbers.shape[1] - texts.shape[1], numbers.shape[1]))
    model = kind(random_state=seed, categorical_features=categories or None)
    model.fit(numbers, columns.answers(learn))
    return _of_estimator(table, model, new_numbers, columns.answers(test))


def linear_score(table: Table, columns: Columns, seed: int) -> float:
    """Return the score of Ridge or LogisticRegression on the test rows."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    learn, test = parts(len(columns), seed)
    (numbers, texts), (new_numbers, new_texts) = columns.features(learn), columns.features(test)
    found, new = [], []
    if numbers.shape[1]:
        scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        found, new = [scale.fit_transform(numbers)], [scale.transform(new_numbers)]
    if texts.shape[1]:
        encode = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        found, new = [*found, encode.fit_transform(texts)], [*new, encode.transform(new_texts)]
    model = Ridge() if table.task == "regression" else LogisticRegression(max_iter=1_000)
    model.fit(np.hstack(found), columns.answers(learn))
    return _of_estimator(table, model, np.hstack(new), columns.answers(test))


def _of_estimator(table: Table, model: object, x: np.ndarray, true: np.ndarray) -> float:
    from sklearn import metrics

    if table.metric == "auc":
        return float(metrics.roc_auc_score(true == model.classes_[1], model.predict_proba(x)[:, 1]))  # type: ignore
    return float(model.score(x, true))  # type: ignore - r2 of numbers, accuracy of classes


def main() -> None:
    """Print the table of scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--r", type=Path, default=Path(), help="folder of R's data sets as CSV files")
    parser.add_argument("--data", type=Path, default=Path(), help="folder of boston.csv and bokeh's titanic_all.csv")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    from dlpy.core import keras_backend

    keras_backend.start()
    print("| table | rows | score | dlpy | boosting | linear | dlpy behind the best | seconds |\n|" + " --- |" * 8)
    for table in TWELVE:
        if given.names and table.name not in given.names:
            continue
        columns = read(table, [given.r, given.data])
        if columns is None:
            print(f"{table.name}: skipped, {table.file} is missing", flush=True)
            continue
        print(_line(table, columns, given.seeds), flush=True)


def _line(table: Table, columns: Columns, seeds: int) -> str:
    ours, seconds = [], []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            score, took = dlpys_score(table, columns, seed, Path(folder))
        ours.append(score)
        seconds.append(took)
    others = [[score(table, columns, seed) for seed in range(seeds)] for score in (boosting_score, linear_score)]
    mean, *rivals = [statistics.fmean(scores) for scores in (ours, *others)]
    behind = 1 - mean / max(rivals)
    cells = [f"{mean:.4f} +- {np.std(ours):.4f}", *(f"{score:.4f}" for score in rivals), f"{behind:+.1%}"]
    return f"| {table.name} | {len(columns):,} | {table.metric} | {' | '.join(cells)} | {np.median(seconds):.0f} |"


if __name__ == "__main__":
    main()
