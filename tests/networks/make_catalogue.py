"""Writes the catalogue of Keras' layers from the installed Keras: `python -m tests.networks.make_catalogue`."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parents[2] / "dlpy" / "networks"
HEAD = '''"""{what}, with their options and defaults: data only.

Written by `python -m tests.networks.make_catalogue` for Keras {version}; a test compares it with the installed Keras.
An option whose default is `...` is required. `name` is left out: a layer has the name that the experiment file gives.
"""

from typing import Any

# fmt: off
'''
LEFT_OUT = {  # cannot be a layer of a graph, which takes tensors of numbers and gives one
    "Layer", "InputLayer", "Wrapper",  # bases
    "Lambda", "JaxLayer", "FlaxLayer", "TFSMLayer", "TorchModuleWrapper",  # functions and modules
    "RNN", "StackedRNNCells", "LSTMCell", "GRUCell", "SimpleRNNCell", "Pipeline",  # made from other layers
    "StringLookup", "TextVectorization",  # texts
    "MaxNumBoundingBoxes", "CutMix", "MixUp",  # boxes or labels beside the images
}  # fmt: skip
NOT_OPTIONS = {
    "self",
    "args",
    "kwargs",
    "name",
    "dtype",
    "weights",
    "backward_layer",
    "input_length",
    "vocabulary_dtype",
}
RENAMED = {"layer": "wrapped"}  # `layer` is the word for the class of a layer


def sources() -> dict[Path, str]:
    """Return the text of each file of the catalogue for the installed Keras."""
    from keras import constraints, initializers, layers, regularizers
    from keras.src import activations

    known = _classes(layers, layers.Layer)
    own_names = {cls: cls.__name__ if cls.__name__ in known else name for name, cls in known.items()}
    named = {name: cls for name, cls in known.items() if own_names[cls] == name and name not in LEFT_OUT}
    aliases = {name: own_names[cls] for name, cls in known.items() if own_names[cls] != name and cls in named.values()}
    own = _table("LAYERS", {name: options_of(cls) for name, cls in named.items()})
    others = [_table("ALIASES", aliases), _table("LEFT_OUT", LEFT_OUT & known.keys())]
    others += [_table("ACTIVATIONS", {name for name in activations.ALL_OBJECTS_DICT if name.islower()})]
    for module, base in ((initializers, "Initializer"), (regularizers, "Regularizer"), (constraints, "Constraint")):
        others += _tables_of(module, base)
    return {
        FOLDER / "keras_layers.py": _head("The layers of Keras that an experiment file can name") + own,
        FOLDER / "keras_objects.py": _head("Other names of Keras' layers, and what their options name")
        + "".join(others),
    }


def _head(what: str) -> str:
    import keras

    return HEAD.format(what=what, version=keras.__version__)


def _tables_of(module: ModuleType, base: str) -> list[str]:
    """Return the tables of initializers, regularizers or constraints: their options, and the names of each class."""
    classes = {cls.__name__: cls for cls in _classes(module, getattr(module, base)).values() if cls.__name__ != base}
    known = importlib.import_module(f"keras.src.{module.__name__.rpartition('.')[2]}").ALL_OBJECTS_DICT
    names = {name: cls.__name__ for name, cls in known.items() if getattr(cls, "__name__", "") in classes}
    title = base.upper()
    return [
        _table(f"{title}S", {name: options_of(cls) for name, cls in sorted(classes.items())}),
        _table(f"{title}_NAMES", dict(sorted(names.items()))),
    ]


def options_of(cls: type) -> dict[str, Any]:
    """Return the options of a class by name, each with its default."""
    given = inspect.signature(cls.__init__).parameters.values()
    kept = [one for one in given if one.name not in NOT_OPTIONS]
    return {RENAMED.get(one.name, one.name): ... if one.default is one.empty else one.default for one in kept}


def _classes(module: ModuleType, base: type) -> dict[str, type]:
    found = {name: getattr(module, name) for name in sorted(dir(module))}
    return {name: cls for name, cls in found.items() if inspect.isclass(cls) and issubclass(cls, base)}


def _table(name: str, content: Any) -> str:
    """Return the source of one table, broken at 120 characters."""
    if isinstance(content, set):
        return f"\n{name}: tuple[str, ...] = (\n{_lines([_plain(item) for item in sorted(content)], '    ')},\n)\n"
    if all(isinstance(value, str) for value in content.values()):
        items = [f"{_plain(key)}: {_plain(value)}" for key, value in content.items()]
        return f"\n{name}: dict[str, str] = {{\n{_lines(items, '    ')},\n}}\n"
    entries = []
    for key, options in content.items():
        items = [f"{_plain(option)}: {_plain(value)}" for option, value in options.items()]
        entries.append(_lines([f"{_plain(key)}: {{{items[0]}" if items else f"{_plain(key)}: {{", *items[1:]], "    "))
    return f"\n{name}: dict[str, dict[str, Any]] = {{\n" + "},\n".join(entries) + "},\n}\n"


def _lines(items: list[str], before: str) -> str:
    """Return items on as few lines as possible; later lines are indented once more."""
    lines = [before + items[0]]
    for item in items[1:]:
        if len(lines[-1]) + len(item) + 4 > 120:
            lines[-1] += ","
            lines.append(f"{before}    {item}" if before else item)
        else:
            lines[-1] += f", {item}"
    return "\n".join(lines)


def _plain(value: Any) -> str:
    """Return a value as source, with double quotes."""
    if value is ...:
        return "..."
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {_plain(item)}' for key, item in value.items()) + "}"
    if isinstance(value, str):
        return f'"{value}"'
    if not isinstance(value, int | float | tuple | None):
        raise TypeError(f"{value!r} is not plain")
    return re.sub("'", '"', repr(value))


if __name__ == "__main__":
    for path, text in sources().items():
        path.write_text(text, encoding="utf-8")
