"""A tag for each word, as a plain Keras script over a file with a word and its tag on each line."""

import sys
import time
from pathlib import Path

from keras import Input, Sequential, layers, optimizers
from keras.utils import pad_sequences

blocks = Path(sys.argv[1]).read_text().strip().split("\n\n")
sentences = [[line.split() for line in block.split("\n")] for block in blocks]
tags = sorted({tag for sentence in sentences for _, tag in sentence})
number_of = {tag: number for number, tag in enumerate(tags)}
texts = [" ".join(word for word, _ in sentence) for sentence in sentences]
y = pad_sequences([[number_of[tag] for _, tag in sentence] for sentence in sentences], padding="post")

vectorize = layers.TextVectorization(standardize=None)
vectorize.adapt(texts)
x = vectorize(texts).numpy()
model = Sequential(
    [
        Input((None,), dtype="int32"),
        layers.Embedding(vectorize.vocabulary_size(), 32, mask_zero=True),
        layers.Bidirectional(layers.GRU(32, return_sequences=True)),
        layers.Dense(len(tags), activation="softmax"),
    ]
)
model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(x, y, epochs=6, batch_size=64, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
