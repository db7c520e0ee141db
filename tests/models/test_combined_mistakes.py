"""Mistakes in the options of `combined` are one line each with its number, found without Keras."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlpy.data.task import Input, Output, Task
from tests.model_mistakes import mistakes_in

WORDS = Input("sequence", (100,), 10_000, padding="front")
OUTPUTS = {"price": Output("regression"), "sold": Output("binary", 1, ("no", "yes"))}
TASK = Task({"words": WORDS, "photo": Input("array", (64, 64, 3))}, OUTPUTS)


def mistakes(tmp_path: Path, options: str, task: Task | None = None) -> list[str]:
    """Return the mistakes in the options, each from its line number on; the first option is in line 3."""
    return mistakes_in(tmp_path, f"  name: combined\n{options}", task)


OF_THE_FILE = {
    "no family": ("    words: {units: 3}", "4: model.encoders.words: expected a model family and its options, such as {family: rnn, units: 32}."),
    "a list": ("    words: [rnn]", "4: model.encoders.words: expected a model family and its options, such as {family: rnn, units: 32}."),
    "unknown family": ("    words: {family: rnnn}", "4: model.encoders.words.family: unknown model 'rnnn'. Did you mean 'rnn'?"),
    "unknown option": ("    words: {family: rnn, unit: 3}", "4: model.encoders.words.unit: unknown option. Did you mean 'units'?"),
    "wrong value": ("    words:\n      family: rnn\n      units: [0]", "6: model.encoders.words.units.0: must be greater than 0, got 0."),
    "generative": ("    words: vae", "4: model.encoders.words.family: vae has no features that another layer could use."),
    "of": ("    words: {family: rnn, of: photo}", "4: model.encoders.words.of: an encoder reads its input, here 'words': leave this out."),
    "layer": ("    words: {family: rnn, layer: LSTM}", "4: model.encoders.words: expected one of 'layer', 'family' and 'like', got 2."),
    "a name with a slash": ("    a/b: {family: rnn, unit: 3}", "4: model.encoders.a/b.unit: unknown option. Did you mean 'units'?"),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_THE_FILE)
def test_mistakes_in_encoders_that_the_file_alone_shows(case: str, tmp_path) -> None:
    encoder, wanted = OF_THE_FILE[case]
    (line,) = mistakes(tmp_path, f"  encoders:\n{encoder}\n")
    assert line.startswith(wanted)


OF_THE_TASK = {
    "unknown input": ("  encoders: {wrods: rnn}", TASK, "3: model.encoders.wrods: there is no input 'wrods'. Did you mean 'words'?"),
    "unknown output": ("  heads: {prize: [3]}", TASK, "3: model.heads.prize: there is no output 'prize'. Did you mean 'price'?"),
    "a family that does not fit": ("  encoders:\n    words: rnn\n    photo: {family: rnn}", TASK,
        "5: model.encoders.photo: rnn needs sequences of integers or of vectors (time, columns), not array rows of shape (64 x 64 x 3)."),
    "too small an image": ("  encoders: {photo: {family: convnet, filters: [3, 3, 3, 3, 3, 3, 3]}}", TASK, "3: model.encoders.photo: "),
    "unpadded": ("  join: add", Task({"words": Input("sequence", (None,), 50), "n": Input("array", (3,))}, OUTPUTS),
        "1: model.encoders.words: it needs sequences of one length: add such as {name: pad, length: 500} to the transforms."),
    "texts": ("  join: add", Task({"words": Input("text", (None,)), "n": Input("array", (3,))}, OUTPUTS),
        "1: model.encoders.words: it cannot read texts: add 'tokenize' and 'pad' to the transforms of this input."),
    "a table": ("  join: add", Task({"words": WORDS, "facts": Input("table", (3,))}, OUTPUTS),
        "1: model.encoders.facts: it cannot read a table: end the transforms of this input with 'tabulate'."),
    "five axes": ("  join: add", Task({"words": WORDS, "film": Input("array", (2, 9, 8, 8, 3))}, OUTPUTS),
        "1: model.encoders.film: no encoder is known for array rows of shape (2 x 9 x 8 x 8 x 3): name a family, such as {family: dense}."),
    "one name twice": ("  join: add", Task({"price": WORDS, "facts": Input("array", (3,))}, OUTPUTS),
        "1: model.heads.price: an input has this name too: rename one of them in the data."),
    "text to generate": ("  join: add", Task.single(WORDS, Output("tokens", 50)), "combined cannot generate text"),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_THE_TASK)
def test_mistakes_that_the_task_shows(case: str, tmp_path) -> None:
    options, task, wanted = OF_THE_TASK[case]
    lines = mistakes(tmp_path, f"{options}\n", task)
    assert [line[: len(wanted)] for line in lines] == [wanted]


def test_all_mistakes_come_at_once(tmp_path) -> None:
    options = "  encoders: {wrods: rnn}\n  heads: {prize: [3]}\n"
    assert [line[:2] for line in mistakes(tmp_path, options, TASK)] == ["3:", "4:"]
