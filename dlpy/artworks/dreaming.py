"""DeepDream: gradient ascent on a picture, octave by octave.

Source: Chollet 2017, 8.2; Mordvintsev, Olah and Tyka 2015, "Inceptionism".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.journal import Journal
from dlpy.artworks.octaves import lost_detail, octave_sizes, resized
from dlpy.artworks.terms import activity
from dlpy.artworks.viewer import Viewer
from dlpy.slopes import with_slope

if TYPE_CHECKING:
    from dlpy.artworks.dream import Dream

_HALF_RANGE = 127.5  # grey levels from middle grey to black or white: 1 in the option step_size
_LEAST_SLOPE = 1e-7

Step = Callable[[Any], tuple[Any, Any]]


def dream(artwork: Dream, viewer: Viewer, picture: np.ndarray, journal: Journal) -> None:
    """Make a dream of a picture (height, width, channels) uint8, and keep it after each octave."""
    original = picture.astype(np.float32)
    sizes = octave_sizes(picture.shape[:2], artwork.octaves, artwork.octave_scale)
    step, dreamt, before = _stepper(artwork, viewer), original, sizes[0]
    journal.begins("dreaming", artwork.octaves * artwork.steps)
    for octave, size in enumerate(sizes, 1):
        dreamt = _climbed(resized(dreamt, size), artwork, octave, step, journal)
        dreamt = dreamt + lost_detail(original, before, size)
        journal.keep(f"octave-{octave:02d}-{size[0]}x{size[1]}", dreamt)
        before = size
    journal.keep("final", dreamt)
    journal.summarize({"octaves": sizes})


def _climbed(start: np.ndarray, artwork: Dream, octave: int, step: Step, journal: Journal) -> np.ndarray:
    """Return the picture after the steps of an octave; the loss that is written down is that before each."""
    import tensorflow as tf

    picture, done, losses = tf.constant(start[None]), 0, []
    while done < artwork.steps:
        changed, terms = step(picture)
        named = {name: float(term) for (_, name), term in zip(artwork.wanted_layers(), terms, strict=True)}
        losses.append(sum(named.values()))
        journal.add({"step": len(journal.rows) + 1, "octave": octave, "loss": losses[-1], **named})
        if artwork.max_loss is not None and losses[-1] > artwork.max_loss:
            break
        picture, done = changed, done + 1
        journal.watcher.advanced((octave - 1) * artwork.steps + done)
    height, width = start.shape[:2]
    ended = "" if done == artwork.steps else ", above max_loss"
    line = f"octave {octave}/{artwork.octaves}  {height} x {width}  {done} steps"
    journal.watcher.notice(f"{line}  loss {losses[0]:.4g} to {losses[-1]:.4g}{ended}")
    return np.asarray(picture)[0]


def _stepper(artwork: Dream, viewer: Viewer) -> Step:
    """Return a graph that takes a step uphill from pictures (1, height, width, channels), and tells each layer's term.

    It is traced once for each size. A loop inside it would gain nothing: a step takes far longer than its call.
    """
    import tensorflow as tf

    weights = artwork.wanted_layers()
    maps = viewer.maps([name for _, name in weights])

    def loss(picture: Any) -> tuple[Any, Any]:
        terms = [weight * activity(found) for weight, found in zip(weights.values(), maps(picture), strict=True)]
        return tf.add_n(terms), tf.stack(terms)

    def step(picture: Any) -> tuple[Any, Any]:
        slope, terms = with_slope(loss, picture)
        mean = tf.maximum(tf.reduce_mean(tf.abs(slope)), _LEAST_SLOPE / _HALF_RANGE)
        return picture + slope / mean * (artwork.step_size * _HALF_RANGE), terms

    return tf.function(step, autograph=False)
