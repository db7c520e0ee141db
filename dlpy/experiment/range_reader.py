"""Reads the ranges in the plain values of an experiment file, and finds what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dlpy.core.errors import did_you_mean, shortened
from dlpy.experiment.dimensions import CHOICES, KEY, OPTIONS, Choice, Dimension, Option, Range, every, exact, is_range
from dlpy.experiment.yaml_reader import Keys, Mistake, inline

_MOST = 100  # dimensions
_MOST_CHOICES = 1000  # at one place
_MOST_VALUES = 2**53  # of a range, and the largest whole number: what a float can tell apart
_LABEL = 60  # characters
_ROWS = "all trials are scored on the same rows: give one value."
_FIXED: dict[Keys, str] = {  # places without ranges -> why
    ("seed",): "the seed is no option to search for: set search.seeds to train each trial with several seeds.",
    ("kfold",): _ROWS,
    ("data", "validation"): _ROWS,
    ("data", "test"): _ROWS,
    ("data", "split_seed"): _ROWS,
    **{(name,): f"'{name}' cannot be a range: give one value." for name in ("kind", "name", "plugins")},
}


class RangeReader:
    """Reads ranges into dimensions and collects the mistakes in how they are written."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def top(self, values: dict[str, Any]) -> tuple[Dimension, ...]:
        """Return the dimensions of the values of a whole file, whose block `search` is no range."""
        found = [one for key, value in values.items() for one in self._found(value, (key,), str(key))]
        listed = list(every(found))
        names = [one.name for one in listed]
        twice = [one for position, one in enumerate(listed) if one.name in names[:position]]
        self.mistakes += [Mistake(one.keys, f"two ranges are named {one.name}: rename a key.") for one in twice[:1]]
        if len(listed) > _MOST:
            self._wrong(listed[_MOST].keys, f"there are {len(listed)} ranges; at most {_MOST} are allowed.")
        return tuple(found)

    def _found(self, value: Any, keys: Keys, name: str) -> list[Dimension]:
        """Return the dimensions in a value, or the one that it is."""
        if is_range(value):
            reason = next((why for fixed, why in _FIXED.items() if keys[: len(fixed)] == fixed), None)
            reason = "the options of a search cannot be ranges: give one value." if keys[0] == KEY else reason
            one = self._wrong(keys, reason) if reason else self._dimension(value, keys, name)
            return [] if one is None else [one]
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [one for key, item in items for one in self._found(item, (*keys, key), f"{name}.{key}")]

    def _wrong(self, keys: Keys, message: str) -> None:
        self.mistakes.append(Mistake(keys, message))

    def _dimension(self, value: dict[str, Any], keys: Keys, name: str) -> Dimension | None:
        if isinstance(value[KEY], dict):
            return self._choice(value, keys, name)
        before = len(self.mistakes)
        for key in value:
            if key not in (KEY, *OPTIONS):
                self._wrong((*keys, key), f"unknown option of a range.{did_you_mean(str(key), (KEY, *OPTIONS))}")
        self._check_ends(value[KEY], (*keys, KEY))
        if len(self.mistakes) == before:
            self._check_scale(value, keys)
        return None if len(self.mistakes) > before else _range(value, keys, name)

    def _check_ends(self, ends: list[Any], keys: Keys) -> None:
        """Collect what is wrong with the two ends of a range."""
        wrong = [end for end in ends if not _is_number(end)]
        if len(ends) != 2 or wrong:
            got = _shown(wrong[0] if wrong else ends)
            hint = "; write a list of values as {search: {choices: [...]}}."
            self._wrong(keys, f"expected two numbers [low, high], got {got}{hint}")
            return
        low, high = ends
        if low == high:
            self._wrong(keys, f"both ends are {low}: set the option to {low}.")
        elif low > high:
            self._wrong(keys, f"the low end {low} is above the high end {high}: exchange them.")
        elif max(abs(low), abs(high)) > _MOST_VALUES and all(isinstance(end, int) for end in ends):
            self._wrong(keys, f"whole numbers beyond {_MOST_VALUES:,} are not supported.")
        elif abs(low) > 1e300 or abs(high) > 1e300:
            self._wrong(keys, "the ends are beyond 1e300.")

    def _check_scale(self, value: dict[str, Any], keys: Keys) -> None:
        """Collect what is wrong with `scale` and `step` of a range whose ends are right."""
        (low, high), scale, step = value[KEY], value.get("scale", "linear"), value.get("step")
        if scale not in ("linear", "log"):
            self._wrong((*keys, "scale"), f"{_shown(scale)} is not a valid value.{did_you_mean(str(scale), _SCALES)}")
        elif scale == "log" and low <= 0:
            self._wrong((*keys, KEY), f"a log scale needs numbers above 0, got {low}.")
        elif scale == "log" and step is not None:
            self._wrong((*keys, "step"), "a log scale has no steps: leave out 'step', or list the values as choices.")
        if step is None:
            return
        if not _is_number(step) or step <= 0:
            self._wrong((*keys, "step"), f"expected a number above 0, got {_shown(step)}.")
        elif exact(step) > exact(high) - exact(low):
            self._wrong((*keys, "step"), f"the step {step} is larger than the range from {low} to {high}.")
        elif (high - low) / step > _MOST_VALUES or low + step == low or high - step == high:
            self._wrong((*keys, "step"), f"the step {step} is too small.")

    def _choice(self, value: dict[str, Any], keys: Keys, name: str) -> Choice | None:
        before, given, below = len(self.mistakes), value[KEY][CHOICES], (*keys, KEY, CHOICES)
        for key in value:
            if key != KEY:
                why = "choices have no scale or step" if key in OPTIONS else "unknown option of a range"
                self._wrong((*keys, key), f"{why}: remove it.")
        for key in value[KEY]:
            if key != CHOICES:
                self._wrong((*keys, KEY, key), f"unknown option of a range.{did_you_mean(str(key), [CHOICES])}")
        if len(given) > _MOST_CHOICES:
            return self._wrong(below, f"there are {len(given):,} choices; at most {_MOST_CHOICES:,} are allowed.")
        if len(given) < 2:
            what = "there are no choices" if not given else "there is one choice"
            self._wrong(below, f"{what}: give at least two.")
        texts = [_canonical(option) for option in given]
        for position, text in enumerate(texts):
            if text in texts[:position]:
                self._wrong((*below, position), f"the choice {_label(given[position])} is given twice: remove one.")
        labels = _labels(given)
        options = [
            Option(option, labels[position], tuple(self._found(option, (*below, position), f"{name}[{position}]")))
            for position, option in enumerate(given)
        ]
        return None if len(self.mistakes) > before else Choice(name, keys, tuple(options))


_SCALES = ("linear", "log")


def _range(value: dict[str, Any], keys: Keys, name: str) -> Range:
    """Return the range that is written like this, without mistakes."""
    (low, high), step = value[KEY], value.get("step")
    is_whole = all(isinstance(number, int) for number in (low, high, step) if number is not None)
    kind: Callable[[Any], float | int] = int if is_whole else float
    step = None if step is None else kind(step)
    return Range(name, keys, kind(low), kind(high), value.get("scale") == "log", step, is_whole)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else shortened(inline(value), 60)


def _canonical(option: Any) -> str:
    """Return a text that equal choices share: `rmsprop` and {name: rmsprop}, 1 and 1.0."""
    return json.dumps(_plain({"name": option} if isinstance(option, str) else option), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if _is_number(value) else value


def _labels(options: list[Any]) -> list[str]:
    """Return a short text for each option: the name of a component, unless another option has the same name."""
    names = [option.get("name") if isinstance(option, dict) else option for option in options]
    short = [
        _label(name if names.count(name) == 1 and isinstance(name, str) else option)
        for name, option in zip(names, options, strict=True)
    ]
    return [f"{label} [{position}]" if short.count(label) > 1 else label for position, label in enumerate(short)]


def _label(option: Any) -> str:
    return option if isinstance(option, str) else shortened(inline(_short(option)), _LABEL)


def _short(value: Any) -> Any:
    """Return the value with each range in it as a text, such as "0.1 to 0.5"."""
    if is_range(value):
        ends = value[KEY]
        return " or ".join(map(_label, ends[CHOICES])) if isinstance(ends, dict) else " to ".join(map(str, ends))
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value
