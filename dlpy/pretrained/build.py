"""Builds a network of keras.applications and reads its weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.pretrained.weights import Weights, read_weights
from dlpy.pretrained.zoo import NETWORKS, imagenet_file
from dlpy.storage.locate import locate

if TYPE_CHECKING:
    import keras

IMAGENET = "imagenet"
_DEVIATION = (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, 0 to 1


def new_application(name: str, inputs: Any = None, *, classifier: bool = False, inside: bool = True) -> keras.Model:
    """Return a network with random weights.

    Args:
        name: one of NETWORKS.
        inputs: symbolic images (batch, height, width, 3); default: a new input of the network's usual size.
        classifier: whether to include the layers that classify ImageNet.
        inside: whether to include the preprocessing, if that can be chosen.
    """
    from keras import applications

    network = NETWORKS[name]
    options: dict[str, Any] = {"include_preprocessing": inside} if network.range == "inside" else {}
    constructor = getattr(applications, network.constructor)
    return constructor(include_top=classifier, weights=None, input_tensor=inputs, **options)


def read_application(name: str, weights: str, option: str, *, classifier: bool = False) -> Weights:
    """Return the weights of a network.

    Args:
        weights: imagenet, which is downloaded if it is not on this machine, or a path.
        option: the option that `weights` is the value of, for messages.

    Raises:
        DataError: the weights are missing or unreadable.
    """
    if weights == IMAGENET:
        return read_weights(locate(imagenet_file(name, option, classifier=classifier), None))
    return read_weights(Path(weights).expanduser())


def finish_imagenet(name: str, layers: list[keras.layers.Layer]) -> None:
    """Make EfficientNet divide by the root of ImageNet's standard deviation once more, as in its training."""
    import keras

    if not name.startswith("efficientnet_b"):
        return
    for layer in layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt_variance.assign(layer.adapt_variance * keras.ops.reshape(_DEVIATION, (-1,)))
            layer.finalize_state()
