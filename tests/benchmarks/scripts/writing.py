"""Seconds a character by the loop of Chollet 2017, 8.1, a `predict` for each, and by dlpy, for one run's network."""

import sys
import time
from pathlib import Path

import keras
import numpy as np

from dlpy.generate.text import Request, write_text
from dlpy.runs.directory import Run

run = Run(Path(sys.argv[1]))
model = keras.models.load_model(run.model)
window, characters = model.input_shape[1], model.output_shape[-1]


def sample(predictions: np.ndarray, temperature: float) -> int:
    logits = np.log(predictions.astype("float64")) / temperature
    weights = np.exp(logits)
    return int(np.argmax(np.random.multinomial(1, weights / weights.sum(), 1)))


def by_the_book(length: int) -> float:
    text = list(range(5)) * (window // 5)
    began = time.perf_counter()
    for _ in range(length):
        text.append(sample(model.predict(np.array([text[-window:]]), verbose=0)[0], 0.5))
    return (time.perf_counter() - began) / length


def by_dlpy(length: int) -> float:
    began = time.perf_counter()
    write_text(run, Request(length=length))
    return (time.perf_counter() - began) / length


by_the_book(3)  # traced
print("book", by_the_book(100))
print("dlpy", by_dlpy(1000))  # with all that opening the run and tracing take
