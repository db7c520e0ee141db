"""Chollet 2017, 6.3's GRU, as a plain Keras script over a CSV file of weather: the temperature a day ahead."""

import sys
import time

import pandas as pd
from keras import Input, Sequential, layers
from keras.utils import timeseries_dataset_from_array

frame = pd.read_csv(sys.argv[1])
values = frame.to_numpy("float64")
held, lookback, step, delay = len(values) // 5, 1440, 6, 144
train = len(values) - held
values = (values - values[:train].mean(axis=0)) / values[:train].std(axis=0)


def windows(rows, shuffle):
    return timeseries_dataset_from_array(
        rows[:-delay],
        rows[lookback + delay :, 1],
        sequence_length=lookback // step,
        sampling_rate=step,
        batch_size=128,
        shuffle=shuffle,
        seed=0,
    )


model = Sequential([Input((lookback // step, 14)), layers.GRU(32), layers.Dense(1)])
model.compile(optimizer="rmsprop", loss="mae")
began = time.perf_counter()
history = model.fit(windows(values[:train], True), validation_data=windows(values[train:], False), epochs=3, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", min(history.history["val_loss"]))
