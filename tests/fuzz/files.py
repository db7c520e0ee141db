"""Damaged files of data, weights and runs, through what reads them. No TensorFlow is needed for any of it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.components.dataset import Dataset
from dlpy.data import archives
from dlpy.data.images.files import Form, read_picture, read_sizes
from dlpy.data.text.word_vectors import read_vectors
from dlpy.pretrained.weights import read_weights
from dlpy.runs import checkpoints, results
from dlpy.runs.checkpoint_files import whole
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.runs.predictions import read_splits
from dlpy.training import evaluate
from dlpy.training.pipeline import Pipeline

from . import samples
from .monsters import flipped

_RUN = "data: {name: csv, path: table.csv, target: kind, validation: 0.25}\nmodel: {name: dense, units: [4]}\n"
_MANIFEST = "checkpoints/last/manifest.json"


@dataclass(frozen=True)
class Kind:
    """A kind of file: one that is whole, and what reads it."""

    name: str
    content: bytes
    read: Callable[[Path], object]


def _dataset(name: str, **options: Any) -> Callable[[Path], object]:
    cls = Dataset.registry.get(name)
    return lambda path: cls.model_validate({"name": name, "path": str(path), **options}).load()


@cache
def data_kinds() -> list[Kind]:
    """Return the kinds of files that hold data or weights."""
    pictures = [
        Kind(f"a.{kind.lower()}", samples.picture(kind), _picture) for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP")
    ]
    return [
        *pictures,
        Kind("table.csv", samples.TABLE, _dataset("csv", target="kind")),
        Kind("plain.csv", samples.PLAIN, _dataset("csv", target="target")),
        Kind("texts.csv", samples.TABLE, _dataset("text_csv", target="kind")),
        Kind("series.csv", samples.SERIES, _dataset("timeseries_csv", time="time", target="a", lookback=8, delay=1)),
        Kind("prose.txt", samples.PROSE, _dataset("language_model", window=20)),
        Kind("numbers.npz", samples.numbers(), _dataset("npz")),
        Kind("reuters.npz", samples.newswires(), _dataset("reuters")),
        Kind("mnist.npz", samples.digits(), _dataset("mnist")),
        Kind("labels.gz", samples.idx(), lambda path: archives.read_idx(path, 1)),
        Kind("cifar.tar.gz", samples.cifar(), _dataset("cifar10")),
        Kind(
            "jena.csv.zip",
            samples.climate(),
            _dataset("jena_climate", lookback=24, delay=1, step=1, test=None, validation=None),
        ),
        Kind("vectors.txt", samples.VECTORS, lambda path: read_vectors.__wrapped__(str(path), ("", "the", "of"), None)),
        Kind("new.weights.h5", samples.weights(), read_weights),
        Kind("old.h5", samples.old_weights(), read_weights),
    ]


def _picture(path: Path) -> None:
    list(read_sizes([path]))
    read_picture(path, Form((16, 16), convert=True))


RUN_READERS: dict[str, Callable[[Run], object]] = {
    "run.json": lambda run: (results.output_of(run), evaluate.tasks(run), results.baseline_name(run)),
    "config.yaml": evaluate.read_config,
    "metrics.csv": lambda run: read_history(run.metrics),
    "summary.json": lambda run: results.baseline_of(run, "loss"),
    "predictions.npz": results.predictions_of,
    "splits.npz": lambda run: read_splits(run.splits),
    "transforms.npz": lambda run: Pipeline.restore(evaluate.read_config(run)[0].all_transforms(), run.transforms),
    "checkpoints/last/weights.npz": lambda run: checkpoints.read_weights(run, "last"),
    "checkpoints/last/optimizer.npz": lambda run: whole(run.checkpoints / "last"),
    "checkpoints/last/state.json": lambda run: checkpoints.read_state(run, "last"),
    _MANIFEST: lambda run: whole(run.checkpoints / "last"),
}


def trained(folder: Path) -> Path:
    """Return a run directory, made in a process of its own where there is none yet."""
    template = folder / "template"
    if not template.exists():
        (folder / "table.csv").write_bytes(samples.TABLE)
        (folder / "made.yaml").write_text(_RUN)
        code = "import sys; from dlpy.cli.main import main; sys.exit(main(sys.argv[1:]))"
        command = [sys.executable, "-c", code, "train", "made.yaml", "training.epochs=2", "--runs", "made"]
        paths = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, check=True, capture_output=True)
        (made,) = (folder / "made").glob("2*")
        made.rename(template)
    return template


class Case:
    """One damaged file, made from a seed and a number."""

    def __init__(self, seed: int, number: int, folder: Path) -> None:
        rng = random.Random(f"{seed} {number}")
        if rng.random() < 0.3:
            self._of_a_run(rng, folder)
            return
        kind = rng.choice([*data_kinds()[:-2], rng.choice(data_kinds())])  # h5 files take a process each
        path = folder / kind.name
        path.write_bytes(damaged(rng, kind.content))
        self.about, self.run = kind.name, lambda: kind.read(path)

    def _of_a_run(self, rng: random.Random, folder: Path) -> None:
        """Damage one file of a run; sometimes one of a checkpoint whose manifest says that it is whole."""
        template, run = trained(folder), Run(folder / "20200101-000000-damaged")
        shutil.rmtree(run.path, ignore_errors=True)
        shutil.copytree(template, run.path, symlinks=True)
        name = rng.choice(list(RUN_READERS))
        content = damaged(rng, (run.path / name).read_bytes())
        (run.path / name).write_bytes(content)
        if name.startswith("checkpoints") and name != _MANIFEST and rng.random() < 0.7:
            manifest = json.loads((run.path / _MANIFEST).read_bytes())
            manifest[Path(name).name] = hashlib.sha256(content).hexdigest()
            (run.path / _MANIFEST).write_text(json.dumps(manifest))
        self.about, self.run = name, lambda: RUN_READERS[name](run)


def damaged(rng: random.Random, content: bytes) -> bytes:
    """Return a file cut off, changed, emptied, of another kind, or changed inside what packs it."""
    way = rng.randrange(10)
    if way == 0:
        return rng.choice(
            [b"", b"\0" * len(content), b"[" * 200_000, rng.randbytes(500), rng.choice(data_kinds()).content]
        )
    if way == 1:
        return content[: rng.randrange(len(content))]
    if way < 7 and content.startswith(b"\x1f\x8b"):
        return gzip.compress(flipped(rng, gzip.decompress(content)))
    if way < 7 and content.startswith(b"PK"):
        return _repacked(rng, content)
    if way == 7:  # where the sizes stand
        return flipped(rng, content[:200]) + content[200:]
    return flipped(rng, content)


def _repacked(rng: random.Random, content: bytes) -> bytes:
    """Return a zip file with one member changed, its checksum right."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        if not old.namelist():
            return flipped(rng, content)
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            held = old.read(name)
            new.writestr(name, _rearranged(rng, held) if name == chosen else held)
    return file.getvalue()


def _rearranged(rng: random.Random, member: bytes) -> bytes:
    """Return an array's file changed at random, or with another array in it."""
    if rng.random() < 0.5:
        return flipped(rng, member)
    file = io.BytesIO()
    shape = rng.choice([(), (0,), (1,), (40,), (40, 4), (10**12,), (2, 0, 3)])
    if shape == (10**12,):
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    else:
        np.save(file, np.full(shape, rng.choice([0, -1, 1.5, np.nan, np.inf, 2**40, "a", True])))
    return file.getvalue()
