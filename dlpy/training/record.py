"""The files of a training besides checkpoints: run.json, summary.json, splits and predictions."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.components.model import PretrainedModel
from dlpy.core.environment import environment
from dlpy.data.features import Windows
from dlpy.data.rows import Data, Loaded, Rows
from dlpy.data.task import Output, Task
from dlpy.data.units import has_unit, own_numbers, own_scores, scores_in_unit
from dlpy.data.validate import class_numbers
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.arrays import read_arrays
from dlpy.runs.directory import SCHEMA_VERSION, Run
from dlpy.runs.lookup import create_run
from dlpy.runs.record import How
from dlpy.runs.samples import Answers, save_wrongest
from dlpy.storage import atomic
from dlpy.storage.atomic import sha256, write_arrays
from dlpy.storage.cache import alone
from dlpy.training.baseline import baseline, beside
from dlpy.training.class_table import class_table, save_class_table


@dataclass(frozen=True)
class Options:
    """The options of a run that are not in the experiment."""

    folder: Path
    command: str = ""
    kind: str = "train"
    smoke: bool = False
    folds: How | None = None  # of kind kfold
    given: str | None = None  # the `fingerprint` of the experiment as it was given


@dataclass(frozen=True)
class Seen:
    """Rows before and after the transforms, and their target."""

    raw: Rows
    rows: Rows
    output: Output


def begin(experiment: Experiment, loaded: Loaded, task: Task, options: Options) -> Run:
    """Create a run directory and write the files that are known before training."""
    told = told_of_data(experiment, loaded, task) | environment()  # it takes a while, so before the directory exists
    return claim(options, experiment.name or "run", lambda run: _write_beginning(run, experiment, told, options))


def claim(options: Options, name: str, write: Callable[[Run], None]) -> Run:
    """Create a run directory and fill it by `write`; remove it where that fails."""
    run = create_run(options.folder, name, datetime.now())
    try:
        write(run)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run


def opening(run: Run, options: Options, seed: int, told: dict[str, Any]) -> dict[str, Any]:
    """Return the first run.json of every run.

    Args:
        told: the fields about the data and the environment.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "id": run.id,
        "kind": options.kind,
        "status": "running",
        "exit_reason": None,
        "smoke": options.smoke,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": options.command,
        "seed": seed,
        **told,
        **({"folds": asdict(options.folds)} if options.folds else {}),
        **({"given": options.given} if options.given else {}),
    }


def _write_beginning(run: Run, experiment: Experiment, told: dict[str, Any], options: Options) -> None:
    with atomic.storage(run.path):
        for plugin in experiment.plugins:
            shutil.copyfile(plugin, run.path / Path(plugin).name)
    write_config(run, experiment)
    weighted = experiment.training.class_weight is not None
    record = opening(run, options, experiment.seed, told) | {"class_weighted": weighted, "test_looks": 0}
    run.write("run.json", record)
    data = told["data"]
    run.append_log(f"started: {options.command or options.kind}; data: {data['source']} {data['description']}")


def write_config(run: Run, experiment: Experiment) -> None:
    """Write config.yaml: the experiment with all defaults filled in; its plug-ins are beside it."""
    stored = experiment.model_copy(update={"plugins": [Path(plugin).name for plugin in experiment.plugins]})
    atomic.write_whole(run.config, lambda path: path.write_text(stored.to_yaml(), encoding="utf-8"))


def told_of_data(experiment: Experiment, loaded: Loaded, task: Task) -> dict[str, Any]:
    """Return the fields of run.json about the data: its fingerprint, those of other files, and the tasks."""
    source = {"source": loaded.source.kind, "description": loaded.source.description}
    data = source | {"sha256": loaded.fingerprint()}
    return {
        "data": data,
        "files": file_digests(experiment),
        "raw_task": loaded.task.to_record(),
        "task": task.to_record(),
    }


def file_digests(experiment: Experiment) -> dict[str, str | None]:
    """Return the sha256 of each file that the model starts from, by option; None where it is missing."""
    files = outside_files(experiment)
    return {option: sha256(path) if path.is_file() else None for option, path in files.items()}


def outside_files(experiment: Experiment) -> dict[str, Path]:
    """Return the files beside the data that the model begins with, by option."""
    return experiment.model.outside_files() if isinstance(experiment.model, PretrainedModel) else {}


def settle_config(run: Run, experiment: Experiment) -> None:
    """Write the final config.yaml, and its sha256 into run.json, by which `dlpy resume` detects an edit."""
    run.update(config_sha256=None)  # a process killed between the two must not look like an edit
    write_config(run, experiment)
    run.update(config_sha256=config_digests(run, experiment.plugins))


def config_digests(run: Run, plugins: list[str]) -> dict[str, str]:
    """Return the sha256 of config.yaml and of the plug-in files beside it, by name."""
    paths = [run.config, *(run.path / Path(plugin).name for plugin in plugins)]
    return {path.name: sha256(path) if path.is_file() else "" for path in paths}


def fingerprint(experiment: Experiment) -> str:
    """Return the sha256 of an experiment with its overrides, its defaults and the code of its plug-ins."""
    return digest_of(experiment.model_copy(update={"plugins": []}).to_yaml(), experiment.plugins)


def digest_of(text: str, plugins: list[str]) -> str:
    """Return the sha256 of an experiment's text and of plug-in files."""
    digest = hashlib.sha256(text.encode())
    for plugin in plugins:
        digest.update(Path(plugin).read_bytes())
    return digest.hexdigest()


def save_splits(run: Run, data: Data) -> None:
    """Write the rows of each part, numbered as in their source."""
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    arrays = {name: rows.index for name, rows in parts.items() if rows is not None}
    write_arrays(run.splits, arrays)


def note_inexact(run: Run, lines: list[str]) -> None:
    """Record in run.json what the last resume could not restore; the folder of a fold has no run.json."""
    resumes = run.record().resumes if lines and (run.path / "run.json").is_file() else []
    if resumes:
        *before, last = resumes
        run.update(resumes=[*before, {**last, "inexact": [*last["inexact"], *lines]}])


def summarize(
    run: Run, data: Data, experiment: Experiment, parameters: int, prediction: np.ndarray | None = None
) -> None:
    """Write summary.json: the best and the last scores, and the baseline.

    Args:
        prediction: of the best model for the validation rows, where it predicts targets.
    """
    best, last = checkpoints.read_state(run, "best"), checkpoints.read_state(run, "last")
    part = "train" if data.validation is None else "validation"
    common_sense = baseline(experiment, data.task, data.train, data.validation or data.train)
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    summary = {
        "best": {"epoch": best.epoch, **best.scores},
        "last": {"epoch": last.epoch, **last.scores},
        "baseline": {"on": part, **beside(common_sense, best.scores)},
        "parameters": parameters,
        "rows": {name: len(rows) for name, rows in parts.items() if rows is not None},
    }
    if has_unit(data.task.output):
        summary["in_unit"] = _in_unit(summary, data, experiment, prediction)
    run.write("summary.json", summary)


def _in_unit(summary: dict[str, Any], data: Data, experiment: Experiment, prediction: np.ndarray | None) -> dict:
    """Return the scores of a summary in the target's own unit."""
    output, names = data.task.output, experiment.metric_names(data.task)
    own = {block: own_scores(summary[block], output, names) for block in ("best", "last", "baseline")}
    if prediction is not None and data.validation is not None:
        of_loss = scores_in_unit(data.validation.y, prediction, output, [experiment.loss_name(data.task)])
        own["best"] = own["best"] | {f"val_{name}": value for name, value in of_loss.items()}
    return {"unit": output.unit, **own}


def save_predictions(run: Run, part: str, seen: Seen, prediction: np.ndarray) -> None:
    """Add a part's targets and predictions to predictions.npz, and save the most wrong images and texts.

    Numbers are in the target's own unit. For windows of a series, the baseline's forecasts are added, and the times of
    the targets where they are known.

    Args:
        part: "validation" or "test".
        prediction: (rows, units).
    """
    raw, rows, output = seen.raw, seen.rows, seen.output
    regression = output.kind == "regression"
    target = rows.y if regression else class_numbers(rows, output)
    new = {"index": rows.index, "target": target, "prediction": prediction}
    if isinstance(rows.x, Windows):
        new |= dict(zip(["baseline"], rows.x.guesses().values(), strict=False))
    if regression:
        new |= {name: own_numbers(new[name], output) for name in new.keys() - {"index"}}
    if isinstance(rows.x, Windows) and "time" in rows.columns:
        new["time"] = rows.columns["time"]
    if "file" in rows.columns:
        new["file"] = rows.columns["file"]
    with atomic.storage(run.predictions), alone(run.changes):  # other parts may be scored at the same time
        old = read_arrays(run.predictions)
        write_arrays(run.predictions, old | {f"{part}.{name}": array for name, array in new.items()})
    if output.has_classes:
        save_class_table(run, part, class_table(target, prediction, output))
    if not regression:
        save_wrongest(run, part, raw, Answers(target, prediction, output))
