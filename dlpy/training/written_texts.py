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
from dlpy.data.task import DECODER, SOURCE
from dlpy.data.text.marked import PADDING, START, MarkedVocabulary
from dlpy.runs.arrays import read_arrays
from dlpy.runs.directory import Run
from dlpy.runs.results import cell
from dlpy.sampling.translation import Search, Translator
from dlpy.sampling.translation_steps import steps_of
from dlpy.scores.text_scores import text_scores
from dlpy.storage.atomic import storage, write_arrays, write_whole
from dlpy.storage.cache import alone
from dlpy.training.answers import group_numbers
from dlpy.training.pipeline import Pipeline
from dlpy.transforms.token_pairs import TokenPairs, vocabularies

if TYPE_CHECKING:
    import keras

MOST_SCORED = 1_000  # rows after training; `dlpy evaluate` scores all
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

    def spelled(self, tokens: np.ndarray) -> list[str]:
        """Return the texts of tokens that `tokens` returned."""
        return [self.target.text(row) for row in tokens]


def numbers(rows: Rows) -> np.ndarray:
    """Return the source tokens of transformed rows: (rows, tokens) int32."""
    x = rows.inputs[SOURCE]
    if not isinstance(x, Padded):
        raise ConfigError("expected source texts as padded tokens.")
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
    texts equal their reference is saved for `dlpy compare`.

    Args:
        part: which rows these are.
        pair: the same rows before and after the transforms.
        written: the likeliest text for each.
    """
    raw, rows = pair
    references = [writer.target.plain(text) for text in text_column(raw, DECODER)]
    copies = [writer.target.plain(text) for text in text_column(raw, SOURCE)]
    if part != "train":
        _save_checksums(run, part, rows, {"reference": references, "written": written})
    return text_scores(written, references), text_scores(copies, references)


def _save_checksums(run: Run, part: str, rows: Rows, texts: Mapping[str, Sequence[str]]) -> None:
    """Add the checksum of each text to samples/written.npz, beside the part's positions and groups."""
    sums = {name: np.array([crc32(_bytes(text)) for text in own], np.int64) for name, own in texts.items()}
    new = {f"{part}.{name}": array for name, array in ({"index": rows.index} | sums | group_numbers(rows)).items()}
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
