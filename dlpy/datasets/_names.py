"""Names of inputs and targets, and mistakes in the options of one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from dlpy.components.objectives import Metric

TARGET_OR_TARGETS = [{"required": ["target"]}, {"required": ["targets"]}]  # for the JSON Schema

Keys = tuple[str | int, ...]
Found = tuple[Keys, str]  # where in data, and what is wrong

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = {  # and why
    "name": "it stands for the name of a component",
    "data": "data_loss is the loss without penalties",
    "input": "it is what an input is called that has no name",
    "target": "it is what a target is called that has no name",
    "loss": "it is the score that is minimized",
    "val": "val_ marks the scores of validation rows",
}
_ENDINGS = ("loss", "prediction", "probability")  # of scores and of the columns that `dlpy predict` writes


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' cannot be a name: use letters, digits and _, and begin with a letter")
    if name in _TAKEN or name.startswith("val_"):
        raise ValueError(f"'{name}' is taken, as {_TAKEN.get(name, _TAKEN['val'])}: use another name")
    return name


Name = Annotated[str, AfterValidator(_checked)]


def wrong_names(inputs: Iterable[str], targets: Iterable[str]) -> Iterator[Found]:
    """Yield the targets that are called like an input, or like a score of another target."""
    targets = [*targets]
    for name in targets:
        if name in inputs:
            yield ("targets", name), "an input has the same name: rename one."
        for other in targets:
            ending = name.removeprefix(f"{other}_")
            if ending != name and (ending.split("_")[0] in _ENDINGS or ending in Metric.registry.names()):
                yield ("targets", name), f"it would be confused with '{ending}' of target '{other}': rename one."


def required(key: str, why: str) -> Found:
    """Return the mistake that an option is missing."""
    return (key,), f"required: {why}."


def raise_found(dataset: str, found: Sequence[Found], given: Iterable[str]) -> None:
    """Raise ValidationError with all mistakes, if there are any; `given` are the options in the file."""
    if found:
        known = set(given)
        raise ValidationError.from_exception_data(dataset, [_detail(keys, message, known) for keys, message in found])


def _detail(keys: Keys, message: str, given: set[str]) -> InitErrorDetails:
    context = {"message": message} if keys[0] in given else {"message": message, "key": str(keys[0])}
    kind = PydanticCustomError("component", "{message}", context)
    return {"type": kind, "loc": keys if keys[0] in given else keys[:-1], "input": None, "ctx": context}
