"""A recurrent encoder and decoder with attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dlpy.data.task import DECODER, SOURCE


@dataclass(frozen=True)
class RecurrentPair:
    """The options of an encoder and a decoder; see `Seq2seq`.

    `sampling/translation_steps.py` finds the layers by their names.
    """

    cell: Literal["gru", "lstm"]
    units: int
    layers: int
    dropout: float
    embedding: int
    bidirectional: bool
    attention: Literal["multiplicative", "additive", "none"]

    def outputs(self, source: Any, decoder: Any, sizes: list[int]) -> Any:
        """Return the vectors from which each next token is predicted: (batch, tokens, units).

        Args:
            source, decoder: (batch, tokens) int32.
            sizes: of the two vocabularies.
        """
        from keras import layers

        memory, states = self._encoded(self._vectors(source, sizes[0], SOURCE))
        x = self._decoded(self._vectors(decoder, sizes[1], DECODER), states)
        if self.attention == "none":
            return x
        joined = layers.Concatenate(name="joined")([x, self._read(x, memory, source)])
        return layers.Dense(self.units, activation="tanh", name="attended")(joined)

    def _vectors(self, tokens: Any, size: int, name: str) -> Any:
        """Return the vectors of tokens: (batch, tokens, embedding); padding is masked in the source alone."""
        from keras import layers

        x = layers.Embedding(size, self.embedding, mask_zero=name == SOURCE, name=f"{name}_embedding")(tokens)
        return layers.Dropout(self.dropout)(x) if self.dropout else x

    def _encoded(self, x: Any) -> tuple[Any, list[list[Any]]]:
        """Return the states of the encoder at every token, (batch, tokens, size), and the decoder's first states."""
        from keras import layers

        states = []
        for number in range(self.layers):
            layer = self._recurrent(f"encoder_{number}")
            if self.bidirectional:
                layer = layers.Bidirectional(layer, name=f"both_{number}")
            x, *last = layer(x)
            states.append(self._bridged(last, number))
        return x, states

    def _bridged(self, last: list[Any], number: int) -> list[Any]:
        """Return the first states of a layer of the decoder from the last ones of the encoder."""
        from keras import layers

        if not self.bidirectional:
            return last
        half, states = len(last) // 2, []
        for place, both in enumerate(zip(last[:half], last[half:], strict=True)):
            bridge = layers.Dense(self.units, activation="tanh", name=f"bridge_{number}_{place}")
            states.append(bridge(layers.Concatenate()(list(both))))
        return states

    def _decoded(self, x: Any, states: list[list[Any]]) -> Any:
        """Return the states of the decoder at every token: (batch, tokens, units)."""
        for number, first in enumerate(states):
            x, *_ = self._recurrent(f"decoder_{number}")(x, initial_state=first)
        return x

    def _recurrent(self, name: str) -> Any:
        from keras import layers

        kind = {"gru": layers.GRU, "lstm": layers.LSTM}[self.cell]
        return kind(self.units, return_sequences=True, return_state=True, name=name)

    def _read(self, x: Any, memory: Any, source: Any) -> Any:
        """Return the mean of the encoder's states, weighted by how well each fits x: (batch, tokens, size)."""
        from keras import layers, ops

        mask = [None, ops.not_equal(source, 0), None]  # Bidirectional with states passes no mask on
        keys = layers.Dense(self.units, use_bias=False, name="keys")(memory)
        if self.attention == "multiplicative":
            return layers.Attention(name="attention")([x, memory, keys], mask=mask)
        queries = layers.Dense(self.units, use_bias=False, name="queries")(x)
        return layers.AdditiveAttention(name="attention")([queries, memory, keys], mask=mask)
