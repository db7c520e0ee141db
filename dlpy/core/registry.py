"""A name in an experiment file -> the class that answers to it.

The registry is the folder: on first use it imports every module of, say, `dlpy/models/`, then the installed
entry points of the group `dlpy.models`. Defining a component registers it, so adding one is adding one file.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from dlpy.core.errors import ConfigError, RefusedError, SetupError, did_you_mean, in_one_line

Class = TypeVar("Class", bound=type)

_PLUGIN_PREFIX = "dlpy_plugin_"
_REFUSED = "DLPY_NO_PLUGINS"
announcers: list[Callable[[Path], object]] = []  # are told of a plug-in file before its code is run
_homes: set[str] = set()  # modules that have registered something


class Registry(Generic[Class]):
    """The classes of one kind (datasets, models, ...) by the names that experiment files use."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind  # the singular, as messages say it: "model"
        self.package = package  # "dlpy.models": a folder or a module, and the entry-point group
        self._classes: dict[str, Class] = {}
        self._complete = False

    def add(self, name: str, cls: Class) -> None:
        """Let `cls` answer to `name`; a plug-in file loaded again replaces itself, nothing else is replaced."""
        if _is_from_plugin_file(cls):
            self._scan()  # so that the plug-in is blamed for taking a name, not the one whose name it is
        old = self._classes.get(name)
        if old is not None and not (_is_from_plugin_file(old) and old.__module__ == cls.__module__):
            raise ConfigError(f"{_home(cls)} registers {self.kind} '{name}', which {_home(old)} already is.")
        self._classes[name] = cls
        _homes.add(cls.__module__)

    def get(self, name: str) -> Class:
        """Return the class called `name`.

        Raises:
            ConfigError: no component has that name; the message gives the closest.
        """
        self._scan()
        if name not in self._classes:
            raise ConfigError(f"unknown {self.kind} '{name}'.{did_you_mean(name, self._classes)}")
        return self._classes[name]

    def names(self) -> list[str]:
        """Return every known name in alphabetical order."""
        self._scan()
        return sorted(self._classes)

    def _scan(self) -> None:
        if self._complete:
            return
        self._complete = True
        root = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(getattr(root, "__path__", [])):
            importlib.import_module(f"{self.package}.{module.name}")
        for entry_point in importlib.metadata.entry_points(group=self.package):
            _load_entry_point(entry_point)


def load_plugin(path: Path) -> None:
    """Run the Python file `path`, so that the components it defines are registered.

    Raises:
        ConfigError: the file is missing or fails while it runs.
        RefusedError: no plug-in may be run.
    """
    if plugins_refused():
        raise RefusedError(f"plug-in {path} is refused: --no-plugins lets no experiment file or run bring code.")
    name = f"{_PLUGIN_PREFIX}{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigError(f"no plug-in file {path}. A plug-in is a Python file (.py).")
    module = importlib.util.module_from_spec(spec)
    for announce in announcers:
        announce(path)
    sys.modules[name] = module
    _homes.discard(name)
    try:
        spec.loader.exec_module(module)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:
        raise plugin_failure(error) or ConfigError(f"plug-in {path} failed: {in_one_line(error)}") from error
    if name not in _homes:
        hint = 'a class for Model, say, needs a field name: Literal["its_name"] = "its_name".'
        raise ConfigError(f"plug-in {path} registers no component: {hint}")


def refuse_plugins() -> None:
    """Let no plug-in file be run, in this process and in those it begins."""
    os.environ[_REFUSED] = "1"


@contextmanager
def without_plugins() -> Iterator[None]:
    """Let no plug-in file be run meanwhile."""
    before = os.environ.get(_REFUSED)
    refuse_plugins()
    try:
        yield
    finally:
        os.environ.pop(_REFUSED)
        os.environ.update({} if before is None else {_REFUSED: before})


def plugins_refused() -> bool:
    """Return whether plug-in files may not be run."""
    return os.environ.get(_REFUSED, "0").lower() not in ("", "0", "false", "no")


def plugin_failure(error: BaseException) -> ConfigError | None:
    """Return what to say of an error that came out of the code of a plug-in file; None where it came from elsewhere."""
    calls = traceback.walk_tb(error.__traceback__)
    inside = [(frame, line) for frame, line in calls if _is_plugin(str(frame.f_globals.get("__name__")))]
    if not inside:
        return None
    frame, line = inside[-1]
    said = _import_failure(error) if isinstance(error, ImportError) else in_one_line(error)
    return ConfigError(f"plug-in {frame.f_code.co_filename} failed: {said} (line {line})")


def _import_failure(error: ImportError) -> str:
    """Return what failed to be imported; names of dlpy are promised in dlpy.api alone."""
    inside = (error.name or "").partition(".")[0] == "dlpy"
    return in_one_line(error) + (". Plug-ins import from dlpy.api: from dlpy.api import Model, Task" if inside else "")


def _load_entry_point(entry_point: importlib.metadata.EntryPoint) -> None:
    """Import what an installed package offers.

    Raises:
        SetupError: it cannot be imported.
    """
    try:
        entry_point.load()
    except ConfigError:
        raise
    except Exception as error:
        package = entry_point.dist.name if entry_point.dist else "an installed package"
        where = f"{package}: its entry point {entry_point.value} failed"
        raise SetupError(f"{where}: {type(error).__name__}: {error}") from error


def _is_from_plugin_file(cls: type) -> bool:
    return _is_plugin(cls.__module__)


def _is_plugin(module: str) -> bool:
    return module.startswith(_PLUGIN_PREFIX)


def _home(cls: type) -> str:
    """Return where a class comes from: its plug-in file, or its module."""
    return str(sys.modules[cls.__module__].__file__) if _is_from_plugin_file(cls) else cls.__module__
