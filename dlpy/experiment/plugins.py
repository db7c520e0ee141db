"""The plug-in files of an experiment."""

from __future__ import annotations

from pathlib import Path

from dlpy.core.errors import ConfigError, RefusedError
from dlpy.core.registry import load_plugin
from dlpy.experiment.document import Document
from dlpy.experiment.yaml_reader import Mistake


def load_plugins(document: Document) -> None:
    """Execute the experiment's plug-in files; file names must differ because copies share the run directory."""
    listed = document.values.get("plugins")
    plugins = [Path(str(plugin)) for plugin in listed] if isinstance(listed, list) else []
    names = [plugin.name for plugin in plugins]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise document.error([Mistake(("plugins", position), f"two plug-ins are named {name}: rename one.")])
    for position, plugin in enumerate(plugins):
        try:
            load_plugin(plugin)
        except (ConfigError, RefusedError) as error:
            raise type(error)(str(document.error([Mistake(("plugins", position), str(error))]))) from error
