"""A network of keras.applications: built, and given its weights."""

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
    """Return a network with drawn weights.

    Args:
        name: one of NETWORKS.
        inputs: symbolic pictures (batch, height, width, 3); an input of the network's own size unless given.
        classifier: with its layers that tell ImageNet's classes.
        inside: with its preprocessing, where it can do that itself or leave it.
    """
    from keras import applications

    network = NETWORKS[name]
    options: dict[str, Any] = {"include_preprocessing": inside} if network.range == "inside" else {}
    constructor = getattr(applications, network.constructor)
    return constructor(include_top=classifier, weights=None, input_tensor=inputs, **options)


def read_application(name: str, weights: str, option: str, *, classifier: bool = False) -> Weights:
    """Return the weights of a network.

    Args:
        weights: imagenet, which is downloaded where it is not on this machine, or a path.
        option: the option that `weights` is the value of, for messages.

    Raises:
        DataError: there are none, or they cannot be read.
    """
    if weights == IMAGENET:
        return read_weights(locate(imagenet_file(name, option, classifier=classifier), None))
    return read_weights(Path(weights).expanduser())


def finish_imagenet(name: str, layers: list[keras.layers.Layer]) -> None:
    """Let EfficientNet divide by the root of ImageNet's deviation once more: so were these weights trained."""
    import keras

    if not name.startswith("efficientnet_b"):
        return
    for layer in layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt_variance.assign(layer.adapt_variance * keras.ops.reshape(_DEVIATION, (-1,)))
            layer.finalize_state()
