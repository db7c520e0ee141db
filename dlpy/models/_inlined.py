"""Networks without the layers of dlpy's own, so that Keras can load them where dlpy is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlpy.models._attention import block_class
from dlpy.models._pooling import class_token_class, pooling_class
from dlpy.models._positions import positions_class
from dlpy.models._series_ends import series_end_class
from dlpy.models._start import start_class

if TYPE_CHECKING:
    import keras


def inlined(model: keras.Model) -> keras.Model:
    """Return a functional model of the layers and operations of Keras that these layers consist of.

    It shares the weights. A model without such layers is returned as it is.
    """
    import keras

    of_texts = (block_class(), positions_class(), class_token_class(), pooling_class())
    own = (*of_texts, series_end_class(), start_class())
    if not any(isinstance(layer, own) for layer in model._flatten_layers()):
        return model

    def called(layer: Any, *inputs: Any, **options: Any) -> Any:
        return _spelled_out(layer, inputs) if isinstance(layer, own) else layer(*inputs, **options)

    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=called, recursive=True)


def _spelled_out(layer: Any, inputs: Sequence[Any]) -> Any:
    """Return the output of a layer as that of its parts, with the mask that Keras would attach to it."""
    from keras import layers
    from keras.src import backend

    if isinstance(layer, start_class()):  # its numbers are no layer that could stay as it is
        return layers.Rescaling(1.0, layer.get_weights()[0].tolist(), dtype=layer.dtype_policy)(*inputs)
    first, *others = map(backend.get_keras_mask, inputs)
    masks = {"x_mask": first, "memory_mask": others[0]} if others else {"mask": first}
    output = layer.call(*inputs, **({} if isinstance(layer, series_end_class()) else masks))
    after = layer.compute_mask(inputs[0], first)
    if after is not None:
        backend.set_keras_mask(output, after)
    return output
