"""Values that nobody should write, and bytes that are not what they were."""

from __future__ import annotations

import copy
import random
from typing import Any

MONSTERS: list[Any] = [
    None, True, False, "", " ", 0, 1, -1, 2, 3.5, -0.0, 1e-300, 1e308, float("nan"), float("inf"), -float("inf"),
    2**31, 2**63, 2**64, 10**30, -(10**18), [], {}, [[]], [None], [1, "a", {}], {"name": None}, {"name": []}, {"": 1},
    {"name": "dense"}, {"use": "test"}, {"name": "adam", "learning_rate": "fast"}, "test", "auto", "none", "all", "latest",
    "name", "dense", "adam", "csv", "accuracy", "val_loss", "../../..", "/dev/zero", "/etc/passwd", "~nobody/x", "a\0b",
    "x" * 5000, "[red]x[/red]", "$x$", "{class}", "{}", "%s", "\ud7ff", "\u202e", "💥", "1e3", "0x10", "012", "1_000",
    "12:30", "2020-01-01", "yes", "&a", "*a", "<<", "!!python/object/apply:os.system [true]", "a: b", "- a", "\n", "\t",
    [0.1] * 300, list(range(300)), {f"k{number}": number for number in range(200)}, [0, 1], [64, 64], [-1, 0], [1e9],
]  # fmt: skip
LINES = [
    "data: {name: blobs}", "model: dense", "extends: mnist_dense.yaml", "extends: experiment.yaml", "extends: [a]",
    "extends: /dev/zero", "plugins: [a.py]", "plugins: a.py", "plugins: {a: b}", "name: ../x", "seed: 1e3", "kind: dream",
    "kind: style", "? a", "? [a, b]", "- a", "---", "...", "%YAML 1.1", "&a [*a]", "*a", "<<: {a: b}", "!!set {a}", "\t- a",
    "a: &a b", "b: *a", "'", '"', "{", "}", "[", "]", "|", ">", "#", ":", "a:b:c: d", "\x00", "\x07", "\ufeff", "\u2028",
]  # fmt: skip


def monster(rng: random.Random) -> Any:
    """Return one of the values, which may be changed."""
    return copy.deepcopy(rng.choice(MONSTERS))


def flipped(rng: random.Random, raw: bytes) -> bytes:
    """Return bytes with some of them changed, taken out, put in, doubled or cut off."""
    changed = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        place = rng.randrange(len(changed) + 1)
        end = min(len(changed), place + rng.choice([1, 1, 4, 8, 100, 5000]))
        match rng.randrange(8):
            case 0:
                changed[place:end] = bytes(rng.randrange(128) for _ in range(end - place))
            case 1:
                del changed[place:end]
            case 2:
                changed[place:place] = rng.randbytes(rng.choice([1, 4, 100]))
            case 3:
                changed[place:place] = changed[place:end]
            case 4:
                del changed[place:]
            case 5:
                changed[place:end] = bytes(end - place)
            case 6:
                changed[place:end] = b"\xff" * (end - place)
            case _:
                if place < len(changed):
                    changed[place] ^= 1 << rng.randrange(8)
    return bytes(changed)


def misspelt(rng: random.Random, word: str) -> str:
    """Return a word with a letter too many, too few, or elsewhere."""
    place = rng.randrange(len(word) + 1)
    return rng.choice(
        [word[:place] + word[place + 1 :], word[:place] + rng.choice("aeixz_.-[ ") + word[place:], word.upper()]
    )
