"""Style transfer: an image with the content of one image and the Gram matrices (style) of another.

Source: Chollet 2017, 8.3; Gatys, Ecker and Bethge 2015, arXiv:1508.06576.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.artworks.feature_network import FeatureNetwork
from dlpy.artworks.loss_terms import content_distance, gram_matrix, style_distance, total_variation
from dlpy.artworks.minimizers import Adam, Lbfgs, Minimizer
from dlpy.artworks.record import Journal, reading_state
from dlpy.explain.gradients import with_gradient

if TYPE_CHECKING:
    from dlpy.artworks.base import Images
    from dlpy.artworks.style_options import Style

_TERMS = ("content", "style", "total_variation")


def transfer(artwork: Style, network: FeatureNetwork, images: Images, journal: Journal) -> None:
    """Run a style transfer and save intermediate images."""
    state = journal.begins("style transfer", artwork.iterations * artwork.evaluations)
    objective = _Objective(artwork, network, images, journal)
    minimizer = _minimizer(artwork, objective, _start(artwork, images["content"]))
    if state:
        with reading_state(journal):
            minimizer.restore(state)
            objective.evaluations = int(state["asked"])
    else:
        _report(artwork, 0, objective.terms(minimizer.place), journal)
    digits = len(str(artwork.iterations))
    for iteration in range(len(journal.rows), artwork.iterations + 1):
        minimizer.advance(artwork.evaluations)
        _report(artwork, iteration, objective.terms(minimizer.place), journal)
        if iteration % artwork.save_every == 0:
            journal.keep(f"iteration-{iteration:0{digits}d}", objective.image(minimizer.place))
        journal.keep_state(lambda: {**minimizer.state(), "asked": np.array(objective.evaluations)})
    journal.keep("final", objective.image(minimizer.place))
    journal.summarize({"evaluations": objective.evaluations})


class _Objective:
    """The loss of an image, given as a flat array, and its gradient."""

    def __init__(self, artwork: Style, network: FeatureNetwork, images: Images, journal: Journal) -> None:
        import tensorflow as tf

        self.evaluations = 0
        self._shape, self._journal = images["content"].shape, journal
        loss = _loss(artwork, network, images)
        shape = tf.TensorSpec((1, *self._shape))
        self._gradient = tf.function(lambda image: with_gradient(loss, image), autograph=False, input_signature=[shape])
        self._terms = tf.function(lambda image: loss(image)[1], autograph=False, input_signature=[shape])

    def image(self, place: np.ndarray) -> np.ndarray:
        """Return the image, (height, width, channels) float32 in grey levels."""
        return place.reshape(self._shape).astype(np.float32)

    def terms(self, place: np.ndarray) -> dict[str, float]:
        """Return the weighted terms of the loss."""
        return dict(zip(_TERMS, map(float, self._terms(self.image(place)[None])), strict=True))

    def __call__(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the loss and its gradient."""
        gradient, terms = self._gradient(self.image(place)[None])
        self.evaluations += 1
        self._journal.watcher.advanced(self.evaluations)
        return float(np.sum(terms, dtype=np.float64)), np.asarray(gradient, np.float64).reshape(-1)


def _loss(artwork: Style, network: FeatureNetwork, images: Images) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function from an image (1, height, width, channels) to the loss and its terms."""
    import tensorflow as tf

    content, style = artwork.content(), artwork.style()
    maps = network.feature_maps([*content, *style])
    given = {purpose: maps(tf.constant(image[None], tf.float32)) for purpose, image in images.items()}
    wanted = given["content"][: len(content)]
    grams = [gram_matrix(found) for found in given["style"][len(content) :]]
    height, width, _ = images["content"].shape

    def loss(image: Any) -> tuple[Any, Any]:
        found = maps(image)
        kept = [
            weight * content_distance(own, other)
            for weight, own, other in zip(content.values(), found[: len(content)], wanted, strict=True)
        ]
        taken = [
            weight * style_distance(gram_matrix(own), other, height * width)
            for weight, own, other in zip(style.values(), found[len(content) :], grams, strict=True)
        ]
        smooth = artwork.total_variation * total_variation(image, artwork.total_variation_power)
        terms = tf.stack([tf.add_n(kept), tf.add_n(taken), smooth])
        return tf.reduce_sum(terms), terms

    return loss


def _start(artwork: Style, content: np.ndarray) -> np.ndarray:
    """Return the initial image as a flat array."""
    if artwork.start == "content":
        return content.astype(np.float64).reshape(-1)
    return np.random.default_rng(artwork.seed).uniform(0, 255, content.size)


def _minimizer(artwork: Style, objective: _Objective, start: np.ndarray) -> Minimizer:
    if artwork.optimizer == "adam":
        return Adam(objective, start, float(artwork.learning_rate or 0))
    return Lbfgs(objective, start)


def _report(artwork: Style, iteration: int, terms: dict[str, float], journal: Journal) -> None:
    loss = sum(terms.values())
    journal.add({"iteration": iteration, "loss": loss, **terms})
    digits = len(str(artwork.iterations))
    shown = "  ".join(f"{name} {value:.3e}" for name, value in {"loss": loss, **terms}.items())
    journal.watcher.notice(f"iteration {iteration:{digits}d}/{artwork.iterations}  {shown}")
