"""Weights of the members of an ensemble, chosen on held-out rows, and how different the members are.

Targets and predictions have the shapes described in `dlpy.scores.calibration`; those of numbers are (rows,) or
(rows, units), and (rows, units). Predictions of all members are (members, rows, units).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.cross_fitting import crosswise

BAGS = 20
_STEPS = 40  # of greedy selection: weights are multiples of at least 1 / 40
_FEWEST = 5  # members of a bag, if there are that many: fewer would be weighted by which bags they happen to be in
_LEAST = 1e-7  # the smallest probability in a cross-entropy, as in Keras
_ROUNDS = 2000  # of stacking
_STILL = 1e-9


def combined(predictions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of the members' predictions: (rows, units) float64."""
    return np.tensordot(weights, predictions.astype(np.float64), axes=1)


def chosen_weights(weighting: str, target: np.ndarray, predictions: np.ndarray, *, is_number: bool) -> np.ndarray:
    """Return the weights of the members, (members,), which sum to 1.

    Args:
        weighting: mean; greedy, bagged greedy selection; or stack, the best weights that are not negative.
        target: of the rows that choose.
        predictions: (members, rows, units).
        is_number: whether the target is a number: the squared error decides, otherwise the cross-entropy.
    """
    members = len(predictions)
    if weighting == "mean":
        return np.full(members, 1 / members)
    terms = _terms(target, predictions, is_number=is_number)
    return (_greedy if weighting == "greedy" else _stacked)(terms, is_number)


def cross_combined(weighting: str, target: np.ndarray, predictions: np.ndarray, *, is_number: bool) -> np.ndarray:
    """Return predictions for the rows that choose the weights: each fifth with the weights of the others.

    The arguments are those of `chosen_weights`; the result is (rows, units).
    """
    found = np.empty(predictions.shape[1:], np.float64)
    for fit, score in crosswise(len(target)):
        weights = chosen_weights(weighting, target[fit], predictions[:, fit], is_number=is_number)
        found[score] = combined(predictions[:, score], weights)
    return found


def _terms(target: np.ndarray, predictions: np.ndarray, *, is_number: bool) -> np.ndarray:
    """Return what the loss of an ensemble is computed from, (members, terms), whose weighted mean is the ensemble's.

    They are errors in units of the target's standard deviation, or probabilities of what is true.
    """
    predictions = predictions.astype(np.float64)
    if is_number:
        true = target.reshape(predictions.shape[1:]).astype(np.float64)
        spread = true.std(axis=0)
        return ((predictions - true) / np.where(spread > 0, spread, 1)).reshape(len(predictions), -1)
    if target.ndim > 1:
        return np.where(target == 1, predictions, 1 - predictions).reshape(len(predictions), -1)
    rows = np.arange(len(target))
    return np.stack([class_probabilities(own)[rows, target] for own in predictions])


def _losses(terms: np.ndarray, is_number: bool) -> np.ndarray:
    """Return the loss of each ensemble: (ensembles,) of (ensembles, terms)."""
    if is_number:
        return np.square(terms).mean(axis=1)
    return -np.log(np.clip(terms, _LEAST, 1)).mean(axis=1)


def _greedy(terms: np.ndarray, is_number: bool) -> np.ndarray:
    """Return the mean of the weights that greedy selection finds in random halves of the members.

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models", ICML.
    """
    members = len(terms)
    size = max((members + 1) // 2, min(members, _FEWEST))
    rng = np.random.default_rng(0)
    bags = [np.sort(rng.permutation(members)[:size]) for _ in range(BAGS if size < members else 1)]
    weights = np.zeros(members)
    for bag in bags:
        weights[bag] += _selected(terms[bag], is_number) / len(bags)
    return weights


def _selected(terms: np.ndarray, is_number: bool) -> np.ndarray:
    """Return how often each member is chosen, relative to all choices, if each step adds the one that helps most."""
    counts, total = np.zeros(len(terms)), np.zeros(terms.shape[1])
    best, smallest = counts, np.inf
    for step in range(1, _STEPS + 1):
        losses = _losses((total + terms) / step, is_number)
        chosen = int(losses.argmin())
        total = total + terms[chosen]
        counts = counts + np.eye(len(terms))[chosen]
        if losses[chosen] < smallest:
            best, smallest = counts / step, losses[chosen]
    return best


def _stacked(terms: np.ndarray, is_number: bool) -> np.ndarray:
    """Return the weights, not negative and with sum 1, of the ensemble with the smallest loss.

    Source: Breiman 1996, "Stacked regressions", Machine Learning 24; van der Laan et al. 2007, "Super learner".
    """
    weights = np.full(len(terms), 1 / len(terms))
    products = terms @ terms.T / terms.shape[1]
    for _ in range(_ROUNDS):
        if is_number:  # pairwise Frank-Wolfe steps, each with an exact line search
            new = _nearer(weights, products)
        else:  # expectation-maximization of a mixture: the likelihood grows in each round
            mixed = np.clip(weights @ terms, _LEAST, None)
            new = weights * (terms / mixed).mean(axis=1)
            new /= new.sum()
        if np.abs(new - weights).max() < _STILL:
            return new
        weights = new
    return weights


def _nearer(weights: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return weights with a smaller squared error: moved from the worst member that has some to the best."""
    slope = products @ weights
    there = np.flatnonzero(weights > 0)
    best, worst = int(slope.argmin()), int(there[slope[there].argmax()])
    curvature = products[best, best] + products[worst, worst] - 2 * products[best, worst]
    gain = slope[worst] - slope[best]
    if gain <= 0 or curvature <= 0:
        return weights
    moved = min(gain / curvature, weights[worst])
    new = weights.copy()
    new[best] += moved
    new[worst] -= moved
    return new


def diversity(target: np.ndarray, predictions: np.ndarray, *, is_number: bool) -> dict[str, float]:
    """Return how different the members are, as the mean over their pairs.

    Of numbers `error_correlation`, the correlation of their errors (NaN where undefined); of classes and labels
    `disagreement`, the share of rows (and labels) that they predict differently.
    """
    pairs = list(combinations(range(len(predictions)), 2))
    if is_number:
        errors = _terms(target, predictions, is_number=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            correlations = np.corrcoef(errors)
        return {"error_correlation": float(np.mean([correlations[pair] for pair in pairs]))}
    if target.ndim > 1:
        said = [own > 0.5 for own in predictions]
    else:
        said = [class_probabilities(own).argmax(axis=1) for own in predictions]
    return {"disagreement": float(np.mean([(said[one] != said[other]).mean() for one, other in pairs]))}
