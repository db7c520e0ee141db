"""One block of self-attention over the last words of reviews, as a plain Keras script with learned positions."""

import sys
import time

import keras
import numpy as np
from keras import Input, Model, layers
from keras.utils import pad_sequences

path, length, epochs, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), 32
with np.load(path, allow_pickle=True) as file:
    x, y = file["x_train"], file["y_train"]
order = np.arange(len(x))
np.random.RandomState(113).shuffle(order)
sequences = [[1] + [word + 3 for word in words] for words in x[order]]
sequences = [[word if word < 10000 else 2 for word in words] for words in sequences]
input_train, y_train = pad_sequences(sequences, maxlen=length, padding="post"), y[order]


class Positions(layers.Layer):
    """Adds a learned vector for its position to the vector of each word."""

    def __init__(self):
        super().__init__()
        self.supports_masking, self.vectors = True, layers.Embedding(length, size)

    def build(self, input_shape):
        self.vectors.build(None)

    def call(self, x):
        return x + self.vectors(keras.ops.arange(length))


words = Input((length,), dtype="int32")
h = Positions()(layers.Embedding(10000, size, mask_zero=True)(words))
normal = layers.LayerNormalization(epsilon=1e-6)(h)
h = h + layers.Dropout(0.1)(layers.MultiHeadAttention(num_heads=2, key_dim=size // 2)(normal, normal))
normal = layers.LayerNormalization(epsilon=1e-6)(h)
h = h + layers.Dropout(0.1)(layers.Dense(size)(layers.Dense(2 * size, activation="gelu")(normal)))
h = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-6)(h))
model = Model(words, layers.Dense(1, activation="sigmoid")(h))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
history = model.fit(input_train, y_train, epochs=epochs, batch_size=64, validation_split=0.2, verbose=0)
print("training seconds", time.perf_counter() - began)
print("score", max(history.history["val_accuracy"]))
