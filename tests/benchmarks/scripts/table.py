"""A regression on a CSV of 30 columns, as one writes it with pandas and Keras."""

import sys
import time

import pandas as pd
from keras import Input, Sequential, layers

frame = pd.read_csv(sys.argv[1])
target = frame.pop("target").to_numpy("float32")
held = len(frame) // 5
features = frame.to_numpy("float32")
train, validation = features[held:], features[:held]
mean, deviation = train.mean(axis=0), train.std(axis=0)
train, validation = (train - mean) / deviation, (validation - mean) / deviation

model = Sequential([Input((30,)), layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(1)])
model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
began = time.perf_counter()
history = model.fit(
    train, target[held:], validation_data=(validation, target[:held]), epochs=10, batch_size=256, verbose=0
)
print("training seconds", time.perf_counter() - began)
print("score", history.history["val_mae"][-1])
