"""The model family `seq2seq`: an encoder reads a text, and a decoder writes another one, token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.task import DECODER, SOURCE, TARGET, Task
from dlpy.models.dense import Rate, Units

if TYPE_CHECKING:
    import keras

_LAYERS = Annotated[int, Field(ge=1, le=12)]


class Seq2seq(Model):
    """An encoder and a decoder with attention, for pairs of texts: translation, dates into one form, spelling.

    In training, the decoder gets the true tokens so far (teacher forcing). `dlpy evaluate` also lets it write the texts
    on its own, and scores these: exact match, BLEU and chrF.
    """

    masks_padding = True
    takes_several = True
    gives_features = False
    hints: ClassVar[dict[str, str]] = {
        "decoder": "Encoder and decoder share their options; the decoder writes from left to right.",
        "encoder": "Encoder and decoder share their options; 'bidirectional' is about the encoder.",
    }

    name: Literal["seq2seq"] = "seq2seq"
    cell: Literal["gru", "lstm"] = "gru"
    """Type of the recurrent cells."""
    units: Units = 128
    """Size of the state of the decoder, and of each direction of the encoder."""
    layers: _LAYERS = 1
    """Number of layers of the encoder, and of the decoder."""
    embedding: Units = 64
    """Size of the vectors of source and target tokens."""
    bidirectional: bool = True
    """Whether the encoder reads the source in both directions. The decoder always writes from left to right."""
    attention: Literal["multiplicative", "additive", "none"] = "multiplicative"
    """How a state of the decoder is compared with the states of the encoder: multiplicative ("general" of Luong et al.
    2015), or additive (the score of Bahdanau et al. 2015). none: the decoder knows the source only by its first state.
    """
    dropout: Rate = 0.0
    """Dropout rate of the vectors of the tokens, and of what goes into the last layer."""

    def check(self, task: Task) -> None:
        if not task.translates:
            hint = "text_csv with 'task: text', parallel_texts, written_dates or reversed_words"
            raise ConfigError(f"seq2seq needs pairs of texts, a source and its target: use data such as {hint}.")

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        source = keras.Input((None,), dtype="int32", name=SOURCE)
        decoder = keras.Input(task.inputs[DECODER].shape, dtype="int32", name=DECODER)
        memory, states = self._encoded(self._vectors(source, task, SOURCE))
        x = self._decoded(self._vectors(decoder, task, DECODER), states)
        if self.attention != "none":
            x = layers.Concatenate(name="joined")([x, self._attended(x, memory, source)])
            x = layers.Dense(self.units, activation="tanh", name="attended")(x)
        x = layers.Dropout(self.dropout)(x) if self.dropout else x
        probabilities = layers.Dense(task.output.units, activation="softmax", name=TARGET)(x)
        return keras.Model({SOURCE: source, DECODER: decoder}, probabilities)

    def _vectors(self, tokens: Any, task: Task, name: str) -> Any:
        """Return the vectors of tokens: (batch, tokens, embedding); padding is masked in the source alone."""
        from keras import layers

        size = task.inputs[name].vocabulary
        embedding = layers.Embedding(size, self.embedding, mask_zero=name == SOURCE, name=f"{name}_embedding")
        x = embedding(tokens)
        return layers.Dropout(self.dropout)(x) if self.dropout else x

    def _encoded(self, x: Any) -> tuple[Any, list[list[Any]]]:
        """Return the states of the encoder at every token, (batch, tokens, size), and the decoder's first states."""
        from keras import layers

        states = []
        for number in range(self.layers):
            cell = self._recurrent(f"encoder_{number}")
            if self.bidirectional:
                cell = layers.Bidirectional(cell, name=f"both_{number}")
            x, *last = cell(x)
            states.append(self._bridged(last, number))
        return x, states

    def _bridged(self, last: list[Any], number: int) -> list[Any]:
        """Return the first states of a layer of the decoder from the last ones of the encoder."""
        from keras import layers

        if not self.bidirectional:
            return last
        half = len(last) // 2
        return [
            layers.Dense(self.units, activation="tanh", name=f"bridge_{number}_{place}")(layers.Concatenate()(list(pair)))
            for place, pair in enumerate(zip(last[:half], last[half:], strict=True))
        ]

    def _decoded(self, x: Any, states: list[list[Any]]) -> Any:
        """Return the states of the decoder at every token: (batch, tokens, units)."""
        for number, first in enumerate(states):
            x, *_ = self._recurrent(f"decoder_{number}")(x, initial_state=first)
        return x

    def _recurrent(self, name: str) -> Any:
        from keras import layers

        kind = {"gru": layers.GRU, "lstm": layers.LSTM}[self.cell]
        return kind(self.units, return_sequences=True, return_state=True, name=name)

    def _attended(self, x: Any, memory: Any, source: Any) -> Any:
        """Return the mean of the encoder's states, weighted by how well each fits x: (batch, tokens, size)."""
        from keras import layers, ops

        mask = [None, ops.not_equal(source, 0), None]  # Bidirectional with states passes no mask on
        keys = layers.Dense(self.units, use_bias=False, name="keys")(memory)
        if self.attention == "multiplicative":
            return layers.Attention(name="attention")([x, memory, keys], mask=mask)
        queries = layers.Dense(self.units, use_bias=False, name="queries")(x)
        return layers.AdditiveAttention(name="attention")([queries, memory, keys], mask=mask)
