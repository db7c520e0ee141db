"""Imports NumPy when it is first used, for commands that rarely do: it takes a fifth of their time."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_NAME = "numpy"


class _Deferred(ModuleType):
    """Stands for NumPy where it has been imported, but not used yet."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(_NAME) is self:
            del sys.modules[_NAME]
        module = importlib.import_module(_NAME)
        vars(self).update(vars(module))  # so that this method is called no more
        return getattr(module, name)


def defer() -> None:
    """Defer NumPy from now on, if it has not been imported."""
    if _NAME not in sys.modules:
        sys.modules[_NAME] = _Deferred(_NAME)


def end() -> None:
    """Import NumPy now if it is deferred, for code that may look it up, change it, or begin with a part of it."""
    if isinstance(sys.modules.get(_NAME), _Deferred):
        del sys.modules[_NAME]
        importlib.import_module(_NAME)
