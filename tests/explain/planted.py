"""Files of data in which one thing decides: a column, a word, a lag. Explanations have to find it."""

import csv
from pathlib import Path

import numpy as np

COLORS = ("red", "green", "blue")
FILLERS = ["the", "a", "house", "river", "went", "under", "seven", "lamps"]
LAG = 4  # hours


def write_table(path: Path, rows: int = 200, seed: int = 0) -> None:
    """y = 3 * strong + color's number + noise; `idle` says nothing."""
    rng = np.random.default_rng(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["idle", "strong", "color", "y"])
        for idle, strong, color in zip(
            rng.normal(size=rows), rng.normal(size=rows), rng.integers(0, 3, rows), strict=True
        ):
            noise = rng.normal(scale=0.1)
            writer.writerow(
                [f"{idle:.4f}", f"{strong * 2 + 5:.4f}", COLORS[color], f"{3 * strong + color + noise:.4f}"]
            )


def write_texts(path: Path, rows: int = 160, seed: int = 0) -> None:
    """Texts of fillers; those of class good hold the planted word."""
    rng = np.random.default_rng(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for row in range(rows):
            words = list(rng.choice(FILLERS, rng.integers(3, 8)))
            if row % 2:
                words.insert(int(rng.integers(0, len(words) + 1)), "splendid")
            writer.writerow([" ".join(words), ["bad", "good"][row % 2]])


def write_series(path: Path, rows: int = 700, seed: int = 0) -> None:
    """`level` is what `driver` was four hours before, and noise; `idle` says nothing."""
    rng = np.random.default_rng(seed)
    driver, idle = rng.normal(size=rows), rng.normal(size=rows)
    level = np.concatenate([np.zeros(LAG), driver[:-LAG]]) + rng.normal(scale=0.1, size=rows)
    times = np.datetime64("2020-01-01") + np.arange(rows) * np.timedelta64(60, "m")
    lines = [
        f"{time},{one:.4f},{two:.4f},{three:.4f}"
        for time, one, two, three in zip(times, level, driver, idle, strict=True)
    ]
    path.write_text("time,level,driver,idle\n" + "\n".join(lines) + "\n")
