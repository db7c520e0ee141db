"""Chollet 2017, 8.1, as a plain Keras script: an LSTM over one-hot characters, one epoch of `fit`."""

import sys
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers

text = Path(sys.argv[1]).read_text().lower()
window, step = 60, 3
starts = range(0, len(text) - window, step)
chars = sorted(set(text))
number_of = {char: number for number, char in enumerate(chars)}
x = np.zeros((len(starts), window, len(chars)), dtype=bool)
y = np.zeros((len(starts), len(chars)), dtype=bool)
for row, start in enumerate(starts):
    for place, char in enumerate(text[start : start + window]):
        x[row, place, number_of[char]] = True
    y[row, number_of[text[start + window]]] = True

model = keras.Sequential([layers.LSTM(128, input_shape=(window, len(chars))), layers.Dense(len(chars), "softmax")])
optimizer = keras.optimizers.RMSprop(learning_rate=0.01)
model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(x, y, batch_size=128, epochs=1, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["accuracy"]))
