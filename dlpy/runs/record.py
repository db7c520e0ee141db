"""What the JSON files of a run hold: run.json, summary.json, evaluation.json and a fold's fold.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dlpy.core.parsing import OfScores, Scores


@dataclass(frozen=True)
class How:
    """How k-fold validation is done; none of it changes the numbers."""

    jobs: int = 1  # how many folds to train at once, each in a process of its own
    refit: bool = False  # afterwards train the final model on all rows but the test rows, for the best number of epochs


@dataclass(frozen=True)
class DataSource:
    """The data of a run: `source` is file or stand-in, `sha256` that of all arrays."""

    source: str
    description: str
    sha256: str


@dataclass(frozen=True)
class Record:
    """run.json: how a run began and ended. Runs of earlier versions lack some entries; these have defaults here.

    raw_task, task: as `Task.from_record` reads them; none of runs that train no model.
    versions, threads, device, settings: what decides the numbers of a run apart from its experiment and its data.
    config_sha256: of config.yaml and the plug-ins, by name. files: of other files that weights begin with.
    """

    kind: str
    status: str
    smoke: bool
    data: DataSource
    exit_reason: str | None = None
    given: str | None = None
    raw_task: Mapping[str, Any] | None = None
    task: Mapping[str, Any] | None = None
    class_weighted: bool | None = None
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    test_looks: int | None = None
    versions: Mapping[str, str | None] = field(default_factory=dict)
    threads: int | None = None
    device: str | None = None
    settings: Mapping[str, str] | None = None
    config_sha256: Mapping[str, str] | None = None
    files: Mapping[str, str | None] = field(default_factory=dict)
    folds: How | None = None
    resumes: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Scored(OfScores):
    """Scores after an epoch, a step or a fold: `best` and `last` of a training, `first` and `last` of a picture."""

    epoch: int | None = None
    monitor: str | None = None


@dataclass(frozen=True)
class Baseline(OfScores):
    """What common sense scores: what it guesses, and on which rows it was scored."""

    guess: str = ""
    on: str = ""
    also: list[Baseline] = field(default_factory=list)


@dataclass(frozen=True)
class InUnit:
    """Errors in the target's own unit, of which block of scores."""

    unit: str = ""
    best: Scores = field(default_factory=dict)
    last: Scores = field(default_factory=dict)
    baseline: Scores = field(default_factory=dict)
    scores: Scores = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """summary.json: scores beside the baseline; of a k-fold run the folds' means, of a picture its first and last."""

    best: Scored | None = None
    last: Scored | None = None
    first: Scored | None = None
    mean: Scores | None = None
    std: Scores = field(default_factory=dict)
    standard_error: Scores = field(default_factory=dict)
    folds: list[Scored] = field(default_factory=list)
    baseline: Baseline | None = None
    parameters: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    in_unit: InUnit | None = None
    refit: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Evaluation:
    """What evaluation.json holds of one part: scores beside the baseline, and of which checkpoint."""

    rows: int
    epoch: int
    scores: Scores
    baseline: Baseline
    checkpoint: str = "best"
    in_unit: InUnit | None = None


@dataclass(frozen=True)
class ExecutionRecord:
    """How an epoch of a fold was executed."""

    mode: Literal["epoch", "steps"] = "epoch"
    jit_compile: bool = False


@dataclass(frozen=True)
class FoldRecord:
    """fold.json: what a fold that is done scored."""

    scores: Scores
    baseline: Baseline
    execution: ExecutionRecord
    epochs: int


JSON_FILES: Mapping[str, Any] = {
    "run.json": Record,
    "summary.json": Summary,
    "evaluation.json": Mapping[str, Evaluation],
    "fold.json": FoldRecord,
}
