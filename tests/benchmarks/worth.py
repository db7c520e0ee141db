"""How near the estimate of `dlpy search` comes to the true score of the best trial, on simulated searches.

    python -m tests.benchmarks.worth --searches 200

Each search has trials of known accuracies whose errors on the held-out rows are drawn, independently or mostly shared by
all trials. A line gives the means over searches of: the best score minus the true accuracy of that trial, the estimate
minus it, the estimate by five folds minus it; the share of 95 % intervals that hold it, and of searches over which
something is said to be found.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from dlpy.scores.selection import fold_optimism, select

FOLDS = 5
ACCURACIES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "noise": lambda rng, trials: np.full(trials, 0.5),
    "0.6 to 0.8": lambda rng, trials: rng.uniform(0.6, 0.8, trials),
    "0.75 +- 0.02": lambda rng, trials: 0.75 + 0.02 * rng.normal(size=trials),
}


def simulated(rng: np.random.Generator, accuracies: np.ndarray, rows: int, shared: float) -> list[float]:
    """Return the three differences, and 1 or 0 for whether the interval holds the truth, and for a find."""
    trials = len(accuracies)
    own, common = rng.random((trials, rows)), rng.random(rows)
    luck = np.where(rng.random((trials, rows)) < shared, common, own)
    right = (luck < accuracies[:, None]) * 1.0
    found = select(lambda counts: counts @ right.T / counts.sum(axis=1, keepdims=True), rows, larger_is_better=True)
    assert found is not None
    truth, by_fold = accuracies[found.best], right.reshape(trials, FOLDS, -1).mean(axis=2).T
    corrected = found.score - fold_optimism(by_fold, larger_is_better=True)
    low, high = found.interval
    return [found.score - truth, found.expected - truth, corrected - truth, low <= truth <= high, low > 0.5]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--searches", type=int, default=150)
    searches, rng = parser.parse_args().searches, np.random.default_rng(1)
    print("rows trials accuracies    shared     best  estimate  by folds  held  found")
    for trials, rows in ((200, 200), (20, 200), (60, 1000)):
        for shared in (0.0, 0.7):
            for name, accuracies in ACCURACIES.items():
                each = [simulated(rng, accuracies(rng, trials), rows, shared) for _ in range(searches)]
                best, estimate, folds, held, found = np.mean(each, axis=0)
                numbers = f"{best:8.4f}  {estimate:8.4f}  {folds:8.4f}  {held:4.0%}  {found:5.0%}"
                print(f"{rows:4} {trials:6} {name:13} {shared:6} {numbers}", flush=True)


if __name__ == "__main__":
    main()
