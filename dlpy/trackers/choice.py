"""The tracker that options choose, and what it needs."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from dlpy.core.errors import ConfigError
from dlpy.core.parsing import parse
from dlpy.storage.locate import is_offline
from dlpy.trackers.mlflow_tracker import MlflowTracker
from dlpy.trackers.tracker import Tracker
from dlpy.trackers.wandb_tracker import WandbTracker

TRACKERS = ("mlflow", "wandb")


@dataclass(frozen=True)
class Choice:
    """Which tracker, and how.

    uri: of MLflow. project: wandb's project, or MLflow's experiment. entity, offline: of wandb.
    files: whether to send files and the model.
    """

    name: Literal["mlflow", "wandb"]
    uri: str | None = None
    project: str | None = None
    entity: str | None = None
    offline: bool = False
    files: bool = True

    def require(self) -> None:
        """Raise ConfigError if the tracker's package is not installed, or needs a network that is forbidden."""
        found = sys.modules[self.name] if self.name in sys.modules else importlib.util.find_spec(self.name)
        if found is None:
            raise ConfigError(f"{self.name} is not installed: pip install 'dlpy[{self.name}]'.")
        address = urlsplit(self.uri or "")
        if is_offline() and address.scheme in ("http", "https") and address.hostname not in ("localhost", "127.0.0.1"):
            raise ConfigError(
                f"uri {self.uri}: DLPY_OFFLINE forbids the network; use a file, such as sqlite:///mlflow.db."
            )

    def tracker(self) -> Tracker:
        """Return a client, not yet open."""
        if self.name == "mlflow":
            return MlflowTracker(self.uri, self.project)
        return WandbTracker(self.project, self.entity, offline=self.offline or is_offline())

    def to_record(self) -> dict[str, Any]:
        """Return the options as JSON values."""
        return asdict(self)

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> Choice:
        """Return the options that `to_record` returned."""
        return parse(record, Choice)

    def command_options(self) -> list[str]:
        """Return the options of `dlpy track` that choose the same."""
        given = {"--to": self.name, "--uri": self.uri, "--project": self.project, "--entity": self.entity}
        named = [part for option, value in given.items() if value is not None for part in (option, value)]
        return [*named, *(["--offline"] if self.offline else []), *([] if self.files else ["--no-files"])]
