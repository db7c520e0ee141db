"""Experiment files as a typing error, a stranger or a cat on the keyboard leaves them, through what `dlpy check` does."""

from __future__ import annotations

import copy
import json
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dlpy.artworks.kinds import load_or_try
from dlpy.components.callback import Callback
from dlpy.components.dataset import Dataset
from dlpy.components.model import Model
from dlpy.components.objectives import Metric, Optimizer
from dlpy.components.transform import Transform
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.search_options import Search
from dlpy.experiment.yaml_reader import Reader

from .monsters import LINES, flipped, misspelt, monster

CONFIGS = Path(__file__).parents[2] / "configs"
_BLOCKS = ("seed", "data", "model", "training", "callbacks", "kfold", "plugins", "name", "extends", "kind")


@cache
def texts() -> list[str]:
    """Return the text of every experiment file there is."""
    found = [path.read_text() for path in sorted(CONFIGS.glob("*.yaml"))]
    assert found
    return found


@cache
def trees() -> list[dict[str, Any]]:
    """Return the values of every experiment file there is."""
    return [Reader(str(path), CONFIGS).file(path) for path in sorted(CONFIGS.glob("*.yaml"))]


@cache
def used() -> dict[str, list[Any]]:
    """Return the values that options have in the experiment files, by the option's name."""
    found: dict[str, list[Any]] = {}
    for tree in trees():
        for keys in _places(tree, ()):
            value: Any = tree
            for key in keys:
                value = value[key]
            found.setdefault(str(keys[-1]), []).append(value)
    return found


def value_for(rng: random.Random, name: str, default: Any) -> Any:
    """Return a value that an option may well have, or a monster."""
    likely = copy.deepcopy(rng.choice(used().get(name, [default])))
    if isinstance(likely, int | float) and not isinstance(likely, bool) and rng.random() < 0.5:
        likely = rng.choice([likely + 1, likely * 10, likely / 7, -likely, 0, 1, 2])
    return rng.choice([likely, likely, default, monster(rng)])


class Case:
    """One file, made from a seed and a number."""

    def __init__(self, seed: int, number: int, folder: Path) -> None:
        rng = random.Random(f"{seed} {number}")
        make = rng.choice(
            [_changed_text, _changed_lines, _changed_tree, _changed_tree, _invented, _folded, _with_ranges]
        )
        self.about = make.__name__.strip("_")
        self.path = folder / "experiment.yaml"
        self.path.write_bytes(make(rng))
        self.overrides = [_override(rng) for _ in range(rng.choice([0, 0, 0, 1, 2]))]
        if not (folder / "mnist_dense.yaml").exists():  # what `extends` may name
            shutil.copytree(CONFIGS, folder, dirs_exist_ok=True)

    def run(self) -> None:
        """Check the file; one without mistakes says the same when it is written out with its defaults."""
        experiment, _ = load_or_try(self.path, self.overrides)
        if isinstance(experiment, Experiment) and not experiment.plugins:
            again = Reader("config.yaml", self.path.parent)
            values = again.override(experiment.to_yaml(), ())
            trained = experiment.model_copy(update={"search": Search()})
            assert Experiment.model_validate(values) == trained, "config.yaml is another experiment"


def _changed_text(rng: random.Random) -> bytes:
    return flipped(rng, rng.choice(texts()).encode())


def _changed_lines(rng: random.Random) -> bytes:
    """Return a file with lines doubled, left out, moved, indented, or from another file."""
    lines = rng.choice(texts()).splitlines()
    for _ in range(rng.choice([1, 2, 5])):
        place = rng.randrange(len(lines) + 1)
        strange = rng.choice([*LINES, rng.choice(rng.choice(texts()).splitlines() or [""])])
        match rng.randrange(5):
            case 0:
                lines.insert(place, strange)
            case 1:
                lines[place : place + 1] = lines[place : place + 1] * 2
            case 2:
                del lines[place : place + 1]
            case 3:
                lines.insert(place, " " * rng.randrange(9) + strange)
            case _:
                lines[place : place + 1] = [" " + line for line in lines[place : place + 1]]
    return "\n".join(lines).encode(errors="replace")


def _changed_tree(rng: random.Random) -> bytes:
    """Return a file with values replaced, keys misspelt, and components of other names."""
    tree = json.loads(json.dumps(rng.choice(trees())))
    for _ in range(rng.choice([1, 1, 2, 4])):
        places = list(_places(tree, ()))
        *way, last = rng.choice(places)
        holder = tree
        for key in way:
            holder = holder[key]
        match rng.randrange(9):
            case 0 if isinstance(holder, dict):
                holder[misspelt(rng, str(last))] = holder.pop(last)
            case 1:
                holder[last] = [holder[last]]
            case 2 if isinstance(holder, dict):
                holder[rng.choice([*_BLOCKS, "path", "name", "units", "loss"])] = monster(rng)
            case 3:
                holder[last] = _component(rng)
            case _:
                holder[last] = value_for(rng, str(last), holder[last])
    return _dumped(tree)


def _with_ranges(rng: random.Random) -> bytes:
    """Return a file with ranges in place of values."""
    tree = json.loads(json.dumps(rng.choice(trees())))
    for _ in range(rng.choice([1, 1, 2, 3])):
        places = [keys for keys in _places(tree, ()) if len(keys) > 1] or list(_places(tree, ()))
        *way, last = rng.choice(places)
        holder = tree
        for key in way:
            holder = holder[key]
        holder[last] = _range(rng, str(last), holder[last])
    if rng.random() < 0.5:
        tree["search"] = _options(rng, Experiment.model_fields["search"].annotation)
    return _dumped(tree)


def _range(rng: random.Random, name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.7:
        ends: Any = rng.choice([[value, value + 1], [value / 2, value * 2], [value], [value, monster(rng)]])
        more = rng.choice([{}, {}, {"scale": "log"}, {"step": 1}, {"step": value}, {"scale": monster(rng)}])
        return {"search": ends, **more}
    choices = [value, *(value_for(rng, name, value) for _ in range(rng.choice([1, 1, 2])))]
    return {"search": rng.choice([{"choices": choices}, {"choices": [value, _range(rng, name, 1)]}, monster(rng)])}


def _places(value: Any, keys: tuple[Any, ...]) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):  # the tree is changed meanwhile
        yield (*keys, key)
        yield from _places(item, (*keys, key))


def _invented(rng: random.Random) -> bytes:
    """Return an experiment of components with options drawn at random."""
    tree = {
        "seed": value_for(rng, "seed", 1),
        "data": _component(rng, Dataset),
        "model": _component(rng, Model),
        "training": {
            "optimizer": _component(rng, Optimizer),
            "metrics": [_component(rng, Metric) for _ in range(rng.randrange(3))],
            **_options(rng, Experiment.model_fields["training"].annotation),
        },
        "callbacks": [_component(rng, Callback) for _ in range(rng.randrange(3))],
    }
    return _dumped({key: value for key, value in tree.items() if key in ("data", "model") or rng.random() < 0.5})


def _component(rng: random.Random, kind: Any = None) -> Any:
    registry = (kind or rng.choice([Dataset, Model, Optimizer, Metric, Callback, Transform])).registry
    name = rng.choice(registry.names())
    return rng.choice([name, {"name": name, **_options(rng, registry.get(name))}])


def _options(rng: random.Random, cls: Any) -> dict[str, Any]:
    names = [name for name in cls.model_fields if name != "name"]
    chosen = rng.sample(names, min(len(names), rng.choice([0, 1, 1, 2, 4])))
    defaults = {name: cls.model_fields[name].get_default(call_default_factory=True) for name in chosen}
    return {name: value_for(rng, name, default) for name, default in defaults.items()}


def _folded(rng: random.Random) -> bytes:
    """Return what is deep, wide or refers to itself."""
    count = rng.choice([3, 30, 300, 3000, 100_000])
    pairs = [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("a:\n ", ""), ("&a [*a, ", "]"), ("!!seq [", "]")]
    begin, end = rng.choice(pairs)
    deep = begin * count + "x" + end * rng.choice([0, count])
    bodies = [f"[{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]" for n in range(rng.randrange(12))]
    aliases = "".join(f"a{n}: &a{n} {body}\n" for n, body in enumerate(bodies))
    text = rng.choice([deep, aliases + rng.choice(texts()), rng.choice(texts()) + "\nextra: " + deep])
    return text.encode()[:2_000_000]


def _override(rng: random.Random) -> str:
    places = [".".join(map(str, keys)) for keys in _places(rng.choice(trees()), ())]
    known = rng.choice(places)
    strange = rng.choice([misspelt(rng, known), "", ".", "a.b.c", "callbacks.0", "9" * 5000])
    value = value_for(rng, known.rpartition(".")[2], 1)
    return f"{rng.choice([known, known, strange])}={rng.choice([value, value, rng.choice(LINES)])}"


def _dumped(value: Any) -> bytes:
    """Return YAML; of defaults that are components, their options."""
    plain = json.loads(json.dumps(value, default=lambda held: getattr(held, "__dict__", str(held))))
    return yaml.safe_dump(plain, allow_unicode=True).encode(errors="replace")
