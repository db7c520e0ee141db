"""Seconds for 500 tokens by a transformer: with cached keys and values, and by reading the whole window for each.

The argument is the size of its four blocks.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlpy.components.model import Model
from dlpy.data.task import Input, Output, Task
from dlpy.sampling.text import Continuation, Manner

WINDOW, TOKENS, LENGTH, SIZE = 512, 60, 500, int(sys.argv[1])
OPENING = np.arange(8, dtype=np.int32)


def network() -> keras.Model:
    keras.utils.set_random_seed(1)
    task = Task.single(Input("sequence", (WINDOW,), TOKENS), Output("tokens", TOKENS, steps=WINDOW))
    options = {"name": "transformer", "blocks": 4, "size": SIZE, "heads": 4}
    return Model.registry.get("transformer").model_validate(options).build(task)


def without_cache(read: tf.types.experimental.GenericFunction, length: int) -> list[int]:
    text = np.zeros((1, WINDOW), np.int32)
    text[0, : len(OPENING)] = OPENING
    for place in range(len(OPENING), len(OPENING) + length):
        text[0, place] = np.argmax(read(tf.constant(text)).numpy()[0, place - 1])
    return text[0, len(OPENING) : len(OPENING) + length].tolist()


def with_cache(write: Continuation, length: int) -> list[int]:
    (found,) = write(OPENING, length, Manner((0.0,)))
    return found.tolist()


def timed(job: Callable[[Any, int], list[int]], given: Any, length: int) -> tuple[list[int], np.ndarray]:
    """Return the text, and the seconds by the processor and by the wall clock."""
    began = np.array([time.process_time(), time.perf_counter()])
    return job(given, length), np.array([time.process_time(), time.perf_counter()]) - began


model = network()
read = tf.function(lambda text: model(text, training=False), autograph=False)
write = Continuation(model, np.ones(TOKENS, bool))
_, tracing = timed(without_cache, read, 1)
_, compiling = timed(with_cache, write, 1)
print(
    "first token (processor, wall): without a cache {:.1f}, {:.1f} s, with it {:.1f}, {:.1f} s".format(
        *tracing, *compiling
    )
)
for _ in range(3):
    (slow, slowly), (fast, fastly) = timed(without_cache, read, LENGTH), timed(with_cache, write, LENGTH)
    print("{:.2f}, {:.2f} s and {:.2f}, {:.2f} s:".format(*slowly, *fastly), end=" ")
    print("{:.0f}, {:.0f} times; same: {}".format(*slowly / fastly, slow == fast))
