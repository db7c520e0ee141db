"""The base of a pretrained network: of keras.applications, or the convolutional part of another run's model."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic_core import PydanticCustomError, core_schema

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError, RunError, did_you_mean
from dlpy.core.options import Block, Slot
from dlpy.data.task import Input, Task
from dlpy.pretrained.build import IMAGENET, finish_imagenet, new_application, read_application
from dlpy.pretrained.preprocessing import ADDED, Preparation, prepared
from dlpy.pretrained.run_bases import RunBase, best_weights, read_run_base, run_weights
from dlpy.pretrained.weights import Weights, assign
from dlpy.pretrained.zoo import NETWORKS, check_size, unknown_network
from dlpy.runs.lookup import lasting

if TYPE_CHECKING:
    import keras
    from pydantic import GetJsonSchemaHandler

_RUN = "run:"
_OPTION = "model.weights"


class _NetworkSlot(Slot):
    """The name of a network of keras.applications, or a model family with its options."""

    def parse(self, value: object) -> Any:
        if value is None or (isinstance(value, str) and value in NETWORKS):
            return value
        if isinstance(value, str):
            raise PydanticCustomError("component", "{message}", {"message": unknown_network(value)})
        return super().parse(value)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict:
        return {"anyOf": [{"enum": sorted(NETWORKS)}, {"type": "object"}, {"type": "null"}]}


AnyNetwork = Annotated[str | Model | None, _NetworkSlot(Model.registry)]


class Base(Block):
    """A network, its weights, and the preprocessing of images in front of it."""

    network: AnyNetwork
    weights: str | None
    preprocessing: Literal["auto", "none"] | Preparation

    @property
    def run(self) -> str | None:
        """The run that the base comes from, or None."""
        return self.weights.removeprefix(_RUN) if self.weights and self.weights.startswith(_RUN) else None

    @property
    def title(self) -> str:
        """The name of the base in messages."""
        if isinstance(self.network, str):
            return self.network
        return f"the base of run {self.run}" if self.run else "the base"

    def check_options(self) -> None:
        """Raise ValueError if the options do not fit each other."""
        if self.network is None and self.run is None:
            raise ValueError(f"'base' must name a network.{did_you_mean('', NETWORKS)} Or set weights: run:<id>.")
        if isinstance(self.network, str) and self.run is not None:
            raise ValueError("a run has its own base: remove 'base', or give other 'weights'")
        if isinstance(self.network, Model) and self.run is None and self.weights is not None:
            raise ValueError("the weights of a model family come from a run (run:<id>), or are random (null)")
        if isinstance(self.network, str) and isinstance(self.preprocessing, Preparation):
            raise ValueError("preprocessing of a network of keras.applications must be auto or none")
        if self.preprocessing == "none" and isinstance(self.network, str) and NETWORKS[self.network].range == "fixed":
            raise ValueError(f"{self.network} always contains its preprocessing: set 'preprocessing: auto'")

    def resolved(self) -> Base:
        """Return the base with all options filled in, so that a run can be read after the base's own run is deleted."""
        if self.run is None or self.network is not None:
            return self
        found = read_run_base(self.run)
        chosen = found.preparation(self.preprocessing)
        return self.model_copy(update={"network": found.family, "preprocessing": chosen})

    def pinned(self) -> str | None:
        """Return the option `weights` with the full id of a run."""
        return self.weights if self.run is None else _RUN + lasting(self.run)

    def outside_files(self) -> dict[str, Path]:
        """Return the file of the weights; none if they are random, or ImageNet's, whose checksum is known."""
        if self.run is not None:
            return {_OPTION: best_weights(self.run)}
        return {} if self.weights in (None, IMAGENET) else {_OPTION: Path(self.weights).expanduser()}

    def check(self, task: Task) -> None:
        """Raise ConfigError if the base does not fit the images of the task."""
        given = task.input
        if given.kind != "array" or len(given.shape) != 3:
            hint = "add such as {name: reshape, shape: [28, 28, 1]} to data.transforms"
            hint = "use video for videos" if len(given.shape) == 4 else hint
            raise ConfigError(f"pretrained needs images (height, width, channels), not {given}: {hint}.")
        if self.preprocessing == "auto" and given.rescaled:
            raise ConfigError(
                "preprocessing: auto needs values from 0 to 255, but data.transforms changes them: "
                "remove 'rescale' or 'standardize', or set model.preprocessing: none."
            )
        try:
            base = self.resolved()
        except RunError:
            return  # the run may not exist yet; training reports it
        if isinstance(base.network, str):
            _check_images(base.network, given)
        elif base.network is not None:
            base.network.check(task)

    def layers(self, inputs: Any, task: Task) -> Any:
        """Return the feature maps (batch, height, width, channels) of images. The layers keep their names."""
        base = self.resolved()
        if isinstance(base.network, str):
            inside = base.preprocessing == "auto"
            x = prepared(inputs, NETWORKS[base.network].range if inside else Preparation(channels=3))
            return new_application(base.network, x, inside=inside).output
        x = prepared(inputs, base.preprocessing) if isinstance(base.preprocessing, Preparation) else inputs
        return RunBase.convolutional(base.network, x, task)

    def read(self) -> Weights:
        """Return the weights of the base; of a run, the weights of its head follow them.

        Raises:
            DataError: the weights are missing or unreadable.
        """
        if self.run is not None:
            return run_weights(self.run)
        return read_application(str(self.network), str(self.weights), _OPTION)

    def assign(self, layers: list[keras.layers.Layer], weights: Weights) -> None:
        """Assign the weights that `read` returned to the layers of the base.

        Raises:
            DataError: the weights are those of another network.
        """
        if self.run is not None:
            weights = dict(islice(weights.items(), sum(len(layer.weights) for layer in layers)))
        assign(layers, weights, f"{_OPTION}: {self.weights}")
        if self.weights == IMAGENET:
            finish_imagenet(str(self.network), layers)


def base_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of the base of a model, in order."""
    names = [layer.name for layer in model.layers]
    end = names.index("pooled") if "pooled" in names else len(names)
    return [layer for layer in model.layers[:end] if layer.name not in ADDED]


def _check_images(name: str, given: Input) -> None:
    height, width, channels = given.shape
    check_size(name, height, width)
    if channels not in (None, 1, 3):
        raise ConfigError(f"{name} needs color images (3 channels) or grayscale ones (1), not {channels} channels.")
