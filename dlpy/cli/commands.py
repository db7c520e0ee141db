"""The commands of dlpy, each a function in the module of its name."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

import typer
import typer.core

from dlpy.cli.failures import with_exit_status

NAMES = (
    "train", "resume", "evaluate", "predict", "calibrate", "kfold", "search", "compare", "ensemble", "rivals",
    "generate", "explain", "export", "plot", "report", "track", "serve", "warm", "check", "show", "new", "runs",
    "watch", "schema",
)  # fmt: skip


class Commands(typer.core.TyperGroup):
    """The commands by name; each is imported and made when it is first asked for, since all take 50 ms."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(NAMES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        self.make([cmd_name] if cmd_name in NAMES else NAMES)  # all, where the closest name is to be suggested
        return self.commands.get(cmd_name)

    def make(self, names: Iterable[str] = NAMES) -> None:
        """Import and make commands ahead; by default all."""
        for name in names:
            if name not in self.commands:
                self.commands[name] = _made(name)


def _made(name: str) -> Any:
    """Return what parses the command line of a command and runs it."""
    function = getattr(importlib.import_module(f"dlpy.cli.{name}"), name)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(with_exit_status(function))
    return typer.main.get_command(alone)
