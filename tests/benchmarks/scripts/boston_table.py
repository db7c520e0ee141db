"""A table of 506 rows as a plain Keras script: 64-64-1, 100 epochs in batches of 16; or the scores of its model.

boston_table.py TABLE MODEL [evaluate]
"""

import sys

import numpy as np
from keras import Input, Sequential, layers, models

table = np.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
train = table[:404]
x = (table[:, :-1] - train[:, :-1].mean(axis=0)) / train[:, :-1].std(axis=0)
if len(sys.argv) > 3:
    print("score", models.load_model(sys.argv[2]).evaluate(x[404:], table[404:, -1], verbose=0))
else:
    model = Sequential([Input((13,)), layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(1)])
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    held = (x[323:404], train[323:, -1])
    model.fit(x[:323], train[:323, -1], validation_data=held, epochs=100, batch_size=16, verbose=0)
    model.save(sys.argv[2])
