"""A network as a flat graph of its layers, including those of nested models, with each layer's inputs and output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dlpy.core.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    import keras

Kind = Literal["convolution", "pooling", "activation", "normalization", "merge", "other"]
SHOWN: tuple[Kind, ...] = ("convolution", "pooling", "activation", "merge")


@dataclass(frozen=True)
class GraphLayer:
    """A layer with its symbolic input tensors (`given`) and output tensor."""

    layer: Any
    given: list[Any]
    output: Any

    @property
    def kind(self) -> Kind:
        """The kind of the layer, for choosing what to show."""
        from keras import layers

        activations = (layers.Activation, layers.ReLU, layers.LeakyReLU, layers.ELU, layers.PReLU)
        if re.search(r"Conv2D(Transpose)?$", type(self.layer).__name__):
            return "convolution"
        if re.fullmatch(r"(Max|Average)Pooling2D", type(self.layer).__name__):
            return "pooling"
        if isinstance(self.layer, activations):
            return "activation"
        if isinstance(self.layer, layers.BatchNormalization):
            return "normalization"
        return "merge" if isinstance(self.layer, layers.Add | layers.Concatenate) else "other"

    @property
    def has_feature_maps(self) -> bool:
        """Whether its output is 4-D: (batch, height, width, channels)."""
        return len(getattr(self.output, "shape", ())) == 4


@dataclass(frozen=True)
class LayerGraph:
    """A network with one input: its layers by name, in the order of computation, and its output."""

    input: Any
    layers: dict[str, GraphLayer]
    output: Any

    def named(self, name: str) -> GraphLayer:
        """Return the layer of this name.

        Raises:
            ConfigError: there is no such layer, or it has no feature maps.
        """
        wrong = self.problem_with(name)
        if wrong is not None:
            raise ConfigError(f"--layer {name}: {wrong}")
        return self.layers[name]

    def problem_with(self, name: str) -> str | None:
        """Return why the layer of this name cannot be shown, or None if it can."""
        known = [own for own, layer in self.layers.items() if layer.has_feature_maps]
        if name in known:
            return None
        what = "this layer has no feature maps." if name in self.layers else "there is no such layer."
        return f"{what}{did_you_mean(name, known)}"

    def shown(self, *kinds: Kind) -> list[str]:
        """Return the names of the layers of these kinds that have feature maps."""
        return [name for name, layer in self.layers.items() if layer.has_feature_maps and layer.kind in kinds]

    def last_feature_maps(self) -> str:
        """Return the name of the last convolution, or of the last normalization, activation or merge after it."""
        return self._last_following(self.shown("convolution")[-1], ("normalization", "activation", "merge"))

    def activated(self, name: str) -> str:
        """Return the name of the activation layer after this layer, or this layer if there is none."""
        return self._last_following(name, ("normalization", "activation"))

    def _last_following(self, name: str, kinds: tuple[Kind, ...]) -> str:
        """Return the name of the last layer of these kinds directly after a layer, or the layer itself."""
        names, found = list(self.layers), name
        for other in names[names.index(name) + 1 :]:
            layer = self.layers[other]
            follows = any(tensor is self.layers[found].output for tensor in layer.given)
            if follows and layer.has_feature_maps and layer.kind in kinds:
                found = other
        return found

    def pre_activation(self, name: str) -> Any:
        """Return the input of a layer's activation (its own or a following layer): a symbolic tensor."""
        return self.with_pre_activation(name)[1]

    def with_pre_activation(self, name: str) -> tuple[Any, Any]:
        """Return the output and the input of a layer's activation (its own or a following layer)."""
        from keras import layers

        layer, last = self.layers[name], self.layers[self.activated(name)]
        own = getattr(layer.layer, "activation", None)
        if last.kind == "activation" or isinstance(last.layer, layers.Softmax):
            return last.output, last.given[0]
        if own is None or own.__name__ == "linear":
            return last.output, last.output
        twin = type(layer.layer).from_config({**layer.layer.get_config(), "activation": "linear", "name": "sums"})
        sums = twin(layer.given[0])
        twin.set_weights(layer.layer.get_weights())
        return (layers.Activation(own)(sums) if last is layer else last.output), sums

    def up_to(self, *names: str) -> keras.Model:
        """Return a model whose outputs are those of these layers."""
        import keras

        return keras.Model(self.input, [self.layers[name].output for name in names])


def open_network(model: keras.Model) -> LayerGraph:
    """Return the layer graph of a model; weights are shared with the model."""
    import keras

    found: list[GraphLayer] = []

    def call(layer: Any, *given: Any, **options: Any) -> Any:
        if is_network(layer):
            return through(layer, given[0], call)
        output = layer(*given, **options)
        found.append(GraphLayer(layer, keras.tree.flatten(given), output))
        return output

    (first,) = model.inputs
    start = keras.Input(batch_shape=first.shape, dtype=first.dtype, name="input")
    output = through(model, start, call)
    return LayerGraph(start, _by_name(found), output)


def resized(model: keras.Model, height: int | None, width: int | None) -> keras.Model | None:
    """Return the model for another input size (None: any), or None if its layers do not accept it."""
    import keras

    start = keras.Input((height, width, model.inputs[0].shape[-1]))
    try:
        output = through(model, start, lambda layer, *given, **options: layer(*given, **options))
    except ValueError:  # too small, or a layer depends on the size
        return None
    return keras.Model(start, output)


def is_network(layer: Any) -> bool:
    """Return whether a layer is a network whose own layers can be called one by one."""
    import keras

    return isinstance(layer, keras.Model) and layer.built and bool(getattr(layer, "inputs", None))


def through(model: keras.Model, tensor: Any, call: Any) -> Any:
    """Return the output of a model for a tensor, calling each of its layers through `call`."""
    import keras

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            tensor = call(layer, tensor)
        return tensor
    # keras.models.clone_model uses the same method, but it would disconnect the tensors from the graph before them.
    outputs = model._run_through_graph([tensor], operation_fn=lambda layer: layer, call_fn=call)  # type: ignore
    flat = keras.tree.flatten(outputs)
    return flat[0] if len(flat) == 1 else outputs


def _by_name(found: list[GraphLayer]) -> dict[str, GraphLayer]:
    """Return layers by name; default names, which Keras numbers per process, are renumbered from here."""
    from keras.src.utils.naming import to_snake_case

    named: dict[str, GraphLayer] = {}
    for layer in found:
        name, stem = layer.layer.name, to_snake_case(type(layer.layer).__name__)
        if re.fullmatch(rf"{stem}(_\d+)?", name):
            name = stem
        number = sum(re.fullmatch(rf"{re.escape(name)}(_\d+)?", known) is not None for known in named)
        named[f"{name}_{number}" if number else name] = layer
    return named
