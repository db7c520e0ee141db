"""Dates into one form, as a plain Keras script: a bidirectional GRU reads, and one with attention writes."""

import csv
import sys
import time
from pathlib import Path

from keras import Input, Model, layers, ops, optimizers

with Path(sys.argv[1]).open(newline="") as file:
    rows = list(csv.DictReader(file))
START, END = "<", ">"


def characters(texts):
    """Return the numbers of the characters, and how many there are."""
    vectorize = layers.TextVectorization(standardize=None, split="character")
    vectorize.adapt(texts)
    return vectorize(texts).numpy(), vectorize.vocabulary_size()


source, sources = characters([row["source"] for row in rows])
both, targets = characters([START + row["target"] + END for row in rows])
decoder, target = both[:, :-1], both[:, 1:]

read, written = Input((None,), dtype="int32"), Input((None,), dtype="int32")
embedded = layers.Embedding(sources, 32, mask_zero=True)(read)
memory, forward, backward = layers.Bidirectional(layers.GRU(64, return_sequences=True, return_state=True))(embedded)
first = layers.Dense(64, activation="tanh")(layers.Concatenate()([forward, backward]))
x = layers.GRU(64, return_sequences=True)(layers.Embedding(targets, 32)(written), initial_state=first)
keys = layers.Dense(64, use_bias=False)(memory)
context = layers.Attention()([x, memory, keys], mask=[None, ops.not_equal(read, 0), None])
x = layers.Dense(64, activation="tanh")(layers.Concatenate()([x, context]))
model = Model([read, written], layers.Dense(targets, activation="softmax")(x))
model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit([source, decoder], target, epochs=6, batch_size=64, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
