"""Drives a callback through epochs whose scores the test decides, on a real compiled network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from dlpy.components.hooks import Hooks

if TYPE_CHECKING:
    import keras


@dataclass
class Course:
    """What happened: how many epochs there were, and the learning rate that each of them had."""

    epochs: int = 0
    rates: list[float] = field(default_factory=list)


@pytest.fixture
def network() -> keras.Model:
    import keras

    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.fixture
def drive(network: keras.Model) -> Callable[..., Course]:
    """Return a function that tells a callback the scores of one epoch after the other, as training does."""

    def through(hooks: Hooks, *scores: dict[str, float]) -> Course:
        network.stop_training = False
        course = Course()
        hooks.set_model(network)
        hooks.set_teller(lambda line: None)
        hooks.on_train_begin()
        for epoch, logs in enumerate(scores):
            hooks.on_epoch_begin(epoch)
            course.rates.append(round(float(network.optimizer.learning_rate), 6))
            hooks.on_epoch_end(epoch, logs)
            course.epochs += 1
            if network.stop_training:
                break
        hooks.on_train_end()
        return course

    return through
