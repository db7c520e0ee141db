"""A run directory: its paths and JSON files. `runs/README.md` is the contract."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dlpy.core.errors import RunError, StorageError, printable
from dlpy.core.parsing import read_json, read_json_or_empty, read_mapping
from dlpy.core.suggestions import command
from dlpy.runs.record import JSON_FILES, Evaluation, Record, Summary
from dlpy.storage.atomic import json_text, storage, write_whole
from dlpy.storage.cache import alone

SCHEMA_VERSION = 1
SEEDS = "seeds"  # the kind of a run that trains with several seeds, and the folder in it with a run for each
KFOLD = "kfold"
FOLD = "fold"  # the kind of a fold that keeps its model
FOLDS = "folds"  # the folder in a k-fold run with a directory for each fold
ARTWORK_KINDS = ("dream", "style")  # of runs that generate an image instead of training a model
SEARCH_KIND = "search"
ENSEMBLE = "ensemble"  # the kind of a run that combines the predictions of others
PROBE = ".cluster"  # file of a run whose trainings a cluster does, by whose text workers recognize the run
FINAL_MODEL = "refit"  # folder of a search, or of a training: the run of its final model
NAMED = re.compile(r"\d{8}-\d{6}-(.+?)(?:-\d+)?")  # runs of the same second get a number at the end
_OUTDATED = (
    "bands.json", "calibration.json", "evaluation.json", "rivals.json", "thresholds.json", "predictions.npz",
    "classes-*.csv", "samples/attention.npz", "samples/made.npz", "samples/wrongest-*", "samples/written*", "plots/*",
    "report.html",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A run directory."""

    path: Path

    @property
    def name(self) -> str:
        """The name of its experiment."""
        found = NAMED.fullmatch(self.id)
        return found[1] if found else self.id

    @property
    def id(self) -> str:
        """The directory's name: YYYYMMDD-HHMMSS-<experiment>; of a fold or one of several seeds, its path from there.

        So it is of the final model of a search, and of a training.
        """
        above = Run(self.path.parent)
        if self.path.name == FINAL_MODEL and (NAMED.fullmatch(above.path.name) or above.owner is not None):
            return f"{above.id}/{FINAL_MODEL}"
        return self.path.name if self.owner is None else f"{self.owner.id}/{self.path.parent.name}/{self.path.name}"

    @property
    def owner(self) -> Run | None:
        """The run of several seeds or folds that this run is one of."""
        return Run(self.path.parent.parent) if self.path.parent.name in (SEEDS, FOLDS) else None

    @property
    def config(self) -> Path:
        """The experiment with all defaults filled in."""
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """The scores, one row per epoch."""
        return self.path / "metrics.csv"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def plots(self) -> Path:
        """The folder of plots."""
        return self.path / "plots"

    @property
    def report(self) -> Path:
        """The page that shows everything about the run."""
        return self.path / "report.html"

    @property
    def model(self) -> Path:
        """The best model as Keras saves it."""
        return self.path / "model.keras"

    @property
    def log(self) -> Path:
        """The log, with the traceback of a bug."""
        return self.path / "log.txt"

    @property
    def transforms(self) -> Path:
        """The states of the transforms, fitted on training rows."""
        return self.path / "transforms.npz"

    @property
    def splits(self) -> Path:
        """The positions of training and held-out rows."""
        return self.path / "splits.npz"

    @property
    def predictions(self) -> Path:
        """Targets and predictions of the validation and test rows."""
        return self.path / "predictions.npz"

    @property
    def unfinished(self) -> Path:
        """The state from which an unfinished image is resumed."""
        return self.path / "unfinished.npz"

    @property
    def attention(self) -> Path:
        """What a seq2seq model reads while it writes."""
        return self.path / "samples" / "attention.npz"

    @property
    def written(self) -> Path:
        """Checksums of what a seq2seq model writes for held-out rows, and of the references."""
        return self.path / "samples" / "written.npz"

    @property
    def made(self) -> Path:
        """The samples and latent vectors of a generative model."""
        return self.path / "samples" / "made.npz"

    @property
    def changes(self) -> Path:
        """The path to lock with `alone` while a file is read and rewritten."""
        return self.path / "changes"

    def record(self) -> Record:
        """Return run.json.

        Raises:
            RunError: the file is damaged or missing.
        """
        try:
            return read_json(self.path / "run.json", Record)
        except FileNotFoundError:
            raise RunError(f"{self.path / 'run.json'} is missing.") from None

    def summary(self) -> Summary:
        """Return summary.json; an empty one if it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        return read_json_or_empty(self.path / "summary.json", Summary)

    def evaluation(self) -> Mapping[str, Evaluation]:
        """Return evaluation.json by split; an empty one if it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        return read_json_or_empty(self.path / "evaluation.json", Mapping[str, Evaluation])

    def read(self, name: str) -> dict[str, Any]:
        """Return a JSON file as plain values; an empty mapping if it is not written yet.

        Raises:
            RunError: the file is damaged.
        """
        try:
            return read_mapping(self.path / name, JSON_FILES.get(name, Any))
        except FileNotFoundError:
            return {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file atomically."""
        text = json_text(content) + "\n"
        write_whole(self.path / name, lambda path: path.write_text(text, encoding="utf-8"))

    def change(self, name: str, changed: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Replace a JSON file by `changed` of its content; concurrent processes take turns."""
        with storage(self.path / name), alone(self.changes):
            self.write(name, changed(self.read(name)))

    def update(self, **changes: Any) -> None:
        """Update entries of run.json."""
        self.change("run.json", lambda record: record | changes)

    def require_present(self) -> None:
        """Raise StorageError if the directory was removed."""
        if not self.path.is_dir():
            raise StorageError(f"{self.path} was removed during training.")

    def append_log(self, text: str) -> None:
        """Add lines to log.txt."""
        with storage(self.log), self.log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            lines = printable(text).rstrip("\n").replace("\n", "\n  ")  # continuation lines are indented
            file.write(f"{datetime.now().isoformat(timespec='seconds')} {lines}\n")


def forget_outdated(run: Run) -> None:
    """Remove the files made from an earlier state of the model."""
    with storage(run.path):
        for path in (path for pattern in _OUTDATED for path in run.path.glob(pattern)):
            if path.is_file():  # a file browser may have created a folder of that name
                path.unlink()


def require_model(run: Run) -> None:
    """Raise RunError if a run has no model: it generated an image, or is a search."""
    kind = run.record().kind
    if kind == SEARCH_KIND and not (run.path / "best.yaml").exists():
        raise RunError(f"run {run.id} is a search, which keeps no models, and has no best experiment yet.")
    if kind == SEARCH_KIND:
        new = command("train", run.path / "best.yaml")
        raise RunError(
            f"run {run.id} is a search, which keeps no models: train its best experiment with {new}, "
            "or a final model with dlpy search --refit."
        )
    if kind in ARTWORK_KINDS:
        raise RunError(f"run {run.id} is of kind '{kind}': it generated the images in its samples/ and has no model.")


def require_one_training(run: Run) -> None:
    """Raise RunError if a run holds several trainings, one for each seed, or combines several runs."""
    kind = run.record().kind
    if kind == ENSEMBLE:
        raise RunError(f"run {run.id} is an ensemble and has no model of its own: name one of its members.")
    if kind == SEEDS:
        one = f"{run.id}/{SEEDS}/1"
        combine = command("ensemble", run.id)
        raise RunError(f"run {run.id} has a model for each seed: name one of them, such as {one}, or {combine}.")


def count_look(run: Run) -> None:
    """Count a look at the test rows; one at a fold, a seed or a final model is also one of the run that it is of."""
    run.change("run.json", lambda record: record | {"test_looks": (record.get("test_looks") or 0) + 1})
    above = Run(run.path.parent) if run.path.name == FINAL_MODEL else run.owner
    if above is not None and (above.path / "run.json").is_file():
        count_look(above)
