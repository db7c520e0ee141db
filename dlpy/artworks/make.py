"""Running a dream or a style transfer: from the experiment to the run directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dlpy.artworks.base import Artwork
from dlpy.artworks.feature_network import open_feature_network
from dlpy.artworks.record import Journal, Watcher
from dlpy.artworks.sources import Sources, read_sources
from dlpy.core import keras_backend
from dlpy.core.environment import environment
from dlpy.core.errors import DataError
from dlpy.drawing.process import draw_all
from dlpy.experiment.document import Document
from dlpy.runs.directory import Run
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.storage import atomic
from dlpy.storage.atomic import require_writable
from dlpy.training.record import Options, claim, config_digests, digest_of, opening


def make(artwork: Artwork, document: Document, options: Options, watcher: Watcher) -> Run:
    """Run an experiment that optimizes an image and return its run directory.

    Raises:
        ConfigError: the network lacks a layer, or the images are too small for it.
        DataError: the images or the network's weights are not available.
        DivergedError: the loss is no longer finite.
    """
    keras_backend.check_settings()
    require_writable(options.folder)
    options = replace(options, given=digest_of(artwork.to_yaml(), []))
    artwork = (artwork.shortened() if options.smoke else artwork).resolved()
    sources = prepared(artwork, document)
    announce(artwork, sources, watcher)
    run = _begin(artwork, sources, options)
    with locked(run), record_outcome(run):
        paint(artwork, document, sources, Journal(run, watcher))
        draw_all(run, watcher.notice)
    return run


def prepared(artwork: Artwork, document: Document) -> Sources:
    """Return the source images of an experiment, after checking their size.

    Raises:
        ConfigError: an image is too small for the network.
        DataError: an image file or the weights file does not exist.
    """
    sources = read_sources(artwork)
    mistakes = artwork.size_mistakes(sources.size)
    if mistakes:
        raise document.error(mistakes)
    if artwork.weights_path is not None and not Path(artwork.weights_path).expanduser().is_file():
        raise DataError(f"weights: there is no file {artwork.weights_path} (relative to {Path.cwd()}).")
    return sources


def announce(artwork: Artwork, sources: Sources, watcher: Watcher) -> None:
    """Report which images are generated stand-ins."""
    if sources.stand_ins:
        watcher.generated([artwork.path_options()[purpose] for purpose in sources.stand_ins])


def _begin(artwork: Artwork, sources: Sources, options: Options) -> Run:
    told = {"data": sources.record(), **environment()}

    def write(run: Run) -> None:
        atomic.write_whole(run.config, lambda path: path.write_text(artwork.to_yaml(), encoding="utf-8"))
        digests = {"config_sha256": config_digests(run, [])}
        run.write("run.json", opening(run, options, artwork.seed, told) | digests)
        run.append_log(f"began: {options.command or options.kind}; images: {sources.described}")

    return claim(options, artwork.name or "run", write)


def paint(artwork: Artwork, document: Document, sources: Sources, journal: Journal) -> None:
    """Optimize the image and save source images and intermediate results in the run."""
    keras_backend.start()
    network = open_feature_network(artwork)
    mistakes = network.mistakes(artwork, sources.size)
    if mistakes:
        raise document.error(mistakes)
    network.load_weights()
    images = sources.in_channels(network.channels)
    journal.watcher.notice(f"{network.title}, weights: {artwork.weights}; {sources.described}")
    for purpose, image in images.items():
        journal.keep(purpose, image.astype("float32"))
    artwork.paint(network, images, journal)
