"""`dlpy track`, and what commands that train do about trackers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dlpy.cli import completion
from dlpy.cli.options import RUN_HELP, RunsFolder

if TYPE_CHECKING:
    from dlpy.runs.directory import Run
    from dlpy.trackers.choice import Choice

RunNames = Annotated[list[str], typer.Argument(metavar="RUN...", help=RUN_HELP, autocompletion=completion.runs)]


def track(
    names: RunNames,
    to: Annotated[Literal["mlflow", "wandb"], typer.Option("--to", help="The tracker.")],
    uri: Annotated[
        str | None,
        typer.Option(help="MLflow's database or server.  \\[default: $MLFLOW_TRACKING_URI or sqlite:///mlflow.db]"),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(help="Project of wandb, or experiment of MLflow.  \\[default: name of the experiment file]"),
    ] = None,
    entity: Annotated[str | None, typer.Option(help="User or team of wandb.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Write wandb's files for `wandb sync`.")] = False,
    no_files: Annotated[bool, typer.Option("--no-files", help="Send no files and no model.")] = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Send runs that are over to MLflow or Weights & Biases.

    The tracker receives the options, the scores of every epoch with their times,
    plots, report and model.keras. What it has already is not sent again, so a run
    that lost its tracker during training can be completed.

    To send runs while they train, add the callback mlflow or wandb to the
    experiment: dlpy show callbacks mlflow

    Example: dlpy track latest --to mlflow --uri sqlite:///mlflow.db
    """
    from dlpy.core.errors import ConfigError, RunError
    from dlpy.runs.lock import is_locked
    from dlpy.runs.lookup import find_run
    from dlpy.trackers.choice import Choice

    of_others = {"--uri": uri} if to == "wandb" else {"--entity": entity, "--offline": offline}
    foreign = next((option for option, given in of_others.items() if given), None)
    if foreign is not None:
        raise ConfigError(f"{foreign}: {to} has no such option; leave it out.")
    choice = Choice(to, uri, project, entity, offline, not no_files)
    choice.require()
    runs = [find_run(name, runs_folder) for name in names]
    training = next((run for run in runs if is_locked(run)), None)
    if training is not None:
        raise RunError(f"run {training.id} is being trained: send it when it is over, or use the callback {to}.")
    for run in runs:
        _send(run, choice)


def _send(run: Run, choice: Choice) -> None:
    """Send one run.

    Raises:
        SetupError: the tracker failed.
    """
    from dlpy.cli.lines import say
    from dlpy.core.errors import DlpyError, SetupError, in_one_line
    from dlpy.storage.cache import alone
    from dlpy.trackers.sending import Sending

    sending = Sending(run, choice.tracker(), with_files=choice.files)
    try:
        with alone(run.path / "trackers" / choice.name):
            sending.finish()
    except DlpyError:
        raise
    except (Exception, SystemExit) as error:  # a tracker may raise anything
        raise SetupError(f"{choice.name} failed for run {run.id}: {in_one_line(error)[:300]}") from None
    say(f"{run.id}: {sending.line}")


@contextmanager
def trackers(*, quiet: bool) -> Iterator[None]:
    """Wait after the block until its trackers have what the block's runs wrote, and print where it is."""
    from dlpy.cli.lines import complain
    from dlpy.cli.output import output
    from dlpy.trackers.process import followers

    console = output(quiet=quiet)
    with followers(lambda line: console.print(line, soft_wrap=True), complain, quiet=quiet):
        yield
