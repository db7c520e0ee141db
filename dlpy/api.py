"""The public interface for plug-ins: `from dlpy.api import Model, Task`.

Names are imported lazily, so that importing this module is fast and does not load Keras. All other modules of dlpy may
change in any release.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlpy.callbacks._monitor import Best
    from dlpy.components.callback import LEARNING_RATE, Callback
    from dlpy.components.dataset import Dataset
    from dlpy.components.estimator import EstimatorModel, Fitted, Job, Round
    from dlpy.components.hooks import Hooks
    from dlpy.components.model import GenerativeModel, Model, PretrainedModel
    from dlpy.components.objectives import Loss, Metric, Monitor, Optimizer, Schedule
    from dlpy.components.plot import Plot
    from dlpy.components.transform import Transform
    from dlpy.core.captions import caption
    from dlpy.core.errors import ConfigError, DataError
    from dlpy.core.options import Block
    from dlpy.data.features import Padded, Sequences, Sparse, Table
    from dlpy.data.rows import Data, Loaded, Rows, Source
    from dlpy.data.task import Input, Output, State, Task
    from dlpy.drawing.figures import (
        BLUE,
        COLOURS,
        GREY,
        ORANGE,
        draw_baseline,
        epoch_axis,
        legend_below,
        new_figure,
        panels,
        score_axis,
    )
    from dlpy.engine.custom_step import Noise, Sampler, Turn, stepped
    from dlpy.models._sequences import AnyEmbedding, EmbeddedModel, Embedding, check_time_steps, time_steps
    from dlpy.models.dense import Activation, Dense, DenseHead, Rate, Regularizer, Units, add_head
    from dlpy.runs.directory import Run
    from dlpy.runs.history import History, read_history
    from dlpy.runs.results import (
        Predictions,
        class_names,
        names_of_outputs,
        output_of,
        predictions_of,
        scores_by_output,
    )
    from dlpy.scores.class_scores import class_probabilities

_HOMES = {
    "dlpy.callbacks._monitor": ("Best",),
    "dlpy.components.callback": ("LEARNING_RATE", "Callback"),
    "dlpy.components.dataset": ("Dataset",),
    "dlpy.components.estimator": ("EstimatorModel", "Fitted", "Job", "Round"),
    "dlpy.components.hooks": ("Hooks",),
    "dlpy.components.model": ("GenerativeModel", "Model", "PretrainedModel"),
    "dlpy.components.objectives": ("Loss", "Metric", "Monitor", "Optimizer", "Schedule"),
    "dlpy.components.plot": ("Plot",),
    "dlpy.components.transform": ("Transform",),
    "dlpy.core.captions": ("caption",),
    "dlpy.core.errors": ("ConfigError", "DataError"),
    "dlpy.core.options": ("Block",),
    "dlpy.data.features": ("Padded", "Sequences", "Sparse", "Table"),
    "dlpy.data.rows": ("Data", "Loaded", "Rows", "Source"),
    "dlpy.data.task": ("Input", "Output", "State", "Task"),
    "dlpy.drawing.figures": (
        "BLUE",
        "COLOURS",
        "GREY",
        "ORANGE",
        "draw_baseline",
        "epoch_axis",
        "legend_below",
        "new_figure",
        "panels",
        "score_axis",
    ),
    "dlpy.engine.custom_step": ("Noise", "Sampler", "Turn", "stepped"),
    "dlpy.models._sequences": ("AnyEmbedding", "EmbeddedModel", "Embedding", "check_time_steps", "time_steps"),
    "dlpy.models.dense": ("Activation", "Dense", "DenseHead", "Rate", "Regularizer", "Units", "add_head"),
    "dlpy.runs.directory": ("Run",),
    "dlpy.runs.history": ("History", "read_history"),
    "dlpy.runs.results": (
        "Predictions",
        "class_names",
        "names_of_outputs",
        "output_of",
        "predictions_of",
        "scores_by_output",
    ),
    "dlpy.scores.class_scores": ("class_probabilities",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Return a name of the plug-in interface from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module 'dlpy.api' has no attribute '{name}'")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(_MODULES)
