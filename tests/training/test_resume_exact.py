"""A run that was stopped, wherever in an epoch, and resumed ends with the same bits as one that was left alone."""

import functools
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from several import GRAPH, homes

from dlpy.core import signals
from dlpy.engine import step_hooks
from dlpy.engine.model_state import Averages
from dlpy.experiment.experiment import load
from dlpy.runs.directory import Run
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.resume import resume
from dlpy.training.train import train

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_graphs")]

OFTEN = {"name": "checkpoint", "every_seconds": 0, "every_steps": 2}
SELDOM = {"name": "checkpoint", "every_seconds": 3600}
ADAM = {"name": "adam", "learning_rate": 0.02}
DROPOUT = {"name": "dense", "units": [8], "dropout": 0.3, "batch_normalization": True}
PENALIZED = {"name": "dense", "units": [8], "regularizer": {"l2": 0.05}}
CONVNET = {
    "name": "convnet", "filters": [[3]], "units": [4], "batch_normalization": True, "dropout": 0.2, "padding": "same",
}  # fmt: skip
PICTURES = {"name": "npz", "path": "pictures.npz", "augmentation": {"rotation": 20, "flip": "horizontal"}}
CLIPS = {
    "name": "moving_shapes", "rows": 90, "test_rows": 1, "frames": 4, "size": 8,
    "augmentation": {"rotation": 20, "brightness": 0.1},
}  # fmt: skip
VIDEO = {
    "name": "video", "kind": "conv2plus1d", "filters": [[3]], "pooling_frames": 2, "batch_normalization": True,
    "block_dropout": 0.2,
}  # fmt: skip
SIMPLE = {"name": "rnn", "cell": "simple", "units": [3], "dropout": 0.2, "recurrent_dropout": 0.2}
LSTM = {"name": "rnn", "units": [3], "dropout": 0.2, "recurrent_dropout": 0.2}
LSTM_CODE = {"family": "rnn", "units": [3], "dropout": 0.2}
TRANSFORMER = {"name": "transformer", "size": 8, "blocks": 1, "positions": "learned", "dropout": 0.2}
SPACED = [{"name": "tokenize", "rules": "spaces"}, "pad"]
BYTES = {"name": "npz", "path": "pictures.npz", "transforms": ["rescale"]}
HALVED = [{"filters": 3, "stride": 2}]
VAE = {"name": "vae", "encoder": HALVED, "units": [4]}
GAN = {
    "name": "gan", "latent": 3, "generator": {"start": 3, "layers": HALVED}, "label_noise": 0.05,
    "discriminator": {"layers": HALVED, "optimizer": {"name": "rmsprop", "learning_rate": 0.001}},
}  # fmt: skip
DECAY = {"name": "exponential_decay", "initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.8}
PHASES = [{"freeze": "all", "epochs": 3}, {"freeze": "none", "learning_rate": 0.003, "epochs": 3}]
PLATEAU = {"name": "reduce_lr_on_plateau", "patience": 1, "min_delta": 0.05, "cooldown": 1, "factor": 0.5}
STOPPING = {"name": "early_stopping", "patience": 2, "min_delta": 0.05}
SEVERAL = {
    "data": homes(rows=90, missing=0.3),
    "model": GRAPH,
    "training": {"metrics": {"sold": ["auc"], "price": ["r2"]}, "class_weight": {"sold": "balanced"}},
    "callbacks": [{**STOPPING, "monitor": "val_sold_auc", "patience": 9}],
}

CASES: dict[str, dict[str, Any]] = {
    "dropout": {"model": DROPOUT},
    "dropout in steps": {"model": DROPOUT, "training": {"execution": "steps"}},
    "compiled by XLA": {"model": DROPOUT, "training": {"jit_compile": True}},
    "a penalty": {"model": PENALIZED, "training": {"class_weight": {"a": 2.0}}},
    "a penalty in steps": {"model": PENALIZED, "training": {"execution": "steps"}},
    "augmented pictures": {"data": PICTURES, "model": CONVNET},
    "augmented videos": {"data": CLIPS, "model": VIDEO},
    "recurrent dropout": {"data": {"name": "npz", "path": "series.npz"}, "model": LSTM},
    "dropout of simple cells": {"data": {"name": "npz", "path": "series.npz"}, "model": SIMPLE},
    "phases": {"model": {**DROPOUT, "units": [8, 7]}, "training": {"phases": PHASES}, "callbacks": [STOPPING]},
    "plateaus": {"training": {"epochs": 12}, "callbacks": [PLATEAU, STOPPING]},
    "rates by epoch": {"callbacks": [{"name": "learning_rate_schedule", "rates": {2: 0.05, 4: 0.01}}]},
    "a schedule": {"training": {"optimizer": {"name": "sgd", "momentum": 0.9, "learning_rate": DECAY}}},
    "averages in phases": {"training": {"optimizer": {**ADAM, "use_ema": True}, "phases": PHASES}},
    "a vae": {"data": BYTES, "model": VAE, "callbacks": [{**STOPPING, "monitor": "val_kl_loss", "patience": 9}]},
    "a gan": {"data": BYTES, "model": GAN},
    "a gan in steps": {"data": BYTES, "model": {**GAN, "conditional": True}, "training": {"execution": "steps"}},
    "several, masked": SEVERAL,
    "several, masked, in steps": {**SEVERAL, "training": {**SEVERAL["training"], "execution": "steps"}},
    "uncertain weights of losses": {
        "data": homes(rows=90),
        "model": GRAPH,
        "training": {"loss_weights": "uncertainty"},
    },
    "pairs": {
        "data": {"name": "sentence_pairs", "rows": 90, "test_rows": 20},
        "model": {"name": "siamese", "encoder": LSTM_CODE},
    },
    "codes by triplets": {
        "data": {"name": "npz", "path": "series.npz"},
        "model": {"name": "embedding", "encoder": LSTM_CODE, "size": 3},
    },
    "texts from texts": {
        "data": {"name": "written_dates", "rows": 90, "test_rows": 1},
        "model": {"name": "seq2seq", "units": 4, "embedding": 3, "dropout": 0.2},
        "callbacks": [STOPPING],
    },
    "tags of words": {
        "data": {"name": "named_entities", "rows": 90, "test_rows": 1, "transforms": SPACED},
        "model": {"name": "rnn", "units": [3], "embedding": 3, "dropout": 0.2, "bidirectional": True},
        "training": {"metrics": ["span_f1"]},
        "callbacks": [{**STOPPING, "monitor": "val_span_f1", "patience": 9}],
    },
    "a transformer": {"data": {"name": "npz", "path": "series.npz"}, "model": TRANSFORMER},
    "members": {"model": {"name": "tabm", "units": [4], "members": 3, "bins": 4}, "training": {"optimizer": "adamw"}},
    "float16": {"model": DROPOUT, "training": {"precision": "mixed_float16"}},
    "float16 in phases": {"training": {"precision": "mixed_float16", "phases": PHASES}},
    "bfloat16 in steps, with averages": {
        "model": LSTM,
        "data": {"name": "npz", "path": "series.npz"},
        "training": {"precision": "mixed_bfloat16", "execution": "steps", "optimizer": {**ADAM, "use_ema": True}},
    },
    "no validation rows": {"data": {"name": "blobs", "rows": 72, "validation": None}, "model": DROPOUT},
}


class Stopping(Reporter):
    """Raises what Ctrl-C would, at the end of an epoch or in its middle, before that epoch is kept."""

    def __init__(self, epoch: int, *, in_epoch: bool = False, step: int = 0) -> None:
        self._epoch, self._in_epoch, self._step, self._present = epoch, in_epoch, step, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._present = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._in_epoch and self._present == self._epoch and batch + 1 >= self._step:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if epoch + 1 == self._epoch:
            raise KeyboardInterrupt


def begun(blocks: dict[str, Any], folder: str, reporter: Reporter | None, checkpoint: dict[str, Any]) -> Run:
    rng = np.random.default_rng(4)
    y = np.arange(90) % 3
    np.savez("pictures.npz", x=(y[:, None, None, None] * 60 + rng.integers(0, 60, (90, 6, 6, 1))).astype(np.uint8), y=y)
    np.savez("series.npz", x=rng.normal(y[:, None, None], 1.0, (90, 5, 2)).astype(np.float32), y=y)
    content = {"data": {"name": "blobs", "rows": 90}, "model": {"name": "dense", "units": [5]}, **blocks}
    content["callbacks"] = [checkpoint, *content.get("callbacks", [])]
    usual = {} if "phases" in content.get("training", {}) else {"epochs": 6}
    content["training"] = {"optimizer": ADAM, "batch_size": 8, **usual, **content.get("training", {})}
    Path("experiment.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    try:
        return train(*load(Path("experiment.yaml")), Options(Path(folder)), reporter or Reporter())
    except KeyboardInterrupt:
        (path,) = Path(folder).iterdir()
        return Run(path)


def end(run: Run) -> dict[str, Any]:
    """Return all of a run that must not depend on whether it was interrupted."""
    rows = [line.split(",") for line in run.metrics.read_text().splitlines()]
    metrics = [row[:1] + row[2:] for row in rows]
    names = ("best/weights.npz", "best/optimizer.npz", "best/seeds.npz", "best/state.json", "last/weights.npz")
    names += ("last/optimizer.npz", "last/seeds.npz", "last/state.json")
    files = {name: (run.checkpoints / name).read_bytes() for name in names}
    links = sorted((path.name, path.is_symlink() and path.readlink().name) for path in run.checkpoints.iterdir())
    config = run.config.read_text().replace(str(Path.cwd()), "")
    made = {
        path.name: path.read_bytes() for path in run.path.glob("samples/*") if path.name.startswith(("epoch", "made"))
    }
    return {
        "metrics": metrics,
        "links": links,
        **files,
        "summary": run.read("summary.json"),
        "config": config,
        "made": made,
    }


@functools.cache
def left_alone(case: str, every_steps: int | None) -> dict[str, Any]:
    """Return the end of a run of a case that nothing stopped, and that kept few checkpoints."""
    return end(begun(CASES[case], "alone", None, SELDOM | {"every_steps": every_steps}))


def unlike_one_left_alone(case: str, run: Run, every_steps: int | None = None) -> list[str]:
    """Return what of a run is otherwise than in one of the same case that was left alone."""
    want, got = dict(left_alone(case, every_steps)), end(run)
    for key in ("every_seconds", "every_steps"):
        want["config"], got["config"] = (re.sub(rf"{key}: .*", key, given["config"]) for given in (want, got))
    return [name for name in want if want[name] != got[name]]


@pytest.mark.parametrize("case", CASES)
def test_a_run_stopped_within_epochs_and_at_the_end_of_one_ends_as_one_that_was_left_alone(case: str) -> None:
    run = begun(CASES[case], "stopped", Stopping(1, in_epoch=True, step=4), OFTEN)
    assert run.read("run.json")["status"] == "interrupted"
    assert [path.name for path in run.checkpoints.glob("epoch*")] == ["epoch-0000-step-00000002"]
    for stopping in (Stopping(3, in_epoch=True), Stopping(4)):
        with pytest.raises(KeyboardInterrupt):
            resume(run, "", stopping, allow_inexact=False)
    resume(run, "", Reporter(), allow_inexact=False)
    # XLA may round two steps of a loop otherwise than nine: there the other run writes after as many steps
    assert unlike_one_left_alone(case, run, 2 if case == "compiled by XLA" else None) == []
    reached = [(entry["after_epoch"], entry["after_step"]) for entry in run.read("run.json")["resumes"]]
    assert reached == [(0, 2), (2, 0), (3, 8)]


@pytest.mark.parametrize("case", ["dropout of simple cells", "averages in phases", "a gan in steps", "compiled by XLA"])
def test_a_signal_while_held_out_rows_are_scored_changes_nothing(case: str, monkeypatch) -> None:
    real = step_hooks.Watch.back_to

    def back_to(self: step_hooks.Watch, steps: int, averages: Averages) -> Any:
        told = real(self, steps, averages)
        if self._epoch == 3:
            monkeypatch.setattr(step_hooks.Watch, "back_to", real)
            signals.process.pending = signal.SIGINT
        return told

    monkeypatch.setattr(step_hooks.Watch, "back_to", back_to)
    run = begun(CASES[case], "stopped", None, SELDOM)
    signals.begin_command()  # a new one, of the same process
    assert run.read("run.json")["status"] == "interrupted"
    resume(run, "", Reporter(), allow_inexact=False)
    (entry,) = run.read("run.json")["resumes"]
    assert (entry["after_epoch"], entry["after_step"] > 0) == (3, True)
    assert unlike_one_left_alone(case, run) == []
