"""Chollet 2017, 2.1 (dense) and 5.1 (convnet), as a plain Keras script."""

import sys
import time

import numpy as np
from keras import Input, Sequential, layers
from keras.utils import to_categorical

path, kind, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
with np.load(path) as file:
    train_images, train_labels = file["x_train"], file["y_train"]
if kind == "dense":
    train_images = train_images.reshape((60000, 28 * 28)).astype("float32") / 255
    model = Sequential([Input((784,)), layers.Dense(512, "relu"), layers.Dense(10, "softmax")])
else:
    train_images = train_images.reshape((60000, 28, 28, 1)).astype("float32") / 255
    model = Sequential(
        [
            Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.Flatten(),
            layers.Dense(64, "relu"),
            layers.Dense(10, "softmax"),
        ]
    )
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(
    train_images, to_categorical(train_labels), epochs=epochs, batch_size=128 if kind == "dense" else 64, verbose=0
)
print("training seconds", time.perf_counter() - began)
print("score", history.history["accuracy"][-1])
