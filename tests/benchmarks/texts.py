"""Files of texts that both sides of a benchmark read, and the experiments for them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path


def write_pairs(path: Path) -> None:
    """Write 12,000 pairs of sentences that mean the same or not, and the experiment for them."""
    from dlpy.stand_ins.paraphrases import paraphrases

    found = paraphrases(0, 0, 12_000)
    write_csv(path, ("left", "right", "same"), zip(found.left, found.right, found.same.ravel().tolist(), strict=True))
    Path(f"{path}.yaml").write_text(
        f"data:\n  name: csv\n  path: {path}\n  target: same\n  task: binary\n  duplicates: keep\n  inputs:\n"
        "    left: {text: left, transforms: [tokenize, pad]}\n    right: {text: right, like: left}\n"
        "  validation: {fraction: 0.2, take: last}\n"
        "model: {name: siamese, encoder: {family: rnn, units: 32, embedding: 32}, head: [32]}\n"
        "training: {optimizer: {name: adam, learning_rate: 0.003}, epochs: 8, batch_size: 128}\n"
    )


def write_dates(path: Path) -> None:
    """Write 10,000 dates in five forms and as 1987-03-12, and the experiment for them."""
    from dlpy.stand_ins.written import dates

    write_csv(path, ("source", "target"), zip(*dates(0, 0, 10_000), strict=True))
    Path(f"{path}.yaml").write_text(
        f"data:\n  name: text_csv\n  path: {path}\n  text: source\n  target: target\n  task: text\n"
        "  source_tokens: character\n  target_tokens: character\n  validation: {fraction: 0.2, take: last}\n"
        "model: {name: seq2seq, units: 64, embedding: 32}\n"
        "training: {optimizer: {name: adam, learning_rate: 0.003}, epochs: 6, batch_size: 64}\n"
    )


def write_words(path: Path) -> None:
    """Write 4,000 sentences, a word and its tag on each line, and the experiment for them."""
    from dlpy.stand_ins.named_entities import TAGS, sentences_with_names

    found = sentences_with_names(0, 0, 4_000)
    blocks = []
    for text, tags in zip(found.texts, found.tags.tolist(), strict=True):
        pairs = zip(text.split(), tags, strict=False)  # behind the last word, tags are -1
        blocks.append("".join(f"{word} {TAGS[tag]}\n" for word, tag in pairs))
    path.write_text("\n".join(blocks), encoding="utf-8")
    Path(f"{path}.yaml").write_text(
        f"data:\n  name: tagged_words\n  path: {path}\n  transforms:\n"
        "    - {name: tokenize, rules: spaces, lower: false}\n    - {name: pad, fill: back}\n"
        "  validation: {fraction: 0.2, take: last}\n"
        "model: {name: rnn, cell: gru, units: 32, bidirectional: true, embedding: 32}\n"
        "training: {optimizer: {name: adam, learning_rate: 0.01}, epochs: 6, batch_size: 64}\n"
    )


def write_csv(path: Path, names: Iterable[str], rows: Iterable[tuple]) -> None:
    """Write a table with a line of names."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
