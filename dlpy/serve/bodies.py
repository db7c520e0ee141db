"""Reads the body of a request, within the limits of the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dlpy.serve.limits import Limits
from dlpy.serve.refused import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

_TYPES = ("application/json", "image/")


def content_type_of(request: Request) -> str:
    """Return the type of a request's body.

    Raises:
        Refused: it is neither JSON nor an image: a page of another site could send it without asking.
    """
    found = request.headers.get("content-type", "")
    if not found.startswith(_TYPES):
        raise Refused(415, "the body should be JSON (Content-Type: application/json) or one image (image/png).")
    return found


async def body_of(request: Request, limits: Limits) -> bytes:
    """Return the body of a request.

    Raises:
        Refused: it is too large, or does not arrive in time.
    """
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limits.body:
        raise _too_large(limits)
    from starlette.requests import ClientDisconnect

    try:
        async with asyncio.timeout(limits.seconds):
            return await _read(request, limits)
    except ClientDisconnect:
        raise Refused(400, "the body was cut off.") from None
    except TimeoutError:
        raise Refused(408, f"the body did not arrive within {limits.seconds:g} s.") from None


async def _read(request: Request, limits: Limits) -> bytes:
    """Read a body piece by piece: its length may not be told, or told wrongly."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limits.body:
            raise _too_large(limits)
        pieces.append(piece)
    return b"".join(pieces)


def _too_large(limits: Limits) -> Refused:
    return Refused(413, f"the body is larger than {limits.body:,} bytes: send fewer rows at a time.")
