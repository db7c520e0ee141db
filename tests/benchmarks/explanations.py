"""How often explanations find what decides: a planted word, column, lag or attended token, seed by seed.

python -m tests.benchmarks.explanations --seeds 20 --kinds word column lag token
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from dlpy.cli.main import main
from tests.explain.planted import LAG, write_series, write_table, write_texts

TEXTS = {"name": "text_csv", "path": "data.csv", "text": "text", "target": "label", "task": "binary"}
TEXTS |= {"transforms": [{"name": "tokenize"}, {"name": "pad", "length": 10}]}
TABLE = {"name": "csv", "path": "data.csv", "target": "y", "task": "regression", "transforms": ["standardize"]}
SERIES = {"name": "timeseries_csv", "path": "data.csv", "time": "time", "target": "level", "lookback": 8, "delay": 0}
SERIES |= {"transforms": ["standardize"]}
TEXT = ["--text", "the river went splendid under seven lamps", "--class", "good"]


def best_token(found: Any) -> bool:
    """Return whether the planted word has the largest effect."""
    (text,) = found["texts"]
    return max(text["tokens"], key=lambda token: token["effect"])["token"] == "splendid"


def best_column(found: Any) -> bool:
    """Return whether the planted column is the most important, and the idle one the least."""
    names = [one["name"] for one in found["scores"][0]["importances"]]
    return (names[0], names[-1]) == ("strong", "idle")


def best_lag(found: Any) -> bool:
    """Return whether the planted lag is the most important."""
    lags = [one for one in found["scores"][0]["importances"] if one["kind"] == "lag"]
    return max(lags, key=lambda one: one["importance"])["from"] == LAG


Job = tuple[Callable[..., None], dict[str, Any], dict[str, Any], float, list[str], Callable[[Any], bool]]
JOBS: dict[str, Job] = {
    "word": (write_texts, TEXTS, {"name": "rnn", "cell": "gru", "units": [4], "embedding": 4}, 0.03, TEXT, best_token),
    "column": (write_table, TABLE, {"name": "dense", "units": [8]}, 0.05, [], best_column),
    "lag": (write_series, SERIES, {"name": "dense", "units": [16]}, 0.02, [], best_lag),
    "token": (write_texts, TEXTS, {"name": "transformer", "size": 8, "dropout": 0.0}, 0.02, TEXT, best_token),
}


def run(*arguments: str) -> str:
    """Run a command line in this process; return what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        status = main(list(arguments))
    if status:
        raise SystemExit(f"dlpy {' '.join(arguments)} ended with status {status}")
    return output.getvalue()


def is_found(kind: str, seed: int) -> bool:
    """Train on data of this seed, in the current folder, and return whether the explanation finds what decides."""
    write, data, model, rate, asked, judge = JOBS[kind]
    write(Path("data.csv"), seed=seed)
    training = {"epochs": 20, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": rate}}
    Path("x.yaml").write_text(yaml.safe_dump({"seed": seed, "data": data, "model": model, "training": training}))
    run("train", "x.yaml", "--quiet")
    return judge(json.loads(run("explain", "latest", "--json", "--seed", str(seed), *asked)))


def count(kind: str, seeds: int) -> int:
    """Return in how many seeds the planted thing is found."""
    found = 0
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            found += is_found(kind, seed)
            os.chdir("/")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--kinds", nargs="+", choices=list(JOBS), default=list(JOBS))
    given = parser.parse_args()
    for each in given.kinds:
        print(f"{each}: found in {count(each, given.seeds)} of {given.seeds} seeds", flush=True)
