"""Turns rows into the inputs of an exported network, as signature.json says, and names its answers.

It needs NumPy alone.
"""

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any
from zlib import crc32

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
        "numbers": _numbers,
        "strings": lambda given, spec: np.asarray(given, np.str_),
        "codes": _codes,
        "texts": _texts,
        "sequences": lambda given, spec: _integers([[n for n in row if n >= 0] for row in given], spec),
    }
    return {
        spec["name"]: ways[spec["prepare"]](rows[spec.get("rows", spec["name"])], spec) for spec in signature["inputs"]
    }


def named(answers: np.ndarray, output: Spec) -> list[Any]:
    """Return the answers for rows as a user reads them: the class, the labels, the numbers, or quantiles by name."""
    classes = np.array(output["classes"], object)
    if output["names"]:
        return [dict(zip(output["names"], row, strict=True)) for row in answers.tolist()]
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


def _numbers(cells: Any, spec: Spec) -> np.ndarray:
    """Return the numeric columns of a table after the steps that come before the network."""
    numbers = np.asarray(cells, np.float64)
    for step in spec["steps"]:
        ((kind, options),) = step.items()
        numbers = _STEPS[kind](numbers, options)
    return numbers.astype(spec["dtype"])


def _marked(numbers: np.ndarray, options: Spec) -> np.ndarray:
    """Return numbers with columns of 1 where a cell is missing; those of categories are left to the network."""
    marks = np.isnan(numbers[:, options["columns"]])
    return np.concatenate([numbers, marks, np.zeros((len(numbers), options["of_categories"]))], axis=1)


def _filled(numbers: np.ndarray, fills: Sequence[float | None]) -> np.ndarray:
    return np.where(np.isnan(numbers), np.array(fills, np.float64), numbers)


def _dates(numbers: np.ndarray, options: Spec) -> np.ndarray:
    columns_of = import_module("parts_of_dates").columns_of  # the file beside this one
    told = zip(options["replaced"], options["parts"], options["first"], strict=True)
    found = [columns_of(numbers[:, at], parts, first, cyclic=options["cyclic"]) for at, parts, first in told]
    return np.concatenate([numbers[:, options["kept"]], *found], axis=1)


def _scaled(numbers: np.ndarray, options: Spec) -> np.ndarray:
    widths = [np.inf if width is None else width for width in options["width"]]
    scaled, limit = (numbers - np.array(options["middle"])) / np.array(widths), options["limit"]
    return scaled if limit is None else scaled / np.sqrt(1 + np.square(scaled / limit))


def _ranked(numbers: np.ndarray, options: Spec) -> np.ndarray:
    """Return the ranks among quantiles, or the numbers of the standard normal distribution at these ranks."""
    ranks_among = import_module("_among_quantiles").ranks_among  # these files are beside this one
    columns = zip(numbers.T, map(np.array, options["quantiles"]), strict=True)
    ranks = np.column_stack([ranks_among(one, ends, np.linspace(0, 1, len(ends))) for one, ends in columns])
    least = options["cut_off"]
    return ranks if least is None else import_module("_normal").normal_quantiles(np.clip(ranks, least, 1 - least))


def _in_intervals(numbers: np.ndarray, edges: Sequence[Sequence[float]]) -> np.ndarray:
    shares_of = import_module("_among_quantiles").shares_of_intervals
    columns = zip(numbers.T, map(np.array, edges), strict=True)
    return np.concatenate([np.empty((len(numbers), 0)), *(shares_of(one, ends) for one, ends in columns)], axis=1)


_STEPS: dict[str, Callable[[np.ndarray, Any], np.ndarray]] = {
    "mark": _marked,
    "fill": _filled,
    "dates": _dates,
    "scale": _scaled,
    "log": lambda numbers, added: np.log(numbers + added),
    "ranks": _ranked,
    "intervals": _in_intervals,
}


def _texts(texts: Iterable[str], spec: Spec) -> np.ndarray:
    number_of = _hashed(spec["hash"]) if "hash" in spec else _known(spec["words"], spec["first"])
    rows = [[number_of(term) for term in _terms(str(text), spec["tokenize"])] for text in texts]
    return _integers([[number for number in row if number] for row in rows], spec)


def _known(words: Sequence[str], first: int) -> Callable[[str], int]:
    number_of = {word: number for number, word in enumerate(words, first)}
    return lambda word: number_of.get(word, first - 1)


def _hashed(size: int) -> Callable[[str], int]:
    return lambda word: 1 + crc32(word.encode("utf-8", "surrogatepass")) % (size - 1)


def _integers(rows: list[list[int]], spec: Spec) -> np.ndarray:
    """Return rows of integers padded to one length, or as bags of words."""
    return _padded(rows, spec) if "pad" in spec else _bags(rows, spec)


def _padded(rows: list[list[int]], spec: Spec) -> np.ndarray:
    pad, found = spec["pad"], np.zeros((len(rows), spec["pad"]["length"]), spec["dtype"])
    for place, row in enumerate(rows):
        kept = row[-pad["length"] :] if pad["cut"] == "front" else row[: pad["length"]]
        kept = kept[::-1] if pad["reverse"] else kept
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
