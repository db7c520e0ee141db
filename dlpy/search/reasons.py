"""Why a trial failed."""

from __future__ import annotations

from dlpy.core.errors import ConfigError, DataError, DivergedError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.experiment.document import DocumentError


def reason_of(error: Exception) -> str | None:
    """Return why a trial failed, the same in whatever directory; None if the error ends the search."""
    if isinstance(error, DocumentError) and error.mistakes:
        return "; ".join(f"{'.'.join(map(str, mistake.keys))}: {mistake.message}" for mistake in error.mistakes)
    if isinstance(error, DivergedError | DataError | ConfigError):
        return "; ".join(error.args)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return f"not enough memory: {in_one_line(error)}"
    failure = plugin_failure(error)
    return None if failure is None else "; ".join(failure.args)
