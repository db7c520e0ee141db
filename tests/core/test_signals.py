"""What ended a command is found, whatever a library has made of it."""

import signal

import pytest

from dlpy.core import signals
from dlpy.core.errors import StorageError


@pytest.fixture
def obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that has obeyed SIGTERM."""
    for name in ("pending", "obeyed", "obeyed_at"):
        monkeypatch.setattr(signals.process, name, getattr(signals.process, name))  # restored afterwards
    signals.process.pending = signal.SIGTERM
    with pytest.raises(signals.Stopped):
        signals.obey()


def test_an_error_without_a_cause_after_a_signal_is_that_signal(obeyed: None) -> None:
    wrapped = ValueError("Error building a validator: KeyboardInterrupt")  # as pydantic-core wraps it
    found = signals.behind(wrapped)
    assert isinstance(found, signals.Stopped)
    assert found.number == signal.SIGTERM
    signals.begin_command()
    assert signals.behind(wrapped) is None


def test_what_goes_wrong_while_a_stopped_command_cleans_up_is_reported_as_such(obeyed: None) -> None:
    assert signals.behind(StorageError("disk full")) is None
    assert signals.behind(OSError("disk full")) is None


def test_the_exit_that_follows_a_reported_signal_is_not_reported_again(obeyed: None) -> None:
    assert signals.behind(SystemExit(143)) is None


def test_a_signal_that_is_the_cause_is_found_at_any_time() -> None:
    error = ValueError("wrapped")
    error.__cause__ = KeyboardInterrupt()
    assert isinstance(signals.behind(error), KeyboardInterrupt)


def test_a_signal_that_a_library_caught_ends_the_command_where_it_would_train(obeyed: None) -> None:
    with pytest.raises(signals.Stopped), signals.between_steps():
        pass
    signals.begin_command()
    with signals.between_steps():
        pass


def test_an_error_that_is_only_reported_does_not_hide_a_signal(obeyed: None) -> None:
    with pytest.raises(signals.Stopped):
        signals.raise_behind(SystemError("__import__ returned a result with an exception set"))
    signals.begin_command()
    signals.raise_behind(SystemError("no signal came"))
