"""Do two sentences mean the same? A siamese LSTM, as a plain Keras script over a CSV file."""

import csv
import sys
import time
from pathlib import Path

import numpy as np
from keras import Input, Model, Sequential, layers, ops, optimizers

with Path(sys.argv[1]).open(newline="") as file:
    rows = list(csv.DictReader(file))
texts = {side: [row[side] for row in rows] for side in ("left", "right")}
same = np.array([int(row["same"]) for row in rows])
vectorize = layers.TextVectorization()
vectorize.adapt(texts["left"] + texts["right"])
left, right = (vectorize(texts[side]).numpy() for side in ("left", "right"))

embedding = layers.Embedding(vectorize.vocabulary_size(), 32, mask_zero=True)
encoder = Sequential([embedding, layers.LSTM(32)])
one, other = (Input((None,), dtype="int32") for _ in range(2))
u, v = encoder(one), encoder(other)
compared = layers.Concatenate()([ops.absolute(u - v), u * v])
model = Model([one, other], layers.Dense(1, activation="sigmoid")(layers.Dense(32, activation="relu")(compared)))
model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit([left, right], same, epochs=8, batch_size=128, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
