"""Keras layers of transformers: attention, and the blocks of encoders and decoders.

A block normalizes what its parts read, not what they return (pre-norm): Xiong et al. 2020, arXiv:2002.04745. Blocks are
registered with Keras; `_inlined.py` can spell them out, so that their parts are named like no others and
attention is not called as a layer. `_positions.py` has the layer that adds positions.

To generate, a block reads one position at a time: `start` returns the empty cache of keys and values, and `step` reads
the vectors of a position and returns what the block gives for it, and the cache with that position.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from dlpy.models._multi_head import attention_class, counted_where, up_to_itself


@dataclass(frozen=True)
class BlockOptions:
    """The options of a block.

    size: of the vector of each position.
    heads: the number of attention heads; divides `size`.
    feed_forward: size of the hidden layer of the feed-forward part.
    dropout: dropout rate of what attention and the feed-forward part add to the vectors.
    causal: whether a position attends only to itself and the positions before it; a decoder always does.
    rotary: whether queries and keys of self-attention are rotated by their positions.
    """

    size: int
    heads: int
    feed_forward: int
    dropout: float = 0.0
    causal: bool = False
    rotary: bool = False


def encoder_block(options: BlockOptions, name: str | None = None) -> Any:
    """Return a layer from x (batch, positions, size) to the same shape: self-attention, then the feed-forward part."""
    return encoder_block_class()(options, name=name)


def decoder_block(options: BlockOptions, name: str | None = None) -> Any:
    """Return a layer as `encoder_block`, causal, that attends to a memory (batch, positions, size) in between."""
    return decoder_block_class()(options, name=name)


@cache
def block_class() -> Any:
    """Return the base class of both blocks."""
    from keras import layers

    class Block(layers.Layer):
        """What both blocks have: self-attention, the feed-forward part, and one normalization and dropout for each."""

        def __init__(self, options: BlockOptions | dict[str, Any], **named: Any) -> None:
            super().__init__(**named)
            self.options = given = _options(options)
            self.supports_masking = True
            self.attention_heads = given.heads  # by which the engine bounds the rows that it scores at a time
            self.normalization = layers.LayerNormalization(epsilon=1e-6, name=f"{self.name}_normalization")
            self.self_attention = attention_class()(
                given.size, given.heads, given.rotary, name=f"{self.name}_self_attention"
            )
            self.second_normalization = layers.LayerNormalization(
                epsilon=1e-6, name=f"{self.name}_second_normalization"
            )
            self.hidden = layers.Dense(given.feed_forward, activation="gelu", name=f"{self.name}_hidden")
            self.dense = layers.Dense(given.size, name=f"{self.name}_dense")
            self.dropout = layers.Dropout(given.dropout, name=f"{self.name}_dropout")
            self.second_dropout = layers.Dropout(given.dropout, name=f"{self.name}_second_dropout")

        def build(self, input_shape: Any) -> None:
            vectors, hidden = (None, None, self.options.size), (None, None, self.options.feed_forward)
            self.normalization.build(vectors)
            self.self_attention.build(vectors)
            self.second_normalization.build(vectors)
            self.hidden.build(vectors)
            self.dense.build(hidden)
            self.built = True

        def get_config(self) -> dict[str, Any]:
            """Return the arguments of the layer."""
            return {**super().get_config(), "options": asdict(self.options)}

        def compute_output_shape(self, input_shape: Any, *others: Any) -> Any:
            """Return the shape of the output: that of the input."""
            return input_shape

        def attention(self, x: Any, mask: Any = None) -> Any:
            """Return the weights of self-attention, (batch, heads, queries, keys); those of a query add up to 1."""
            x = self.normalization(x)
            return self.self_attention.weights_of(x, x, *_where(x, mask, self.options))

        def start(self, batch: Any, length: int) -> Any:
            """Return the cache before the first of `length` positions."""
            return self.self_attention.start(batch, length)

        def _attended(self, x: Any, mask: Any) -> Any:
            y = self.normalization(x)
            return x + self.dropout(self.self_attention.call(y, y, *_where(y, mask, self.options)))

        def _fed_forward(self, x: Any) -> Any:
            return x + self.second_dropout(self.dense(self.hidden(self.second_normalization(x))))

        def _attended_step(self, x: Any, cache: Any, position: Any) -> tuple[Any, Any]:
            y, cache = self.self_attention.step(self.normalization(x), cache, position)
            return x + y, cache

    return Block


@cache
def encoder_block_class() -> Any:
    """Return the class of the layers that `encoder_block` returns."""
    import keras

    @keras.saving.register_keras_serializable("dlpy")
    class EncoderBlock(block_class()):
        """Self-attention and a feed-forward part; each adds to the vectors of its input."""

        def call(self, x: Any, mask: Any = None, training: bool | None = None) -> Any:
            """Return the vectors after the block, (batch, positions, size); `mask` is False where there is padding."""
            return self._fed_forward(self._attended(x, mask))

        def step(self, x: Any, cache: Any, position: Any) -> tuple[Any, Any]:
            """Return the vectors (batch, size) after the block at a position, and the cache; only where causal."""
            x, cache = self._attended_step(x[:, None], cache, position)
            return self._fed_forward(x)[:, 0], cache

    return EncoderBlock


@cache
def decoder_block_class() -> Any:
    """Return the class of the layers that `decoder_block` returns."""
    import keras
    from keras import layers

    @keras.saving.register_keras_serializable("dlpy")
    class DecoderBlock(block_class()):
        """Causal self-attention, attention to a memory, and a feed-forward part."""

        def __init__(self, options: BlockOptions | dict[str, Any], **named: Any) -> None:
            super().__init__(replace(_options(options), causal=True), **named)
            self.memory_normalization = layers.LayerNormalization(
                epsilon=1e-6, name=f"{self.name}_memory_normalization"
            )
            self.memory_attention = attention_class()(
                self.options.size, self.options.heads, name=f"{self.name}_memory_attention"
            )
            self.memory_dropout = layers.Dropout(self.options.dropout, name=f"{self.name}_memory_dropout")

        def build(self, input_shape: Any, *others: Any) -> None:
            vectors = (None, None, self.options.size)
            self.memory_normalization.build(vectors)
            self.memory_attention.build(vectors)
            super().build(input_shape)

        def call(
            self, x: Any, memory: Any, x_mask: Any = None, memory_mask: Any = None, training: bool | None = None
        ) -> Any:
            """Return the vectors after the block, (batch, positions, size); masks are False where there is padding.

            Keras fills both masks in by their names, if its tensors bear masks.
            """
            x, allowed = self._attended(x, x_mask), _unpadded(memory_mask)
            y = self.memory_attention.call(self.memory_normalization(x), memory, allowed)
            return self._fed_forward(x + self.memory_dropout(y))

        def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
            """Return the mask of the output: that of x."""
            return mask[0] if isinstance(mask, list | tuple) else mask

        def remembered(self, memory: Any) -> Any:
            """Return the keys and values of a memory, which `step` reads."""
            return self.memory_attention.keys_and_values(memory)

        def memory_attention_weights(self, x: Any, memory: Any, x_mask: Any = None, memory_mask: Any = None) -> Any:
            """Return the weights of the attention to the memory: (batch, heads, queries, keys)."""
            allowed = _unpadded(memory_mask)
            queries = self.memory_normalization(self._attended(x, x_mask))
            return self.memory_attention.weights_of(queries, memory, allowed)

        def step(self, x: Any, cache: Any, position: Any, remembered: Any, memory_mask: Any = None) -> tuple[Any, Any]:
            """Return the vectors (batch, size) after the block at a position, and the cache."""
            x, cache = self._attended_step(x[:, None], cache, position)
            allowed = _unpadded(memory_mask)
            x = x + self.memory_attention.read(self.memory_normalization(x), remembered, allowed)
            return self._fed_forward(x)[:, 0], cache

    return DecoderBlock


def _options(given: BlockOptions | dict[str, Any]) -> BlockOptions:
    """Return options, which a file of Keras holds as a dict."""
    return BlockOptions(**given) if isinstance(given, dict) else given


def _unpadded(mask: Any) -> Any:
    """Return a mask (batch, keys) as what every query may read, (batch, 1, 1, keys); None: everything."""
    return None if mask is None else mask[:, None, None, :]


def _where(x: Any, mask: Any, options: BlockOptions) -> tuple[Any, Any]:
    """Return which positions of x each may attend to, and the positions without padding; None: all, and 0, 1, ..."""
    allowed = _unpadded(mask)
    if options.causal:
        allowed = up_to_itself(x) if allowed is None else allowed & up_to_itself(x)
    return allowed, counted_where(mask) if options.rotary and mask is not None else None
