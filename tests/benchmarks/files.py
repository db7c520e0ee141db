"""The files that both sides of a benchmark read: real ones, or stand-ins written in the files' own formats."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from texts import write_dates, write_pairs, write_words

PETS = "cats_and_dogs_small"


def find_data(name: str, data: Path, folder: Path) -> Path:
    """Return the file of that name: a real one, or one made here."""
    if (data / name).exists():
        return data / name
    path = folder / name
    if not path.exists():
        {
            "imdb.npz": write_texts,
            "reuters.npz": write_texts,
            "questions.npz": write_generated,
            "posts.npz": write_generated,
            "table.csv": write_table,
            "climate.csv": write_climate,
            "prose.txt": write_prose,
            "videos.npz": write_videos,
            "pairs.csv": write_pairs,
            "dates.csv": write_dates,
            "words.txt": write_words,
            PETS: write_pets,
        }.get(name, missing)(path)
    return path


def missing(path: Path) -> None:
    """Stop: there is no way to make this file."""
    sys.exit(f"there is no {path.name}: give its folder by --data")


def write_texts(path: Path) -> None:
    """Write the stand-in of a text dataset in Keras' own format: object arrays of lists of word ranks."""
    from dlpy.components.dataset import Dataset

    loaded = Dataset.registry.get(path.stem)(name=path.stem).stand_in(0, None)
    parts = {"train": loaded.train, "test": loaded.test}
    lists, labels = {}, {}
    for name, rows in parts.items():
        words = [rows.x.row(i) for i in range(len(rows))]
        lists[name] = [[int(word) - 3 for word in row[1:] if word > 3] for row in words]
        labels[name] = rows.y
    if path.stem == "imdb":
        arrays = {f"x_{name}": as_objects(rows) for name, rows in lists.items()}
        arrays |= {f"y_{name}": values for name, values in labels.items()}
    else:
        arrays = {"x": as_objects(lists["train"] + lists["test"]), "y": np.concatenate(list(labels.values()))}
    np.savez(path, **arrays)


def write_generated(path: Path) -> None:
    """Write the rows that the experiment of this dataset trains on: object arrays of lists of integers, and targets."""
    from dlpy.experiment.experiment import load

    config = {"questions": "qa_two_inputs", "posts": "posts_three_outputs"}[path.stem]
    experiment, _ = load(Path(__file__).parents[2] / "configs" / f"{config}.yaml")
    changes = {"vocabulary": 5000} if path.stem == "posts" else {}
    rows = experiment.data.model_copy(update=changes).load().train
    lists = {name: as_objects([x.row(i).tolist() for i in range(len(rows))]) for name, x in rows.inputs.items()}
    np.savez(path, **lists, **rows.targets)


def as_objects(rows: list[list[int]]) -> np.ndarray:
    """Return lists as the object array that Keras' files hold."""
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def write_table(path: Path, rows: int = 200_000) -> None:
    """Write rows of 30 numbers and a target, and the experiment for it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 30))
    y = x @ rng.normal(size=30) + np.sin(x[:, 0] * x[:, 1]) + rng.normal(size=len(x))
    names = [f"x{i}" for i in range(30)] + ["target"]
    np.savetxt(path, np.column_stack([x, y]), fmt="%.6g", delimiter=",", header=",".join(names), comments="")
    Path(f"{path}.yaml").write_text(
        f"data:\n  name: csv\n  path: {path}\n  target: target\n  task: regression\n  transforms: [standardize]\n"
        "  validation: {fraction: 0.2, take: first}\nmodel: {name: dense, units: [64, 64]}\n"
        "training: {epochs: 10, batch_size: 256}\n"
    )


def write_climate(path: Path) -> None:
    """Write 25,000 rows of the stand-in's weather, ten minutes apart, and the experiment for it."""
    from dlpy.stand_ins.climate import COLUMNS, climate

    header = ",".join(COLUMNS)
    np.savetxt(path, climate(0, 25_000), fmt="%.2f", delimiter=",", header=header, comments="")
    Path(f"{path}.yaml").write_text(
        f"data:\n  name: timeseries_csv\n  path: {path}\n  target: T (degC)\n  lookback: 1440\n  step: 6\n  delay: 144\n"
        "  transforms: [standardize]\n  validation: {fraction: 0.2, take: last}\nmodel: {name: rnn, cell: gru, units: 32}\n"
        "training: {loss: mae, metrics: [], epochs: 3, batch_size: 128}\n"
    )


def write_videos(path: Path) -> None:
    """Write 3,000 videos of moving shapes, 8 x 24 x 24 bytes each, and the experiment for them."""
    from dlpy.stand_ins.motion import moving_shapes

    x, y = moving_shapes(np.random.default_rng(0), 3_000, (8, 24, 24))
    np.savez(path, x=x, y=y)
    Path(f"{path}.yaml").write_text(
        f"data:\n  name: npz\n  path: {path}\n  transforms: [rescale]\n  validation: 600\n"
        "model: {name: video, filters: [16, 32, 64], pooling_frames: [1, 2, 2]}\n"
        "training: {optimizer: {name: adam, learning_rate: 0.003}, epochs: 4, batch_size: 32}\n"
    )


def write_prose(path: Path) -> None:
    """Write 200,000 characters of the stand-in's stories."""
    from dlpy.stand_ins.prose import prose

    path.write_text(prose(0, 200_000), encoding="utf-8")


def write_pets(path: Path) -> None:
    """Write 2,000 training and 1,000 validation pictures of the stand-in for cats_vs_dogs as JPEG files."""
    from PIL import Image

    from dlpy.stand_ins.pets import pets

    for part, (name, count) in enumerate({"train": 2000, "validation": 1000, "test": 20}.items()):
        for label in ("cats", "dogs"):
            (path / name / label).mkdir(parents=True)
        pictures, labels = pets(0, part, count, (150, 150))
        for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
            kind = "dog" if label else "cat"
            Image.fromarray(picture).save(path / name / f"{kind}s" / f"{kind}.{number}.jpg", quality=90)
