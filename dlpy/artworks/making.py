"""One artwork from its experiment to a run directory."""

from __future__ import annotations

from pathlib import Path

from dlpy import backend, runs
from dlpy.artworks.artwork import Artwork
from dlpy.artworks.journal import Journal, Watcher
from dlpy.artworks.sources import Sources, read_sources
from dlpy.artworks.viewer import open_viewer
from dlpy.disk_space import require_writable
from dlpy.document import Document
from dlpy.errors import DataError
from dlpy.outcome import record_outcome
from dlpy.records import Options, claim, opening
from dlpy.run_lock import locked
from dlpy.runs import Run


def make(artwork: Artwork, document: Document, options: Options, watcher: Watcher) -> Run:
    """Make the picture of an experiment and return its run directory.

    Raises:
        ConfigError: the network has no such layers, or the pictures are too small for it.
        DataError: the pictures or the network's weights cannot be had.
        DivergedError: the picture became none.
    """
    backend.check_settings()
    require_writable(options.folder)
    artwork = (artwork.shortened() if options.smoke else artwork).resolved()
    sources = prepared(artwork, document)
    if artwork.weights_path is not None and not Path(artwork.weights_path).expanduser().is_file():
        raise DataError(f"weights: there is no file {artwork.weights_path} (seen from {Path.cwd()}).")
    if sources.stand_ins:
        watcher.generated([artwork.path_options()[purpose] for purpose in sources.stand_ins])
    run = _begin(artwork, sources, options)
    with locked(run), record_outcome(run):
        _paint(artwork, document, sources, Journal(run, watcher))
    return run


def prepared(artwork: Artwork, document: Document) -> Sources:
    """Return the pictures of an artwork, large enough for its network."""
    sources = read_sources(artwork)
    mistakes = artwork.size_mistakes(sources.size)
    if mistakes:
        raise document.error(mistakes)
    return sources


def _begin(artwork: Artwork, sources: Sources, options: Options) -> Run:
    def write(run: Run) -> None:
        runs.write_whole(run.config, lambda path: path.write_text(artwork.to_yaml(), encoding="utf-8"))
        run.write("run.json", opening(run, options, artwork.seed, sources.record()))
        run.append_log(f"began: {options.command or options.kind}; pictures: {sources.described}")

    return claim(options, artwork.name or "run", write)


def _paint(artwork: Artwork, document: Document, sources: Sources, journal: Journal) -> None:
    backend.start()
    viewer = open_viewer(artwork)
    mistakes = viewer.mistakes(artwork, sources.size)
    if mistakes:
        raise document.error(mistakes)
    viewer.learn()
    pictures = sources.in_channels(viewer.channels)
    journal.watcher.notice(f"{viewer.title}, weights: {artwork.weights}; {sources.described}")
    for purpose, picture in pictures.items():
        journal.keep(purpose, picture.astype("float32"))
    artwork.paint(viewer, pictures, journal)
