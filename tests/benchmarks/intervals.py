"""How often intervals hold the true score, and how often a comparison sees a difference that is, or is not, there.

    python -m tests.benchmarks.intervals --tasks 2000

Every task is drawn from a distribution whose true score is known, or measured on 20,000 further rows. NumPy alone:
models are ridge regressions, on random features where a seed matters. `tests/scores/test_intervals.py` runs a few.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dlpy.scores.bootstrap import Sample, Scored, difference, over_models, sampled
from dlpy.scores.distributions import NORMAL
from dlpy.scores.intervals import corrected_resampled_t, interval_of, p_value
from dlpy.scores.weighted import OfRanks, Weighted
from dlpy.scores.weighted_scores import mean_of

Rows = tuple[np.ndarray, np.ndarray]
RESAMPLES = 1000


def sample(score: Weighted, rows: int) -> Sample:
    return sampled([Scored(score, np.arange(rows))], rows, resamples=RESAMPLES)[0]


def holds(low: float, high: float, true: float) -> bool:
    return low <= true <= high


def of_rows(score: Weighted, rows: int, true: float) -> bool:
    found = interval_of(sample(score, rows))
    return holds(found.low, found.high, true)


def accuracy(rng: np.random.Generator) -> bool:
    true, rows = rng.uniform(0.6, 0.95), int(rng.integers(100, 1000))
    return of_rows(mean_of(rng.random(rows) < true), rows, true)


def auc(rng: np.random.Generator) -> bool:
    apart, share, rows = rng.uniform(0.5, 2), rng.uniform(0.2, 0.5), int(rng.integers(100, 1000))
    positive = rng.random(rows) < share
    score = rng.normal(size=rows) + apart * positive
    return of_rows(OfRanks(positive[:, None], score[:, None]), rows, NORMAL.cdf(apart / math.sqrt(2)))


def mae(rng: np.random.Generator) -> bool:
    rows = int(rng.integers(100, 1000))
    if rng.random() < 0.5:
        return of_rows(mean_of(np.abs(rng.normal(size=rows))), rows, math.sqrt(2 / math.pi))
    return of_rows(mean_of(np.abs(rng.standard_t(5, rows))), rows, _mean_of_t5())


def _mean_of_t5() -> float:
    return 2 * math.sqrt(5) * math.gamma(3) / (4 * math.sqrt(math.pi) * math.gamma(2.5))


@dataclass(frozen=True)
class Folds:
    """A ridge regression of some columns on some rows in k folds; `noise` adds chance to the weights of each model."""

    rows: int = 300
    columns: int = 10
    folds: int = 5
    noise: float = 0.0
    classes: bool = False

    def draw(self, rng: np.random.Generator, rows: int) -> Rows:
        x = rng.normal(size=(rows, self.columns))
        y = x[:, :3].sum(axis=1) + 1.5 * rng.normal(size=rows)
        return x, np.sign(y) if self.classes else y

    def scores(self, prediction: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sign(prediction) == y if self.classes else np.abs(prediction - y)

    def run(self, rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray], float]:
        """Return the rows of each fold, their scores, and the mean true score of the models."""
        (x, y), (more_x, more_y) = self.draw(rng, self.rows), self.draw(rng, 20_000)
        fold = rng.permutation(self.rows) * self.folds // self.rows
        places, scores, true = [], [], []
        for number in range(self.folds):
            train, held = fold != number, np.flatnonzero(fold == number)
            weights = np.linalg.solve(x[train].T @ x[train] + np.eye(self.columns), x[train].T @ y[train])
            weights = weights + self.noise * rng.normal(size=self.columns)
            places.append(held)
            scores.append(self.scores(x[held] @ weights, y[held]))
            true.append(self.scores(more_x @ weights, more_y).mean())
        return places, scores, float(np.mean(true))


def fold_coverage(folds: Folds, tasks: int) -> tuple[float, float]:
    """Return how often the interval of a k-fold mean, and that of Nadeau and Bengio, hold the expected score."""
    runs = [folds.run(np.random.default_rng([number, 7])) for number in range(tasks)]
    expected = float(np.mean([true for *_, true in runs]))
    found = []
    for places, scores, _ in runs:
        models = [Scored(mean_of(own), place) for place, own in zip(places, scores, strict=True)]
        own = interval_of(over_models(sampled(models, folds.rows, resamples=RESAMPLES)))
        other = corrected_resampled_t(np.array([np.mean(each) for each in scores]), 1 / (folds.folds - 1))
        found.append([holds(one.low, one.high, expected) for one in (own, other)])
    first, second = np.mean(found, axis=0).tolist()
    return first, second


def is_seen(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    """Return whether a difference is seen between the scores of rows of models with one or several seeds."""
    rows = len(one[0])
    models = [Scored(mean_of(values), np.arange(rows)) for values in (*one, *other)]
    drawn = sampled(models, rows, resamples=RESAMPLES)
    sides = [[[sample] for sample in drawn[: len(one)]], [[sample] for sample in drawn[len(one) :]]]
    return p_value(difference(*sides, same_folds=len(one) == len(other) == 1)) <= 0.05


def equal_accuracies(rng: np.random.Generator) -> bool:
    """Compare two models of the same accuracy that err on other rows."""
    hard, rows = rng.random(500) < 0.15, 500  # wrong in both
    return is_seen(*([~hard & (rng.random(rows) > 0.08)] for _ in range(2)))


def errors_apart(rng: np.random.Generator, apart: float) -> bool:
    """Compare two models whose errors differ by some standard errors of the difference."""
    rows, own = 500, 0.3
    shared, shift = np.abs(rng.normal(size=rows)), apart * own * math.sqrt(2 / rows)
    return is_seen([shared + own * rng.normal(size=rows)], [shared + shift + own * rng.normal(size=rows)])


def seeds(rng: np.random.Generator, count: int, rows: int = 500) -> bool:
    """Compare two groups of models on random features, which differ in their seeds alone."""
    task = Folds()
    (x, y), (held_x, held_y) = task.draw(rng, 200), task.draw(rng, rows)
    values = []
    for _ in range(2 * count):
        hidden = rng.normal(size=(task.columns, 60))
        learnt = np.maximum(x @ hidden, 0)
        weights = np.linalg.solve(learnt.T @ learnt + 100 * np.eye(60), learnt.T @ y)
        values.append(np.abs(np.maximum(held_x @ hidden, 0) @ weights - held_y))
    return is_seen(values[:count], values[count:])


def share(of: Callable[[np.random.Generator], bool], tasks: int) -> float:
    """Return in what share of the tasks something holds."""
    return float(np.mean([of(np.random.default_rng([number, 3])) for number in range(tasks)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    tasks = parser.parse_args().tasks
    for name, of in (("accuracy", accuracy), ("AUC", auc), ("MAE", mae)):
        print(f"{name}: {share(of, tasks):.3f} hold the true score; of the first 200: {share(of, 200):.3f}", flush=True)
    for name, folds in (
        ("MAE", Folds()),
        ("accuracy", Folds(classes=True)),
        ("MAE, weights that vary by seed", Folds(noise=0.15)),
        ("MAE, 80 rows to train 40 weights on", Folds(rows=100, columns=40)),
    ):
        own, other = fold_coverage(folds, tasks // 2)
        print(f"k-fold mean of {name}: {own:.3f}; Nadeau and Bengio: {other:.3f}", flush=True)
    print(f"equal accuracies: no difference in {1 - share(equal_accuracies, tasks):.3f}", flush=True)
    for apart in (0, 2, 3):
        found = share(lambda rng, apart=apart: errors_apart(rng, apart), tasks)
        print(f"{apart} standard errors apart: a difference in {found:.3f}", flush=True)
    for count in (1, 5):
        found = 1 - share(lambda rng, count=count: seeds(rng, count), tasks // 4)
        print(f"other seeds, {count} against {count}: no difference in {found:.3f}", flush=True)


if __name__ == "__main__":
    main()
