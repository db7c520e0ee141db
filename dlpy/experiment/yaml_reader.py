"""Reads YAML into plain values with line numbers, and writes it.

The traps of YAML 1.1 are avoided: `1e-4` is a number, `on` and `no` are text, `012` is refused, `12:30` is text,
duplicate keys are errors, and alias bombs are refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dlpy.core.errors import ConfigError, shortened
from dlpy.data.tables.part_files import matching
from dlpy.experiment.yaml_file import read_text

Keys = tuple[str | int, ...]

_MOST_NODES = 20_000
_MOST_DEPTH = 40
_MOST_DIGITS = 100
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))([eE][-+]?[0-9]+)?$")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+$|0[xob][0-9a-fA-F_]+$")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Mistake:
    """A mistake in an experiment: the keys that lead to it, and the message shown after them."""

    keys: Keys
    message: str


class Reader:
    """Reads one YAML text, that of a file or an override, into values and places."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.places: dict[Keys, tuple[int, str]] = {}
        self.mistakes: list[Mistake] = []
        self.nodes = 0
        self._of_override = False

    def file(self, path: Path) -> dict[str, Any]:
        """Return the values of a file; mistakes that can be reported together are collected in `mistakes`."""
        node = self._compose(read_text(path))
        if node is None:
            raise ConfigError(f"{self.name}:1: the file is empty. An experiment needs at least 'data' and 'model'.")
        values = self._convert(node, ())
        if not isinstance(values, dict):
            raise ConfigError(f"{self.name}:1: expected 'key: value' lines; an experiment is a mapping.")
        return values

    def override(self, text: str, keys: Keys) -> Any:
        """Return the value of an override."""
        self._of_override = True
        node = self._compose(text)
        value = None if node is None else self._convert(node, keys)
        if self.mistakes:
            raise ConfigError(f"{self.name}: {self.mistakes[0].message}")
        return value

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            self._check_extent(text)
            return yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            if "nesting depth" in str(error):  # PyYAML 6.0.4 brings a libyaml with its own limit
                raise self._too_much(0) from None
            if isinstance(error, yaml.MarkedYAMLError):
                raise ConfigError(f"{self.name}{self._fault(error, text)}.") from None
            raise ConfigError(f"{self.name}:1: not YAML: {' '.join(str(error).split())}") from None

    def _check_extent(self, text: str) -> None:
        """Raise ConfigError if the text is nested too deeply (C's stack would overflow) or has too many nodes."""
        depth = 0
        for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MOST_DEPTH + 1 or number > 2 * _MOST_NODES:
                raise self._too_much(event.start_mark.line)

    def _too_much(self, line: int) -> ConfigError:
        return ConfigError(f"{self.name}:{line + 1}: nested too deeply, or too many values (aliases are expanded).")

    def _fault(self, error: yaml.MarkedYAMLError, text: str) -> str:
        """Return where the text is not valid YAML, and why."""
        if self._of_override:
            return f": not YAML: {error.problem or error.context}. Quote all of it if it contains spaces"
        line = error.problem_mark.line if error.problem_mark else 0
        if re.match(r"\s*\t", text.split("\n")[min(line, text.count("\n"))]):
            return f":{line + 1}: a tab at the beginning of the line: indent YAML with spaces"
        return f":{line + 1}: not YAML: {error.problem or error.context}"

    def _convert(self, node: yaml.Node, keys: Keys) -> Any:
        self.nodes += 1
        line = node.start_mark.line + 1
        if len(keys) > _MOST_DEPTH or self.nodes > _MOST_NODES:
            raise self._too_much(line - 1)
        self.places.setdefault(keys, (line, f"{self.name}:{line}"))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            return [self._convert(item, (*keys, index)) for index, item in enumerate(node.value)]
        return self._scalar(str(node.value), bool(getattr(node, "style", None)), keys)

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigError(f"{self.name}:{line}: a key must be a word.")
            key = key_node.value
            self.places[(*keys, key)] = (line, f"{self.name}:{line}")
            if key == "<<":
                self.mistakes.append(
                    Mistake((*keys, key), "merge keys are not supported: use 'extends', or write the options out.")
                )
            if key in values:
                self.mistakes.append(Mistake((*keys, key), "given twice: remove one."))
            values[key] = self._convert(value_node, (*keys, key))
        return values

    def _scalar(self, text: str, quoted: bool, keys: Keys) -> Any:
        if quoted or _is_plain_text(text):
            return self._text(text, keys)
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if _LEADING_ZERO.match(text):
            self.mistakes.append(
                Mistake(keys, f"{text} starts with 0: write the number without it, or quote the text.")
            )
            return text
        if _INT.match(text) and len(text) > _MOST_DIGITS:
            self.mistakes.append(
                Mistake(keys, f"a number with {len(text):,} digits is too long; at most {_MOST_DIGITS} are allowed.")
            )
            return 0
        if _INT.match(text):
            return int(text.replace("_", ""))
        number = float(text.replace("_", ""))
        if math.isinf(number):
            self.mistakes.append(Mistake(keys, f"{shortened(text, 40)} is beyond the largest number, 1.8e308."))
            return 0
        return number

    def _text(self, text: str, keys: Keys) -> str:
        """Return the text; the value of a path option or an item of `plugins` as an absolute path if it exists."""
        if keys[-3:-1] == ("search", "choices"):
            return self._text(text, keys[:-3])
        of_model = len(keys) == 1 or keys[:1] == ("model",)
        weights = of_model and keys[-1:] == ("weights",) and text not in ("imagenet", "none")
        named = str(keys[-1] if keys else "").endswith("path") or weights
        named = named or (keys[:2] == ("data", "inputs") and keys[-1] == "folder")
        if text and (named or keys[-2:-1] == ("plugins",)):
            try:
                return self._located(text)
            except (OSError, ValueError, RuntimeError) as error:  # too long, contains a NUL, `~nobody`
                self.mistakes.append(Mistake(keys, f"not a valid path: {getattr(error, 'strerror', None) or error}."))
        return text

    def _located(self, text: str) -> str:
        """Return the absolute path of an existing file, or a pattern of such paths; otherwise the text."""
        if "\0" in text:
            raise ValueError("it contains a NUL")
        for folder in (self.folder, Path.cwd()):
            path = folder / Path(text).expanduser()
            if path.exists():
                return str(path.resolve())
            if matching(path):
                return str(path.absolute())
        return text


class _Plain(Reader):
    """Reads paths as they are written."""

    def _text(self, text: str, keys: Keys) -> str:
        return text


def values_of(text: str) -> Any:
    """Return the values of a YAML text, with paths as they are written.

    Raises:
        ConfigError: the text is not valid YAML.
    """
    return _Plain("", Path()).override(text, ())


class _Writer(yaml.SafeDumper):
    """Quotes text that would be read as something else but that PyYAML leaves unquoted: `1e3`, `08`.

    Text with invisible characters, such as line breaks and bidirectional marks, is quoted with these escaped.
    """

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        allowed, self.allow_unicode = self.allow_unicode, text.isprintable()
        super().write_double_quoted(text, split)
        self.allow_unicode = allowed


_Writer.add_representer(
    str,
    lambda writer, text: writer.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if _is_plain_text(text) and text.isprintable() else '"'
    ),
)


def to_yaml(values: Any) -> str:
    """Return YAML that `Reader` reads as these values."""
    return yaml.dump(values, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=120)


def inline(value: Any) -> str:
    """Return a value as one line of YAML for any place in a file; `Reader` reads it as this value."""
    line = yaml.dump(
        [value], Dumper=_Writer, sort_keys=False, allow_unicode=True, width=1 << 30, default_flow_style=True
    )
    return line.removeprefix("[").removesuffix("]\n")


def _is_plain_text(text: str) -> bool:
    """Return whether unquoted text is read as text: it does not look like a number, null, true or false."""
    numbers = (_INT, _FLOAT, _LEADING_ZERO)
    return text.lower() not in _WORDS and not any(pattern.match(text) for pattern in numbers)
