"""DeepDream: gradient ascent on a picture, octave by octave.

Source: Chollet 2017, 8.2; Mordvintsev, Olah and Tyka 2015, "Inceptionism".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.feature_network import Viewer
from dlpy.artworks.loss_terms import activity
from dlpy.artworks.octaves import lost_detail, octave_sizes, resized
from dlpy.artworks.record import Journal, reading_state
from dlpy.data.images.files import Size
from dlpy.explain.gradients import with_slope

if TYPE_CHECKING:
    from dlpy.artworks.dream_options import Dream

_HALF_RANGE = 127.5  # grey levels from middle grey to black or white: 1 in the option step_size
_LEAST_SLOPE = 1e-7

Step = Callable[[Any], tuple[Any, Any]]


def dream(artwork: Dream, viewer: Viewer, picture: np.ndarray, journal: Journal) -> None:
    """Make a dream of a picture (height, width, channels) uint8, and keep it after each octave."""
    original = picture.astype(np.float32)
    sizes = octave_sizes(picture.shape[:2], artwork.octaves, artwork.octave_scale)
    step, dreamt = _stepper(artwork, viewer), original
    state = journal.begins("dreaming", artwork.octaves * artwork.steps)
    with reading_state(journal):
        first = int(state["octave"]) if state else 1
        again = _Climb.again(state, sizes, picture.shape[2], artwork.steps) if state else None
    for octave, size in enumerate(sizes[first - 1 :], first):
        climb = again if again is not None and octave == first else _Climb(octave, resized(dreamt, size))
        dreamt = _climbed(climb, artwork, step, journal)
        dreamt = dreamt + lost_detail(original, sizes[max(0, octave - 2)], size)
        journal.keep(f"octave-{octave:02d}-{size[0]}x{size[1]}", dreamt)
    journal.keep("final", dreamt)
    journal.summarize({"octaves": sizes})


@dataclass
class _Climb:
    """How far an octave is."""

    octave: int
    picture: Any  # (height, width, channels) float32
    losses: list[float] = field(default_factory=list)  # before each step
    done: int = 0  # steps

    def state(self) -> dict[str, np.ndarray]:
        counts = {"octave": np.array(self.octave), "done": np.array(self.done)}
        return {"picture": np.asarray(self.picture), "losses": np.array(self.losses), **counts}

    @classmethod
    def again(cls, state: dict[str, np.ndarray], sizes: list[Size], channels: int, steps: int) -> _Climb:
        """Return what had this state; raise ValueError where that is of another picture."""
        octave, done, losses = int(state["octave"]), int(state["done"]), state["losses"]
        picture = state["picture"]
        counted = 1 <= octave <= len(sizes) and 0 <= done <= steps
        if not counted or losses.shape != (done,) or losses.dtype.kind != "f":
            raise ValueError(f"octave {octave}, {done} steps, {losses.shape} losses")
        if picture.shape != (*sizes[octave - 1], channels) or picture.dtype != np.float32:
            raise ValueError(f"its picture has shape {picture.shape}")
        return cls(octave, picture, losses.tolist(), done)


def _climbed(climb: _Climb, artwork: Dream, step: Step, journal: Journal) -> np.ndarray:
    """Return the picture after the steps that are left of an octave; losses are those before each step."""
    import tensorflow as tf

    picture = tf.constant(climb.picture[None])
    while climb.done < artwork.steps:
        changed, terms = step(picture)
        named = {name: float(term) for (_, name), term in zip(artwork.wanted_layers(), terms, strict=True)}
        climb.losses.append(sum(named.values()))
        journal.add({"step": len(journal.rows) + 1, "octave": climb.octave, "loss": climb.losses[-1], **named})
        if artwork.max_loss is not None and climb.losses[-1] > artwork.max_loss:
            break
        picture, climb.picture, climb.done = changed, changed[0], climb.done + 1
        journal.watcher.advanced((climb.octave - 1) * artwork.steps + climb.done)
        journal.keep_state(climb.state)
    height, width = climb.picture.shape[:2]
    ended = "" if climb.done == artwork.steps else ", above max_loss"
    line = f"octave {climb.octave}/{artwork.octaves}  {height} x {width}  {climb.done} steps"
    journal.watcher.notice(f"{line}  loss {climb.losses[0]:.4g} to {climb.losses[-1]:.4g}{ended}")
    return np.asarray(climb.picture)


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
