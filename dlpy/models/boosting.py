"""The model family `boosting`: gradient boosting of decision trees, by LightGBM or XGBoost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from dlpy.components.estimator import EstimatorModel, Fitted, Job, Round
from dlpy.data.task import Output
from dlpy.models import _lightgbm, _xgboost
from dlpy.models._trees import Growth, Library

Fraction = Annotated[float, Field(gt=0, le=1)]


class Boosting(EstimatorModel):
    """Gradient boosting: decision trees, each of which corrects those before it. An epoch is one tree (per class)."""

    name: Literal["boosting"] = "boosting"
    library: Literal["lightgbm", "xgboost"] = "lightgbm"
    """Library that grows the trees."""
    trees: Annotated[int, Field(gt=0)] = 300
    """Largest number of trees; of several classes, of each."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Factor of each tree's prediction."""
    depth: Annotated[int, Field(gt=0, le=64)] = 6
    """Largest depth of a tree."""
    leaves: Annotated[int, Field(gt=1, le=131072)] = 31
    """Largest number of leaves of a tree."""
    leaf_rows: Annotated[int, Field(gt=0)] | None = None
    """Smallest number of rows in a leaf, which xgboost weighs by their Hessian; default: the library's (20, 1)."""
    penalty: Annotated[float, Field(ge=0)] | None = None
    """Factor of the squared values of the leaves in what is minimized; default: the library's (0, 1)."""
    rows: Fraction = 1.0
    """Fraction of the rows, drawn at random, that each tree sees."""
    columns: Fraction = 1.0
    """Fraction of the columns, drawn at random, that each tree sees."""
    early_stopping: Annotated[int, Field(gt=0)] | None = 50
    """Number of trees without a better validation loss after which growing ends, if there are validation rows; null:
    never."""

    counts = True

    def needs(self) -> dict[str, str]:
        return {"lightgbm": "lightgbm"} if self.library == "lightgbm" else {"xgboost": "xgboost-cpu"}

    @property
    def most_rounds(self) -> int:
        return self.trees

    def patience(self) -> int | None:
        return self.early_stopping

    def shortened(self, rounds: int) -> Boosting:
        return self.model_copy(update={"trees": min(rounds, self.trees)})

    def rounds(self, job: Job) -> Iterator[Round]:
        numbers = (self.trees, self.learning_rate, self.depth, self.leaves)
        growth = Growth(*numbers, self.leaf_rows, self.penalty, self.rows, self.columns)
        return self._library.rounds(job, growth)

    def read(self, path: Path, output: Output) -> Fitted:
        return self._library.read(path, output)

    @property
    def _library(self) -> Library:
        return _lightgbm.LightGbm() if self.library == "lightgbm" else _xgboost.XgBoost()
