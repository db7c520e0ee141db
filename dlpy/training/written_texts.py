"""The texts that a seq2seq model writes for rows: their scores, and some of them to look at."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.features import Padded, Texts
from dlpy.data.rows import Rows
from dlpy.data.task import DECODER, SOURCE, TARGET
from dlpy.data.text.marked import PADDING, START, MarkedVocabulary
from dlpy.runs.arrays import read_arrays
from dlpy.runs.directory import Run
from dlpy.runs.results import cell
from dlpy.sampling.translation import Search, Translator
from dlpy.sampling.translation_steps import steps_of
from dlpy.scores.text_scores import text_scores
from dlpy.scores.weighted_texts import counts_of_texts
from dlpy.storage.atomic import storage, write_arrays, write_whole
from dlpy.storage.cache import alone
from dlpy.training.answers import group_numbers
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.token_pairs import TokenPairs, vocabularies

if TYPE_CHECKING:
    import keras

MOST_SCORED = 1_000  # rows after training; `dlpy evaluate` scores all
_AT_ONCE = 64  # rows whose tokens are predicted
_SHOWN = 6  # rows whose attention is drawn
_KEPT = 200  # rows in samples/written-validation.csv


@dataclass(frozen=True)
class Writer:
    """A seq2seq model with its vocabularies."""

    model: keras.Model
    source: MarkedVocabulary
    target: MarkedVocabulary

    @classmethod
    def of(cls, model: keras.Model, pipeline: Pipeline) -> Writer:
        """Return the writer of a model trained on rows of this pipeline."""
        pairs = zip(pipeline.transforms, pipeline.states, strict=True)
        (state,) = (state for transform, state in pairs if isinstance(transform, TokenPairs))
        return cls(model, *vocabularies(state))

    @cached_property
    def translator(self) -> Translator:
        """What writes tokens, traced once."""
        return Translator(steps_of(self.model), self.target.writable(), self.target.length + 1)

    def tokens(self, rows: Rows, search: Search) -> np.ndarray:
        """Return what is written for transformed rows: (rows, steps) int32."""
        return self.translator(numbers(rows), search).tokens

    def texts(self, rows: Rows, search: Search) -> list[str]:
        """Return what is written for transformed rows."""
        return self.spelled(self.tokens(rows, search))

    def right_tokens(self, rows: Rows) -> np.ndarray:
        """Return how many tokens of each reference are predicted from the true ones before, and how many there are.

        Args:
            rows: transformed, with their targets.

        Returns:
            (rows, 2) int64; the end of a text is a token too.
        """
        target, source, decoder = rows.targets[TARGET], numbers(rows), numbers(rows, DECODER)
        found = np.zeros((len(rows), 2), np.int64)
        for start in range(0, len(rows), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            said = self.likeliest(source[some], decoder[some]).numpy()
            found[some, 0] = (said == target[some]).sum(axis=1)
            found[some, 1] = (target[some] >= 0).sum(axis=1)
        return found

    @cached_property
    def likeliest(self) -> Any:
        """A graph from the tokens of sources and of their targets so far to the likeliest next ones."""
        import tensorflow as tf

        def likeliest(source: Any, decoder: Any) -> Any:
            probability = self.model({SOURCE: source, DECODER: decoder}, training=False)
            return tf.argmax(probability, axis=-1, output_type=tf.int32)

        return tf.function(likeliest, autograph=False, reduce_retracing=True)

    def spelled(self, tokens: np.ndarray) -> list[str]:
        """Return the texts of tokens that `tokens` returned."""
        return [self.target.text(row) for row in tokens]


def numbers(rows: Rows, name: str = SOURCE) -> np.ndarray:
    """Return the tokens of an input of transformed rows: (rows, tokens) int32."""
    x = rows.inputs[name]
    if not isinstance(x, Padded):
        raise ConfigError("expected texts as padded tokens.")
    return x.numbers()


def text_column(raw: Rows, name: str) -> list[str]:
    """Return the texts of an input before the transforms."""
    x = raw.inputs[name]
    if not isinstance(x, Texts):
        raise ConfigError(f"expected '{name}' to be texts.")
    return x.values.tolist()


def scores_of_texts(
    run: Run, part: str, writer: Writer, pair: tuple[Rows, Rows], written: list[str]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the scores of the texts that are written for rows, and those of the sources themselves.

    References are spelled as the model spells: in lower case if it writes so, with its spaces between words. Which
    texts equal their reference, and what BLEU and chrF count in each, is saved for `dlpy compare`.

    Args:
        part: which rows these are.
        pair: the same rows before and after the transforms.
        written: the likeliest text for each.
    """
    raw, rows = pair
    references = [writer.target.plain(text) for text in text_column(raw, DECODER)]
    copies = [writer.target.plain(text) for text in text_column(raw, SOURCE)]
    if part != "train":
        counts = counts_of_texts(written, references, writer.right_tokens(rows))
        _save_counts(run, part, rows, _checksums({"reference": references, "written": written}) | {"counts": counts})
    return text_scores(written, references), text_scores(copies, references)


def _checksums(texts: Mapping[str, Sequence[str]]) -> dict[str, np.ndarray]:
    return {name: np.array([crc32(_bytes(text)) for text in own], np.int64) for name, own in texts.items()}


def _save_counts(run: Run, part: str, rows: Rows, arrays: Mapping[str, np.ndarray]) -> None:
    """Add arrays of texts to samples/written.npz, beside the part's positions and groups."""
    named = {"index": rows.index, **arrays, **group_numbers(rows)}
    new = {f"{part}.{name}": array for name, array in named.items()}
    with storage(run.written), alone(run.changes):  # other parts may be scored at the same time
        write_arrays(run.written, read_arrays(run.written) | new)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")


def leave_texts(run: Run, writer: Writer, raw: Rows, rows: Rows) -> None:
    """Score what a trained model writes for validation rows in summary.json, and save some of it.

    Args:
        raw, rows: the same rows before and after the transforms.
    """
    some = np.arange(min(len(rows), MOST_SCORED))
    raw, rows = raw.take(some), rows.take(some)
    tokens = writer.tokens(rows, Search())
    texts = writer.spelled(tokens)
    scores, copies = scores_of_texts(run, "validation", writer, (raw, rows), texts)
    told = {"on": "validation", "rows": len(rows), "scores": scores, "baseline": copies, "guess": "copy of the source"}
    run.change("summary.json", lambda before: before | {"written": told})
    _save_table(run, raw.take(some[:_KEPT]), texts[:_KEPT])
    _save_attention(run, writer, rows.take(some[:_SHOWN]), tokens[:_SHOWN])


def _save_table(run: Run, raw: Rows, written: list[str]) -> None:
    """Write sources, their targets and what the model writes to samples/written-validation.csv."""
    text, columns = io.StringIO(), (text_column(raw, SOURCE), text_column(raw, DECODER), written)
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["source", "target", "written"])
    lines.writerows([cell(value) for value in line] for line in zip(*columns, strict=True))
    path = run.path / "samples" / "written-validation.csv"
    write_whole(path, lambda temporary: temporary.write_text(text.getvalue(), "utf-8", errors="backslashreplace"))


def _save_attention(run: Run, writer: Writer, rows: Rows, written: np.ndarray) -> None:
    """Write how much the model reads of each source token for each token that it writes to samples/attention.npz."""
    source = numbers(rows)
    decoder = np.insert(written, 0, START, axis=1)[:, :-1]
    weights = steps_of(writer.model).attention(source, decoder)
    if weights is None:
        return
    arrays: dict[str, Any] = {"weights": weights.astype(np.float32)}
    for name, tokens, words in (
        ("source", source, writer.source.all_words),
        ("written", written, writer.target.all_words),
    ):
        arrays[name] = np.array(words, np.str_)[tokens]
        arrays[f"{name}_length"] = np.count_nonzero(tokens != PADDING, axis=1)
    write_arrays(run.attention, arrays)
