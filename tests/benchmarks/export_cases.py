"""The cases of export_matrix.py: files of configs/, experiments on small generated files, and runs that combine others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dlpy
from dlpy.runs.directory import Run

CONFIGS = (  # each family, and each form of data
    *("csv_binary", "table_realmlp", "table_tabm", "npz_multiclass", "imdb_dense", "imdb_conv1d", "imdb_lstm"),
    *("imdb_transformer", "multilabel_texts", "entities_rnn", "text_generation", "text_generation_transformer"),
    *("jena_dense", "jena_gru", "jena_conv1d_gru", "jena_transformer", "jena_horizon", "series_quantiles"),
    *("activity_conv1d", "door_conv1d", "fashion_mnist_convnet", "fashion_mnist_transformer", "residual_convnet"),
    *("fashion_mnist_bfloat16", "inception_module", "video_conv3d", "video_recurrent"),
    *("qa_two_inputs", "mixed_table", "mixed_table_combined", "siamese_lstm", "siamese_vision", "pairs_texts"),
    *("pairs_retrieval", "images_triplet", "vae", "conditional_gan", "dates_seq2seq", "csv_boosting", "jena_baseline"),
)
TRAINING = {"epochs": 2, "batch_size": 32}
STEPS = ["standardize"]


def written(folder: Path) -> dict[str, dict[str, Any]]:
    """Write the files of experiments, and return these by name."""
    _table(folder / "sales.csv")
    _texts(folder / "notes.csv")
    _series(folder / "shops.csv")
    sales = {
        "name": "csv",
        "path": str(folder / "sales.csv"),
        "target": "price",
        "task": "regression",
        "missing": "median",
        "dates": ["sold"],
    }
    numbers = {key: value for key, value in sales.items() if key != "dates"} | {"ignore": ["sold"]}
    notes = {"name": "text_csv", "path": str(folder / "notes.csv"), "task": "binary"}
    words = [{"name": "tokenize", "vocabulary": 30}, {"name": "pad", "length": 12}]
    shops = {
        **{"name": "timeseries_csv", "path": str(folder / "shops.csv"), "time": "date", "id": "shop"},
        **{"columns": ["sold", "visitors"], "target": "sold", "lookback": 14, "delay": 1},
    }
    ahead = {key: value for key, value in shops.items() if key != "delay"} | {"horizon": 3}
    band = {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}
    dense = {"name": "dense", "units": [8]}
    return {
        "date_parts": _experiment(sales | {"transforms": STEPS}, dense),
        "date_parts_of_options": _experiment(
            sales | {"transforms": [{"name": "date_parts", "cyclic": False, "parts": ["month", "elapsed"]}, *STEPS]},
            dense,
        ),
        "quantile_of_dates": _experiment(sales | {"transforms": ["quantile"]}, dense),
        "quantile_normal": _experiment(numbers | {"transforms": ["quantile"]}, dense),
        "quantile_uniform": _experiment(numbers | {"transforms": [{"name": "quantile", "to": "uniform"}]}, dense),
        "quantile_of_tabm": _experiment(sales | {"transforms": ["quantile"]}, {"name": "tabm", "units": [8]}),
        "robust_and_piecewise": _experiment(sales | {"transforms": ["robust_scale", "piecewise_linear"]}, dense),
        "hash_words": _experiment(
            notes | {"transforms": [{"name": "hash_words", "size": 50}, words[1]]}, {"name": "rnn"}
        ),
        "hashed_bags": _experiment(notes | {"transforms": [{"name": "hash_words", "size": 50}, "multi_hot"]}, dense),
        "one_hot_words": _experiment(notes | {"transforms": [*words, "one_hot_words"]}, {"name": "rnn"}),
        "reversed_one_hot_words": _experiment(
            notes | {"transforms": [*words, "reverse", "one_hot_words"]},
            {"name": "conv1d", "filters": [4], "kernel": 3},
        ),
        "several_series": _experiment(shops | {"transforms": STEPS}, {"name": "rnn", "units": [8]}),
        "several_series_unscaled": _experiment(shops, {"name": "dense", "units": [8]}),
        "several_series_ahead": _experiment(ahead | {"transforms": STEPS}, {"name": "tsmixer"}),
        "several_series_bands": _experiment(ahead | {"transforms": STEPS}, {"name": "dlinear"}, loss=band),
    }


def _experiment(data: dict[str, Any], model: dict[str, Any], **training: Any) -> dict[str, Any]:
    return {"seed": 1, "data": data | {"validation": 0.3}, "model": model, "training": TRAINING | training}


def _ensemble(folder: Path) -> Run:
    """Return an ensemble of three networks that weigh differently."""
    content = written(folder)["quantile_normal"]
    runs = [
        _trained(folder, f"member-{units}", content | {"model": {"name": "dense", "units": [units]}})
        for units in (4, 8, 16)
    ]
    return _command(folder, "ensemble", *map(str, runs), "--weights", "greedy")


def _seeds(folder: Path) -> Run:
    import yaml

    path = folder / "seeds.yaml"
    path.write_text(yaml.safe_dump(written(folder)["date_parts"]), "utf-8")
    return Run(dlpy.train(path, seeds=3, quiet=True, runs=folder / "runs").path)


def _features(folder: Path) -> Run:
    """Return a head on the base of another run, which is found in $DLPY_RUNS."""
    os.environ["DLPY_RUNS"] = str(folder / "runs")
    path = Path(__file__).parents[2] / "configs"
    found = [dlpy.train(path / name, smoke=True, quiet=True) for name in ("pets_base.yaml", "pets_features.yaml")]
    return Run(found[1].path)


def _trained(folder: Path, name: str, content: dict[str, Any]) -> Path:
    import yaml

    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return dlpy.train(path, quiet=True, runs=folder / "runs").path


def _command(folder: Path, *words: str) -> Run:
    """Return the run that a command makes."""
    import subprocess
    import sys

    subprocess.run(
        [sys.executable, "-m", "dlpy", *words, "--runs", str(folder / "runs")], check=True, capture_output=True
    )
    return Run(max((folder / "runs").iterdir()))


COMBINED: dict[str, Callable[[Path], Run]] = {"pets_features": _features, "ensemble": _ensemble, "seeds": _seeds}


def _table(path: Path) -> None:
    """Write a table of dates, a truth value, a category and numbers with ties and missing cells."""
    rng, lines = np.random.default_rng(5), ["sold,open,city,area,rooms,price"]
    for row in range(300):
        day = np.datetime64("2019-01-01T00:00") + np.timedelta64(int(rng.integers(0, 60 * 24 * 1500)), "m")
        area, rooms = rng.lognormal(4, 0.5), int(rng.integers(1, 6))
        price = 100 * area + 5_000 * rooms + 2_000 * (day.astype("datetime64[M]").astype(int) % 12)
        city, is_open = ("Bern", "Oslo", "Rome", "")[row % 4], ("true", "false")[row % 3 == 0]
        lines.append(f"{day},{is_open},{city},{'' if row % 23 == 0 else f'{area:.2f}'},{rooms},{price:.0f}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _texts(path: Path) -> None:
    words, rng, lines = (
        ["red", "green", "blue", "cat", "dog", "tree", "house", "good", "bad", "fine"],
        np.random.default_rng(6),
        ["text,label"],
    )
    for _ in range(200):
        chosen = rng.choice(words, rng.integers(2, 15)).tolist()
        lines.append(f"{' '.join(chosen)},{'yes' if 'good' in chosen else 'no'}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _series(path: Path) -> None:
    """Write the days of shops of different sizes."""
    rng, lines = np.random.default_rng(7), ["date,shop,sold,visitors"]
    for shop, size in (("north", 20), ("south", 300), ("west", 4000)):
        week = rng.normal(0, 0.2, 7)
        for day in range(150):
            visitors = size * (1 + week[day % 7] + rng.normal(0, 0.05))
            lines.append(f"{np.datetime64('2021-01-01') + day},{shop},{0.4 * visitors:.2f},{visitors:.2f}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


def names() -> Sequence[str]:
    return CONFIGS
