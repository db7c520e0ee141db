"""The metric of spans in a graph counts as NumPy does."""

import numpy as np
import pytest

from dlpy.scores.spans import scheme_of, span_counts, span_scores

pytestmark = pytest.mark.slow
TAGS = ("O", *(f"{prefix}-{kind}" for kind in ("X", "Y") for prefix in "BIES"))


def test_batches_are_counted_as_by_numpy() -> None:
    import tensorflow as tf

    from dlpy.metrics._keras_span_metrics import streamed_spans

    scheme, rng = scheme_of(TAGS), np.random.default_rng(1)
    assert scheme is not None
    metric = streamed_spans()(scheme, name="span_f1")
    assert np.isnan(float(metric.result()))
    wanted = rng.integers(0, len(TAGS), (20, 30))
    said = np.where(rng.random(wanted.shape) < 0.7, wanted, rng.integers(0, len(TAGS), wanted.shape))
    update = tf.function(metric.update_state, reduce_retracing=True)
    for true, predicted in zip(wanted, said, strict=True):
        update(tf.constant(true[:, None]), tf.constant(np.eye(len(TAGS), dtype=np.float32)[predicted]))
    row = np.repeat(np.arange(20), 30)
    found = span_scores(wanted.reshape(-1), said.reshape(-1), row, scheme)
    assert float(metric.result()) == pytest.approx(found.f1[-1], abs=1e-6)
    counts = span_counts(wanted.reshape(-1), said.reshape(-1), row, scheme).sum(axis=0)
    assert counts[:2].tolist() == [found.spans[-1], found.predicted[-1]]
    assert 2 * counts[2] / (counts[0] + counts[1]) == pytest.approx(found.f1[-1])
