"""Explanations of runs over texts: what each word contributes to a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.task import Output, Task
from dlpy.drawing.figures import save, style
from dlpy.drawing.png import stand_in_text
from dlpy.explain.part import part_rows
from dlpy.explain.predictor import Predictor, predictor_of
from dlpy.explain.quantity import columns_of_output, output_named, quantity_of
from dlpy.explain.request import Ask
from dlpy.explain.text_figures import text_figure
from dlpy.explain.text_pages import page
from dlpy.explain.token_effects import TokenEffects
from dlpy.explain.token_rows import TokenReader
from dlpy.explain.watcher import Watcher
from dlpy.runs.directory import Run, count_look
from dlpy.runs.results import class_names
from dlpy.storage.atomic import write_whole
from dlpy.training.answers import target_of
from dlpy.training.predict import Ask as AskToPredict
from dlpy.training.predict import rows_of_file, rows_of_texts

_USUAL = 3  # most wrong texts
_MOST_SCORED = 5_000


@dataclass(frozen=True)
class TextExplanation:
    """Explains texts, given or of a run's own data, into a folder."""

    run: Run
    ask: Ask
    folder: Path
    watcher: Watcher

    def explain(self) -> dict[str, Any]:
        """Explain each text; return what its tokens contribute and the files written.

        Raises:
            ConfigError: there is no such row, class, target or method, or the run takes no texts.
            DataError: a text holds no known word, or the run has no such rows.
        """
        self.watcher.begins("restoring the run")
        predictor = predictor_of(self.run, self.ask.checkpoint, self.watcher.notice)
        if len(predictor.members) > 1:
            raise ConfigError(f"run {self.run.id} is an ensemble: of texts, explain one of its members.")
        chosen = self._chosen(predictor)
        reader = TokenReader.of(predictor.trained, chosen.task)
        with style():
            told = [self._text(predictor, reader, chosen, place) for place in range(len(chosen.rows))]
        path = self.folder / "texts" / "texts.html"
        title = f"{self.run.id}: what each word contributes"
        html = page(title, told, reader.separator, stand_in_text([self.run]))
        write_whole(path, lambda temporary: temporary.write_text(html, "utf-8"))
        self.watcher.wrote(path)
        found = {"run": self.run.id, "separator": reader.separator, "texts": told, "file": str(path)}
        unfamiliar = predictor.trained.pipeline.unfamiliar(chosen.rows)
        return found if chosen.has_truth else {**found, "unfamiliar": [item.record() for item in unfamiliar]}

    def _chosen(self, predictor: Predictor) -> _Chosen:
        """Return the texts to explain: those given, or rows of the run's data."""
        trained, ask = predictor.trained, self.ask
        if ask.texts or ask.file is not None:
            if ask.file is not None:
                given = rows_of_file(trained, ask.file, AskToPredict(ask.checkpoint), self.watcher.notice).inputs
            else:
                given = rows_of_texts(self.run, trained, ask.texts).inputs
            return _Chosen(given, trained.raw_task, [f"text {n + 1}" for n in range(len(given))])
        self.watcher.begins("reading the data")
        part = part_rows(self.run, trained.experiment, ask.part)
        if ask.part == "test":
            count_look(self.run)
        if ask.rows:
            places = np.array([part.position(number) for number in ask.rows])
        else:
            places = self._most_wrong(predictor, part.rows.take(part.sample(_MOST_SCORED, ask.seed)))
            places = part.sample(_MOST_SCORED, ask.seed)[places]
        rows = part.rows.take(places)
        return _Chosen(rows, part.task, [f"row {number}" for number in rows.index.tolist()], has_truth=True)

    def _most_wrong(self, predictor: Predictor, rows: Rows) -> np.ndarray:
        """Return the positions of the most wrong rows, the most wrong first."""
        name = output_named(predictor.task, self.ask.target)
        numbers, output = predictor.predict(rows), predictor.task.outputs[name]
        known = predictor.trained.applied(rows).of_target(name)
        wrongness = _wrongness(known, numbers[name], output)
        return np.argsort(-wrongness, kind="stable")[: self.ask.wrongest or _USUAL]

    def _text(self, predictor: Predictor, reader: TokenReader, chosen: _Chosen, place: int) -> dict[str, Any]:
        """Explain one text and draw it."""
        raw, title = chosen.rows.take(np.array([place])), chosen.titles[place]
        self.watcher.begins(title)
        row = reader.read(raw)
        if not len(row.integers):
            raise DataError(f"{title} holds no token of the run's vocabulary: there is nothing to explain.")
        numbers = predictor.predict(raw)
        quantity = quantity_of(predictor.task, self.ask.target, self.ask.wanted_class, numbers)
        effects = TokenEffects(predictor.trained, quantity, self.ask.method).of(row)
        tokens = [
            {"token": word, "effect": float(value)} for word, value in zip(row.words, effects.values, strict=True)
        ]
        told = {"title": title, "of": quantity.name, **effects.record(), "tokens": tokens}
        if chosen.has_truth:
            told["row"], told["truth"] = int(raw.index[0]), _truth(predictor, raw, quantity.output_name)
        elif isinstance(raw.x, Texts):
            told["text"] = str(raw.x.values[0])
        path = self.folder / "texts" / f"{title.replace(' ', '-')}.png"
        save(text_figure(told, reader.separator, self.run.id), path, [self.run])
        self.watcher.wrote(path)
        return {**told, "file": str(path)}


@dataclass(frozen=True)
class _Chosen:
    """Texts to explain. task: before the transforms, with the words of integers if they are known."""

    rows: Rows
    task: Task
    titles: list[str]
    has_truth: bool = False


def _wrongness(rows: Rows, prediction: np.ndarray, output: Output) -> np.ndarray:
    """Return how wrong each prediction is: (rows,), at least 0; of rows without a target NaN."""
    columns, target = columns_of_output(prediction, output), target_of(rows, output)
    if output.has_classes:
        return 1 - columns[np.arange(len(rows)), np.maximum(target, 0)]
    return np.abs(columns - target.reshape(columns.shape)).max(axis=1)


def _truth(predictor: Predictor, raw: Rows, name: str) -> str:
    """Return the true class, labels or number of a row as a text."""
    output = predictor.task.outputs[name]
    target = target_of(predictor.trained.applied(raw).of_target(name), output)
    if output.has_classes:
        return class_names(output, output.class_count)[int(target[0])] if target[0] >= 0 else "unknown"
    if output.kind == "multilabel":
        names = class_names(output, target.shape[1])
        return ", ".join(label for label, is_true in zip(names, target[0], strict=True) if is_true == 1) or "none"
    return f"{float(np.ravel(raw.targets[name])[0]):.6g}"
