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
from dlpy.data.rows import Data, Loaded
from dlpy.data.steps import counted
from dlpy.data.task import Task
from dlpy.data.units import constants_in_unit, has_unit, own_scores, scores_in_unit
from dlpy.engine.replicas import Peers
from dlpy.experiment.experiment import Experiment, prefix
from dlpy.runs import checkpoints
from dlpy.runs.directory import SCHEMA_VERSION, Run
from dlpy.runs.how import How, HowSearched, Place, Seeds
from dlpy.runs.lookup import create_run
from dlpy.runs.mirror import release
from dlpy.storage import atomic
from dlpy.storage.atomic import sha256, write_arrays
from dlpy.training.answers import Answers
from dlpy.training.baseline import baseline, beside
from dlpy.training.naive_forecasts import guess_in_unit


@dataclass(frozen=True)
class Options:
    """The options of a run that are not in the experiment."""

    folder: Path
    command: str = ""
    kind: str = "train"
    smoke: bool = False
    folds: How | None = None  # of kind kfold
    seeds: Seeds | None = None  # of kind seeds
    search: HowSearched | None = None  # of kind search
    place: Place | None = None  # where several trainings take place
    given: str | None = None  # the `fingerprint` of the experiment as it was given
    peers: Peers | None = None  # the other processes that train with this one


def begin(experiment: Experiment, loaded: Loaded, task: Task, options: Options) -> Run:
    """Create a run directory and write the files that are known before training."""
    told = told_of_data(experiment, loaded, task) | environment()  # it takes a while, so before the directory exists
    return claim(options, experiment.name or "run", lambda run: _write_beginning(run, experiment, told, options))


def begin_in(run: Run, experiment: Experiment, loaded: Loaded, task: Task, options: Options) -> None:
    """Write the files that are known before training into a directory that exists."""
    _write_beginning(run, experiment, told_of_data(experiment, loaded, task) | environment(), options)


def claim(options: Options, name: str, write: Callable[[Run], None]) -> Run:
    """Create a run directory and fill it by `write`; remove it where that fails."""
    run = create_run(options.folder, name, datetime.now())
    try:
        write(run)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        release(run.path)
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
        **{name: asdict(how) for name in ("folds", "seeds", "search", "place") if (how := getattr(options, name))},
        **({"given": options.given} if options.given else {}),
    }


def _write_beginning(run: Run, experiment: Experiment, told: dict[str, Any], options: Options) -> None:
    with atomic.storage(run.path):
        for plugin in experiment.plugins:
            shutil.copyfile(plugin, run.path / Path(plugin).name)
    write_config(run, experiment)
    weighted = experiment.training.class_weight is not None
    record = opening(run, options, experiment.seed, told) | {"class_weighted": weighted, "test_looks": 0}
    if names := experiment.weighted_outputs(list(told["task"]["outputs"])):
        record["weighted_outputs"] = names
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
    data: dict[str, Any] = source | {"sha256": loaded.fingerprint()}
    if loaded.source.always_generated:
        data["always_generated"] = True
    return {
        "data": data,
        "files": file_digests(experiment),
        "raw_task": loaded.task.to_record(),
        "task": task.to_record(),
    }


def file_digests(experiment: Experiment) -> dict[str, str | None]:
    """Return the sha256 of each file that the model starts from, by option; None where it is missing."""
    return {option: sha256(path) if path.is_file() else None for option, path in outside_files(experiment).items()}


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
    return digests_of(run, [run.config.name, *(Path(plugin).name for plugin in plugins)])


def digests_of(run: Run, names: list[str]) -> dict[str, str]:
    """Return the sha256 of files of a run by name; empty for those that are missing."""
    paths = [run.path / Path(name).name for name in names]
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
    arrays = {name: rows.index.astype(np.int64, copy=False) for name, rows in parts.items() if rows is not None}
    write_arrays(run.splits, arrays)


def note_inexact(run: Run, lines: list[str]) -> None:
    """Record in run.json what the last resume could not restore; the folder of a fold has no run.json."""
    resumes = run.record().resumes if lines and (run.path / "run.json").is_file() else []
    if resumes:
        *before, last = resumes
        run.update(resumes=[*before, {**last, "inexact": [*last["inexact"], *lines]}])


def summarize(
    run: Run, data: Data, experiment: Experiment, parameters: int, answers: list[Answers] | None = None
) -> None:
    """Write summary.json: the best and the last scores, and the baseline.

    Args:
        answers: of the best model for the validation rows, where it predicts targets.
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
    given = {answer.output: answer for answer in answers or []}
    own = {name: _in_unit(summary, name, (experiment, data), given.get(name)) for name in data.task.outputs}
    own = {name: scores for name, scores in own.items() if scores is not None}
    if own and len(data.task.outputs) == 1:
        summary["in_unit"] = next(iter(own.values()))
    elif own:
        summary["outputs"] = {name: {"in_unit": scores} for name, scores in own.items()}
    run.write("summary.json", summary)


def _in_unit(
    summary: dict[str, Any], name: str, of: tuple[Experiment, Data], answers: Answers | None
) -> dict[str, Any] | None:
    """Return the scores of an output in a summary in the target's own unit; None where it has none."""
    experiment, data = of
    task = data.task
    output, view = task.outputs[name], task.of_output(name)
    if not has_unit(output):
        return None
    own, before = experiment.of_output(name), prefix(task, name)
    names = own.metric_names(view)
    blocks = {block: scores_of(summary[block], before) for block in ("best", "last", "baseline")}
    scores = {block: own_scores(given, output, names) for block, given in blocks.items()}
    if answers is not None:
        of_rows = output.log_of_sum is not None or output.by_series
        wanted = [own.loss_name(view), *(names.values() if of_rows else ())]
        found = scores_in_unit(answers.rows, answers.prediction, output, wanted)
        scores["best"] = scores["best"] | {f"val_{score}": value for score, value in found.items()}
        if output.by_series:
            scores["baseline"] = guess_in_unit(answers.rows, output, {name: name for name in wanted})
        elif output.log_of_sum is not None:  # scores of logarithms cannot be turned back
            known = counted(data.train, name, output).y
            scores["baseline"] = constants_in_unit(known, answers.rows.y, output, wanted)
    return {"unit": output.unit, **scores}


def scores_of(scores: dict[str, Any], before: str) -> dict[str, Any]:
    """Return the scores whose names begin with the name of an output, without it."""
    found = {}
    for name, value in scores.items():
        held_out = "val_" if name.startswith("val_") else ""
        own = name.removeprefix(held_out)
        if own.startswith(before):
            found[held_out + own.removeprefix(before)] = value
    return found
