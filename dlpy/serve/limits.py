"""What a server accepts, so that no client can exhaust it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a server accepts.

    body: bytes of a request. rows: of a request. queue: requests that wait for their predictions, for each run.
    seconds: for a request's body to arrive, and for its predictions. batch: rows predicted at once.
    """

    body: int = 10_000_000
    rows: int = 10_000
    queue: int = 256
    seconds: float = 30.0
    batch: int = 512
