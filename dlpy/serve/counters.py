"""Counters of a server, as text in the form that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TYPES = {
    "dlpy_requests_total": ("counter", "Requests for predictions, by run and HTTP status."),
    "dlpy_rows_total": ("counter", "Rows predicted, by run."),
    "dlpy_queue_length": ("gauge", "Requests that wait for their predictions, by run."),
    "dlpy_request_seconds": ("histogram", "Time from a whole request to its answer, by run."),
}


class Counters:
    """What a server has done since it started. Of several workers, each counts its own."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._rows: Counter[str] = Counter()
        self._within: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._count: Counter[str] = Counter()

    def answered(self, run: str, status: int, seconds: float, rows: int = 0) -> None:
        """Count a request.

        Args:
            run: the name that it is served by.
            status: of the answer.
            seconds: it took.
            rows: that were predicted.
        """
        self._requests[run, status] += 1
        self._rows[run] += rows
        self._seconds[run] += seconds  # type: ignore[assignment] - a Counter adds floats too
        self._count[run] += 1
        for limit in _SECONDS:
            self._within[run, limit] += seconds <= limit

    def text(self, queues: Mapping[str, int]) -> str:
        """Return all counters, and the lengths of the queues by run."""
        lines = {
            "dlpy_requests_total": [
                _line("dlpy_requests_total", {"run": run, "status": str(status)}, count)
                for (run, status), count in sorted(self._requests.items())
            ],
            "dlpy_rows_total": [_line("dlpy_rows_total", {"run": run}, count) for run, count in self._rows.items()],
            "dlpy_queue_length": [_line("dlpy_queue_length", {"run": run}, count) for run, count in queues.items()],
            "dlpy_request_seconds": [line for run in self._count for line in self._histogram(run)],
        }
        return "".join(
            f"# HELP {name} {about}\n# TYPE {name} {kind}\n{''.join(lines[name])}"
            for name, (kind, about) in _TYPES.items()
        )

    def _histogram(self, run: str) -> Iterator[str]:
        name = "dlpy_request_seconds"
        for limit in _SECONDS:
            yield _line(f"{name}_bucket", {"run": run, "le": f"{limit:g}"}, self._within[run, limit])
        yield _line(f"{name}_bucket", {"run": run, "le": "+Inf"}, self._count[run])
        yield _line(f"{name}_sum", {"run": run}, self._seconds[run])
        yield _line(f"{name}_count", {"run": run}, self._count[run])


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    escaped = (f'{key}="{_escaped(label)}"' for key, label in labels.items())
    return f"{name}{{{','.join(escaped)}}} {value:.9g}\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
