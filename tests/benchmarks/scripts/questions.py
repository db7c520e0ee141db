"""Chollet 2017, 7.1.2, as a plain Keras script: a story and a question, an LSTM over each, and the answer."""

import sys
import time

import numpy as np
from keras import Input, Model, layers
from keras.utils import pad_sequences

path, epochs = sys.argv[1], int(sys.argv[2])
with np.load(path, allow_pickle=True) as file:
    stories, questions, answers = (file[name] for name in ("text", "question", "answer"))
x = {"text": pad_sequences(stories, maxlen=100), "question": pad_sequences(questions, maxlen=100)}
words = 1 + max(int(rows.max()) for rows in x.values())

text, question = Input((100,), dtype="int32", name="text"), Input((100,), dtype="int32", name="question")
read = layers.LSTM(32)(layers.Embedding(words, 64, mask_zero=True)(text))
asked = layers.LSTM(16)(layers.Embedding(words, 32, mask_zero=True)(question))
joined = layers.concatenate([read, asked])
model = Model([text, question], layers.Dense(int(answers.max()) + 1, "softmax")(joined))
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit([x["text"], x["question"]], answers, epochs=epochs, batch_size=128, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
