"""Style transfer: a picture whose content is that of one picture, and whose channels go together as in another.

Source: Chollet 2017, 8.3; Gatys, Ecker and Bethge 2015, arXiv:1508.06576.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.feature_network import Viewer
from dlpy.artworks.loss_terms import content_distance, gram_matrix, style_distance, total_variation
from dlpy.artworks.minimizers import Adam, Lbfgs, Minimizer
from dlpy.artworks.record import Journal, reading_state
from dlpy.explain.gradients import with_slope

if TYPE_CHECKING:
    from dlpy.artworks.base import Pictures
    from dlpy.artworks.style_options import Style

_TERMS = ("content", "style", "total_variation")


def transfer(artwork: Style, viewer: Viewer, pictures: Pictures, journal: Journal) -> None:
    """Make a picture with the content of one and the style of another, and keep it on the way."""
    state = journal.begins("painting", artwork.iterations * artwork.evaluations)
    judge = _Judge(artwork, viewer, pictures, journal)
    minimizer = _minimizer(artwork, judge, _start(artwork, pictures["content"]))
    if state:
        with reading_state(journal):
            minimizer.restore(state)
            judge.asked = int(state["asked"])
    else:
        _tell(artwork, 0, judge.terms(minimizer.place), journal)
    digits = len(str(artwork.iterations))
    for iteration in range(len(journal.rows), artwork.iterations + 1):
        minimizer.go_on(artwork.evaluations)
        _tell(artwork, iteration, judge.terms(minimizer.place), journal)
        if iteration % artwork.save_every == 0:
            journal.keep(f"iteration-{iteration:0{digits}d}", judge.picture(minimizer.place))
        journal.keep_state(lambda: {**minimizer.state(), "asked": np.array(judge.asked)})
    journal.keep("final", judge.picture(minimizer.place))
    journal.summarize({"evaluations": judge.asked})


class _Judge:
    """Says how bad a picture is, given as a row of numbers, and in which direction it becomes worse."""

    def __init__(self, artwork: Style, viewer: Viewer, pictures: Pictures, journal: Journal) -> None:
        import tensorflow as tf

        self.asked = 0
        self._shape, self._journal = pictures["content"].shape, journal
        loss = _loss(artwork, viewer, pictures)
        shape = tf.TensorSpec((1, *self._shape))
        self._slope = tf.function(lambda picture: with_slope(loss, picture), autograph=False, input_signature=[shape])
        self._terms = tf.function(lambda picture: loss(picture)[1], autograph=False, input_signature=[shape])

    def picture(self, place: np.ndarray) -> np.ndarray:
        """Return the picture, (height, width, channels) float32 in grey levels."""
        return place.reshape(self._shape).astype(np.float32)

    def terms(self, place: np.ndarray) -> dict[str, float]:
        """Return the weighted terms of the loss."""
        return dict(zip(_TERMS, map(float, self._terms(self.picture(place)[None])), strict=True))

    def __call__(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss and its slope."""
        slope, terms = self._slope(self.picture(place)[None])
        self.asked += 1
        self._journal.watcher.advanced(self.asked)
        return float(np.sum(terms, dtype=np.float64)), np.asarray(slope, np.float64).reshape(-1)


def _loss(artwork: Style, viewer: Viewer, pictures: Pictures) -> Callable[[Any], tuple[Any, Any]]:
    """Return what gives the loss of a picture (1, height, width, channels), and its terms."""
    import tensorflow as tf

    content, style = artwork.content(), artwork.style()
    maps = viewer.maps([*content, *style])
    given = {purpose: maps(tf.constant(picture[None], tf.float32)) for purpose, picture in pictures.items()}
    wanted = given["content"][: len(content)]
    grams = [gram_matrix(found) for found in given["style"][len(content) :]]
    height, width, _ = pictures["content"].shape

    def loss(picture: Any) -> tuple[Any, Any]:
        found = maps(picture)
        kept = [
            weight * content_distance(own, other)
            for weight, own, other in zip(content.values(), found[: len(content)], wanted, strict=True)
        ]
        taken = [
            weight * style_distance(gram_matrix(own), other, height * width)
            for weight, own, other in zip(style.values(), found[len(content) :], grams, strict=True)
        ]
        smooth = artwork.total_variation * total_variation(picture, artwork.total_variation_power)
        terms = tf.stack([tf.add_n(kept), tf.add_n(taken), smooth])
        return tf.reduce_sum(terms), terms

    return loss


def _start(artwork: Style, content: np.ndarray) -> np.ndarray:
    """Return the picture to begin with as a row of numbers."""
    if artwork.start == "content":
        return content.astype(np.float64).reshape(-1)
    return np.random.default_rng(artwork.seed).uniform(0, 255, content.size)


def _minimizer(artwork: Style, judge: _Judge, start: np.ndarray) -> Minimizer:
    if artwork.optimizer == "adam":
        return Adam(judge, start, float(artwork.learning_rate or 0))
    return Lbfgs(judge, start)


def _tell(artwork: Style, iteration: int, terms: dict[str, float], journal: Journal) -> None:
    loss = sum(terms.values())
    journal.add({"iteration": iteration, "loss": loss, **terms})
    digits = len(str(artwork.iterations))
    shown = "  ".join(f"{name} {value:.3e}" for name, value in {"loss": loss, **terms}.items())
    journal.watcher.notice(f"iteration {iteration:{digits}d}/{artwork.iterations}  {shown}")
