"""What ended a command is found, whatever a library has made of it."""

import signal
import time

import pytest

from dlpy.core import signals
from dlpy.core.errors import StorageError


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> float:
    """The time at which a command began that has since obeyed SIGTERM."""
    for name in ("pending", "obeyed", "obeyed_at"):
        monkeypatch.setattr(signals.process, name, getattr(signals.process, name))  # restored afterwards
    now = time.monotonic()
    signals.process.pending = signal.SIGTERM
    with pytest.raises(signals.Stopped):
        signals.obey()
    return now


def test_an_error_without_a_cause_after_a_signal_is_that_signal(began: float) -> None:
    wrapped = ValueError("Error building a validator: KeyboardInterrupt")  # as pydantic-core wraps it
    found = signals.behind(wrapped, since=began)
    assert isinstance(found, signals.Stopped)
    assert found.number == signal.SIGTERM
    assert signals.behind(wrapped) is None
    assert signals.behind(wrapped, since=time.monotonic() + 1) is None


def test_what_goes_wrong_while_a_stopped_command_cleans_up_is_reported_as_such(began: float) -> None:
    assert signals.behind(StorageError("disk full"), since=began) is None
    assert signals.behind(OSError("disk full"), since=began) is None


def test_a_signal_that_is_the_cause_is_found_without_a_time() -> None:
    error = ValueError("wrapped")
    error.__cause__ = KeyboardInterrupt()
    assert isinstance(signals.behind(error), KeyboardInterrupt)
