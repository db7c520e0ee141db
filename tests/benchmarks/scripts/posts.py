"""Chollet 2017, 7.1.3, as a plain Keras script: age, income and gender from posts, one network with three outputs."""

import sys
import time

import numpy as np
from keras import Input, Model, layers
from keras.utils import pad_sequences

path, vocabulary, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with np.load(path, allow_pickle=True) as file:
    x = pad_sequences(file["posts"], maxlen=500)
    y = [file[name] for name in ("age", "income", "gender")]

posts = Input((500,), dtype="int32", name="posts")
h = layers.Embedding(vocabulary, 256)(posts)
h = layers.Conv1D(128, 5, activation="relu")(h)
h = layers.MaxPooling1D(5)(h)
h = layers.Conv1D(256, 5, activation="relu")(h)
h = layers.Conv1D(256, 5, activation="relu")(h)
h = layers.MaxPooling1D(5)(h)
h = layers.Conv1D(256, 5, activation="relu")(h)
h = layers.Conv1D(256, 5, activation="relu")(h)
h = layers.GlobalMaxPooling1D()(h)
h = layers.Dense(128, activation="relu")(h)
age = layers.Dense(1, name="age")(h)
income = layers.Dense(10, activation="softmax", name="income")(h)
gender = layers.Dense(1, activation="sigmoid", name="gender")(h)
model = Model(posts, [age, income, gender])
model.compile(
    optimizer="rmsprop",
    loss=["mse", "sparse_categorical_crossentropy", "binary_crossentropy"],
    loss_weights=[0.25, 1.0, 10.0],
    metrics=[["mae"], ["accuracy"], ["accuracy"]],
)
began = time.perf_counter()
history = model.fit(x, y, epochs=epochs, batch_size=64, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", min(history.history["val_loss"]))
