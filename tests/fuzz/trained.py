"""Small runs of several families, trained once for all cases, whose files are then damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from . import samples

_STANDARD = "transforms: [standardize]"
_BLOBS = "data: {name: csv, path: table.csv, target: kind, test: 0.2, validation: 0.25, transforms: [standardize]}"
_PICTURES = "data: {name: npz, path: pictures.npz, transforms: [{name: reshape, shape: [16, 16, 1]}, rescale]}"
EXPERIMENTS = {
    "table": f"{_BLOBS}\nmodel: {{name: dense, units: [4]}}\ncallbacks: [early_stopping, reduce_lr_on_plateau]",
    "numbers": "data: {name: csv, path: plain.csv, target: target, task: regression, validation: 0.25, "
    f"{_STANDARD}}}\nmodel: {{name: dense, units: [4]}}",
    "series": "data: {name: timeseries_csv, path: series.csv, time: time, target: a, lookback: 8, delay: 1, "
    f"{_STANDARD}}}\nmodel: {{name: dense, units: [4]}}",
    "pictures": f"{_PICTURES}\nmodel: {{name: convnet, filters: [2], units: [2]}}",
    "vae": f"{_PICTURES}\nmodel: {{name: vae, encoder: [{{filters: 2, stride: 2}}], units: [4]}}",
    "prose": "data: {name: language_model, path: prose.txt, window: 10}\nmodel: {name: rnn, units: [4], embedding: 3}",
    "homes": "data: {name: listings, rows: 60, test_rows: 20, inputs: {text: {transforms: [{name: tokenize, "
    "vocabulary: 50}, {name: pad, length: 10}]}, photo: {transforms: [rescale]}, facts: {transforms: [tabulate]}}}\n"
    "model: {name: graph, layers: {a: {layer: Embedding, output_dim: 2, of: text}, b: {layer: Flatten}, c: {layer: "
    "Flatten, of: photo}, d: {layer: Concatenate, of: [b, c, facts]}}, outputs: {price: d, sold: d, tags: d}}",
    "texts": "data: {name: text_csv, path: table.csv, text: text, target: kind, transforms: [tokenize, multi_hot]}\n"
    "model: {name: dense, units: [4]}",
    "folds": f"{_BLOBS}\nmodel: {{name: dense, units: [4]}}\nkfold: {{folds: 2}}",
}
_CODE = """
import sys
from dlpy.cli.main import main
for name in sys.argv[1:]:
    command = "kfold" if name == "folds" else "train"
    if main([command, f"{name}.yaml", "--runs", "made", "--quiet"]):
        sys.exit(f"{name} was not trained")
"""


def trained(folder: Path) -> dict[str, Path]:
    """Return run directories by family, made in a process of its own where there are none yet."""
    if not (folder / "made").is_dir():
        write_experiments(folder)
        paths = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
        command = [sys.executable, "-c", _CODE, *EXPERIMENTS]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    return {path.name[16:]: path for path in sorted((folder / "made").glob("2*"))}


def write_experiments(folder: Path) -> None:
    """Write what is trained, and the data of it."""
    for name, text in EXPERIMENTS.items():
        (folder / f"{name}.yaml").write_text(f"{text}\ntraining: {{epochs: 2}}\n")
    files = {"table.csv": samples.TABLE, "plain.csv": samples.PLAIN, "series.csv": samples.SERIES}
    for name, content in {**files, "prose.txt": samples.PROSE, "photo.png": samples.picture("PNG")}.items():
        (folder / name).write_bytes(content)
    pictures = np.random.default_rng(1).integers(0, 255, (40, 16, 16), np.uint8)
    np.savez(folder / "pictures.npz", x=pictures, y=np.arange(40) % 2)
