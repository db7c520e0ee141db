"""The convolutional part of another run's model as a base: its family, preprocessing and weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError, RunError, did_you_mean
from dlpy.data.task import Task
from dlpy.experiment.document import read
from dlpy.pretrained.preprocessing import Preparation
from dlpy.pretrained.weights import Weights
from dlpy.runs import checkpoints
from dlpy.runs.directory import require_model
from dlpy.runs.lookup import find_run


@dataclass(frozen=True)
class RunBase:
    """The model family and the transforms of a run whose model is used as a base."""

    run: str
    family: Model
    transforms: list[dict[str, Any]]
    channels: int | None

    def preparation(self, wanted: Literal["auto", "none"] | Preparation) -> Preparation:
        """Return the preprocessing of images in front of the base: with auto, that of the run.

        Raises:
            ConfigError: the transforms of that run cannot be part of a model.
        """
        if isinstance(wanted, Preparation):
            return wanted
        if wanted == "none":
            return Preparation(channels=self.channels)
        kept = [step for step in self.transforms if step["name"] != "reshape"]
        if [step["name"] for step in kept] not in ([], ["rescale"]):
            names = ", ".join(step["name"] for step in kept)
            raise ConfigError(
                f"run {self.run} has {names} in data.transforms, which cannot be part of the model: "
                "list the same transforms in this file, and set model.preprocessing: none."
            )
        options = {name: float(kept[0][name]) for name in ("scale", "offset")} if kept else {}
        return Preparation(channels=self.channels, **options)

    @staticmethod
    def convolutional(family: Any, x: Any, task: Task) -> Any:
        """Return the feature maps of images x: the output of the convolutional part of a new network of the family.

        Raises:
            ConfigError: the network has no convolutional part.
        """
        import keras

        given = task.with_input(task.input.__class__("array", tuple(x.shape[1:])))
        whole = family.build(given)
        ends = [layer for layer in whole.layers if _rank(layer.input) == 4 and _rank(layer.output) == 2]
        if not ends:
            raise ConfigError(f"model '{family.name}' has no convolutional part that could be a base.")
        part: Any = keras.Model(whole.inputs, ends[-1].input)
        copies: dict[int, Any] = {}
        return part._run_through_graph(
            x, lambda layer: copies.setdefault(id(layer), _copied(layer))
        )  # clone_model would give the copy an input of its own


def read_run_base(reference: str) -> RunBase:
    """Return the base of a run.

    Raises:
        RunError: the run is missing or its files are damaged.
        ConfigError: the run trained only a head on another base.
    """
    run = find_run(reference)
    require_model(run)
    try:
        values = read(run.config).values
        family = _family(values)
        transforms = [{"name": step} if isinstance(step, str) else step for step in values["data"]["transforms"]]
        shape = Task.from_record(run.record().raw_task).input.shape
    except (ConfigError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"model.weights: run {run.id} cannot be read as a base: {error}") from None
    if family.transforms():
        raise ConfigError(
            f"run {run.id} trained only a head on the features of a base: name that base and its weights."
        )
    return RunBase(run.id, family, transforms, shape[2] if len(shape) == 3 else 1)


def run_weights(reference: str) -> Weights:
    """Return the weights of a run's best checkpoint, in the order of its network."""
    return checkpoints.read_weights(find_run(reference))


def best_weights(reference: str) -> Path:
    """Return the path of the weights of a run's best checkpoint."""
    return find_run(reference).checkpoints / "best" / "weights.npz"


def _family(values: dict[str, Any]) -> Model:
    name = values["model"]["name"]
    if name not in Model.registry.names():
        if values.get("plugins"):
            raise ConfigError(f"family '{name}' is a plug-in's: list {values['plugins'][0]} in this file's 'plugins'.")
        raise ConfigError(f"there is no model family '{name}'.{did_you_mean(name, Model.registry.names())}")
    return Model.registry.get(name).model_validate(values["model"])


def _rank(tensor: Any) -> int:
    return len(getattr(tensor, "shape", ()))


def _copied(operation: Any) -> Any:
    return operation.from_config(operation.get_config()) if hasattr(operation, "trainable") else operation
