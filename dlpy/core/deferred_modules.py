"""Imports the names of TensorFlow's public interface when they are read, not all of them at the start.

The modules of this interface, such as `tf.nn`, hold nothing but lines that import names from TensorFlow's inner
modules, of which a training needs two thirds. Such a module gets a list of its names instead, and imports each on first
use. Nothing of TensorFlow is changed, and every name stays where it is. $DLPY_LAZY=0 imports everything at once.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

PREFIX = "tensorflow._api.v2."
_WHOLE = f"{PREFIX}experimental"  # its import replaces functions of inner modules, such as `tf.abs`
_IMPORT = re.compile(r"from ([\w.]+) import (\w+)(?: as (\w+))?(?: *#.*)?")
_FIRST = {  # inner modules to import before a public one takes the place of their package
    "tensorflow.lite": "tensorflow.lite",
    "tensorflow.distribute": "tensorflow.python.distribute.experimental.rpc.rpc_ops",
}
_DOCSTRING = re.compile(r'"""[^"]*"""')
_NOTHING = re.compile(r"#.*|import sys as _sys|")

Names = Mapping[str, tuple[str, str]]  # the module that a name is imported from, and its name there


class Deferred(ModuleType):
    """A module whose names are imported when they are read."""

    def __init__(self, name: str, names: Names) -> None:
        super().__init__(name)
        self.__dict__["__deferred__"] = names

    def __getattr__(self, name: str) -> Any:
        names: Names = self.__dict__["__deferred__"]
        if name == "__all__":  # of `from tensorflow.nn import *`
            return list(names)
        if name not in names:
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        value = self._imported(*names[name])
        setattr(self, name, value)
        return value

    def _imported(self, module: str, name: str) -> Any:
        if module == self.__name__:  # a module in this package
            return importlib.import_module(f"{module}.{name}")
        return getattr(__import__(module, fromlist=[name]), name)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *self.__dict__["__deferred__"]})


class _Listing(Loader):
    """Makes a module of a list of names; everything else about it comes from the usual loader."""

    def __init__(self, usual: Loader, names: Names) -> None:
        self._usual = usual
        self._names = names

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Deferred(spec.name, self._names)

    def exec_module(self, module: ModuleType) -> None:
        """Import none of the names yet.

        `tf.lite` is a public module and an inner package. Whichever is imported last is what the name stands for, so
        the inner one must come first, as it does in TensorFlow.
        """
        public = f"tensorflow.{module.__name__.removeprefix(PREFIX)}"
        if public in _FIRST:
            importlib.import_module(_FIRST[public])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._usual, name)


class _Finder(MetaPathFinder):
    """Finds the modules that hold nothing but imported names."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith(PREFIX) or name.startswith(_WHOLE):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None or spec.origin is None:
            return spec
        names = names_of(Path(spec.origin).read_text(encoding="utf-8"))
        if names is not None:
            spec.loader = _Listing(spec.loader, names)
        return spec


def names_of(source: str) -> Names | None:
    """Return the names that a module imports; None if it does anything else."""
    found = {}
    for line in _DOCSTRING.sub("", source, count=1).splitlines():
        imported = _IMPORT.fullmatch(line)
        if imported:
            module, original, name = imported.groups()
            found[name or original] = module, original
        elif not _NOTHING.fullmatch(line):
            return None
    return found


def defer() -> None:
    """Defer the names of TensorFlow's public interface that are imported from now on."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def import_all() -> None:
    """Import all names that are deferred."""
    done: set[str] = set()
    while found := [module for module in [*sys.modules.values()] if _is_left(module, done)]:
        for module in found:
            done.add(module.__name__)
            for name in module.__dict__["__deferred__"]:
                getattr(module, name)


def _is_left(module: ModuleType, done: set[str]) -> bool:
    return isinstance(module, Deferred) and module.__name__ not in done
