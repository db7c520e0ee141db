"""Chollet 2017, 5.3, as a plain Keras script: a dense head on what VGG16 makes of the pictures."""

import sys
import time

import keras
import numpy as np
from keras import Input, Sequential, layers
from keras.applications import VGG16
from keras.optimizers import RMSprop

folder, weights, size, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
base = VGG16(weights=weights, include_top=False, input_shape=(size, size, 3))
rescale = layers.Rescaling(1 / 255)


def extracted(part: str) -> tuple[np.ndarray, np.ndarray]:
    pictures = keras.utils.image_dataset_from_directory(
        f"{folder}/{part}",
        label_mode="binary",
        image_size=(size, size),
        interpolation="nearest",
        batch_size=20,
        shuffle=False,
        verbose=False,
    )
    labels = np.concatenate([y for _, y in pictures])
    return base.predict(pictures.map(lambda x, y: rescale(x)), verbose=0), labels


began = time.perf_counter()
(x_train, y_train), (x_validation, y_validation) = extracted("train"), extracted("validation")
model = Sequential(
    [
        Input(x_train.shape[1:]),
        layers.Flatten(),
        layers.Dense(256, "relu"),
        layers.Dropout(0.5),
        layers.Dense(1, "sigmoid"),
    ]
)
model.compile(optimizer=RMSprop(learning_rate=2e-5), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    x_train, y_train, epochs=epochs, batch_size=20, validation_data=(x_validation, y_validation), verbose=0
)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
