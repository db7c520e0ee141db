"""Models that are used again for other trials are those that a fresh build gives."""

from typing import Any

import numpy as np
import pytest

from dlpy.data.task import Input, Output, Task
from dlpy.experiment.experiment import Experiment, load
from dlpy.search.member_models import MemberModels

pytestmark = pytest.mark.slow

TASK = Task.single(Input("array", (3,)), Output("regression"))


def experiment(bench, rate: float, dropout: float, penalty: float, **blocks: Any) -> Experiment:
    model = {"name": "dense", "units": [4, 4], "dropout": dropout, "regularizer": {"l2": penalty}}
    training = {"optimizer": {"name": "adamw", "learning_rate": rate, "weight_decay": rate / 10}}
    data = {"name": "blobs", "task": "regression"}
    return load(bench.experiment(data=data, model=model, training=training, **blocks))[0]


def state(model: Any) -> list[np.ndarray]:
    seeds = [layer.seed_generator.state.numpy() for layer in model.layers if type(layer).__name__ == "Dropout"]
    return [*model.get_weights(), *seeds]


def numbers(model: Any) -> tuple[Any, ...]:
    drops = [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"]
    penalties = [float(v.regularizer.l2) for v in model.trainable_variables if v.regularizer is not None]
    return drops, penalties, float(model.optimizer.learning_rate), float(model.optimizer.weight_decay)


def test_a_model_that_is_used_again_is_as_a_fresh_one(bench) -> None:
    from dlpy.training.compile import fresh_model

    models = MemberModels()
    models.begin()
    used = models.model(experiment(bench, 0.1, 0.2, 0.3), TASK)
    for variable in used.variables:
        variable.assign(variable * 0)  # as if it were trained
    used.optimizer.learning_rate = 0.5
    models.begin()
    second = experiment(bench, 0.01, 0.4, 0.5)
    again, fresh = models.model(second, TASK), fresh_model(second, TASK)
    assert again is used
    assert numbers(again) == numbers(fresh) == ([0.4, 0.4], [0.5, 0.5], pytest.approx(0.01), pytest.approx(0.001))
    assert all(np.array_equal(own, other) for own, other in zip(state(again), state(fresh), strict=True))


def test_members_of_one_group_have_models_of_their_own(bench) -> None:
    models, one = MemberModels(), experiment(bench, 0.1, 0.2, 0.3)
    models.begin()
    assert models.model(one, TASK) is not models.model(one, TASK)


def test_another_seed_has_other_weights(bench) -> None:
    models = MemberModels()
    models.begin()
    first = models.model(experiment(bench, 0.1, 0.2, 0.3), TASK)
    models.begin()
    other = models.model(experiment(bench, 0.1, 0.2, 0.3, seed=1), TASK)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
