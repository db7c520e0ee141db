"""What is done to pictures inside a model, in front of a base that was trained elsewhere."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.pretrained.zoo import Range

_MEAN = (123.68, 116.779, 103.939)  # of ImageNet's red, green and blue, 0 to 255
_TORCH_MEAN, _TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # the same, 0 to 1
ADDED = ("input", "repeated", "preprocessed")  # the names of what stands in front of a base


class Preparation(Block):
    """What the pictures of another run went through: `picture * scale + offset`."""

    scale: float = 1.0
    """What each number is multiplied by."""
    offset: float = 0.0
    """What is added afterwards."""
    channels: Annotated[int, Field(gt=0)] | None = None
    """How many channels the base takes; a grey picture is repeated so often."""


def prepared(x: Any, wanted: Range | Preparation) -> Any:
    """Return pictures (batch, height, width, channels) as a base takes them, by layers that Keras can save.

    Raises:
        ConfigError: they have other channels than the base takes, and are not grey.
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
        raise ConfigError(f"the base takes pictures of {channels} channels, not {given}.")
    return layers.Concatenate(name="repeated")([x] * channels)
