"""Processor seconds for 500 tokens by a transformer: with cached keys and values, and by reading the whole window for each.

The argument is the size of its four blocks.
"""

import sys
import time

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


def without_cache(read: tf.types.experimental.GenericFunction, length: int) -> tuple[list[int], float]:
    text, began = np.zeros((1, WINDOW), np.int32), time.process_time()
    text[0, : len(OPENING)] = OPENING
    for place in range(len(OPENING), len(OPENING) + length):
        text[0, place] = np.argmax(read(tf.constant(text)).numpy()[0, place - 1])
    return text[0, len(OPENING) : len(OPENING) + length].tolist(), time.process_time() - began


def with_cache(write: Continuation, length: int) -> tuple[list[int], float]:
    began = time.process_time()
    (found,) = write(OPENING, length, Manner((0.0,)))
    return found.tolist(), time.process_time() - began


model = network()
read = tf.function(lambda text: model(text, training=False), autograph=False)
write = Continuation(model, np.ones(TOKENS, bool))
without_cache(read, 1), with_cache(write, 1)  # traced
(slow, slowly), (fast, fastly) = without_cache(read, LENGTH), with_cache(write, LENGTH)
print(f"without a cache {slowly:.2f} s, with it {fastly:.2f} s: {slowly / fastly:.0f} times; same: {slow == fast}")
