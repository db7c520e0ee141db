"""The model family `seq2seq`: an encoder reads a text, and a decoder writes another one, token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.data.task import DECODER, SOURCE, TARGET, Task
from dlpy.models._attention import BlockOptions
from dlpy.models._recurrent_pairs import RecurrentPair
from dlpy.models._transformer_pairs import TransformerPair
from dlpy.models.dense import Rate, Units

if TYPE_CHECKING:
    import keras

_RECURRENT_OPTIONS, _TRANSFORMER_OPTIONS = ("embedding", "bidirectional", "attention"), ("heads", "feed_forward")
_HEADS = 4


class Seq2seq(Model):
    """An encoder and a decoder with attention, for pairs of texts: translation, dates into one form, spelling.

    In training, the decoder gets the true tokens so far (teacher forcing), and `accuracy` is the fraction of tokens
    that it predicts from these. After training and in `dlpy evaluate` it writes whole texts, which are scored by exact
    match, BLEU and chrF. `dlpy generate RUN --source TEXT` and `dlpy predict RUN FILE` write texts too.
    """

    masks_padding = True
    takes_several = True
    translates = True
    gives_features = False
    hints: ClassVar[dict[str, str]] = {
        "decoder": "Encoder and decoder share their options; the decoder writes from left to right.",
        "encoder": "Encoder and decoder share their options; 'bidirectional' is about the encoder.",
    }

    name: Literal["seq2seq"] = "seq2seq"
    cell: Literal["gru", "lstm", "transformer"] = "gru"
    """Recurrent cells (gru, lstm), or the blocks of a transformer."""
    units: Units = 128
    """Size of the state of the decoder, and of each direction of the encoder; of a transformer, of its vectors."""
    layers: Annotated[int, Field(ge=1, le=24)] = 1
    """Number of layers or blocks of the encoder, and of the decoder."""
    dropout: Rate = 0.0
    """Dropout rate of the vectors of the tokens and of what goes into the last layer; in a transformer, also of what
    each part of a block adds."""
    group_by_length: bool = False
    """Whether rows of about one length share a batch, which is then cut to its longest row. Faster where lengths differ
    much; but short texts were learnt less steadily, since each step sees one length only."""
    embedding: Units | None = None
    """Size of the vectors of source and target tokens, with gru and lstm. Default: 64."""
    bidirectional: bool | None = None
    """Whether the encoder reads the source in both directions, with gru and lstm. The decoder always writes from left
    to right. Default: true."""
    attention: Literal["multiplicative", "additive", "none"] | None = None
    """How a state of the decoder is compared with those of the encoder, with gru and lstm: multiplicative ("general" of
    Luong et al. 2015, the default) or additive (the score of Bahdanau et al. 2015). none: the decoder knows the source
    only by its first state."""
    heads: Units | None = None
    """Number of attention heads of a transformer; divides `units`. Default: 4."""
    feed_forward: Units | None = None
    """Size of the hidden layer of a transformer's feed-forward parts. Default: 4 times `units`."""

    def check(self, task: Task) -> None:
        if not task.translates:
            hint = "text_csv with 'task: text', parallel_texts, written_dates or reversed_words"
            raise ConfigError(f"seq2seq needs pairs of texts, a source and its target: use data such as {hint}.")
        is_transformer = self.cell == "transformer"
        others = _RECURRENT_OPTIONS if is_transformer else _TRANSFORMER_OPTIONS
        given = [name for name in others if getattr(self, name) is not None]
        fits = "gru and lstm" if is_transformer else "transformer"
        mistakes = [((name,), f"only used with {fits}, not with cell: {self.cell}: remove it.") for name in given]
        heads = self.heads or _HEADS
        if is_transformer and self.units % heads:
            mistakes.append((("heads",), f"{heads} heads do not divide units: {self.units}: change one."))
        if mistakes:
            raise ConfigErrors(mistakes)

    def build(self, task: Task) -> keras.Model:
        import keras
        from keras import layers

        pair = self._pair()
        source, decoder = (
            keras.Input((None,) if self.group_by_length else task.inputs[name].shape, dtype="int32", name=name)
            for name in (SOURCE, DECODER)
        )
        sizes = [task.inputs[name].vocabulary or 0 for name in (SOURCE, DECODER)]
        x = pair.outputs(source, decoder, sizes)
        x = layers.Dropout(self.dropout)(x) if self.dropout else x
        probabilities = layers.Dense(task.output.units, activation="softmax", dtype="float32", name=TARGET)(x)
        return keras.Model({SOURCE: source, DECODER: decoder}, probabilities)

    def _pair(self) -> RecurrentPair | TransformerPair:
        if self.cell == "transformer":
            hidden = self.feed_forward or 4 * self.units
            return TransformerPair(BlockOptions(self.units, self.heads or _HEADS, hidden, self.dropout), self.layers)
        return RecurrentPair(
            self.cell,
            self.units,
            self.layers,
            self.dropout,
            self.embedding or 64,
            self.bidirectional is not False,
            self.attention or "multiplicative",
        )
