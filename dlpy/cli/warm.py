"""`dlpy warm`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from dlpy.cli.lines import say
from dlpy.core.errors import ConfigError


def warm(
    minutes: Annotated[
        float, typer.Option(min=0.01, max=1440, help="End after this many minutes without a command.")
    ] = 30.0,
    stop: Annotated[bool, typer.Option("--stop", help="End the warm process once its commands have ended.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Show whether there is a warm process.")] = False,
) -> None:
    """Keep TensorFlow imported for the next commands, which then start without waiting for it.

    This process imports TensorFlow and waits in this terminal: type commands in
    another one. Those that need TensorFlow, such as train and evaluate, are run
    by a copy of this process, with their own arguments, variables, folder and
    terminal; their results are the same bits.
    A command whose surroundings differ (variables of TensorFlow, versions,
    limits) says so in one line and starts as usual.

    DLPY_WARM=30 before a command starts such a process in the background for
    the commands after it; DLPY_WARM=0 uses none. Only the same user can reach
    it. It needs Linux.

    Example: dlpy warm --minutes 60
    """
    if stop and status:
        raise ConfigError("--stop, --status: give one of them.")
    if stop:
        _stop()
    elif status:
        _show()
    else:
        from dlpy.warm.start import command

        sys.stdout.flush()
        os.execv(sys.executable, command(minutes))


def _show() -> None:
    from dlpy.warm.client import request

    found = request({"request": "status"})
    if found is None:
        say("no warm process is running")
        raise typer.Exit(1)
    state = found[1]
    left = state["minutes"] - state["idle"] / 60
    say(
        f"process {state['process']}: {state['running']} commands running, {state['begun']} begun so far; "
        f"ends after {state['minutes']:g} minutes without a command"
        + ("" if state["running"] else f", in {left:.1f} minutes")
    )


def _stop() -> None:
    from dlpy.warm.client import request

    found = request({"request": "stop"})
    if found is None:
        say("no warm process is running")
    elif found[1]["running"]:
        say(f"no more commands start from process {found[1]['process']}; it ends when {found[1]['running']} have ended")
    else:
        found[0].recv(1)  # nothing comes but the end
        say(f"ended process {found[1]['process']}")
