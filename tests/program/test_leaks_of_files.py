"""Other test rows in a file of one's own change no bit of what is learnt: nor of what `new` guesses, and of folds."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from every import REQUIRED, names
from held_out import bits, learnt, numbers
from PIL import Image

from dlpy.components.dataset import Dataset
from dlpy.experiment.experiment import load
from dlpy.training.folds import divided, fold_data
from dlpy.training.kfold import kfold
from dlpy.training.pipeline import Split, obtain, split
from dlpy.training.prepare import Prepared
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter


def write_csv(folder: Path, other: bool) -> dict[str, Any]:
    random = np.random.default_rng(4)
    lines = ["size,colour,text,kind"]
    for row in range(60):
        tail = other and row >= 48
        size = "" if row % 7 == 3 or (tail and row % 2) else str(round(float(random.normal()) * (90 if tail else 1), 3))
        colour = ["mauve", "pink"][row % 2] if tail else ["red", "blue", ""][int(random.integers(3))]
        text = f"new words {row} alone" if tail else f"some words {row % 9} of {row % 4}"
        lines.append(f"{size},{colour},{text},{'abc'[row % 3]}")
    folder.joinpath("rows.csv").write_text("\n".join(lines) + "\n")
    return {"path": str(folder / "rows.csv"), "target": "kind", "test": {"count": 12, "take": "last"}}


def write_text_csv(folder: Path, other: bool) -> dict[str, Any]:
    return write_csv(folder, other) | {"task": "auto", "transforms": [{"name": "tokenize"}, {"name": "pad"}]}


def write_npz(folder: Path, other: bool) -> dict[str, Any]:
    x, y = np.random.default_rng(5).normal(size=(60, 3)), np.arange(60) % 3
    held = x[48:] * 50 + 9 if other else x[48:]
    np.savez(folder / "rows.npz", x_train=x[:48], y_train=y[:48], x_test=held, y_test=y[48:][::-1] if other else y[48:])
    return {"path": str(folder / "rows.npz"), "transforms": ["standardize"]}


def write_text_folder(folder: Path, other: bool) -> dict[str, Any]:
    for part, name, row in itertools.product(("train", "test"), "ab", range(12)):
        path = folder / part / name / f"{row}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"entirely new {row}" if other and part == "test" else f"words {row % 5} of {name} {row % 3}")
    more = {"transforms": [{"name": "tokenize"}, "tf_idf"]}
    return {"path": str(folder / "train"), "test_path": str(folder / "test")} | more


def write_image_folder(folder: Path, other: bool) -> dict[str, Any]:
    random = np.random.default_rng(6)
    for part, name, row in itertools.product(("train", "validation", "test"), "ab", range(6)):
        pixels = random.integers(0, 120, (8, 8, 3)).astype(np.uint8)
        path = folder / part / name / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - pixels if other and part == "test" else pixels).save(path)
    parts = {"train": "train", "validation": "validation", "test": "test"}
    return {"path": str(folder), "parts": parts, "transforms": ["standardize"]}


def write_video_folder(folder: Path, other: bool) -> dict[str, Any]:
    random = np.random.default_rng(8)
    for part, name, row, frame in itertools.product(("train", "validation", "test"), "ab", range(6), range(2)):
        pixels = random.integers(0, 120, (8, 8, 3)).astype(np.uint8)
        path = folder / part / name / str(row) / f"{frame}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - pixels if other and part == "test" else pixels).save(path)
    parts = {"train": "train", "validation": "validation", "test": "test"}
    return {"path": str(folder), "parts": parts, "frames": 2, "transforms": ["standardize"]}


def write_timeseries_csv(folder: Path, other: bool) -> dict[str, Any]:
    values = np.random.default_rng(7).normal(size=(200, 2)).cumsum(axis=0)
    values[160:] = values[160:] * 40 + 7 if other else values[160:]
    lines = ["a,b", *(f"{a:.4f},{b:.4f}" for a, b in values)]
    folder.joinpath("rows.csv").write_text("\n".join(lines) + "\n")
    series = {"target": "a", "columns": None, "lookback": 6, "delay": 1, "test": {"rows": [160, 199]}}
    return {"path": str(folder / "rows.csv"), "transforms": ["standardize"]} | series


def write_labelled_series(folder: Path, other: bool) -> dict[str, Any]:
    values = np.random.default_rng(9).normal(size=200).cumsum()
    values[160:] = values[160:] * 40 + 7 if other else values[160:]
    lines = ["a,kind", *(f"{value:.4f},{'xyz'[row // 7 % 3]}" for row, value in enumerate(values))]
    folder.joinpath("rows.csv").write_text("\n".join(lines) + "\n")
    series = {
        "target": "kind",
        "columns": ["a"],
        "length": 10,
        "test": {"count": 4, "take": "last"},
        "validation": {"count": 4},
    }
    return {"path": str(folder / "rows.csv"), "transforms": ["standardize"]} | series


def write_whole_series(folder: Path, other: bool) -> dict[str, Any]:
    random, lines = np.random.default_rng(10), ["id,a,kind,part"]
    for series in range(40):
        values = random.normal(size=4 + series % 3)
        values = values * 40 + 7 if other and series >= 30 else values
        part = "test" if series >= 30 else "validation" if series >= 24 else "train"
        lines += [f"{series},{value:.4f},{'xyz'[series % 3]},{part}" for value in values]
    folder.joinpath("rows.csv").write_text("\n".join(lines) + "\n")
    series = {"id": "id", "target": "kind", "columns": ["a"], "task": "multiclass", "test": {"column": "part"}}
    held = {"validation": {"column": "part"}}
    return {"path": str(folder / "rows.csv"), "transforms": ["standardize"]} | series | held


def write_tagged_words(folder: Path, other: bool) -> dict[str, Any]:
    sentences = []
    for row in range(40):
        words = ["new", "unseen", str(row)] if other and row >= 30 else [f"word{row % 5}", f"more{row % 3}", "end"]
        sentences.append("\n".join(f"{word} {'AB'[place % 2]}" for place, word in enumerate(words)))
    folder.joinpath("rows.txt").write_text("\n\n".join(sentences) + "\n")
    transforms = [{"name": "tokenize", "rules": "spaces"}, {"name": "pad"}]
    return {"path": str(folder / "rows.txt"), "transforms": transforms, "test": {"count": 10, "take": "last"}}


def write_parallel_texts(folder: Path, other: bool) -> dict[str, Any]:
    for name in ("source", "target"):
        tail = [f"{name} quite unseen {row}" for row in range(10)]
        lines = [f"{name} word{row % 5} more{row % 3}" for row in range(40 if not other else 30)]
        folder.joinpath(f"{name}.txt").write_text("\n".join(lines + tail * other) + "\n")
    files = {name: str(folder / f"{name}.txt") for name in ("source", "target")}
    return {**files, "test": {"count": 10, "take": "last"}}


def write_language_model(folder: Path, other: bool) -> dict[str, Any]:
    text = "".join("abcde fgh."[i * i % 10] for i in range(1000))
    folder.joinpath("rows.txt").write_text(text[:900] + ("\u00e4\u00f6xyz " * 20)[:100] if other else text)
    return {"path": str(folder / "rows.txt"), "test": {"rows": [900, 999]}}


SMALL = {"image_folder": {"size": 8}, "video_folder": {"size": 8}, "language_model": {"window": 8}}
DATASETS = names("datasets")
WRITTEN = {name.removeprefix("write_"): write for name, write in globals().items() if name.startswith("write_")}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    found = tmp_path / "a", tmp_path / "b"
    for folder in found:
        folder.mkdir()
    return found


def test_every_dataset_of_files_of_ones_own_is_written() -> None:
    assert set(WRITTEN) == {name for name in DATASETS if {"path", "source"} & REQUIRED.get(name, {}).keys()}


@pytest.mark.parametrize("name", WRITTEN)
def test_other_test_rows_in_a_file_change_nothing_that_is_learnt(name: str, folders) -> None:
    found = []
    for folder, other in zip(folders, (False, True), strict=True):
        given = {**REQUIRED.get(name, {}), **SMALL.get(name, {}), "name": name, **WRITTEN[name](folder, other)}
        cls = Dataset.registry.get(name)
        if name == "csv":  # columns as they are guessed
            given = {"name": "csv", "missing": "median", "transforms": ["standardize"], **WRITTEN[name](folder, other)}
        chosen = cls.model_validate({key: value for key, value in given.items() if key in cls.model_fields})
        loaded = obtain(chosen, 0)
        data, state = learnt(chosen, split(chosen, loaded), loaded.task)
        assert data.test is not None
        found.append((state, bits(numbers(data.validation)), bits(numbers(data.test))))
    assert found[0][:2] == found[1][:2]
    assert found[0][2] != found[1][2]


@pytest.mark.slow
def test_what_new_guesses_and_folds_do_not_depend_on_test_rows(bench, folders) -> None:
    found = []
    for folder, other in zip(folders, (False, True), strict=True):
        write_csv(folder, other)
        path = Path("rows.yaml")
        if not other:
            assert bench.run("new", folder / "rows.csv", "--target", "kind", "--output", path)[0] == 0
        changes = [f"data.path={folder / 'rows.csv'}", "data.test={count: 12, take: last}", "training.epochs=1"]
        chosen, document = load(path, [*changes, "kfold.folds=2"])
        loaded = obtain(chosen.data, 0)
        prepared = Prepared(chosen, loaded, Split(loaded.train, None, loaded.test))
        folds = [fold_data(prepared, *rows) for rows in divided(prepared)]
        states = [
            bits([array for state in pipeline.states for _, array in sorted(state.items())]) for _, pipeline in folds
        ]
        run = kfold(chosen, document, Options(folder), Reporter())
        with np.load(run.predictions) as stored:
            predictions = bits([stored["out_of_fold.prediction"]])
        told = {key: run.read("summary.json")[key] for key in ("folds", "mean", "best")}
        found.append((states, predictions, json.dumps(told)))
    assert found[0] == found[1]
    assert found[0][0][0] != found[0][0][1]
