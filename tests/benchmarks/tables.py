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
from pathlib import Path

import numpy as np
from table_files import TWELVE, Columns, Table, parts, read


def dlpys_score(table: Table, columns: Columns, seed: int, folder: Path) -> tuple[float, float]:
    """Return the score of what `dlpy new` writes on the test rows, and the seconds that training took.

    The file is changed in these places: the seed; `data.test`, since the test rows are chosen here; and `data.missing`
    where it is not set, since test rows may have missing cells in columns that are complete otherwise.
    """
    from dlpy.experiment.experiment import load
    from dlpy.starter.starter import experiment_for
    from dlpy.training.given import Ask
    from dlpy.training.predict import predict
    from dlpy.training.record import Options
    from dlpy.training.reporter import Reporter
    from dlpy.training.train import train

    learn, test = parts(len(columns), seed)
    rows, other = _write(folder / "rows.csv", columns, learn), _write(folder / "test.csv", columns, test)
    file = folder / "experiment.yaml"
    text = experiment_for(str(rows), columns.target, file).text
    file.write_text(text, encoding="utf-8")
    changes = [f"seed={seed}", "data.test=null", *(["data.missing=median"] * ("\n  missing:" not in text))]
    began = time.perf_counter()
    run = train(*load(file, changes), Options(folder / "runs"), Reporter())
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
