"""Registries that map names in experiment files to component classes.

A registry is a folder, for example `dlpy/models/`, and the installed entry points of the group `dlpy.models`. A file of
it is a component of the same name, and is imported when that is asked for; files that begin with an underscore help
them. Defining a component class registers it, so a new component needs only one new file.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dlpy.core import deferred_numpy
from dlpy.core.errors import ConfigError, DlpyError, RefusedError, SetupError, did_you_mean, in_one_line

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Class = TypeVar("Class", bound=type)

_PLUGIN_PREFIX = "dlpy_plugin_"
_REFUSED = "DLPY_NO_PLUGINS"
announcers: list[Callable[[Path], object]] = []  # called with a plug-in file before its code is executed
_homes: dict[str, list[Any]] = {}  # the components that each module has registered


class Registry(Generic[Class]):
    """The component classes of one kind (datasets, models, ...) by name."""

    def __init__(self, kind: str, package: str, *, is_grouped: bool = False) -> None:
        self.kind = kind  # singular, for messages: "model"
        self.package = package  # "dlpy.models": a folder or a module, and the entry-point group
        self._is_grouped = is_grouped  # the files of the folder hold several components, and are named after none
        self._classes: dict[str, Class] = {}
        self._aliases: dict[str, str] = {}
        self._is_complete = False
        self._failure: DlpyError | None = None

    def add(self, name: str, cls: Class, aliases: Mapping[str, str]) -> None:
        """Register `cls` under `name`; only a plug-in file that is loaded again may replace an entry.

        aliases: other names, and the name that each stands for; those of built-in components need a grouped folder.
        """
        old = self._holder(name, cls.__module__)
        if old is not None and not (_is_plugin(old.__module__) and old.__module__ == cls.__module__):
            raise ConfigError(f"{_home(cls)} registers {self.kind} '{name}', but {_home(old)} already uses this name.")
        self._classes[name] = cls
        self._aliases.update(aliases)
        _homes.setdefault(cls.__module__, []).append(cls)

    def forget(self, cls: Any) -> None:
        """Remove a class, of a plug-in that fails."""
        self._classes = {name: other for name, other in self._classes.items() if other is not cls}

    def get(self, name: str) -> Class:
        """Return the class of that name or alias.

        Raises:
            ConfigError: there is none; the message suggests the closest name.
        """
        found = self.find(name)
        if found is None:
            raise ConfigError(f"unknown {self.kind} '{name}'.{did_you_mean(name, self.names())}")
        return found

    def find(self, name: str) -> Class | None:
        """Return the class of that name or alias, or None; other components are imported only where they must be."""
        if self._known(name) is None:
            self._import(name)
        if self._known(name) is None:
            self._load_installed()
        return self._known(name)

    def names(self) -> list[str]:
        """Return all names, without aliases, in alphabetical order."""
        self._import()
        self._load_installed()
        return sorted({*self._classes, *self._files()})

    def names_and_aliases(self) -> list[str]:
        """Return all names and aliases in alphabetical order."""
        return sorted({*self.names(), *self._aliases})

    def _known(self, name: str) -> Class | None:
        return self._classes.get(name) or self._classes.get(self._aliases.get(name, ""))

    def _holder(self, name: str, module: str) -> Class | None:
        """Return the class that has a name which a class of this module is to get.

        Components of dlpy come first, then those of installed packages: a clash is a fault of the others. Installed
        packages are not loaded for one of theirs, which may be half imported.
        """
        if _is_plugin(module):
            return self.find(name)
        if not module.startswith(self.package):
            self._import(name)
            return self._known(name)
        return self._classes.get(name)

    def _files(self) -> list[str]:
        """Return the names of the folder's components, if each has a file; none of them is imported."""
        return [] if self._is_grouped else [name for name in self._modules() if not name.startswith("_")]

    def _modules(self) -> list[str]:
        import pkgutil  # not needed by commands without components

        root = importlib.import_module(self.package)  # which may be a module that holds all
        return [module.name for module in pkgutil.iter_modules(getattr(root, "__path__", []))]

    def _import(self, name: str = "") -> None:
        """Import the component of dlpy of that name, if there is one: its file, or all files of a grouped folder."""
        for module in self._modules() if self._is_grouped else [name] if name in self._files() else []:
            importlib.import_module(f"{self.package}.{module}")

    def _load_installed(self) -> None:
        """Load the components of installed packages; if one fails, every call raises that, since some are missing."""
        if self._failure is not None:
            raise self._failure
        if self._is_complete:
            return
        self._is_complete = True
        from importlib.metadata import entry_points  # takes 5 ms

        for entry_point in entry_points(group=self.package):
            try:
                _load_entry_point(entry_point)
            except DlpyError as error:
                self._failure = error
                raise


def load_plugin(path: Path) -> None:
    """Execute a plug-in file, which registers the components it defines.

    Raises:
        ConfigError: the file is missing, fails, or registers no component.
        RefusedError: plug-in code may not be executed.
    """
    if plugins_refused():
        raise RefusedError(f"plug-in {path} was not loaded: --no-plugins forbids plug-in code.")
    name = f"{_PLUGIN_PREFIX}{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigError(f"there is no plug-in file {path}. A plug-in is a Python file (.py).")
    module = importlib.util.module_from_spec(spec)
    for announce in announcers:
        announce(path)
    deferred_numpy.end()
    sys.modules[name] = module
    _homes.pop(name, None)
    before = {*_homes}
    try:
        spec.loader.exec_module(module)
        _complete_since(before)
    except (Exception, SystemExit) as error:
        for cls in _homes.pop(name, []):
            cls.registry.forget(cls)
        if isinstance(error, ConfigError):
            raise
        raise plugin_failure(error) or ConfigError(f"plug-in {path} failed: {in_one_line(error)}") from error
    if name not in _homes:
        hint = 'a model, for example, needs a field name: Literal["its_name"] = "its_name".'
        raise ConfigError(f"plug-in {path} registers no component: {hint}")


def refuse_plugins() -> None:
    """Forbid plug-in code in this process and its child processes."""
    os.environ[_REFUSED] = "1"


@contextmanager
def without_plugins() -> Iterator[None]:
    """Forbid plug-in code within the block."""
    before = os.environ.get(_REFUSED)
    refuse_plugins()
    try:
        yield
    finally:
        os.environ.pop(_REFUSED)
        os.environ.update({} if before is None else {_REFUSED: before})


def plugins_refused() -> bool:
    """Return whether plug-in code is forbidden."""
    return os.environ.get(_REFUSED, "0").lower() not in ("", "0", "false", "no")


def plugin_failure(error: BaseException) -> ConfigError | None:
    """Return the user's error for an exception raised in a plug-in file; None if it was raised elsewhere."""
    calls = traceback.walk_tb(error.__traceback__)
    inside = [(frame, line) for frame, line in calls if _is_plugin(str(frame.f_globals.get("__name__")))]
    if not inside:
        return None
    frame, line = inside[-1]
    reason = _import_failure(error) if isinstance(error, ImportError) else in_one_line(error)
    return ConfigError(f"plug-in {frame.f_code.co_filename} failed: {reason} (line {line})")


def _import_failure(error: ImportError) -> str:
    """Return the message of an import error, with a hint that plug-ins should import from dlpy.api."""
    inside = (error.name or "").partition(".")[0] == "dlpy"
    return in_one_line(error) + (
        ". In plug-ins, import from dlpy.api: from dlpy.api import Model, Task" if inside else ""
    )


def _load_entry_point(entry_point: EntryPoint) -> None:
    """Import an entry point of an installed package.

    Raises:
        SetupError: it cannot be imported.
    """
    before = {*_homes}
    deferred_numpy.end()
    try:
        entry_point.load()
        _complete_since(before)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:
        package = entry_point.dist.name if entry_point.dist else "an installed package"
        where = f"{package}: its entry point {entry_point.value} failed"
        raise SetupError(f"{where}: {in_one_line(error)}") from error


def _complete_since(before: set[str]) -> None:
    """Complete the classes of modules of others that are not among these; those of dlpy wait until used.

    Options of theirs may be of unknown types, which is then said of the plug-in or the package.
    """
    for home in [home for home in _homes if home not in before and not home.startswith("dlpy.")]:
        for cls in _homes[home]:
            cls.model_rebuild()


def _is_plugin(module: str) -> bool:
    return module.startswith(_PLUGIN_PREFIX)


def _home(cls: type) -> str:
    """Return the plug-in file or the module of a class."""
    return str(sys.modules[cls.__module__].__file__) if _is_plugin(cls.__module__) else cls.__module__
