"""What the families for texts and time series share: sequences of integers become sequences of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from dlpy.components.model import Model, PretrainedModel
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Input, Task
from dlpy.data.text.word_vectors import read_vectors, stand_in_vectors

if TYPE_CHECKING:
    import keras


_STAND_IN_SIZE = 100


class Embedding(Block):
    """A vector for each integer of a sequence. A number alone is its size; `one_hot` alone are vectors of 0 and 1."""

    one_hot: bool = False
    """Learn no vectors: each is 1 at the integer's place and 0 elsewhere."""
    size: Annotated[int, Field(gt=0)] | None = None
    """Numbers in a vector; 32, or as many as the file has, unless given."""
    path: str | None = None
    """A text file of word vectors (GloVe, word2vec) to begin with; words it lacks begin with zeros."""
    trainable: bool = True
    """Go on learning the vectors; false keeps them as they are in the file."""
    fallback: Literal["stand_in"] | None = None
    """What to do where there is no such file: stop with an error (null) or begin with generated vectors."""

    @model_validator(mode="after")
    def _one_kind(self) -> Embedding:
        if self.one_hot and (self.size is not None or self.path is not None):
            raise ValueError("one_hot vectors are as long as there are integers: leave 'size' and 'path' out")
        return self

    def resolved(self, given: Input) -> Embedding:
        """Return the same with the size that the file's vectors have, so that a run can be read without the file."""
        if self.path is None or not given.words:
            return self
        known, _ = self._vectors(self.path, given.words)
        return self.model_copy(update={"size": known.shape[1]})

    def outside_files(self) -> dict[str, Path]:
        """Return the file of vectors, by its option."""
        return {} if self.path is None else {"model.embedding.path": Path(self.path)}

    def notice(self, given: Input) -> str | None:
        """Return what the file of vectors covers."""
        if self.path is None or not given.words:
            return None
        if self._is_stand_in:
            return f"embedding: generated vectors, which mean nothing, stand in for {self.path}: there is no such file"
        words = sum(word != "" for word in given.words)
        _, found = self._vectors(self.path, given.words)
        return f"embedding: {self.path} has {found:,} of {words:,} words ({found / words:.1%}); {words - found:,} are 0"

    def build(self, given: Input, *, mask_zero: bool) -> keras.layers.Layer:
        """Return the layer; where the words are not known, as in a run that is read again, its vectors are drawn."""
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
        """Return the words' vectors and how many of them the file has."""
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


def check_time_steps(task: Task, family: str) -> None:
    """Raise ConfigError unless rows are sequences of one length, or of vectors (time, columns)."""
    given = task.input
    if task.output.kind == "tokens":
        return
    if given.kind == "text":
        raise ConfigError(f"{family} needs sequences, not texts: add 'tokenize' and 'pad' to data.transforms.")
    if given.kind == "sequence" and given.padding is None:
        raise ConfigError(f"{family} needs sequences of one length: add such as {{name: pad, length: 500}}.")
    if given.kind != "sequence" and (given.kind != "array" or len(given.shape) != 2):
        raise ConfigError(f"{family} needs sequences of integers or of vectors (time, columns), not {given}.")


def refuse_tokens(task: Task, family: str) -> None:
    """Raise ConfigError where a text is to be gone on with."""
    if task.output.kind == "tokens":
        raise ConfigError(f"{family} keeps no memory of a text from token to token: use rnn to go on with texts.")


def time_steps(task: Task, embedding: Embedding, *, masking: bool) -> tuple[Any, Any]:
    """Return a model's input and the vectors (batch, time, size) made of it.

    With masking a batch is only as long as its longest row: what fills rows up is skipped anyway.
    """
    import keras

    given = task.input
    if given.kind != "sequence":
        inputs = keras.Input(given.shape, name="input")
        return inputs, inputs
    inputs = keras.Input((None,) if masking else given.shape, dtype="int32", name="input")
    if embedding.one_hot:
        return inputs, keras.ops.one_hot(inputs, given.vocabulary)
    return inputs, embedding.build(given, mask_zero=masking)(inputs)


def value_at(x: Any, given: Input, time_step: int | None) -> Any:
    """Return the target's own value at a time step of windows x (batch, time, columns): (batch, 1).

    Raises:
        ConfigError: the windows do not hold it on the target's scale.
    """
    if given.target is None or time_step is None:
        raise ConfigError("the model needs windows of a series with the target among the columns, on one scale.")
    return x[:, time_step, given.target : given.target + 1]


def on_differences(model: keras.Model, x: Any, given: Input) -> Any:
    """Return the target's last value in windows x plus what the model makes of differences from it: (batch, 1)."""
    last = value_at(x, given, given.last)
    chosen = np.eye(given.shape[-1] or 1, dtype=np.float32)[given.target]
    return last + model(x - last[:, None, :] * chosen)
