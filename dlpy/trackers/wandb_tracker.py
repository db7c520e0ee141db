"""Weights & Biases as a tracker: its server, or files in the folder wandb for `wandb sync`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from dlpy.runs.directory import Run
from dlpy.trackers.contents import Epoch


class WandbTracker:
    """Writes runs with wandb.

    Args of an instance:
        project: None: the name of the experiment file.
        entity: the user or team; None: that of the login.
        offline: whether to write files in place of using the network.
    """

    name = "wandb"

    def __init__(self, project: str | None = None, entity: str | None = None, *, offline: bool = False) -> None:
        self._project, self._entity, self._offline = project, entity, offline
        folder = Path(os.environ.get("WANDB_DIR") or ".").resolve() / "wandb"
        self.place = str(folder) if offline else "/".join(filter(None, ("wandb", entity, project)))
        self._run: Any = None

    def open(self, run: Run, known: str | None) -> str:
        wandb = _library()
        settings = wandb.Settings(
            console="off", silent=True, disable_git=True, disable_code=True, x_disable_stats=True, init_timeout=30
        )
        self._run = wandb.init(
            project=self._project or (run.owner or run).name,
            entity=self._entity,
            name=run.id,
            id=known or secrets.token_hex(4),
            resume="allow",
            mode="offline" if self._offline else "online",
            group=None if run.owner is None else run.owner.id,
            settings=settings,
        )
        return self._run.id

    def send_parameters(self, parameters: Mapping[str, str]) -> None:
        self._run.config.update(dict(parameters), allow_val_change=True)

    def send_epochs(self, epochs: Sequence[Epoch]) -> None:
        for epoch in epochs:
            self._run.log({**epoch.scores, "_timestamp": epoch.milliseconds / 1000}, step=epoch.number)

    def send_files(self, files: Mapping[str, Path]) -> None:
        self._log("files", "run", files)

    def send_model(self, run: Run) -> None:
        self._log("model", "model", {run.model.name: run.model})

    def _log(self, what: str, kind: str, files: Mapping[str, Path]) -> None:
        artifact = _library().Artifact(f"{what}-{self._run.id}", type=kind)
        for name, path in files.items():
            artifact.add_file(str(path), name)
        self._run.log_artifact(artifact)

    def close(self, status: str, scores: Mapping[str, float], ended: int) -> None:
        self._run.summary.update({**scores, "status": status})
        self._run.finish(exit_code=0 if status == "completed" else 1)


def _library() -> Any:
    """Return wandb: an optional package, which type checkers need not find."""
    return import_module("wandb")
