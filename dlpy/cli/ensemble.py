"""`dlpy ensemble`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, RunsFolder, command_line
from dlpy.cli.report import leave

if TYPE_CHECKING:
    from dlpy.runs.how import Weighting


def ensemble(
    run_names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Two or more runs on the same rows; a run of several seeds or folds stands for all of them.",
            autocompletion=completion.runs,
        ),
    ],
    weights: Annotated[
        str, typer.Option(help="How the members are weighted: mean, greedy or stack (see above).")
    ] = "mean",
    name: Annotated[str, typer.Option("--name", help="Name of the ensemble's run.")] = "ensemble",
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Combine trained runs into an ensemble, a run of its own.

    It predicts the weighted mean of its members: of probabilities, or of numbers
    in the target's own unit. `evaluate`, `predict`, `compare`, `calibrate` and
    `plot` take it like any other run. The members stay where they are.

    Weights: mean: all the same. greedy: members are added one by one, whichever
    helps most, in random halves of them (Caruana et al. 2004). stack: the best
    weights that are not negative (Breiman 1996). Both are chosen on the
    validation rows, by cross-entropy or squared error. These rows are then scored
    crosswise: each fifth with the weights that the others choose.

    A k-fold run alone is the mean of its folds (`dlpy kfold --keep-models`). Several
    over the same folds are weighted by their out-of-fold predictions of all rows,
    and predict with their final models (--refit), or else with their folds.

    Members need the same data, target, validation rows and test rows. Loss and
    metrics are those of the first one.

    Example: dlpy ensemble imdb_dense imdb_lstm imdb_conv1d --weights greedy
    """
    from dlpy.cli.ensemble_tables import show_ensemble
    from dlpy.cli.lines import complain, say, say_json
    from dlpy.cli.progress import report_lines, shown_path
    from dlpy.drawing.process import draw_all
    from dlpy.ensembles.combine import combine
    from dlpy.runs.lookup import default_runs_folder, find_run
    from dlpy.training.record import Options

    chosen = _weighting(weights)
    runs = [find_run(each, runs_folder) for each in run_names]
    run = combine(runs, chosen, name, Options(runs_folder or default_runs_folder(), command_line()))
    draw_all(run, complain)
    leave(run)
    if as_json:
        record, summary = run.read("run.json"), run.read("summary.json")
        say_json({"run": str(run.path), **record["ensemble"], "scores": summary["best"]})
        return
    show_ensemble(run)
    say(*report_lines(run), f"run: {shown_path(run.path)}")


def _weighting(name: str) -> Weighting:
    from typing import get_args

    from dlpy.core.errors import ConfigError, did_you_mean
    from dlpy.runs.how import Weighting

    for known in get_args(Weighting):
        if name == known:
            return known
    raise ConfigError(f"--weights {name}: members are not weighted like this.{did_you_mean(name, get_args(Weighting))}")
