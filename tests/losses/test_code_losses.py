"""Losses of pairs and codes: values by hand and by plain loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dlpy.components.objectives import Loss
from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.training.loss import plain_loss

pytestmark = pytest.mark.slow


def loss(name: str, **options: Any) -> Any:
    return plain_loss(Loss.registry.get(name).model_validate({"name": name, **options}))


def unit(rows: int, size: int, seed: int = 3) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(rows, size))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def test_contrastive_is_the_formula_of_its_source() -> None:
    distance = np.array([[0.5], [0.5], [3.0]])
    found = loss("contrastive", margin=2.0).call(np.array([[1.0], [0.0], [0.0]]), np.exp(-distance).astype(np.float32))
    np.testing.assert_allclose(found, [0.5**2 / 2, 1.5**2 / 2, 0.0], rtol=1e-5)


def test_contrastive_knows_its_best_constant() -> None:
    component = Loss.registry.get("contrastive").model_validate({"name": "contrastive", "margin": 1.5})
    best = component.best_constant(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]))
    assert best == pytest.approx(np.exp(-1.5 / 4))  # d = 1.5 / 4 minimizes 3 d^2 + (1.5 - d)^2
    built, labels = plain_loss(component), np.array([[0.0], [1.0], [1.0], [1.0]])
    at = [float(built(labels, np.full((4, 1), best * factor, np.float32))) for factor in (0.98, 1.0, 1.02)]
    assert at[1] < min(at[0], at[2])


def test_in_batch_is_the_cross_entropy_of_finding_each_other() -> None:
    left, right = unit(6, 4, 1), unit(6, 4, 2)
    logits = (left.astype(np.float64) @ right.T) / 0.1
    rows = np.log(np.exp(logits).sum(axis=1)) - logits.diagonal()
    columns = np.log(np.exp(logits).sum(axis=0)) - logits.diagonal()
    found = loss("in_batch", temperature=0.1)(np.ones((6, 1)), np.hstack([left, right]))
    assert float(found) == pytest.approx(((rows + columns) / 2).mean(), rel=1e-5)


def test_in_batch_counts_pairs_that_belong_together_alone() -> None:
    codes = np.hstack([unit(6, 4, 1), unit(6, 4, 2)])
    together = np.array([1, 0, 1, 1, 0, 0.0])[:, None]
    each = loss("in_batch").call(np.ones((6, 1)), codes).numpy()
    assert float(loss("in_batch")(together, codes)) == pytest.approx(each[[0, 2, 3]].mean(), rel=1e-5)
    assert float(loss("in_batch")(np.zeros((6, 1)), codes)) == 0.0


def triplets(labels: np.ndarray, codes: np.ndarray, margin: float) -> float:
    """Return the mean loss of semi-hard triplets by loops over anchors, positives and negatives."""
    distance = np.square(codes[:, None].astype(np.float64) - codes[None]).sum(axis=2)
    found = []
    for anchor, label in enumerate(labels):
        negatives = distance[anchor][labels != label]
        for positive in np.flatnonzero(labels == label):
            if positive != anchor and len(negatives):
                own = distance[anchor, positive]
                farther = negatives[negatives > own]
                chosen = farther.min() if len(farther) else negatives.max()
                found.append(max(0.0, own - chosen + margin))
    return float(np.mean(found)) if found else 0.0


@pytest.mark.parametrize("seed", range(5))
def test_triplets_are_semi_hard_as_in_their_source(seed: int) -> None:
    labels, codes = np.random.default_rng(seed).integers(0, 3, 20), unit(20, 3, seed)
    found = float(loss("triplet", margin=0.3)(labels[:, None], codes))
    assert found == pytest.approx(triplets(labels, codes, 0.3), rel=1e-4)
    assert found > 0


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2]], ids=["one class", "one row of each class"])
def test_batches_without_triplets_cost_nothing(labels: list[int]) -> None:
    assert float(loss("triplet")(np.array(labels)[:, None], unit(3, 4))) == 0.0


def test_gradients_are_finite_where_codes_are_equal() -> None:
    import tensorflow as tf

    for name, codes in (("triplet", np.ones((4, 4)) / 2), ("in_batch", np.ones((4, 8)) / 2)):
        given = tf.Variable(codes, dtype=tf.float32)
        with tf.GradientTape() as tape:
            value = loss(name)(np.array([[0], [0], [1], [1]]), given)
        assert np.isfinite(tape.gradient(value, given).numpy()).all()


CODES = Output("codes", 8)
MISFITS = {
    "contrastive": (Output("regression"), "contrastive needs a binary target"),
    "triplet": (CODES, "triplet needs one input and a class"),
    "in_batch": (Output("codes", 8, ("a", "b")), "in_batch needs two inputs"),
    "mse": (CODES, "mse needs numbers, not codes"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_loss_says_what_it_needs(name: str) -> None:
    output, wanted = MISFITS[name]
    with pytest.raises(ConfigError, match=wanted):
        Loss.registry.get(name)(name=name).check(Task.single(Input("array", (4,)), output))
