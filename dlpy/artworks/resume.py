"""Going on with a picture that was not finished, so that it ends with the same bits as one that was left alone."""

from __future__ import annotations

from dataclasses import dataclass

from dlpy.artworks.base import Artwork
from dlpy.artworks.make import announce, paint, prepared
from dlpy.artworks.record import Journal, Watcher, kept_state
from dlpy.core import keras_backend
from dlpy.drawing.figures import draw_all
from dlpy.experiment.document import Document
from dlpy.runs.directory import Run
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.training.record import config_digests
from dlpy.training.resume import (
    Resume,
    changed_data,
    changed_surroundings,
    record_resume,
    refuse,
    require_resumable,
    seconds_of,
)


@dataclass(frozen=True)
class Unfinished:
    """What a run is resumed by: what its config.yaml says, and the command."""

    artwork: Artwork
    document: Document
    command: str


def resume(run: Run, unfinished: Unfinished, watcher: Watcher, *, allow_inexact: bool) -> None:
    """Make the picture of a run that ended too early, from the last state that it kept, to the same bits.

    Raises:
        RunError: it cannot be resumed, or could end otherwise than if it had been left alone.
    """
    require_resumable(run)
    artwork = unfinished.artwork
    with locked(run):
        require_resumable(run)  # whoever held the lock may have ended it
        keras_backend.check_settings()
        sources = prepared(artwork, unfinished.document)
        changes = changed_surroundings(run, [])
        changes += changed_data(run, sources.record()["sha256"], sources.described)
        refuse(run, changes, allow_inexact=allow_inexact)
        announce(artwork, sources, watcher)
        before, state = seconds_of(run), kept_state(run)
        rows = len(state.get("seconds", ()))
        watcher.notice(f"resumed after {rows} lines of metrics.csv" if rows else "nothing whole was kept: begun again")
        record_resume(run, Resume(unfinished.command, changes), {"after_lines": rows})
        run.update(config_sha256=config_digests(run, []))  # an edit that was allowed is no damage
        with record_outcome(run, before):
            paint(artwork, unfinished.document, sources, Journal(run, watcher, state))
            draw_all(run, watcher.notice)
