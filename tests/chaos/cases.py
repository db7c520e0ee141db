"""What tests/chaos/__main__.py trains: families, executions, and the data they learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

PLATEAU = {"name": "reduce_lr_on_plateau", "patience": 2, "min_delta": 0.02}
RATES = {"name": "learning_rate_schedule", "rates": {1: 0.002, 20: 0.001}}
DECAY = {"name": "exponential_decay", "initial_learning_rate": 0.05, "decay_steps": 50, "decay_rate": 0.9}
WARMUP = {"name": "warmup_cosine", "peak_learning_rate": 0.01, "steps": 8000, "warmup": 200}
STOPPING = {"name": "early_stopping", "patience": 12}
DENSE = {"name": "dense", "units": [24], "dropout": 0.3, "batch_normalization": True}
TRANSFORMER = {"name": "transformer", "size": 8, "blocks": 2, "dropout": 0.2}
CONVNET = {"name": "convnet", "filters": [[4]], "units": [4], "dropout": 0.2}
VIDEO = {
    "name": "video", "filters": [[4]], "pooling": 4, "pooling_frames": 2, "recurrent": {"cell": "gru", "units": 4},
    "dropout": 0.2,
}  # fmt: skip
CLIPS = {
    "name": "moving_shapes", "rows": 240, "test_rows": 20, "frames": 4, "size": 12, "transforms": ["rescale"],
    "augmentation": {"rotation": 20},
}  # fmt: skip
HALVED = [{"filters": 4, "stride": 2}]
GAN = {"name": "gan", "latent": 3, "generator": {"start": 3, "layers": HALVED}, "discriminator": {"layers": HALVED}}
LOOKING = {"weights": "run:base", "fallback": "stand_in"}
PICTURES = {"name": "npz", "path": "pictures.npz"}
BYTES = PICTURES | {"transforms": ["rescale"]}
SERIES = {"name": "npz", "path": "series.npz"}
WEATHER = {
    "name": "timeseries_csv", "path": "weather.csv", "target": "a", "columns": ["a", "b"], "lookback": 8, "delay": 1,
    "transforms": ["standardize"],
}  # fmt: skip
TEXTS = {"name": "text_csv", "path": "texts.csv", "test": 0.2}
IN_PIECES = {"memory": "0.001KB"}
LISTINGS = {
    "name": "listings", "rows": 240, "test_rows": 20, "missing": 0.2,
    "inputs": {
        "text": {"transforms": [{"name": "tokenize", "vocabulary": 100}, {"name": "pad", "length": 15}]},
        "photo": {"transforms": ["rescale"], "augmentation": {"shift": 0.1}},
        "facts": {"transforms": ["standardize", "tabulate"]},
    },
    "targets": {"price": {"transforms": ["log", "standardize"]}},
}  # fmt: skip
SEVERAL = {
    "name": "graph",
    "layers": {
        "read": {"family": "rnn", "units": 4, "dropout": 0.2, "of": "text"},
        "seen": {"family": "convnet", "filters": [[2]], "strides": 3, "units": [4], "of": "photo"},
        "joined": {"layer": "Concatenate", "of": ["read", "seen", "facts"]},
        "hidden": {"layer": "Dense", "units": 8, "activation": "relu"},
        "left_out": {"layer": "Dropout", "rate": 0.2},
    },
    "outputs": {"price": "left_out", "sold": "left_out", "tags": "hidden"},
}
PAIRS_OF_TEXTS = {
    "name": "paraphrases", "pairs": "partners", "rows": 240, "test_rows": 20,
    "inputs": {"left": {"transforms": ["tokenize", "pad"]}, "right": {"like": "left"}},
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "dense": {"data": {"name": "npz", "path": "rows.npz"}, "model": DENSE, "callbacks": [PLATEAU, STOPPING]},
    "convnet": {"data": PICTURES | {"augmentation": {"rotation": 20, "flip": "horizontal"}}, "model": CONVNET},
    "rnn": {"data": SERIES, "model": {"name": "rnn", "units": [4], "dropout": 0.2, "recurrent_dropout": 0.2}},
    "labels": {
        "data": {
            "name": "tagged_words",
            "path": "tagged.txt",
            "transforms": [{"name": "tokenize", "rules": "spaces"}, "pad"],
        },
        "model": {"name": "rnn", "units": [4], "dropout": 0.2, "embedding": 4, "bidirectional": True},
    },
    "conv1d": {
        "data": SERIES,
        "model": {"name": "conv1d", "filters": [[4]], "head_dropout": 0.2},
        "callbacks": [PLATEAU],
    },
    "whole series": {
        "data": {"name": "door_sensors", "rows": 120, "test_rows": 20, "transforms": ["standardize"]},
        "model": {
            "name": "conv1d",
            "filters": [4, 4],
            "padding": "same",
            "batch_normalization": True,
            "head_dropout": 0.2,
            "recurrent": {"cell": "gru", "units": 4, "dropout": 0.2},
        },
    },
    "transformer": {"data": SERIES, "model": TRANSFORMER | {"positions": "learned"}, "callbacks": [PLATEAU]},
    "text transformer": {
        "data": {"name": "language_model", "path": "text.txt", "window": 12, "step": 3},
        "model": TRANSFORMER,
        "training": {"epochs": 40, "optimizer": {"name": "adam", "learning_rate": WARMUP}},
    },
    "video": {"data": CLIPS, "model": VIDEO, "callbacks": [PLATEAU]},
    "vae": {"data": BYTES, "model": {"name": "vae", "encoder": HALVED, "units": [4]}},
    "gan": {"data": BYTES, "model": GAN},
    "text": {
        "data": {"name": "language_model", "path": "text.txt", "window": 12, "step": 3},
        "model": {"name": "rnn", "units": [8], "cell": "gru", "embedding": 4},
    },
    "translation": {
        "data": {"name": "written_dates", "rows": 300, "test_rows": 20},
        "model": {"name": "seq2seq", "units": 8, "embedding": 4, "dropout": 0.2},
    },
    "pretrained": {
        "data": PICTURES | {"augmentation": {"shift": 0.1}},
        "model": {"name": "pretrained", "weights": "run:base", "units": [4], "dropout": 0.2},
        "training": {"phases": [{"freeze": "all", "epochs": 15}, {"unfreeze_from": "conv2d", "epochs": 15}]},
        "callbacks": [STOPPING],
    },
    "phases": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": {**DENSE, "units": [24, 12]},
        "training": {
            "phases": [{"freeze": "all", "epochs": 15}, {"freeze": "none", "epochs": 20, "learning_rate": 0.003}]
        },
        "callbacks": [PLATEAU, STOPPING],
    },
    "weather": {"data": WEATHER, "model": {"name": "rnn", "units": [4], "cell": "gru"}, "callbacks": [RATES, PLATEAU]},
    "falling rate": {
        "data": WEATHER,
        "model": {"name": "dense", "units": [8]},
        "training": {"epochs": 30, "optimizer": {"name": "sgd", "momentum": 0.9, "learning_rate": DECAY}},
    },
    "quantile series": {
        "data": WEATHER | {"delay": 0, "horizon": 3, "difference": "scaled"},
        "model": {"name": "rnn", "units": [4], "cell": "gru", "dropout": 0.2},
        "training": {"epochs": 30, "loss": {"name": "pinball", "quantiles": [0.1, 0.5, 0.9]}},
        "callbacks": [PLATEAU],
    },
    "table in pieces": {
        "data": {"name": "csv", "path": "table.csv", "target": "kind", "transforms": ["standardize"]} | IN_PIECES,
        "model": DENSE,
        "callbacks": [PLATEAU],
    },
    "texts in pieces": {
        "data": TEXTS | {"transforms": ["tokenize", {"name": "pad", "fill": "back"}]} | IN_PIECES,
        "model": {"name": "rnn", "units": [4], "embedding": 4, "masking": True, "dropout": 0.2},
    },
    "bags in pieces": {"data": TEXTS | {"transforms": ["tokenize", "tf_idf"]} | IN_PIECES, "model": DENSE},
    "drawn steps": {
        "data": PICTURES | {"augmentation": {"rotation": 20, "flip": "horizontal"}},
        "model": CONVNET,
        "training": {"epochs": 25, "steps_per_epoch": 7},
    },
    "several": {
        "data": LISTINGS,
        "model": SEVERAL,
        "training": {"epochs": 20, "loss_weights": {"price": 0.5}, "metrics": {"sold": ["accuracy", "auc"]}},
        "callbacks": [PLATEAU | {"monitor": "val_sold_auc"}],
    },
    "pairs": {
        "data": {"name": "sentence_pairs", "rows": 240, "test_rows": 20},
        "model": {"name": "siamese", "encoder": {"family": "rnn", "units": [4], "dropout": 0.2}, "compare": "distance"},
        "training": {"epochs": 40, "loss": "contrastive"},
    },
    "codes": {
        "data": PAIRS_OF_TEXTS,
        "model": {"name": "embedding", "encoder": {"family": "rnn", "units": [4], "dropout": 0.2}, "size": 3},
    },
    "dream": LOOKING | {"kind": "dream", "layers": {"conv2d": 1.0}, "height": 40, "steps": 300},
    "style": LOOKING
    | {
        "kind": "style",
        "content_layers": {"conv2d": 0.1},
        "style_layers": {"conv2d": 1.0},
        "height": 40,
        "iterations": 12,
    },
    "final model": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": DENSE,
        "training": {"refit": True, "epochs": 40, "optimizer": {"name": "sgd", "learning_rate": DECAY}},
        "callbacks": [STOPPING],
    },
    "final model of networks": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": DENSE,
        "training": {"refit": 3, "epochs": 15},
        "callbacks": [PLATEAU, STOPPING],
    },
    "folds": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": DENSE,
        "kfold": {"folds": 3},
        "callbacks": [PLATEAU],
    },
    "folds together": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": {"name": "dense", "units": [24], "dropout": 0.3},
        "training": {"epochs": 120, "together": True},
        "kfold": {"folds": 3},
        "callbacks": [PLATEAU],
    },
    "seeds": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": DENSE,
        "training": {"epochs": 25, "together": False},
    },
    "seeds together": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": {"name": "dense", "units": [24], "dropout": 0.3},
        "training": {"epochs": 120, "together": True},
    },
    "folds in processes": {
        "data": {"name": "npz", "path": "rows.npz"},
        "model": DENSE,
        "training": {"epochs": 150},
        "kfold": {"folds": 3},
        "callbacks": [PLATEAU],
    },
}
_RATES = {"epochs": 12, "optimizer": {"name": "adam", "learning_rate": {"search": [1e-4, 0.3], "scale": "log"}}}
_CHOSEN = {"search": {"choices": [0.1, 0.05, 0.02, 0.01, 0.003, 0.001]}}
_SEARCH = {
    "data": {"name": "npz", "path": "rows.npz"},
    "model": {**DENSE, "units": {"search": {"choices": [[8], [16], [8, 8]]}}},
    "training": _RATES,
    "callbacks": [PLATEAU],
}
FAMILIES |= {
    "grid": {**_SEARCH, "training": {"epochs": 20}, "search": {"sampler": "grid"}},
    "grid in groups": {
        **_SEARCH,
        "training": {"epochs": 60, "optimizer": {"name": "adam", "learning_rate": _CHOSEN}},
        "search": {"sampler": "grid", "trials": None, "together": 4},
    },
    "random": {**_SEARCH, "search": {"trials": 8, "pruner": "halving"}},
    "tpe": {**_SEARCH, "search": {"trials": 15, "sampler": "tpe"}, "training": {**_RATES, "epochs": 3}},
    "together": {**_SEARCH, "search": {"trials": 24, "together": 8, "pruner": "median"}},
    "groups": {**_SEARCH, "training": {**_RATES, "epochs": 60}, "search": {"trials": 30, "together": 6}},
    "groups of folds": {**_SEARCH, "search": {"trials": 10, "together": 4, "folds": True}, "kfold": {"folds": 3}},
    "tpe together": {**_SEARCH, "search": {"trials": 24, "sampler": "tpe", "together": 6, "workers": 2}},
    "search of folds": {**_SEARCH, "search": {"trials": 4, "folds": True}, "kfold": {"folds": 3}},
    "random in processes": {**_SEARCH, "search": {"trials": 12, "workers": 3, "pruner": "median"}},
    "tpe in processes": {**_SEARCH, "search": {"trials": 14, "workers": 3, "sampler": "tpe"}},
}
BASE = {"data": PICTURES, "model": CONVNET, "training": {"epochs": 2}}  # the run that `pretrained` stands on
COMMANDS = {  # else train
    "folds": ["kfold", "--refit", "--keep-models"],
    "folds together": ["kfold", "--refit", "--keep-models", "--interval"],
    "seeds": ["train", "--seeds", "3"],
    "seeds together": ["train", "--seeds", "4"],
    "folds in processes": ["kfold", "--jobs", "2"],
    "grid": ["search", "--refit"],
    **{name: ["search"] for name, block in FAMILIES.items() if "search" in block and name != "grid"},
}
DATA = ("rows.npz", "pictures.npz", "series.npz", "text.txt", "weather.csv", "tagged.txt", "table.csv", "texts.csv")


def executions(family: str) -> tuple[str, ...]:
    """Return the ways in which a family can be executed; pictures are made in one way."""
    block = FAMILIES[family]
    together = block.get("training", {}).get("together") is True or "together" in block.get("search", {})
    return ("epoch",) if "kind" in block or together else ("epoch", "steps")


def write_data(folder: Path) -> None:
    """Write what the families train on."""
    rng = np.random.default_rng(4)
    y = np.arange(240) % 3
    np.savez(folder / "rows.npz", x=rng.normal(y[:, None], 2.0, (240, 8)).astype(np.float32), y=y)
    bright = y[:, None, None, None] * 60 + rng.integers(0, 60, (240, 6, 6, 1))
    np.savez(folder / "pictures.npz", x=bright.astype(np.uint8), y=y)
    np.savez(folder / "series.npz", x=rng.normal(y[:, None, None], 2.0, (240, 6, 2)).astype(np.float32), y=y)
    words = rng.choice(["to be", "or not", "that is", "the question"], 400)
    (folder / "text.txt").write_text(", ".join(words))
    tagged = (f"{word} {'AB'[number % 2]}" for number, word in enumerate(rng.choice([*"abcdefgh"], 1_200).tolist()))
    sentences = np.array_split([*tagged], np.sort(rng.choice(1_200, 200, replace=False)))
    (folder / "tagged.txt").write_text("\n\n".join("\n".join(one.tolist()) for one in sentences if len(one)))
    waves = np.sin(np.arange(300)[:, None] / [3, 5]) + rng.normal(0, 0.3, (300, 2))
    lines = [f"{a:.4f},{b:.4f}" for a, b in waves.tolist()]
    (folder / "weather.csv").write_text("\n".join(["a,b", *lines]) + "\n")
    cells = [f"{a:.4f},{b:.4f},{'no' if a + b > 0 else 'yes'}" for a, b in rng.normal(0, 1, (240, 2)).tolist()]
    (folder / "table.csv").write_text("\n".join(["a,b,kind", *cells]) + "\n")
    texts = [" ".join(rng.choice([*"abcdefgh"], length).tolist()) for length in rng.integers(1, 12, 240).tolist()]
    labelled = [f"{text},{'yes' if 'a' in text else 'no'}" for text in texts]
    (folder / "texts.csv").write_text("\n".join(["text,label", *labelled]) + "\n")
    (folder / "base.yaml").write_text(yaml.safe_dump(BASE))


def write_experiment(folder: Path, family: str, execution: str, every_steps: int | None) -> None:
    """Write experiment.yaml: so many epochs that there is time to disturb them."""
    block = FAMILIES[family]
    if "kind" in block:  # its pictures are made in one way
        (folder / "experiment.yaml").write_text(yaml.safe_dump(block))
        return
    training = {"batch_size": 16, "execution": execution, **block.get("training", {"epochs": 40})}
    checkpoint = {"name": "checkpoint", "every_seconds": 0.2, "every_steps": every_steps}
    content = {**block, "training": training, "callbacks": [checkpoint, *block.get("callbacks", [])]}
    (folder / "experiment.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
