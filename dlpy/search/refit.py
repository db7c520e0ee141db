"""The final model of a search: the best experiment, trained on all rows that are no test rows."""

from __future__ import annotations

from dlpy.data.validate import check
from dlpy.drawing.process import draw_all
from dlpy.experiment.experiment import load
from dlpy.runs.directory import FINAL_MODEL, Run
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.trials import Trial
from dlpy.search.directory import BEST
from dlpy.storage.atomic import storage
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.outer_rows import copy_outer_rows
from dlpy.training.pipeline import transform
from dlpy.training.prepare import with_rows
from dlpy.training.record import Options, begin_in
from dlpy.training.refit import for_refit
from dlpy.training.reporter import Reporter
from dlpy.training.resume import resume
from dlpy.training.train import finish


def refit(run: Run, best: Trial, command_line: str, reporter: Reporter) -> Run:
    """Train the final model into a folder of the search, or resume its training, and return it as a run."""
    final = Run(run.path / FINAL_MODEL)
    if final.read("run.json"):
        if final.record().status != "completed":
            resume(final, command_line, reporter, allow_inexact=False)
        return final
    experiment, document = load(run.path / BEST)
    epochs = best.epoch or 1
    experiment = for_refit(experiment, epochs)
    prepared = with_rows(experiment, document, loaded_again(run, experiment))
    data, pipeline = transform(prepared.experiment, prepared.parts, prepared.loaded.task)
    check(data)
    reporter.notice(f"refit: all {len(data.train):,} rows, {epochs} epochs")
    with storage(final.path):
        final.path.mkdir(exist_ok=True)
    copy_outer_rows(run, final)
    options = Options(run.path, command_line, "train", run.record().smoke)
    begin_in(final, prepared.experiment, prepared.loaded, data.task, options)
    with locked(final), record_outcome(final):
        finish(final, prepared, data, pipeline, reporter)
        draw_all(final, reporter.notice)
    return final
