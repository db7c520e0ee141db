"""The preprocessing of images inside a model, in front of a pretrained base."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.pretrained.zoo import Range

_MEAN = (123.68, 116.779, 103.939)  # of ImageNet's red, green and blue, 0 to 255
_TORCH_MEAN, _TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # the same, 0 to 1
ADDED = ("input", "repeated", "preprocessed")  # the names of the layers in front of a base


class Preparation(Block):
    """The preprocessing of another run's images: `image * scale + offset`."""

    scale: float = 1.0
    """Factor of each number."""
    offset: float = 0.0
    """Number added afterwards."""
    channels: Annotated[int, Field(gt=0)] | None = None
    """Number of channels of the base; the channel of a grayscale image is repeated to fill them."""


def prepared(x: Any, wanted: Range | Preparation) -> Any:
    """Return images (batch, height, width, channels) in the range of a base, by layers that Keras can save.

    Raises:
        ConfigError: the images have another number of channels than the base, and are not grayscale.
    """
    import keras
    from keras import layers

    x = _repeated(x, wanted.channels if isinstance(wanted, Preparation) else 3)
    if isinstance(wanted, Preparation):
        same = wanted.scale == 1 and wanted.offset == 0
        return x if same else layers.Rescaling(wanted.scale, wanted.offset, name="preprocessed")(x)
    if wanted == "tf":
        return layers.Rescaling(1 / 127.5, -1.0, name="preprocessed")(x)
    if wanted == "torch":
        mean = [255 * value for value in _TORCH_MEAN]
        variance = [(255 * value) ** 2 for value in _TORCH_DEVIATION]
        return layers.Normalization(mean=mean, variance=variance, name="preprocessed")(x)
    if wanted == "caffe":
        centred = layers.Normalization(mean=list(_MEAN), variance=[1.0, 1.0, 1.0], name="preprocessed")(x)
        return keras.ops.flip(centred, axis=-1)  # blue, green, red
    return x


def _repeated(x: Any, channels: int | None) -> Any:
    from keras import layers

    given = x.shape[-1]
    if channels in (None, given):
        return x
    if given != 1:
        raise ConfigError(f"the base needs images with {channels} channels, not {given}.")
    return layers.Concatenate(name="repeated")([x] * channels)
