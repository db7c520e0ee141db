"""Why a request is refused, as an HTTP status and a line."""

from __future__ import annotations


class Refused(Exception):
    """A request that gets an error status and a line that says what to do."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status, self.line = status, line


def wrong(line: str) -> Refused:
    """Return the refusal of a body that cannot be processed."""
    return Refused(422, line)


BUSY = "too many requests are waiting: try again in a second."
LATE = "the predictions took too long: ask for fewer rows at a time."
"""Lines of refusals that have no cause in the request."""
