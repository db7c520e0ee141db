"""Chollet 2017, 6.1, as a plain Keras script: an embedding of the last 20 words, flattened into a linear classifier."""

import sys
import time

import numpy as np
from keras import Input, Sequential, layers
from keras.utils import pad_sequences

with np.load(sys.argv[1], allow_pickle=True) as file:
    x, y = file["x_train"], file["y_train"]
order = np.arange(len(x))
np.random.RandomState(113).shuffle(order)
sequences = [[1] + [word + 3 for word in words] for words in x[order]]
sequences = [[word if word < 10000 else 2 for word in words] for words in sequences]
x_train, y_train = pad_sequences(sequences, maxlen=20), y[order]

model = Sequential([Input((20,)), layers.Embedding(10000, 8), layers.Flatten(), layers.Dense(1, "sigmoid")])
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(x_train, y_train, epochs=10, batch_size=32, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
