"""What training leaves in the run directory besides checkpoints: run.json, summary.json, splits and predictions."""

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
from dlpy.runs.directory import SCHEMA_VERSION, Run, create_run
from dlpy.runs.record import How
from dlpy.runs.samples import Answers, save_wrongest
from dlpy.storage import atomic
from dlpy.storage.atomic import sha256, write_arrays
from dlpy.storage.cache import alone
from dlpy.training.baseline import baseline, beside
from dlpy.training.class_table import class_table, save_class_table


@dataclass(frozen=True)
class Options:
    """What the command line decides about a run, apart from the experiment."""

    folder: Path
    command: str = ""
    kind: str = "train"
    smoke: bool = False
    folds: How | None = None  # of kind kfold
    given: str | None = None  # what tells the experiment, as it was given, from others: its `fingerprint`


@dataclass(frozen=True)
class Seen:
    """Rows before and after the transforms, and what is to be learnt of them."""

    raw: Rows
    rows: Rows
    output: Output


def begin(experiment: Experiment, loaded: Loaded, task: Task, options: Options) -> Run:
    """Claim a run directory and write into it what is known before training."""
    told = told_of_data(experiment, loaded, task) | environment()  # it takes a while: while there is no directory yet
    return claim(options, experiment.name or "run", lambda run: _write_beginning(run, experiment, told, options))


def claim(options: Options, name: str, write: Callable[[Run], None]) -> Run:
    """Claim a run directory and let `write` fill it; where that fails, leave none behind."""
    run = create_run(options.folder, name, datetime.now())
    try:
        write(run)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run


def opening(run: Run, options: Options, seed: int, told: dict[str, Any]) -> dict[str, Any]:
    """Return what run.json holds of every run when it begins: `told` of data and surroundings, and of the command."""
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
    run.append_log(f"began: {options.command or options.kind}; data: {data['source']} {data['description']}")


def write_config(run: Run, experiment: Experiment) -> None:
    """Write config.yaml: the experiment with every choice made, its plug-ins beside it."""
    stored = experiment.model_copy(update={"plugins": [Path(plugin).name for plugin in experiment.plugins]})
    atomic.write_whole(run.config, lambda path: path.write_text(stored.to_yaml(), encoding="utf-8"))


def told_of_data(experiment: Experiment, loaded: Loaded, task: Task) -> dict[str, Any]:
    """Return what run.json holds of the data: fingerprints of it and of other files, the task before and after."""
    source = {"source": loaded.source.kind, "description": loaded.source.description}
    data = source | {"sha256": loaded.fingerprint()}
    return {
        "data": data,
        "files": file_digests(experiment),
        "raw_task": loaded.task.to_record(),
        "task": task.to_record(),
    }


def file_digests(experiment: Experiment) -> dict[str, str | None]:
    """Return the sha256 of each file beside the data that the model begins with, by option; None where it is gone."""
    files = outside_files(experiment)
    return {option: sha256(path) if path.is_file() else None for option, path in files.items()}


def outside_files(experiment: Experiment) -> dict[str, Path]:
    """Return the files beside the data that the model begins with, by option."""
    return experiment.model.outside_files() if isinstance(experiment.model, PretrainedModel) else {}


def settle_config(run: Run, experiment: Experiment) -> None:
    """Write config.yaml as it is trained, and into run.json what `dlpy resume` tells an edited one by."""
    run.update(config_sha256=None)  # a process killed between the two must not look like an edit
    write_config(run, experiment)
    run.update(config_sha256=config_digests(run, experiment.plugins))


def config_digests(run: Run, plugins: list[str]) -> dict[str, str]:
    """Return the sha256 of config.yaml and of the plug-in files beside it, by name."""
    paths = [run.config, *(run.path / Path(plugin).name for plugin in plugins)]
    return {path.name: sha256(path) if path.is_file() else "" for path in paths}


def fingerprint(experiment: Experiment) -> str:
    """Return what an experiment, with its overrides, its defaults and the code of its plug-ins, is told by."""
    return digest_of(experiment.model_copy(update={"plugins": []}).to_yaml(), experiment.plugins)


def digest_of(text: str, plugins: list[str]) -> str:
    """Return the sha256 of an experiment's text and of plug-in files."""
    digest = hashlib.sha256(text.encode())
    for plugin in plugins:
        digest.update(Path(plugin).read_bytes())
    return digest.hexdigest()


def save_splits(run: Run, data: Data) -> None:
    """Write which rows, numbered as in their source, went where."""
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    arrays = {name: rows.index for name, rows in parts.items() if rows is not None}
    write_arrays(run.splits, arrays)


def note_inexact(run: Run, lines: list[str]) -> None:
    """Write into run.json what the last resumption could not bring back; the folder of a fold has none."""
    resumes = run.record().resumes if lines and (run.path / "run.json").is_file() else []
    if resumes:
        *before, last = resumes
        run.update(resumes=[*before, {**last, "inexact": [*last["inexact"], *lines]}])


def summarize(
    run: Run, data: Data, experiment: Experiment, parameters: int, prediction: np.ndarray | None = None
) -> None:
    """Write summary.json: the best and the last scores, beside what common sense would score.

    Args:
        prediction: what the best model says of the validation rows, where rows have answers.
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
    """Add a part's targets and predictions to predictions.npz, and of pictures and texts keep the most wrong ones.

    Numbers are in the target's own unit. Of windows of a series there are also the times of the targets, where they
    are known, and what the baseline says.

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
