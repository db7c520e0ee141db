"""Chollet 2017, 3.6, as a plain Keras script: 4-fold validation, 100 epochs, batches of one row."""

import sys
import time

import numpy as np
from keras import Input, Sequential, layers

table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
order = np.arange(len(table))
np.random.RandomState(113).shuffle(order)
train_data, train_targets = table[order[:404], :-1], table[order[:404], -1]
train_data = (train_data - train_data.mean(axis=0)) / train_data.std(axis=0)


def build_model():
    model = Sequential([Input((13,)), layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(1)])
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


began = time.perf_counter()
count, scores = len(train_data) // 4, []
for i in range(4):
    held = slice(i * count, (i + 1) * count)
    val_data, val_targets = train_data[held], train_targets[held]
    rest_data = np.concatenate([train_data[: i * count], train_data[(i + 1) * count :]])
    rest_targets = np.concatenate([train_targets[: i * count], train_targets[(i + 1) * count :]])
    model = build_model()
    history = model.fit(
        rest_data, rest_targets, validation_data=(val_data, val_targets), epochs=100, batch_size=1, verbose=0
    )
    scores.append(history.history["val_mae"][-1])
print("training seconds", time.perf_counter() - began)
print("score", np.mean(scores))
