"""Interpreter for the pickle opcodes of integer lists and byte arrays; it never executes code.

Python's own unpickling calls whatever the file names. IMDB, Reuters and CIFAR-10 are nevertheless published as pickles,
so the few opcodes they need are interpreted here, and all others are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlpy.storage.pickle_integers import Integers, Span

_MOST_STEPS = 1_000_000  # IMDB needs 80,000, a batch of CIFAR-10 20,000; each step may leave an object in memory
RECONSTRUCT = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_INTEGER = re.compile(rb"K.|M..|J....", re.DOTALL)
_INTEGERS = re.compile(rb"(?:K.|M..|J....){4,1000}+", re.DOTALL)  # pickle ends a list's batch after 1,000


@dataclass(frozen=True)
class Name:
    """A function or class named in the file. It is never imported."""

    text: str


@dataclass
class Made:
    """A numpy type or array that the file constructs, represented by its arguments and state."""

    name: str
    arguments: tuple[Any, ...]
    state: tuple[Any, ...] = ()


class Machine:
    """Interprets the opcodes of one pickle."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.position = raw, 0
        self.integers = Integers(raw)
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return the pickled value, built from bytes, tuples, lists, dicts, spans of integers and Made objects."""
        for _ in range(_MOST_STEPS):
            code = self.raw[self.position : self.position + 1]
            if code == b".":
                return self.stack.pop()
            if code not in _STEPS:
                raise ValueError(f"it contains something other than integers and bytes: opcode {self.take(1)!r}")
            self.position += 1
            _STEPS[code](self)
        raise ValueError(f"it needs more than {_MOST_STEPS:,} steps to read; no known dataset does")

    def push_integers(self) -> None:
        """Push integers: many as one span, but few separately, since some opcodes pop one or two from the stack."""
        start = self.position - 1
        found = _INTEGERS.match(self.raw, start) or _INTEGER.match(self.raw, start)
        if found is None:
            raise ValueError("it is truncated")
        self.stack.append(Span(*found.span()))
        self.position = found.end()

    def batch(self) -> None:
        """Extend the last list by a batch of integers, whose end is known; mark the stack before anything else."""
        end = self.integers.ends.pop(self.position, len(self.raw))
        if self.raw[end : end + 1] == b"e":
            self._last(list).append(Span(self.position, end))
            self.position = end + 1
        else:
            self.marks.append(len(self.stack))

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        taken = self.raw[self.position : self.position + size]
        if len(taken) != size:
            raise ValueError("it is truncated")
        self.position += size
        return taken

    def number(self, size: int) -> int:
        """Return the next bytes as a length or a memo index."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> str:
        """Return the text up to the end of the line."""
        end = self.raw.index(b"\n", self.position)
        return self.take(end + 1 - self.position)[:-1].decode()

    def since_mark(self) -> list[Any]:
        """Pop and return everything since the mark."""
        mark = self.marks.pop()
        items, self.stack[mark:] = self.stack[mark:], []
        return items

    def text(self, size_bytes: int) -> None:
        """Push text, from Python 2 or 3, as bytes."""
        self.stack.append(self.take(self.number(size_bytes)))

    def tuple_of(self, count: int) -> None:
        """Push a tuple of the last values."""
        items = tuple(self.stack.pop() for _ in range(count))
        self.stack.append(items[::-1])

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]

    def recall(self, place: int) -> None:
        """Push a memorized text or name; repeated lists are errors, since a small file could expand to a large one."""
        if not isinstance(self.memo[place], bytes | Name):
            raise ValueError("it contains the same object twice; no known dataset does")
        self.stack.append(self.memo[place])

    def extend(self, items: list[Any]) -> None:
        self._last(list).extend(items)

    def fill(self, items: list[Any]) -> None:
        """Put keys and values into a dict; a key is text."""
        held = self._last(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, bytes):
                raise ValueError("one of its keys is not a text")
            held[key] = value

    def name(self, module: bytes | str, name: bytes | str) -> None:
        parts = (part.decode() if isinstance(part, bytes) else part for part in (module, name))
        self.stack.append(Name(".".join(parts)))

    def make(self) -> None:
        """Push the object constructed from a name and its arguments."""
        arguments, name = self.stack.pop(), self.stack.pop()
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise ValueError("it calls something that is not a name")
        if name.text == "_codecs.encode":  # Python 3's form of bytes in a Python 2 pickle
            self.stack.append(arguments[0].decode().encode("latin1"))
        elif name.text in ("numpy.dtype", *RECONSTRUCT):
            self.stack.append(Made(name.text, arguments))
        else:
            raise ValueError(f"it calls {name.text}; no known dataset does")

    def build(self) -> None:
        """Set the state of a constructed object."""
        state = self.stack.pop()
        if not isinstance(state, tuple):
            raise ValueError("one of its states is not a tuple")
        self._last(Made).state = state

    def _last(self, kind: type) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise ValueError(f"it lacks a {kind.__name__.strip('_').lower()} where one is needed")
        return self.stack[-1]


_STEPS: dict[bytes, Callable[[Machine], object]] = {
    b"\x80": lambda machine: machine.take(1),  # the protocol's number
    b"\x95": lambda machine: machine.take(8),  # the length of a frame
    **dict.fromkeys((b"K", b"M", b"J"), Machine.push_integers),
    b"(": Machine.batch,
    b"N": lambda machine: machine.stack.append(None),
    b"\x88": lambda machine: machine.stack.append(True),
    b"\x89": lambda machine: machine.stack.append(False),
    b"]": lambda machine: machine.stack.append([]),
    b"}": lambda machine: machine.stack.append({}),
    b")": lambda machine: machine.stack.append(()),
    b"\x85": lambda machine: machine.tuple_of(1),
    b"\x86": lambda machine: machine.tuple_of(2),
    b"\x87": lambda machine: machine.tuple_of(3),
    b"t": lambda machine: machine.stack.append(tuple(machine.since_mark())),
    b"U": lambda machine: machine.text(1),
    b"C": lambda machine: machine.text(1),
    b"\x8c": lambda machine: machine.text(1),
    b"T": lambda machine: machine.text(4),
    b"B": lambda machine: machine.text(4),
    b"X": lambda machine: machine.text(4),
    b"q": lambda machine: machine.remember(machine.number(1)),
    b"r": lambda machine: machine.remember(machine.number(4)),
    b"\x94": lambda machine: machine.remember(len(machine.memo)),
    b"h": lambda machine: machine.recall(machine.number(1)),
    b"j": lambda machine: machine.recall(machine.number(4)),
    b"a": lambda machine: machine.extend([machine.stack.pop()]),
    b"e": lambda machine: machine.extend(machine.since_mark()),
    b"s": lambda machine: machine.fill([machine.stack.pop(-2), machine.stack.pop()]),
    b"u": lambda machine: machine.fill(machine.since_mark()),
    b"c": lambda machine: machine.name(machine.line(), machine.line()),
    b"\x93": lambda machine: machine.name(machine.stack.pop(-2), machine.stack.pop()),
    b"R": Machine.make,
    b"b": Machine.build,
}
