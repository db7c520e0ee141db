"""Chollet 2017, 3.4 and 3.5, as a plain Keras script: a dense net on multi-hot reviews (imdb) or newswires (reuters)."""

import sys
import time

import numpy as np
from keras import Input, Sequential, layers
from keras.utils import to_categorical

path, topics = sys.argv[1], "reuters" in sys.argv[1]


def load_reviews():
    """As keras.datasets.imdb.load_data(num_words=10000) reads the same file."""
    with np.load(path, allow_pickle=True) as file:
        if topics:
            x, y = shuffled(file["x"], file["y"])
            return (x[:8982], y[:8982]), (x[8982:], y[8982:])
        return shuffled(file["x_train"], file["y_train"]), shuffled(file["x_test"], file["y_test"])


def shuffled(x, y):
    order = np.arange(len(x))
    np.random.RandomState(113).shuffle(order)
    sequences = [[1] + [word + 3 for word in words] for words in x[order]]
    return [[word if word < 10000 else 2 for word in words] for words in sequences], y[order]


def vectorize_sequences(sequences, dimension=10000):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results


(train_data, labels), (test_data, test_labels) = load_reviews()
if topics:
    y, held, units, last, activation, loss = to_categorical(labels), 1000, 64, 46, "softmax", "categorical_crossentropy"
else:
    y, held, units, last, activation, loss = labels.astype("float32"), 10000, 16, 1, "sigmoid", "binary_crossentropy"
x = vectorize_sequences(train_data)
x_test = vectorize_sequences(test_data)
x_val, partial_x_train = x[:held], x[held:]
y_val, partial_y_train = y[:held], y[held:]

model = Sequential(
    [Input((10000,)), layers.Dense(units, "relu"), layers.Dense(units, "relu"), layers.Dense(last, activation)]
)
model.compile(optimizer="rmsprop", loss=loss, metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(
    partial_x_train, partial_y_train, epochs=20, batch_size=512, validation_data=(x_val, y_val), verbose=0
)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
