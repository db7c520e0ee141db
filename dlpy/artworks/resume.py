"""Resuming an unfinished dream or style transfer; the result has the same bits as an uninterrupted run."""

from __future__ import annotations

from dataclasses import dataclass

from dlpy.artworks.base import Artwork
from dlpy.artworks.make import announce, paint, prepared
from dlpy.artworks.record import Journal, Watcher, kept_state
from dlpy.core import keras_backend
from dlpy.drawing.process import draw_all
from dlpy.experiment.document import Document
from dlpy.runs.directory import Run
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.training.changes import changed_data, changed_surroundings, refuse
from dlpy.training.record import config_digests
from dlpy.training.resume import Resume, record_resume, require_resumable, seconds_of


@dataclass(frozen=True)
class Unfinished:
    """An unfinished run: its experiment (from config.yaml) and the command that resumes it."""

    artwork: Artwork
    document: Document
    command: str


def resume(run: Run, unfinished: Unfinished, watcher: Watcher, *, allow_inexact: bool) -> None:
    """Resume a run from its last saved state and finish it.

    Raises:
        RunError: the run cannot be resumed, or would not reproduce the uninterrupted run.
    """
    require_resumable(run)
    artwork = unfinished.artwork
    with locked(run):
        require_resumable(run)  # the process that held the lock may have finished it
        keras_backend.check_settings()
        sources = prepared(artwork, unfinished.document)
        changes = changed_surroundings(run, [])
        changes += changed_data(run, sources.record()["sha256"], sources.described)
        refuse(run, changes, allow_inexact=allow_inexact)
        announce(artwork, sources, watcher)
        before, state = seconds_of(run), kept_state(run)
        rows = len(state.get("seconds", ()))
        watcher.notice(f"resumed after {rows} lines of metrics.csv" if rows else "no saved state: restarted")
        record_resume(run, Resume(unfinished.command, changes), {"after_lines": rows})
        run.update(config_sha256=config_digests(run, []))  # an edit that was allowed is no damage
        with record_outcome(run, before):
            paint(artwork, unfinished.document, sources, Journal(run, watcher, state))
            draw_all(run, watcher.notice)
