"""Deep learning from experiment files: the command line `dlpy`, and its commands as functions.

    import dlpy

    run = dlpy.train("configs/boston.yaml", **{"training.epochs": 50})
    run.scores["val_mae"], run.predict("new_houses.csv")["prediction"]

Names are imported when they are first used, so that importing dlpy is fast and does not load Keras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlpy.core.errors import ConfigError, DataError, DlpyError
    from dlpy.interface.commands import kfold, open_run, resume, search, train
    from dlpy.interface.trained_run import TrainedRun

_HOMES = {
    "dlpy.core.errors": ("ConfigError", "DataError", "DlpyError"),
    "dlpy.interface.commands": ("kfold", "open_run", "resume", "search", "train"),
    "dlpy.interface.trained_run": ("TrainedRun",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Return a name of the interface from the module that defines it."""
    if name not in _MODULES:
        raise AttributeError(f"module 'dlpy' has no attribute '{name}'")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(_MODULES)
