"""Graphs that several trainings of a test module share: most of a small training's time goes into tracing its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dlpy.engine.engine import Engine
from dlpy.search import trainer
from dlpy.training import folds, resume, seeds, train
from dlpy.training.workshop import Workshop


@contextmanager
def sharing_graphs() -> Iterator[None]:
    """Within the block, trainings of one kind share a graph, as the folds of a validation always do.

    Resumed trainings have graphs of their own, since a resumed run begins with what its checkpoint holds.
    """
    kept: dict[bool, list[Any]] = {True: [], False: []}

    class Shared(Workshop):
        def engine(self, *given: Any, fresh: bool) -> Engine:
            self._engines = kept[fresh]
            engine = super().engine(*given, fresh=fresh)
            kept[fresh] = self._engines
            return engine

    with pytest.MonkeyPatch.context() as patch:
        for module in (train, resume, folds, seeds, trainer):
            patch.setattr(module, "Workshop", Shared)
        yield
