"""The base of a network that was trained elsewhere: from keras.applications, or another run's convolutional part."""

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
from dlpy.runs.directory import lasting

if TYPE_CHECKING:
    import keras
    from pydantic import GetJsonSchemaHandler

_RUN = "run:"
_OPTION = "model.weights"


class _NetworkSlot(Slot):
    """A network of keras.applications by name, or a model family with its options."""

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
    """Which base, with which weights, and what is done to pictures in front of it."""

    network: AnyNetwork
    weights: str | None
    preprocessing: Literal["auto", "none"] | Preparation

    @property
    def run(self) -> str | None:
        """The run that the base is of, or None where it is none of a run."""
        return self.weights.removeprefix(_RUN) if self.weights and self.weights.startswith(_RUN) else None

    @property
    def title(self) -> str:
        """What the base is called in messages."""
        if isinstance(self.network, str):
            return self.network
        return f"the base of run {self.run}" if self.run else "the base"

    def check_options(self) -> None:
        """Raise ValueError where the options do not fit each other."""
        if self.network is None and self.run is None:
            raise ValueError(f"'base' says which network.{did_you_mean('', NETWORKS)} Or give weights: run:<id>.")
        if isinstance(self.network, str) and self.run is not None:
            raise ValueError("a run brings its own base: leave out 'base', or give other 'weights'")
        if isinstance(self.network, Model) and self.run is None and self.weights is not None:
            raise ValueError("the weights of such a base come from a run (run:<id>), or are drawn (null)")
        if isinstance(self.network, str) and isinstance(self.preprocessing, Preparation):
            raise ValueError("preprocessing of a network of keras.applications is auto or none")
        if self.preprocessing == "none" and isinstance(self.network, str) and NETWORKS[self.network].range == "fixed":
            raise ValueError(f"{self.network} has its preprocessing inside, always: leave it at auto")

    def resolved(self) -> Base:
        """Return the base written out, so that a run can be read when the run that it is of is gone."""
        if self.run is None or self.network is not None:
            return self
        found = read_run_base(self.run)
        chosen = found.preparation(self.preprocessing)
        return self.model_copy(update={"network": found.family, "preprocessing": chosen})

    def pinned(self) -> str | None:
        """Return the option `weights` so that it goes on meaning the same run."""
        return self.weights if self.run is None else _RUN + lasting(self.run)

    def outside_files(self) -> dict[str, Path]:
        """Return the file of the weights, unless they are drawn, or ImageNet's, which is checked when it is fetched."""
        if self.run is not None:
            return {_OPTION: best_weights(self.run)}
        return {} if self.weights in (None, IMAGENET) else {_OPTION: Path(self.weights).expanduser()}

    def check(self, task: Task) -> None:
        """Raise ConfigError where the base does not fit the task's pictures."""
        given = task.input
        if given.kind != "array" or len(given.shape) != 3:
            hint = "add such as {name: reshape, shape: [28, 28, 1]} to data.transforms"
            raise ConfigError(f"pretrained needs pictures (height, width, channels), not {given}: {hint}.")
        if self.preprocessing == "auto" and given.rescaled:
            raise ConfigError(
                "preprocessing: auto takes the raw bytes, 0 to 255, but data.transforms changes them: "
                "leave 'rescale' or 'standardize' out, or set model.preprocessing: none."
            )
        try:
            base = self.resolved()
        except RunError:
            return  # there is no such run yet: training will say so
        if isinstance(base.network, str):
            _check_pictures(base.network, given)
        elif base.network is not None:
            base.network.check(task)

    def layers(self, inputs: Any, task: Task) -> Any:
        """Return what the base makes of pictures: (batch, height, width, channels). Its layers keep their names."""
        base = self.resolved()
        if isinstance(base.network, str):
            inside = base.preprocessing == "auto"
            x = prepared(inputs, NETWORKS[base.network].range if inside else Preparation(channels=3))
            return new_application(base.network, x, inside=inside).output
        x = prepared(inputs, base.preprocessing) if isinstance(base.preprocessing, Preparation) else inputs
        return RunBase.convolutional(base.network, x, task)

    def read(self) -> Weights:
        """Return the weights of the base; those of a run are followed by those of its head.

        Raises:
            DataError: there are none, or they cannot be read.
        """
        if self.run is not None:
            return run_weights(self.run)
        return read_application(str(self.network), str(self.weights), _OPTION)

    def assign(self, layers: list[keras.layers.Layer], weights: Weights) -> None:
        """Put weights that `read` returned into the layers of the base.

        Raises:
            DataError: they are of another network.
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


def _check_pictures(name: str, given: Input) -> None:
    height, width, channels = given.shape
    check_size(name, height, width)
    if channels not in (None, 1, 3):
        raise ConfigError(f"{name} needs pictures in colour (3 channels) or grey (1), not {channels} channels.")
