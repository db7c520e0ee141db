"""What the program beside a network does with texts and sequences, as signature.json says it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.task import State
from dlpy.data.text import tokenizer
from dlpy.portable.tables import Pairs
from dlpy.transforms.hash_words import HashWords
from dlpy.transforms.pad import Pad
from dlpy.transforms.reverse import Reverse
from dlpy.transforms.tokenize import Tokenize

Spec = dict[str, Any]


def of_texts(pairs: Pairs) -> tuple[Spec, Pairs]:
    """Return how texts become integers beside the network, and the transforms that the network has.

    Raises:
        ConfigError: a transform does what the program beside the network cannot.
    """
    (first, state), *others = pairs
    if isinstance(first, HashWords):
        rules = {"by": "word", "rules": first.rules, "lower": first.lower, "ngrams": 1}
        told: Spec = {"prepare": "texts", "tokenize": rules, "hash": first.size}
    elif isinstance(first, Tokenize):
        rules = {"by": first.by, "rules": first.rules, "lower": first.lower, "ngrams": first.ngrams}
        words = {"words": tokenizer.unpacked(state), "first": 2 if first.rules in ("keras", "spaces") else 1}
        told = {"prepare": "texts", "tokenize": rules, **words}
    else:
        raise ConfigError(f"{first.name} of texts has no counterpart outside dlpy: use tokenize.")
    of_integers, left = of_sequences(others)
    return of_integers | told, left


def of_sequences(pairs: Pairs) -> tuple[Spec, Pairs]:
    """Return how sequences of integers get one length or become bags of words, and the transforms that follow.

    Raises:
        ConfigError: a transform does what the program beside the network cannot.
    """
    left = [(transform, state) for transform, state in pairs if not transform.keeps_rows]
    before = _reversals(left)
    if len(left) == before:
        raise ConfigError("sequences of varying length have no counterpart outside dlpy: add pad.")
    told = _step(*left[before])
    left = left[before + 1 :]
    if "pad" not in told:
        return {"prepare": "sequences", **told}, left
    after = _reversals(left)
    if before % 2:  # reversed before they are cut: cut at the other end, and reversed then
        told["pad"]["cut"] = "back" if told["pad"]["cut"] == "front" else "front"
    told["pad"]["reverse"] = (before + after) % 2 == 1
    return {"prepare": "sequences", **told}, left[after:]


def _reversals(pairs: Pairs) -> int:
    """Return how many of the transforms reverse sequences before another does something else."""
    return next((number for number, (one, _) in enumerate(pairs) if not isinstance(one, Reverse)), len(pairs))


def _step(transform: Transform, state: State) -> Spec:
    if isinstance(transform, Pad):
        return {"pad": {"length": int(state["length"]), "fill": transform.fill, "cut": transform.cut}}
    if transform.name in ("multi_hot", "counts", "tf_idf"):
        weights = {"weights": np.asarray(state["idf"], np.float64).tolist()} if "idf" in state else {}
        return {"bag": {"kind": transform.name, "size": int(state["size"]), **weights}}
    raise ConfigError(f"{transform.name} of texts has no counterpart outside dlpy: use pad, or a bag of words.")
