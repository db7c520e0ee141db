"""What the families for texts and time series share: the embedding, and the time steps of their input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from dlpy.components.model import Model, PretrainedModel
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Input, Task
from dlpy.data.text.word_vectors import read_vectors, stand_in_vectors
from dlpy.data.windows import LEAST_STEP
from dlpy.models._series_ends import differ_in_length, without_nan

if TYPE_CHECKING:
    import keras


_STAND_IN_SIZE = 100


class Embedding(Block):
    """Vectors for the integers of a sequence. A number alone is their size, the word `one_hot` one-hot vectors."""

    one_hot: bool = False
    """Whether to use one-hot vectors instead of trained ones."""
    size: Annotated[int, Field(gt=0)] | None = None
    """Size of a vector; default: that of the file, or 32 without one."""
    path: str | None = None
    """Text file of pretrained word vectors (GloVe, word2vec), such as glove.6B.100d.txt; other words start at zero."""
    trainable: bool = True
    """Whether the vectors are trained; false keeps those of the file."""
    fallback: Literal["stand_in"] | None = None
    """What to do if the file is missing: stop with an error (null) or start from generated vectors (stand_in)."""

    @model_validator(mode="after")
    def _one_kind(self) -> Embedding:
        if self.one_hot and (self.size is not None or self.path is not None):
            raise ValueError("one_hot vectors have the size of the vocabulary: remove 'size' and 'path'")
        return self

    def resolved(self, given: Input) -> Embedding:
        """Return the embedding with the size of the file's vectors, so that a run can be read without the file."""
        if self.path is None or not given.words:
            return self
        known, _ = self._vectors(self.path, given.words)
        return self.model_copy(update={"size": known.shape[1]})

    def outside_files(self) -> dict[str, Path]:
        """Return the path of the word vectors by the option that names it."""
        return {} if self.path is None else {"model.embedding.path": Path(self.path)}

    def notice(self, given: Input) -> str | None:
        """Return a line that says how many words have a vector in the file, or None without a file."""
        if self.path is None or not given.words:
            return None
        if self._is_stand_in:
            return f"embedding: {self.path} is missing: random vectors without meaning stand in for it"
        words = sum(word != "" for word in given.words)
        _, found = self._vectors(self.path, given.words)
        return f"embedding: {self.path} has {found:,} of {words:,} words ({found / words:.1%}); others start at 0"

    def build(self, given: Input, *, mask_zero: bool) -> keras.layers.Layer:
        """Return the layer. Its vectors are random if the words are unknown, as when a run is read from its files."""
        from keras import layers

        known, size = None, self.size or 32
        if self.path is not None and given.words:
            known, _ = self._vectors(self.path, given.words)
            size = known.shape[1]
        layer = layers.Embedding(given.vocabulary, size, mask_zero=mask_zero, trainable=self.trainable)
        if known is not None:
            layer.build((None, None))
            layer.set_weights([known])
        return layer

    @property
    def _is_stand_in(self) -> bool:
        return self.fallback == "stand_in" and self.path is not None and not Path(self.path).is_file()

    def _vectors(self, path: str, words: tuple[str, ...]) -> tuple[np.ndarray, int]:
        """Return the vectors (words, size), and how many words the file has."""
        if self._is_stand_in:
            return stand_in_vectors(words, self.size or _STAND_IN_SIZE), 0
        return read_vectors(path, words, self.size)


def _sized(value: Any) -> Any:
    if value == "one_hot":
        return {"one_hot": True}
    return {"size": value} if isinstance(value, int) and not isinstance(value, bool) else value


AnyEmbedding = Annotated[
    Embedding, BeforeValidator(_sized, json_schema_input_type=int | Literal["one_hot"] | Embedding)
]


class EmbeddedModel(PretrainedModel):
    """A family that takes sequences of integers, such as tokenized texts, as sequences of vectors."""

    embedding: AnyEmbedding = Embedding()
    """Vectors for the integers of a sequence: their size (default 32), one_hot, or a file of word vectors, such as
    {path: glove.6B.100d.txt, trainable: false}. Not used for rows of numbers."""

    def outside_files(self) -> dict[str, Path]:
        return self.embedding.outside_files()

    def resolved(self, task: Task) -> Model:
        return self.model_copy(update={"embedding": self.embedding.resolved(task.input)})

    def notice(self, task: Task) -> str | None:
        return self.embedding.notice(task.input)


def check_time_steps(task: Task, family: str, *, generates: bool = False) -> None:
    """Raise ConfigError unless rows are sequences of integers of one length, or of vectors (time, columns).

    A task whose rows are to be continued (generated text) is refused too, unless the family `generates`.
    """
    given = task.input
    if task.output.kind == "tokens" and generates:
        return
    refuse_tokens(task, family)
    if given.kind == "text":
        raise ConfigError(f"{family} needs sequences, not texts: add 'tokenize' and 'pad' to data.transforms.")
    if given.kind == "sequence" and given.padding is None:
        raise ConfigError(f"{family} needs sequences of one length: add such as {{name: pad, length: 500}}.")
    if given.kind != "sequence" and (given.kind != "array" or len(given.shape) != 2):
        raise ConfigError(f"{family} needs sequences of integers or of vectors (time, columns), not {given}.")


def refuse_tokens(task: Task, family: str) -> None:
    """Raise ConfigError if the task is to generate text."""
    if task.output.kind == "tokens":
        raise ConfigError(f"{family} cannot generate text: use rnn or transformer.")


def refuse_any_tokens(task: Task, family: str) -> None:
    """Raise ConfigError if one of several outputs is to generate text."""
    for name in task.outputs:
        refuse_tokens(task.of_output(name), family)


def time_steps(task: Task, embedding: Embedding, *, masking: bool) -> tuple[Any, Any]:
    """Return the input of a model, and its vectors (batch, time, size).

    With masking, padding is skipped and the input may be as short as the longest row of a batch; of whole series of
    different lengths, the steps after the end.
    """
    import keras

    given = task.input
    if given.kind != "sequence":
        inputs = keras.Input(given.shape, name="input")
        return inputs, without_nan(inputs, masking=masking) if differ_in_length(given) else inputs
    inputs = keras.Input((None,) if masking else given.shape, dtype="int32", name="input")
    if embedding.one_hot:
        return inputs, keras.ops.one_hot(inputs, given.vocabulary)
    return inputs, embedding.build(given, mask_zero=masking)(inputs)


def value_at(x: Any, given: Input, time_step: int | None) -> Any:
    """Return the value of the target at a time step of windows x (batch, time, columns): (batch, 1).

    Raises:
        ConfigError: the windows lack the target, or hold it on another scale.
    """
    if given.target is None or time_step is None:
        raise ConfigError("the model needs windows of a time series with the target among the columns, on one scale.")
    return x[:, time_step, given.target : given.target + 1]


def on_differences(model: Callable[[Any], Any], x: Any, given: Input, *, scaled: bool = False) -> Any:
    """Return the last value of the target in windows x plus the model's prediction from differences: (batch, units).

    Args:
        model: what predicts from windows.
        scaled: whether differences are in units of the window's steps.
    """
    last = value_at(x, given, given.last)
    chosen = np.eye(given.shape[-1] or 1, dtype=np.float32)[given.target]
    changes = x - last[:, None, :] * chosen
    if not scaled:
        return last + model(changes)
    size = window_scale(x[:, :, given.target])
    return last + size * model(changes / (size[:, None, :] * chosen + (1 - chosen)))


def window_scale(values: Any) -> Any:
    """Return the mean absolute step of windows (batch, time), plus a little so that none is 0: (batch, 1)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    if values.shape[1] < 2:
        return ops.ones_like(values)
    return ops.mean(ops.abs(values[:, 1:] - values[:, :-1]), axis=1, keepdims=True) + LEAST_STEP
