"""Three blocks of 3D convolutions over videos, as a plain Keras script over an npz file."""

import sys
import time

import numpy as np
from keras import Input, Sequential, layers, optimizers

with np.load(sys.argv[1]) as file:
    x, y = file["x"].astype("float32") / 255, file["y"]
model = Sequential([Input(x.shape[1:])])
for filters, frames in ((16, 1), (32, 2), (64, 2)):
    model.add(layers.Conv3D(filters, 3, padding="same", activation="relu"))
    model.add(layers.MaxPooling3D((frames, 2, 2)))
model.add(layers.GlobalAveragePooling3D())
model.add(layers.Dense(6, activation="softmax"))
model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
held = len(x) // 5
began = time.perf_counter()
history = model.fit(x[held:], y[held:], validation_data=(x[:held], y[:held]), epochs=4, batch_size=32, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
