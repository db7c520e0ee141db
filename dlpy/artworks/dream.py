"""DeepDream: gradient ascent on an image over octaves of increasing size.

Source: Chollet 2017, 8.2; Mordvintsev, Olah and Tyka 2015, "Inceptionism".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.feature_network import FeatureNetwork
from dlpy.artworks.loss_terms import activity
from dlpy.artworks.octaves import lost_detail, octave_sizes, resized
from dlpy.artworks.record import Journal, reading_state
from dlpy.data.images.files import Size
from dlpy.explain.gradients import with_gradient

if TYPE_CHECKING:
    from dlpy.artworks.dream_options import Dream

_HALF_RANGE = 127.5  # grey levels from middle grey to black or white: 1 in the option step_size
_MIN_GRADIENT = 1e-7

Step = Callable[[Any], tuple[Any, Any]]


def dream(artwork: Dream, network: FeatureNetwork, image: np.ndarray, journal: Journal) -> None:
    """Run DeepDream on an image (height, width, channels) uint8 and save it after each octave."""
    original = image.astype(np.float32)
    sizes = octave_sizes(image.shape[:2], artwork.octaves, artwork.octave_scale)
    step, dreamt = _ascent_step(artwork, network), original
    state = journal.begins("DeepDream", artwork.octaves * artwork.steps)
    with reading_state(journal):
        first = int(state["octave"]) if state else 1
        resumed_octave = _Octave.from_state(state, sizes, image.shape[2], artwork.steps) if state else None
    for octave, size in enumerate(sizes[first - 1 :], first):
        progress = (
            resumed_octave if resumed_octave is not None and octave == first else _Octave(octave, resized(dreamt, size))
        )
        dreamt = _run_steps(progress, artwork, step, journal)
        dreamt = dreamt + lost_detail(original, sizes[max(0, octave - 2)], size)
        journal.keep(f"octave-{octave:02d}-{size[0]}x{size[1]}", dreamt)
    journal.keep("final", dreamt)
    journal.summarize({"octaves": sizes})


@dataclass
class _Octave:
    """The progress within an octave."""

    octave: int
    image: Any  # (height, width, channels) float32
    losses: list[float] = field(default_factory=list)  # before each step
    done: int = 0  # steps

    def state(self) -> dict[str, np.ndarray]:
        counts = {"octave": np.array(self.octave), "done": np.array(self.done)}
        return {"picture": np.asarray(self.image), "losses": np.array(self.losses), **counts}

    @classmethod
    def from_state(cls, state: dict[str, np.ndarray], sizes: list[Size], channels: int, steps: int) -> _Octave:
        """Return the progress from a saved state; raise ValueError if the state belongs to another image."""
        octave, done, losses = int(state["octave"]), int(state["done"]), state["losses"]
        image = state["picture"]
        counted = 1 <= octave <= len(sizes) and 0 <= done <= steps
        if not counted or losses.shape != (done,) or losses.dtype.kind != "f":
            raise ValueError(f"octave {octave}, {done} steps, {losses.shape} losses")
        if image.shape != (*sizes[octave - 1], channels) or image.dtype != np.float32:
            raise ValueError(f"its image has shape {image.shape}")
        return cls(octave, image, losses.tolist(), done)


def _run_steps(progress: _Octave, artwork: Dream, step: Step, journal: Journal) -> np.ndarray:
    """Return the image after the remaining steps of an octave; each loss is the one before its step."""
    import tensorflow as tf

    image = tf.constant(progress.image[None])
    while progress.done < artwork.steps:
        changed, terms = step(image)
        named = {name: float(term) for (_, name), term in zip(artwork.layer_weights(), terms, strict=True)}
        progress.losses.append(sum(named.values()))
        journal.add({"step": len(journal.rows) + 1, "octave": progress.octave, "loss": progress.losses[-1], **named})
        if artwork.max_loss is not None and progress.losses[-1] > artwork.max_loss:
            break
        image, progress.image, progress.done = changed, changed[0], progress.done + 1
        journal.watcher.advanced((progress.octave - 1) * artwork.steps + progress.done)
        journal.keep_state(progress.state)
    height, width = progress.image.shape[:2]
    ended = "" if progress.done == artwork.steps else ", above max_loss"
    line = f"octave {progress.octave}/{artwork.octaves}  {height} x {width}  {progress.done} steps"
    journal.watcher.notice(f"{line}  loss {progress.losses[0]:.4g} to {progress.losses[-1]:.4g}{ended}")
    return np.asarray(progress.image)


def _ascent_step(artwork: Dream, network: FeatureNetwork) -> Step:
    """Return a compiled gradient ascent step on images (1, height, width, channels); it also returns the loss terms.

    It is traced once per size. A loop inside the graph would gain nothing: a step takes far longer than its call.
    """
    import tensorflow as tf

    weights = artwork.layer_weights()
    maps = network.feature_maps([name for _, name in weights])

    def loss(image: Any) -> tuple[Any, Any]:
        terms = [weight * activity(found) for weight, found in zip(weights.values(), maps(image), strict=True)]
        return tf.add_n(terms), tf.stack(terms)

    def step(image: Any) -> tuple[Any, Any]:
        gradient, terms = with_gradient(loss, image)
        mean = tf.maximum(tf.reduce_mean(tf.abs(gradient)), _MIN_GRADIENT / _HALF_RANGE)
        return image + gradient / mean * (artwork.step_size * _HALF_RANGE), terms

    return tf.function(step, autograph=False)
