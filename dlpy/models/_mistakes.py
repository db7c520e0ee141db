"""Mistakes below the options of a family, raised while pydantic checks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from dlpy.networks.option_checks import Found


def invalid(title: str, found: Sequence[Found], values: Mapping[str, Any]) -> ValidationError:
    """Return mistakes as an error of pydantic, each at its place in the options of a family.

    Args:
        title: of the error.
        found: the keys below the family, and the message, of each mistake.
        values: the options of the family that the keys lead into.
    """
    return ValidationError.from_exception_data(title, [_detail(one, values) for one in found])


def _detail(found: Found, inside: Any) -> InitErrorDetails:
    keys, message = found
    for key in keys[:-1]:
        members: Any = dict(enumerate(inside)) if isinstance(inside, list) else inside
        inside = members.get(key) if isinstance(members, dict) else None
    last = keys[-1]
    exists = last in inside if isinstance(inside, dict) else isinstance(inside, list)
    context = {"message": message} if exists else {"message": message, "key": str(last)}
    kind = PydanticCustomError("component", "{message}", context)
    return {"type": kind, "loc": keys if exists else keys[:-1], "input": None, "ctx": context}
