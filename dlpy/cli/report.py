"""`dlpy report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import RUN_HELP, RunsFolder, output_option

if TYPE_CHECKING:
    from dlpy.runs.directory import Run

RunNames = Annotated[
    list[str],
    typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=completion.runs),
]
Output = Annotated[
    Path | None,
    output_option("FILE.html", "File to write.  \\[default: RUN/report.html, or comparison.html]"),
]


def report(
    run_names: RunNames,
    output: Output = None,
    in_browser: Annotated[bool, typer.Option("--open", help="Open the file in the browser.")] = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Write everything about a run, or several side by side, into one HTML file.

    The file opens in any browser without a network: scores beside the baseline
    with their intervals, the data, options, curves, plots, most wrong rows,
    and how to repeat the run. Of several runs, curves are overlaid.

    Training writes report.html too, unless the experiment has `report: false`;
    intervals that take long are in the file of this command alone.

    Example: dlpy report latest
    """
    from dlpy.cli.lines import say
    from dlpy.cli.progress import shown_path
    from dlpy.core.errors import ConfigError
    from dlpy.report.report import write_report
    from dlpy.runs.lookup import find_run
    from dlpy.storage.atomic import require_writable

    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"--output {output}: expected a file that ends with .html.")
    found = {run.path: run for run in (find_run(name, runs_folder) for name in run_names)}
    runs = list(found.values())
    path = output or (runs[0].report if len(runs) == 1 else runs[0].path / "comparison.html")
    require_writable(path.parent)
    write_report(runs, path)
    say(shown_path(path))
    if in_browser:
        show(path)


def show(path: Path) -> None:
    """Open a file in the user's browser.

    Raises:
        SetupError: there is none.
    """
    import webbrowser

    from dlpy.core.errors import SetupError

    if not webbrowser.open(path.resolve().as_uri()):
        raise SetupError(f"--open: this machine has no browser. Copy {path} to one that has.")


def leave(run: Run) -> None:
    """Write report.html of a run that a command has finished or scored."""
    from dlpy.cli.lines import complain
    from dlpy.report.report import leave_report

    leave_report(run, complain)
