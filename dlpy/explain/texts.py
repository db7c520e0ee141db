"""Explanations of runs over texts: what each word contributes to a prediction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.drawing.figures import style
from dlpy.drawing.png import stand_in_text
from dlpy.explain.attention_figures import attention_figure
from dlpy.explain.attention_maps import AttentionMap, attention_maps
from dlpy.explain.base import Explanation
from dlpy.explain.chosen_texts import ChosenTexts, chosen_texts, truth_of
from dlpy.explain.predictor import Predictor
from dlpy.explain.quantity import Quantity, quantity_of
from dlpy.explain.text_figures import text_figure
from dlpy.explain.text_pages import page
from dlpy.explain.token_effects import TokenEffects
from dlpy.explain.token_rows import TokenReader, TokenRow
from dlpy.explain.watcher import file_name
from dlpy.storage.atomic import write_whole
from dlpy.training.estimators import network_of


@dataclass(frozen=True)
class TextExplanation(Explanation):
    """Explains texts, given or of a run's own data, into a folder."""

    def explain(self) -> dict[str, Any]:
        """Explain each text; return what its tokens contribute and the files written.

        Raises:
            ConfigError: there is no such row, class, target or method, or the run takes no texts.
            DataError: a text holds no known word, or the run has no such rows.
        """
        predictor = self.predictor()
        if len(predictor.members) > 1:
            raise ConfigError(f"run {self.run.id} is an ensemble: of texts, explain one of its members.")
        chosen = chosen_texts(self.run, predictor, self.ask, self.watcher)
        work = _Work(self, predictor, TokenReader.of(predictor.trained, chosen.task), chosen)
        rows = work.read()  # before anything is written
        explain = work.attention if self.ask.method == "attention" else work.effects
        with style():
            told = [explain(place, row) for place, row in enumerate(rows)]
        separator = work.reader.separator
        found = {"run": self.run.id, "separator": separator, "texts": told}
        if self.ask.method != "attention":
            found["file"] = self._write_page(told, separator)
        unfamiliar = predictor.trained.pipeline.unfamiliar(chosen.rows)
        return found if chosen.has_truth else {**found, "unfamiliar": [item.record() for item in unfamiliar]}

    def _write_page(self, told: list[dict[str, Any]], separator: str) -> str:
        """Write the HTML page of all texts; return its path."""
        path = self.folder / "texts" / "texts.html"
        html = page(f"{self.run.id}: what each word contributes", told, separator, stand_in_text([self.run]))
        write_whole(path, lambda temporary: temporary.write_text(html, "utf-8"))
        self.watcher.wrote(path)
        return str(path)


@dataclass(frozen=True)
class _Work:
    """A restored run and the texts to explain."""

    of: TextExplanation
    predictor: Predictor
    reader: TokenReader
    chosen: ChosenTexts
    computed: dict[str, TokenEffects] = field(default_factory=dict)  # by what is explained: each traces a graph

    def read(self) -> list[TokenRow]:
        """Return the tokens of each text.

        Raises:
            DataError: a text holds no known one.
        """
        rows = [self.reader.read(self._raw(place)) for place in range(len(self.chosen.rows))]
        for row, title in zip(rows, self.chosen.titles, strict=True):
            if not len(row.integers):
                raise DataError(f"{title} holds no token of the run's vocabulary: there is nothing to explain.")
        return rows

    def _raw(self, place: int) -> Rows:
        return self.chosen.rows.take(np.array([place]))

    def _told(self, place: int) -> tuple[dict[str, Any], Quantity]:
        """Return what is known of a text without its tokens, and what is explained of its prediction."""
        raw, title, ask = self._raw(place), self.chosen.titles[place], self.of.ask
        self.of.watcher.begins(title)
        numbers = self.predictor.predict(raw)
        quantity = quantity_of(self.predictor.task, ask.target, ask.wanted_class, numbers)
        told = {"title": title, "of": quantity.name, "prediction": float(quantity.of(numbers)[0])}
        if self.chosen.has_truth:
            told |= {"row": int(raw.index[0]), "truth": truth_of(self.predictor, raw, quantity.output_name)}
        elif isinstance(raw.x, Texts):
            told["text"] = str(raw.x.values[0])
        return told, quantity

    def effects(self, place: int, row: TokenRow) -> dict[str, Any]:
        """Explain one text by the effects of its tokens, and draw it."""
        told, quantity = self._told(place)
        new = TokenEffects(self.predictor.trained, quantity, self.of.ask.method)
        effects = self.computed.setdefault(quantity.name, new).of(row)
        pairs = zip(row.words, effects.values.tolist(), strict=True)
        told |= {**effects.record(), "tokens": [{"token": word, "effect": value} for word, value in pairs]}
        figure = text_figure(told, self.reader.separator, self.of.run.id)
        return {**told, "file": self.of.save(figure, f"texts/{told['title'].replace(' ', '-')}")}

    def attention(self, place: int, row: TokenRow) -> dict[str, Any]:
        """Draw what each head of each layer attends to in one text.

        Raises:
            ConfigError: the network has no layer of self-attention.
        """
        told, _ = self._told(place)
        network = network_of(self.predictor.trained.engine)
        numbers = np.zeros(0, np.int32) if row.is_bag else row.rows.array[0]
        maps = [] if row.is_bag else attention_maps(network, numbers)
        if not maps:
            family = self.predictor.experiment.model.name
            raise ConfigError(f"--method attention: the model ({family}) has no layer of self-attention.")
        shown = [self._drawn(told["title"], one, (row, numbers)) for one in maps]
        return {**told, "attention": shown}

    def _drawn(self, title: str, found: AttentionMap, of: tuple[TokenRow, np.ndarray]) -> dict[str, Any]:
        row, numbers = of
        weights = found.of_positions(np.flatnonzero(numbers > 0), len(numbers))
        tokens = [*["(added)"] * (weights.shape[1] - len(row.words)), *row.words]
        figure = attention_figure(weights, tokens, f"{self.of.run.id}, {title}: attention of {found.layer}")
        file = self.of.save(figure, f"texts/{title.replace(' ', '-')}-{file_name(found.layer)}")
        return {"layer": found.layer, "tokens": tokens, "weights": weights.tolist(), "file": file}
