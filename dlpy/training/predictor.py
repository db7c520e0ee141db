"""A run whose model stays in memory, for many predictions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlpy.runs.directory import Run
from dlpy.training.evaluate import Tell, Trained, restore, silent
from dlpy.training.given import Ask, require_texts, rows_of_file, rows_of_texts
from dlpy.training.predict import Predicted, predict_given, require_answers


@dataclass(frozen=True)
class Predictor:
    """A run and its restored model."""

    run: Run
    trained: Trained

    @classmethod
    def of(cls, run: Run, tell: Tell = silent) -> Predictor:
        """Restore the best model of a run that predicts something.

        Raises:
            ConfigError: the run predicts nothing.
            RunError: the run has no model, or is damaged.
        """
        require_answers(run)
        return cls(run, restore(run, "best", tell))

    def file(self, path: Path, ask: Ask, tell: Tell = silent) -> Predicted:
        """Return the predictions for the rows of a file.

        Raises:
            ConfigError: an option of `ask` does not fit the run.
            DataError: the file cannot be read, or does not fit the run.
        """
        return predict_given(self.run, self.trained, rows_of_file(self.trained, path, ask, tell), ask, tell)

    def texts(self, texts: list[str], ask: Ask, tell: Tell = silent) -> Predicted:
        """Return the predictions for texts.

        Raises:
            ConfigError: the run was not trained on texts.
            DataError: a text is empty.
        """
        require_texts(self.run, ask)
        return predict_given(self.run, self.trained, rows_of_texts(self.run, self.trained, texts), ask, tell)
