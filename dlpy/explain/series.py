"""Explanations of runs over windows of a series: the importance of each lag and of each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlpy.core.errors import ConfigError
from dlpy.drawing.figures import style
from dlpy.explain.base import Explanation
from dlpy.explain.importance import Importances, importances, shuffles
from dlpy.explain.importance_figures import lag_figure
from dlpy.explain.lags import Lags, ShuffledWindows, Span, lags_of, spans_of
from dlpy.explain.part import part_rows
from dlpy.explain.run_scores import run_scores
from dlpy.explain.watcher import file_name


@dataclass(frozen=True)
class SeriesExplanation(Explanation):
    """Explains a run over windows of a series into a folder."""

    def explain(self) -> dict[str, Any]:
        """Draw the importance of lags and columns; return the findings and the files written.

        Raises:
            ConfigError: there is no such score, or the run is an ensemble.
            DataError: the run has no such rows.
        """
        predictor = self.predictor()
        if len(predictor.members) > 1:
            raise ConfigError(f"run {self.run.id} is an ensemble: of series, explain one of its members.")
        part = part_rows(self.run, predictor.experiment, self.ask.part)
        raw = part.rows.take(part.sample(self.ask.most, self.ask.seed))
        scores = run_scores(predictor, raw, self.ask.score)
        rows = predictor.trained.applied(raw)
        steps, columns = rows.array.shape[1:]
        lags = lags_of(raw, steps, whole=part.task.input.whole)
        orders = shuffles(len(raw), self.ask.shuffles, self.ask.seed)
        shuffled = ShuffledWindows(predictor.trained, rows, orders, spans_of(lags, self.ask.spans))
        names = part.task.input.columns
        groups = shuffled.groups(names if len(names) == columns else [f"column_{n + 1}" for n in range(columns)])
        found = importances(groups, shuffled.predict, shuffled.usual(), scores, self.watcher.begins)
        with style():
            told = [self._drawn(one, lags, shuffled.spans, f"{len(raw):,} {part.title}") for one in found]
        counts = {"rows": len(raw), "of_rows": part.title, "shuffles": len(orders)}
        return {"run": self.run.id, "part": part.name, **counts, "unit": lags.unit, "scores": told}

    def _drawn(self, found: Importances, lags: Lags, spans: Sequence[Span], rows: str) -> dict[str, Any]:
        """Draw the importances for one score."""
        figure = lag_figure(found, spans, f"Importance of {lags.kind}s in {self.run.id}, {rows}", lags.label)
        path = self.save(figure, f"{lags.kind}s-{file_name(found.of.name)}")
        of_lag = {span.name: {"kind": lags.kind, "from": span.first, "to": span.last} for span in spans}
        by_lag = [one.record() | of_lag[one.name] for one in found.columns]
        by_column = [one.record() | {"kind": "column"} for one in found.inputs]
        told = {"score": found.of.name, "value": found.score, "unit": found.of.unit}
        return {**told, "importances": [*by_lag, *by_column], "file": path}
