"""Random search with KerasTuner over networks for Boston's houses: sizes, learning rate and dropout rate."""

import sys
import tempfile
import time

import keras_tuner
import numpy as np
from keras import Input, Sequential, layers, optimizers

table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
order = np.arange(len(table))
np.random.RandomState(113).shuffle(order)
data, targets = table[order[:404], :-1], table[order[:404], -1]
data = (data - data[80:].mean(axis=0)) / data[80:].std(axis=0)


def build_model(space):
    sizes = space.Choice("units", ["64-64", "64-32", "32-64", "32-32", "48-48"])
    model = Sequential([Input((13,))])
    for size in sizes.split("-"):
        model.add(layers.Dense(int(size), "relu"))
        model.add(layers.Dropout(space.Float("dropout", 0.0, 0.4, step=0.1)))
    model.add(layers.Dense(1))
    rate = space.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    model.compile(optimizers.RMSprop(rate), loss="mse", metrics=["mae"])
    return model


began = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    tuner = keras_tuner.RandomSearch(
        build_model, keras_tuner.Objective("val_mae", "min"), max_trials=int(sys.argv[2]), seed=1, directory=folder
    )
    tuner.search(
        data[80:], targets[80:], validation_data=(data[:80], targets[:80]), epochs=100, batch_size=16, verbose=0
    )
    best = tuner.oracle.get_best_trials(1)[0].score
print("training seconds", time.perf_counter() - began)
print("score", best)
