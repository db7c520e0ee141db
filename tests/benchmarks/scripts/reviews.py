"""Chollet 2017, 6.2c, as a plain Keras script: an LSTM over reviews of 500 words."""

import sys
import time

import numpy as np
from keras import Input, Sequential, layers
from keras.utils import pad_sequences

path, epochs = sys.argv[1], int(sys.argv[2])
with np.load(path, allow_pickle=True) as file:
    x, y = file["x_train"], file["y_train"]
order = np.arange(len(x))
np.random.RandomState(113).shuffle(order)
sequences = [[1] + [word + 3 for word in words] for words in x[order]]
sequences = [[word if word < 10000 else 2 for word in words] for words in sequences]
input_train, y_train = pad_sequences(sequences, maxlen=500), y[order]

model = Sequential([Input((500,)), layers.Embedding(10000, 32), layers.LSTM(32), layers.Dense(1, "sigmoid")])
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(input_train, y_train, epochs=epochs, batch_size=128, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
