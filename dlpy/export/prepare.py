"""Turns rows into the inputs of an exported network, as signature.json says, and names its answers.

It needs NumPy alone.
"""

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

Spec = Mapping[str, Any]


def prepare(rows: Mapping[str, Any], signature: Spec) -> dict[str, np.ndarray]:
    """Return what the network takes.

    Args:
        rows: for each input of the signature: arrays of numbers, tables of texts, texts, or lists of integers.
        signature: the content of signature.json.
    """
    ways: dict[str, Callable[[Any, Spec], np.ndarray]] = {
        "array": lambda given, spec: np.asarray(given, spec["dtype"]),
        "strings": lambda given, spec: np.asarray(given, np.str_),
        "codes": _codes,
        "texts": _texts,
        "sequences": lambda given, spec: _numbers([[n for n in row if n >= 0] for row in given], spec),
    }
    return {spec["name"]: ways[spec["prepare"]](rows[spec["name"]], spec) for spec in signature["inputs"]}


def named(answers: np.ndarray, output: Spec) -> list[Any]:
    """Return the answers for rows as a user reads them: the class, the labels, or the numbers."""
    classes = np.array(output["classes"], object)
    if not len(classes):
        return answers.tolist()
    limits = np.array(output["thresholds"] or [0.5])
    if output["kind"] == "multilabel":
        return [classes[row > limits].tolist() for row in answers]
    chosen = (answers[..., 0] > limits[0]).astype(int) if output["kind"] == "binary" else answers.argmax(-1)
    return classes[chosen].tolist()


def calibrated(answers: np.ndarray, output: Spec) -> np.ndarray:
    """Return probabilities at the temperature of the signature; classes are those of the answers themselves."""
    if output["temperature"] is None:
        return answers
    certain = np.clip(answers.astype(np.float64), np.finfo(np.float32).tiny, 1 - 2.0**-25)
    if output["kind"] in ("binary", "multilabel"):
        return 1 / (1 + ((1 - certain) / certain) ** (1 / output["temperature"]))
    powers = certain ** (1 / output["temperature"])
    return powers / powers.sum(axis=-1, keepdims=True)


def _codes(cells: Any, spec: Spec) -> np.ndarray:
    """Return the number of each category: (rows, columns), 0 for one that is not known."""
    columns = []
    for words, column in zip(spec["categories"].values(), np.asarray(cells, np.str_).T, strict=True):
        code_of = {word: code for code, word in enumerate(words, 1)}
        columns.append([code_of.get(cell, 0) for cell in column.tolist()])
    return np.array(columns, spec["dtype"]).T


def _texts(texts: Iterable[str], spec: Spec) -> np.ndarray:
    number_of = {word: number for number, word in enumerate(spec["words"], spec["first"])}
    unknown = spec["first"] - 1
    rows = [[number_of.get(term, unknown) for term in _terms(str(text), spec["tokenize"])] for text in texts]
    return _numbers([[number for number in row if number] for row in rows], spec)


def _numbers(rows: list[list[int]], spec: Spec) -> np.ndarray:
    """Return rows of integers padded to one length, or as bags of words."""
    return _padded(rows, spec) if "pad" in spec else _bags(rows, spec)


def _padded(rows: list[list[int]], spec: Spec) -> np.ndarray:
    pad, found = spec["pad"], np.zeros((len(rows), spec["pad"]["length"]), spec["dtype"])
    for place, row in enumerate(rows):
        kept = row[-pad["length"] :] if pad["cut"] == "front" else row[: pad["length"]]
        start = pad["length"] - len(kept) if pad["fill"] == "front" else 0
        found[place, start : start + len(kept)] = kept
    return found


def _bags(rows: list[list[int]], spec: Spec) -> np.ndarray:
    bag = spec["bag"]
    found = np.zeros((len(rows), bag["size"]), np.float64)
    for place, row in enumerate(rows):
        np.add.at(found[place], [number for number in row if number < bag["size"]], 1)
    if bag["kind"] == "multi_hot":
        found = np.minimum(found, 1)
    if bag["kind"] == "tf_idf":
        found = np.where(found > 0, 1 + np.log(np.maximum(found, 1)), 0) * np.array(bag["weights"])
    return found.astype(spec["dtype"])


def _terms(text: str, rules: Spec) -> list[str]:
    """Return the words or characters of a text, and after them its n-grams."""
    single = _words(text, rules) if rules["by"] == "word" else _characters(text, rules)
    separator, found = " " if rules["by"] == "word" else "", list(single)
    for size in range(2, rules["ngrams"] + 1):
        found += [separator.join(single[start : start + size]) for start in range(len(single) - size + 1)]
    return found


def _words(text: str, rules: Spec) -> Sequence[str]:
    if rules["rules"] == "unicode":
        words_of = import_module("unicode_words").words_of  # the file beside this one
        return [word for part in text.split() for word in words_of(part, lower=rules["lower"])]
    if rules["rules"] == "spaces":
        return [word for word in (text.lower() if rules["lower"] else text).split(" ") if word]
    gaps = string.punctuation.replace("'", "") + "\t\n" if rules["rules"] == "book" else "\t\n\r\v\f"
    cleaned = _ascii(text, rules).translate(dict.fromkeys(map(ord, gaps), " "))
    return [word for word in cleaned.split(" ") if word]


def _characters(text: str, rules: Spec) -> Sequence[str]:
    if rules["rules"] == "unicode":
        return list(import_module("unicode_words").normalized(text, lower=rules["lower"]))
    return list(_ascii(text, rules))


def _ascii(text: str, rules: Spec) -> str:
    """Return a text in lower case where it is wanted, by the rules of Keras' old or new class."""
    if rules["rules"] != "keras":
        return text.lower() if rules["lower"] else text
    without = text.translate(dict.fromkeys(map(ord, string.punctuation)))
    upper = dict(zip(map(ord, string.ascii_uppercase), string.ascii_lowercase, strict=True))
    return without.translate(upper) if rules["lower"] else without
