"""Why a request is refused, as an HTTP status and a line."""

from __future__ import annotations

import re

_ADVICE = re.compile(  # what only who trains a run can do: the clauses that name options of an experiment file
    r"[,;:](?: or)? (?:[^,;:.]|(?<=\bdata)\.)*(?:\bdata\.\w|column from 'dates')(?:[^,;.]|\.(?=\w))*"
)


class Refused(Exception):
    """A request that gets an error status and a line that says what to do."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status, self.line = status, line


def wrong(line: str) -> Refused:
    """Return the refusal of a body that cannot be processed."""
    return Refused(422, line)


def for_clients(line: str) -> str:
    """Return a line of an error as a client can act on it, who knows neither the command line nor files."""
    line = re.sub(r"--text number (\d+)", lambda found: f"texts[{int(found[1]) - 1}]", line)
    line = re.sub(r"--(ahead|text)\b", r"'\1'", line)
    line = re.sub(r"Set data\.[^,]*, or (\w)", lambda found: found[1].upper(), line)
    line = line.replace(": give a file instead", ": ask for the rows themselves")
    return _ADVICE.sub("", line).replace("the table given", "the request")


BUSY = "too many requests are waiting: try again in a second."
LATE = "the predictions took too long: ask for fewer rows at a time."
"""Lines of refusals that have no cause in the request."""
