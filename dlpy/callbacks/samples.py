"""Writes sheets of generated images during training, always from the same latent vectors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.core.errors import ConfigError
from dlpy.core.parsing import parse
from dlpy.data.images.files import is_picture
from dlpy.data.task import Task
from dlpy.drawing.png import save_pixels
from dlpy.runs.directory import Run
from dlpy.sampling.images import asked_for, latent_vectors, make_pictures, square_sheet

_SEED = 0


class Samples(Callback):
    """Write sheets of samples while a vae or gan trains: samples/epoch-0001.png and so on.

    The latent vectors are the same in every epoch and every run, so that sheets can be compared.
    """

    sets = ("samples/epoch-*.png",)

    name: Literal["samples"] = "samples"
    every: Annotated[int, Field(gt=0)] = 1
    """Number of epochs between sheets; the first and the last epoch always have one."""
    count: Annotated[int, Field(gt=0, le=400)] = 36
    """Number of samples per sheet; a conditional model divides them among the classes."""

    def check(self, task: Task) -> None:
        if not any(output.kind == "inputs" for output in task.outputs.values()):
            raise ConfigError("samples needs a vae or gan; this model predicts a target. Leave the callback out.")

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return SamplesHooks(run, self.every, self.count)


class SamplesHooks(Hooks):
    """Writes a sheet at the end of an epoch, if the rows are images."""

    def __init__(self, run: Run, every: int, count: int) -> None:
        self._run, self._every, self._count = run, every, count
        self._last: int | None = None  # the epoch, from 1, not yet drawn

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._last = epoch + 1
        if epoch == 0 or (epoch + 1) % self._every == 0:
            self._write(epoch + 1)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self._last is not None:
            self._write(self._last)

    def state(self) -> dict[str, Any]:
        return {"last": self._last}

    def restore(self, state: dict[str, Any]) -> None:
        self._last = parse(state["last"], int | None, "last")

    def _write(self, number: int) -> None:
        model: Any = self.model
        sampler = model.sampler
        if is_picture(sampler.network.output_shape[1:]):
            vectors = asked_for(sampler, latent_vectors(sampler, self._count, _SEED))
            pixels = square_sheet(make_pictures(sampler, vectors))
            save_pixels(pixels, self._run.path / "samples" / f"epoch-{number:04d}.png", [self._run])
        self._last = None
