"""Trainings without plots, which would take half the time of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dlpy.artworks import make
from dlpy.artworks import resume as resume_artwork
from dlpy.drawing import evaluated
from dlpy.search import refit, search
from dlpy.search import resume as resume_search
from dlpy.training import kfold, resume, train

_THAT_DRAW = (train, kfold, resume, make, resume_artwork, evaluated, search, resume_search, refit)


@contextmanager
def plots_left_out() -> Iterator[None]:
    """Draw no plots after trainings within the block."""
    with pytest.MonkeyPatch.context() as patch:
        for module in _THAT_DRAW:
            patch.setattr(module, "draw_all", lambda *given: None)
        yield
