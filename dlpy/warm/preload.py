"""What the warm process imports besides TensorFlow and Keras."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import dlpy
from dlpy.core import deferred_modules

_NOT_NEEDED = ("dlpy.cluster.", "dlpy.__main__")  # clients of clusters start threads


def preload() -> None:
    """Import dlpy's own modules, and all of TensorFlow's public names.

    Imported modules are never freed, so the garbage collector of a command need not look at them.
    """
    for name in _own_modules():
        importlib.import_module(name)
    deferred_modules.import_all()
    gc.collect()
    gc.freeze()


def _own_modules() -> list[str]:
    found = pkgutil.walk_packages(dlpy.__path__, f"{dlpy.__name__}.")
    return [module.name for module in found if not module.name.startswith(_NOT_NEEDED)]
