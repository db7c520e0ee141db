"""What the program beside a network does with texts and sequences, as signature.json says it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.task import State
from dlpy.data.text import tokenizer
from dlpy.portable.tables import Pairs
from dlpy.transforms.pad import Pad
from dlpy.transforms.tokenize import Tokenize

Spec = dict[str, Any]


def of_texts(pairs: Pairs) -> Spec:
    """Return how texts become what the model reads.

    Raises:
        ConfigError: a transform does what the program beside the network cannot.
    """
    (first, state), *others = pairs
    if not isinstance(first, Tokenize):
        raise ConfigError(f"{first.name} of texts has no counterpart outside dlpy: use tokenize.")
    told = {"by": first.by, "rules": first.rules, "lower": first.lower, "ngrams": first.ngrams}
    words = {"words": tokenizer.unpacked(state), "first": 2 if first.rules in ("keras", "spaces") else 1}
    return of_sequences(others) | {"prepare": "texts", "tokenize": told, **words}


def of_sequences(pairs: Pairs) -> Spec:
    """Return how sequences of integers become what the model reads.

    Raises:
        ConfigError: a transform does what the program beside the network cannot.
    """
    steps = [_step(transform, state) for transform, state in pairs if not transform.keeps_rows]
    if len(steps) != 1:
        raise ConfigError("texts whose integers go through several transforms have no counterpart outside dlpy.")
    return {"prepare": "sequences", **steps[0]}


def _step(transform: Transform, state: State) -> Spec:
    if isinstance(transform, Pad):
        return {"pad": {"length": int(state["length"]), "fill": transform.fill, "cut": transform.cut}}
    if transform.name in ("multi_hot", "counts", "tf_idf"):
        weights = {"weights": np.asarray(state["idf"], np.float64).tolist()} if "idf" in state else {}
        return {"bag": {"kind": transform.name, "size": int(state["size"]), **weights}}
    raise ConfigError(f"{transform.name} of texts has no counterpart outside dlpy: use pad, or a bag of words.")
