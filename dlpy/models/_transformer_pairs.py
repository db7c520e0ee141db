"""The encoder and decoder of a transformer (Vaswani et al. 2017, arXiv:1706.03762, with normalization first)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dlpy.data.task import DECODER, SOURCE
from dlpy.models._attention import BlockOptions, decoder_block, encoder_block
from dlpy.models._positions import positions_class


@dataclass(frozen=True)
class TransformerPair:
    """The options of an encoder and a decoder; see `Seq2seq`.

    `sampling/translation_steps.py` finds the layers by their names.
    """

    block: BlockOptions
    layers: int

    def outputs(self, source: Any, decoder: Any, sizes: list[int]) -> Any:
        """Return the vectors from which each next token is predicted: (batch, tokens, units).

        Args:
            source, decoder: (batch, tokens) int32.
            sizes: of the two vocabularies.
        """
        from keras import layers, ops

        mask = ops.not_equal(source, 0)
        memory = self._vectors(source, sizes[0], SOURCE)
        for number in range(self.layers):
            memory = encoder_block(self.block, f"encoder_{number}")(memory)
        memory = layers.LayerNormalization(epsilon=1e-6, name="memory")(memory)
        x = self._vectors(decoder, sizes[1], DECODER)
        for number in range(self.layers):
            x = decoder_block(self.block, f"decoder_{number}")(x, memory, memory_mask=mask)
        return layers.LayerNormalization(epsilon=1e-6, name="decoded")(x)

    def _vectors(self, tokens: Any, size: int, name: str) -> Any:
        """Return the vectors of tokens and their positions: (batch, tokens, units); the source's padding is masked."""
        from keras import initializers, layers

        options: Any = {"mask_zero": name == SOURCE, "embeddings_initializer": initializers.RandomNormal(stddev=1.0)}
        x = layers.Embedding(size, self.block.size, name=f"{name}_embedding", **options)(tokens)
        x = positions_class()("sinusoidal", name=f"{name}_positions")(x)
        return layers.Dropout(self.block.dropout)(x) if self.block.dropout else x
