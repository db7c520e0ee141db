"""Precision, recall, F1 and areas under curves are scikit-learn's, whatever classes, ties and weights there are."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from dlpy.components.objectives import Metric
from dlpy.data.task import Input, Output, Task
from dlpy.scores.class_scores import area_under_roc, average_precision, class_scores, mean_of_defined

pytestmark = pytest.mark.slow  # imports Keras

SETS = range(200)


def task(output: Output) -> Task:
    return Task.single(Input("array", (1,)), output)


def drawn(number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return labels, probabilities and weights: few values, so that there are ties; often without some class."""
    rng = np.random.default_rng(number)
    classes = int(rng.integers(2, 7))
    present = rng.choice(classes, int(rng.integers(1, classes + 1)), replace=False)
    rows = int(rng.integers(1, 60))
    labels = rng.choice(present, rows)
    steps = 4 if number % 2 else 1000
    probability = rng.integers(0, steps + 1, (rows, classes)).astype(np.float32) / steps
    weight = rng.integers(0, 5, rows).astype(np.float32) / 2 if number % 3 == 0 else None
    return labels, probability, weight


def in_batches(metric, labels: np.ndarray, probability: np.ndarray, weight: np.ndarray | None) -> float:
    for some in (slice(0, 7), slice(7, None)):
        if len(labels[some]):
            metric.update_state(labels[some], probability[some], None if weight is None else weight[some])
    return float(metric.result())


def by_sklearn(name: str, wanted, said, *, weight, **options) -> float:
    score = getattr(sklearn_metrics, f"{name}_score")
    with warnings.catch_warnings(action="ignore"):
        return score(wanted, said, sample_weight=weight, zero_division=np.nan, **options)


def built(name: str, output: Output, **options) -> object:
    metric = Metric.registry.get(name).model_validate({"name": name, **options})
    metric.check(task(output))
    return metric.build(task(output))


def choice(number: int) -> tuple[str, str]:
    """Return a measure and an average; all nine come in turn."""
    return ("precision", "recall", "f1")[number % 3], ("macro", "micro", "weighted")[number // 3 % 3]


def test_precision_recall_and_f1_of_several_classes_are_those_of_scikit_learn() -> None:
    for number in SETS:
        labels, probability, weight = drawn(number)
        classes, said, one_hot = probability.shape[1], probability.argmax(axis=1), number % 4 == 0
        if weight is not None and weight.sum() == 0:
            continue
        y = np.eye(classes, dtype=np.float32)[labels] if one_hot else labels[:, None]
        output, (name, average) = Output("multiclass", classes, one_hot=one_hot), choice(number)
        found = in_batches(built(name, output, average=average), y, probability, weight)
        wanted = by_sklearn(name, labels, said, weight=weight, average=average)
        assert found == pytest.approx(wanted, abs=1e-6, nan_ok=True), (number, name, average)


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_the_score_of_one_class_is_that_of_scikit_learn(name: str) -> None:
    for number in range(20):
        labels, probability, weight = drawn(number)
        said, one = probability.argmax(axis=1), probability.shape[1] - 1
        metric = built(name, Output("multiclass", probability.shape[1]), class_id=one)
        wanted = by_sklearn(name, labels, said, weight=weight, labels=[one], average="macro")
        assert in_batches(metric, labels, probability, weight) == pytest.approx(wanted, abs=1e-6, nan_ok=True), number


def test_precision_recall_and_f1_of_two_classes_are_those_of_scikit_learn() -> None:
    output = Output("binary", 1)
    for number in SETS:
        labels, probability, weight = drawn(number)
        labels, probability = labels % 2, probability[:, :1]
        threshold, (name, average) = (0.5, 0.25)[number % 2], choice(number)
        said = (probability[:, 0] > threshold).astype(int)
        of_both = number % 5 == 0 and weight is None
        options = {"average": average} if of_both else {}
        which = {"average": average} if of_both else {"labels": [1], "average": "macro"}
        found = in_batches(built(name, output, threshold=threshold, **options), labels[:, None], probability, weight)
        wanted = by_sklearn(name, labels, said, weight=weight, **which)
        assert found == pytest.approx(wanted, abs=1e-6, nan_ok=True), (number, name, options)


def test_areas_are_those_of_scikit_learn() -> None:
    for number in SETS:
        labels, probability, weight = drawn(number)
        scores = class_scores(labels, probability)
        for one in range(probability.shape[1]):
            positive, score = labels == one, probability[:, one]
            counted = np.ones(len(labels)) if weight is None else weight
            if not counted[positive].sum() or not counted[~positive].sum():
                assert np.isnan(area_under_roc(positive, score, weight))
                assert np.isnan(average_precision(positive, score, weight))
                continue
            wanted = sklearn_metrics.roc_auc_score(positive, score, sample_weight=weight)
            assert area_under_roc(positive, score, weight) == pytest.approx(wanted, abs=1e-6)
            precise = sklearn_metrics.average_precision_score(positive, score, sample_weight=weight)
            assert average_precision(positive, score, weight) == pytest.approx(precise, abs=1e-6)
            if weight is None:
                assert (scores.auc[one], scores.average_precision[one]) == pytest.approx((wanted, precise), abs=1e-6)


def test_the_scores_of_every_class_are_those_of_scikit_learn() -> None:
    for number in SETS:
        labels, probability, _ = drawn(number)
        scores, said = class_scores(labels, probability), probability.argmax(axis=1)
        every = range(probability.shape[1])
        for name in ("precision", "recall", "f1"):
            wanted = by_sklearn(name, labels, said, weight=None, labels=every, average=None)
            assert getattr(scores, name) == pytest.approx(wanted, abs=1e-6, nan_ok=True), (number, name)
        assert scores.rows.tolist() == [int((labels == one).sum()) for one in every]
        assert scores.predicted.tolist() == [int((said == one).sum()) for one in every]


def test_a_class_without_rows_is_left_out_of_a_mean() -> None:
    # rows of A and B only; predicted A, A, B, B: right are the first and the last two
    labels, said = np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1])
    probability = np.eye(3, dtype=np.float32)[said]
    output = Output("multiclass", 3)
    found = {name: in_batches(built(name, output), labels, probability, None) for name in ("precision", "recall", "f1")}
    assert found == pytest.approx({"precision": (1 / 2 + 1) / 2, "recall": (1 + 2 / 3) / 2, "f1": (2 / 3 + 4 / 5) / 2})
    assert mean_of_defined(np.array([np.nan, 0.25, np.nan, 0.75])) == 0.5


def test_what_is_undefined_is_nan() -> None:
    probability = np.array([[0.2], [0.3]], np.float32)
    only_first = np.array([0, 0])
    for name in ("precision", "recall", "f1", "auc"):
        assert np.isnan(in_batches(built(name, Output("binary", 1)), only_first[:, None], probability, None)), name
    assert np.isnan(mean_of_defined(np.full(3, np.nan)))
    several = np.array([[0.5, 0.2, 0.3], [0.6, 0.3, 0.1]], np.float32)
    assert np.isnan(in_batches(built("auc", Output("multiclass", 3)), only_first[:, None], several, None))


def test_the_area_of_streamed_rows_leaves_out_classes_without_rows() -> None:
    # A against B: both rows of A have a higher probability of A, one of B's has a lower one of B than a row of A
    labels = np.array([0, 0, 1, 1])
    probability = np.array([[0.7, 0.3, 0], [0.6, 0.4, 0], [0.5, 0.5, 0], [0.4, 0.35, 0.25]], np.float32)
    for y, one_hot in ((labels[:, None], False), (np.eye(3, dtype=np.float32)[labels], True)):
        metric = built("auc", Output("multiclass", 3, one_hot=one_hot))
        assert in_batches(metric, y, probability, None) == pytest.approx((1 + 3 / 4) / 2, abs=1e-3)
