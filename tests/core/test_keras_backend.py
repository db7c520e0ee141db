"""Keras is imported without messages that a user can do nothing about."""

import logging

import pytest

from dlpy.core import keras_backend

pytestmark = pytest.mark.slow


def test_retraced_graphs_of_other_folds_are_not_reported_and_all_else_is() -> None:
    keras_backend.start()
    logger = logging.getLogger("tensorflow")
    messages = {
        "5 out of the last 5 calls to <function run at 0x7f> triggered tf.function retracing.": False,
        "The calibration of the clock failed.": True,
    }
    for message, passes in messages.items():
        assert bool(logger.filter(logging.makeLogRecord({"msg": message}))) is passes
