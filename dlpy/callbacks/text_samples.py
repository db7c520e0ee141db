"""Writes what the model makes of a text, while it learns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from dlpy.components.callback import Callback
from dlpy.components.hooks import Hooks
from dlpy.core.errors import ConfigError
from dlpy.core.parsing import parse
from dlpy.data.task import Task
from dlpy.runs.directory import Run
from dlpy.sampling.text import Continuation, Manner
from dlpy.sampling.text_memory import Memory
from dlpy.storage.atomic import write_whole


class TextSamples(Callback):
    """Write samples/text-epoch-NNNN.txt every so many epochs: a text gone on with at several temperatures.

    Beginning and random numbers are the same each time, so that epochs can be compared.
    """

    sets = ("samples/text-epoch-*.txt",)

    name: Literal["text_samples"] = "text_samples"
    every: Annotated[int, Field(ge=1)] = 1
    """Epochs between samples; there is one after the last epoch in any case."""
    length: Annotated[int, Field(ge=1)] = 400
    """How many tokens are written at each temperature."""
    temperatures: Annotated[list[float], Field(min_length=1)] = [0.2, 0.5, 1.0, 1.2]
    """How freely: 0 always takes the likeliest token, 1 draws by the model's probabilities, more is wilder."""
    top_k: Annotated[int, Field(ge=1)] | None = None
    """Draw only from so many of the likeliest tokens; from all unless given."""
    seed_text: Annotated[str, Field(min_length=1)] | None = None
    """What is gone on with; a window of the training text unless given."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of the draws."""

    @field_validator("temperatures")
    @classmethod
    def _possible(cls, temperatures: list[float]) -> list[float]:
        try:
            Manner(tuple(temperatures))
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return temperatures

    def check(self, task: Task) -> None:
        if task.output.kind != "tokens":
            raise ConfigError("text_samples goes on with texts: it needs such data as language_model.")

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        return TextSamplesHooks(self, run)


class TextSamplesHooks(Hooks):
    """Goes on with one text after an epoch."""

    def __init__(self, options: TextSamples, run: Run) -> None:
        self._options, self._run = options, run
        self._memory = Memory.read(run)
        if options.seed_text is None:
            self._opening = self._memory.opening(options.seed)
        else:
            where = "callbacks: text_samples.seed_text"
            self._opening = self._memory.vocabulary.all_numbers(options.seed_text, where)
        self._manner = Manner(tuple(options.temperatures), options.top_k, options.seed)
        self._last: int | None = None  # the epoch, from 0, that was not written yet

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._continuation = Continuation(self.model, self._memory.vocabulary.writable())

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._last = epoch
        if (epoch + 1) % self._options.every == 0:
            self._write(epoch)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self._last is not None:
            self._write(self._last)

    def state(self) -> dict[str, Any]:
        return {"last": self._last}

    def restore(self, state: dict[str, Any]) -> None:
        self._last = parse(state["last"], int | None, "last")

    def _write(self, epoch: int) -> None:
        memory, opening, temperatures = self._memory, self._opening, self._manner.temperatures
        found = self._continuation(opening, self._options.length, self._manner)
        parts = [f"epoch {epoch + 1}, going on after:\n{memory.vocabulary.text(opening)}"]
        for temperature, tokens in zip(temperatures, found, strict=True):
            parts.append(f"--- temperature {temperature:g} ---\n{memory.continued(opening, tokens)}")
        path = self._run.path / "samples" / f"text-epoch-{epoch + 1:04d}.txt"
        text = "\n\n".join(parts) + "\n"
        write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", errors="backslashreplace"))
        self._last = None
