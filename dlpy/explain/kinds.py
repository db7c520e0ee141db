"""Which kind of explanation fits a run, found from its task, without Keras."""

from __future__ import annotations

from typing import Literal

from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError
from dlpy.core.suggestions import command
from dlpy.data.task import Input, Task
from dlpy.experiment.experiment import Experiment
from dlpy.models._sequences import EmbeddedModel
from dlpy.runs.directory import ENSEMBLE, Run, require_one_training
from dlpy.training.evaluate import read_config, tasks

Kind = Literal["images", "texts", "series", "tables"]

IN_WORDS: dict[Kind, str] = {
    "images": "images",
    "texts": "texts",
    "series": "windows of a series",
    "tables": "a table or several inputs",
}


def kind_of(run: Run) -> Kind:
    """Return the kind of explanation that fits a run.

    Raises:
        ConfigError: the run predicts no targets, or none fits its rows.
        RunError: it holds several trainings, or is damaged.
    """
    if run.record().kind != ENSEMBLE:
        require_one_training(run)
    raw, task = tasks(run)
    experiment, _ = read_config(run)
    if len(raw.inputs) > 1:
        _require_answers(run, experiment, task)
        return "tables"
    if len(raw.input.shape) == 4:
        raise ConfigError(f"run {run.id} takes videos: explain takes tables, texts, series and images.")
    found = _kind_of_input(raw.input, task.input, experiment)
    if found != "images":
        _require_answers(run, experiment, task)
    return found


def _require_answers(run: Run, experiment: Experiment, task: Task) -> None:
    for name, output in task.outputs.items():
        if output.kind == "codes":
            raise ConfigError(f"run {run.id} gives codes of rows, not predictions of a target: none can be explained.")
        if output.is_per_step:
            raise ConfigError(f"run {run.id} predicts each step of a row ({name}): explain takes one target for a row.")
    if not task.has_answers or isinstance(experiment.model, GenerativeModel):
        hint = f"`{command('generate', run.id)}` shows what it makes"
        raise ConfigError(f"run {run.id} is generative and predicts no targets to explain: {hint}.")


def _kind_of_input(raw: Input, given: Input, experiment: Experiment) -> Kind:
    if raw.kind in ("text", "sequence"):
        return "texts"
    if raw.kind == "table" or len(raw.shape) == 1:
        return "tables"
    steps = len(raw.shape) == len(given.shape) == 2 and isinstance(experiment.model, EmbeddedModel)
    if raw.last is not None or (steps and experiment.model.name != "dense"):
        return "series"
    return "images"
