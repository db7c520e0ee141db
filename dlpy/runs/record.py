"""Schemas of a run's JSON files: run.json, summary.json, evaluation.json and a fold's fold.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dlpy.core.parsing import OfScores, Scores
from dlpy.runs.decision_records import BandsRecord, CalibrationRecord, ThresholdsRecord
from dlpy.runs.how import How, HowCombined, HowSearched, Place, Seeds
from dlpy.runs.network_record import NetworkRecord
from dlpy.runs.rivals_record import RivalsRecord


@dataclass(frozen=True)
class Counts:
    """What was counted in the rows before training; None where it was not.

    missing: missing values in training rows, by column. duplicates: rows equal to training rows, by held-out part.
    """

    missing: Mapping[str, int] | None = None
    duplicates: Mapping[str, int] | None = None


@dataclass(frozen=True)
class DataSource:
    """The data of a run: `source` is file or stand-in, `sha256` covers all arrays.

    always_generated: whether the dataset has no file that the stand-in is for.
    seed: that the stand-in was generated from, where it is not the seed of the run.
    """

    source: str
    description: str
    sha256: str
    always_generated: bool = False
    seed: int | None = None
    counts: Counts | None = None


@dataclass(frozen=True)
class Record:
    """run.json: how a run started and ended. Runs of earlier versions lack some entries; these have defaults here.

    raw_task, task: as read by `Task.from_record`; None for runs that train no model.
    versions, threads, device, settings, replicas: what affects a run's numbers besides its experiment and data.
    stages: the seconds of each stage, if $DLPY_TIMING was 1.
    config_sha256: checksums of config.yaml and the plug-ins, by name. files: those of files with initial weights.
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
    weighted_outputs: list[str] = field(default_factory=list)  # of several outputs: those with class weights
    seconds: float | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    peak_memory_bytes: int | None = None
    test_looks: int | None = None
    versions: Mapping[str, str | None] = field(default_factory=dict)
    threads: int | None = None
    device: str | None = None
    settings: Mapping[str, str] | None = None
    replicas: str | None = None
    networks: int = 1  # whose mean a final model predicts
    config_sha256: Mapping[str, str] | None = None
    files: Mapping[str, str | None] = field(default_factory=dict)
    folds: How | None = None
    seeds: Seeds | None = None
    search: HowSearched | None = None
    ensemble: HowCombined | None = None
    resumes: list[Mapping[str, Any]] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    tasks: list[Mapping[str, Any]] = field(default_factory=list)  # of each use of a cluster


@dataclass(frozen=True)
class Scored(OfScores):
    """Scores after an epoch, a step or a fold: `best` and `last` of a training, `first` and `last` of an image."""

    epoch: int | None = None
    monitor: str | None = None


@dataclass(frozen=True)
class OfSeed:
    """The best and the last scores of one of several seeds."""

    seed: int
    best: Scored
    last: Scored


@dataclass(frozen=True)
class Baseline(OfScores):
    """Scores of a baseline, what it predicts (`guess`), and the rows it was scored on (`on`)."""

    guess: str = ""
    on: str = ""
    also: list[Baseline] = field(default_factory=list)
    guesses: Mapping[str, str] = field(default_factory=dict)  # of several outputs: what it predicts, by output


@dataclass(frozen=True)
class InUnit:
    """Errors in the target's original unit, by block of scores."""

    unit: str = ""
    best: Scores = field(default_factory=dict)
    last: Scores = field(default_factory=dict)
    baseline: Scores = field(default_factory=dict)
    scores: Scores = field(default_factory=dict)


@dataclass(frozen=True)
class OfOutput:
    """What is recorded of one of several outputs, besides its scores."""

    rows: int | None = None
    in_unit: InUnit | None = None


@dataclass(frozen=True)
class Intervals:
    """The ends of the interval of each score, and by output of those in the target's own unit.

    level: such as 0.95. unit: what was resampled: rows, groups, or blocks of consecutive rows.
    """

    level: float
    unit: str = "rows"
    scores: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    in_unit: Mapping[str, Mapping[str, tuple[float | None, float | None]]] = field(default_factory=dict)


@dataclass(frozen=True)
class WrittenScores:
    """Scores of the texts that a model wrote for rows, and those of a guess."""

    on: str
    rows: int
    scores: Scores
    baseline: Scores
    guess: str


@dataclass(frozen=True)
class Summary:
    """summary.json: scores and baseline; means of folds or seeds, the best trial, first and last scores of an image."""

    best: Scored | None = None
    last: Scored | None = None
    first: Scored | None = None
    mean: Scores | None = None
    std: Scores = field(default_factory=dict)
    standard_error: Scores = field(default_factory=dict)
    folds: list[Scored] = field(default_factory=list)
    seeds: list[OfSeed] = field(default_factory=list)
    last_mean: Scores | None = None
    last_std: Scores = field(default_factory=dict)
    baseline: Baseline | None = None
    parameters: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    in_unit: InUnit | None = None
    outputs: Mapping[str, OfOutput] = field(default_factory=dict)
    refit: Mapping[str, Any] | None = None
    search: Mapping[str, Any] | None = None  # the best trial of a search, and how its trials ended
    intervals: Intervals | None = None
    written: WrittenScores | None = None  # of a seq2seq model
    members: list[Scored] = field(default_factory=list)  # of an ensemble


@dataclass(frozen=True)
class Band:
    """A band of quantiles: the coverage that was asked for, that on these rows, and its mean width."""

    asked: float
    covered: float | None = None
    width: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """An entry of evaluation.json: scores of one split, the baseline, and the checkpoint.

    Of several seeds, the scores are means; `std` is the standard deviation between the seeds, and `seeds` has the
    entry of each.
    """

    rows: int
    scores: Scores
    baseline: Baseline
    epoch: int | None = None
    std: Scores = field(default_factory=dict)
    standard_error: Scores = field(default_factory=dict)
    seeds: list[Mapping[str, Any]] = field(default_factory=list)
    checkpoint: str = "best"
    in_unit: InUnit | None = None
    outputs: Mapping[str, OfOutput] = field(default_factory=dict)
    intervals: Intervals | None = None
    bands: list[Band] = field(default_factory=list)  # of quantiles, the widest first


@dataclass(frozen=True)
class ExecutionRecord:
    """How the epochs of a fold were executed."""

    mode: Literal["epoch", "steps"] = "epoch"
    jit_compile: bool = False


@dataclass(frozen=True)
class FoldRecord:
    """fold.json: the scores of a finished fold."""

    scores: Scores
    baseline: Baseline
    execution: ExecutionRecord
    epochs: int


JSON_FILES: Mapping[str, Any] = {
    "run.json": Record,
    "summary.json": Summary,
    "evaluation.json": Mapping[str, Evaluation],
    "fold.json": FoldRecord,
    "network.json": NetworkRecord,
    "rivals.json": RivalsRecord,
    "bands.json": BandsRecord,
    "calibration.json": CalibrationRecord,
    "thresholds.json": ThresholdsRecord,
}
