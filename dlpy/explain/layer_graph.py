"""A network with its layers laid open: what goes into each and what comes out, those of networks inside it included."""

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
class OpenLayer:
    """A layer, and the symbolic tensors that go into it and come out of it."""

    layer: Any
    given: list[Any]
    output: Any

    @property
    def kind(self) -> Kind:
        """What the layer does, as far as that matters for looking at it."""
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
    def gives_maps(self) -> bool:
        """Whether it gives pictures: (batch, height, width, channels)."""
        return len(getattr(self.output, "shape", ())) == 4


@dataclass(frozen=True)
class Opened:
    """A network of one input: its layers by name, in the order in which they are computed, and what it gives."""

    input: Any
    layers: dict[str, OpenLayer]
    output: Any

    def named(self, name: str) -> OpenLayer:
        """Return a layer that gives pictures.

        Raises:
            ConfigError: there is none of that name.
        """
        wrong = self.unfit(name)
        if wrong is not None:
            raise ConfigError(f"--layer {name}: {wrong}")
        return self.layers[name]

    def unfit(self, name: str) -> str | None:
        """Return why a layer of this name cannot be looked at; None where it can."""
        known = [own for own, layer in self.layers.items() if layer.gives_maps]
        if name in known:
            return None
        what = "gives no pictures." if name in self.layers else "there is no such layer."
        return f"{what}{did_you_mean(name, known)}"

    def shown(self, *kinds: Kind) -> list[str]:
        """Return the names of the layers of these kinds that give pictures."""
        return [name for name, layer in self.layers.items() if layer.gives_maps and layer.kind in kinds]

    def last_maps(self) -> str:
        """Return the layer that tells where: what normalizes, activates and joins the last convolution, or itself."""
        return self._behind(self.shown("convolution")[-1], ("normalization", "activation", "merge"))

    def activated(self, name: str) -> str:
        """Return the layer that activates what this one gives, or this one where none does."""
        return self._behind(name, ("normalization", "activation"))

    def _behind(self, name: str, kinds: tuple[Kind, ...]) -> str:
        """Return the last of the layers of these kinds that follow a layer."""
        names, found = list(self.layers), name
        for other in names[names.index(name) + 1 :]:
            layer = self.layers[other]
            follows = any(tensor is self.layers[found].output for tensor in layer.given)
            if follows and layer.gives_maps and layer.kind in kinds:
                found = other
        return found

    def sums(self, name: str) -> Any:
        """Return what goes into the activation of a layer, its own or one behind it: a symbolic tensor."""
        return self.with_sums(name)[1]

    def with_sums(self, name: str) -> tuple[Any, Any]:
        """Return what a layer gives behind its activation, its own or one behind it, and what goes into that."""
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
        """Return the network that gives what these layers give."""
        import keras

        return keras.Model(self.input, [self.layers[name].output for name in names])


def open_network(model: keras.Model) -> Opened:
    """Return the network with its layers laid open; weights are shared with the model."""
    import keras

    found: list[OpenLayer] = []

    def call(layer: Any, *given: Any, **options: Any) -> Any:
        if isinstance(layer, keras.Model) and layer.built and getattr(layer, "inputs", None):
            return _through(layer, given[0], call)
        output = layer(*given, **options)
        found.append(OpenLayer(layer, keras.tree.flatten(given), output))
        return output

    (first,) = model.inputs
    start = keras.Input(batch_shape=first.shape, dtype=first.dtype, name="input")
    output = _through(model, start, call)
    return Opened(start, _by_name(found), output)


def resized(model: keras.Model, height: int | None, width: int | None) -> keras.Model | None:
    """Return the model for pictures of another size, or of any (None); None where its layers do not take it."""
    import keras

    start = keras.Input((height, width, model.inputs[0].shape[-1]))
    try:
        output = _through(model, start, lambda layer, *given, **options: layer(*given, **options))
    except ValueError:  # too small for the layers, or a layer that knows the size
        return None
    return keras.Model(start, output)


def _through(model: keras.Model, tensor: Any, call: Any) -> Any:
    """Return what a model makes of a symbolic tensor, each of its layers called by `call`."""
    import keras

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            tensor = call(layer, tensor)
        return tensor
    # What keras.models.clone_model is made of; that would cut the tensors off from what they were made of.
    outputs = model._run_through_graph([tensor], operation_fn=lambda layer: layer, call_fn=call)  # type: ignore
    flat = keras.tree.flatten(outputs)
    return flat[0] if len(flat) == 1 else outputs


def _by_name(found: list[OpenLayer]) -> dict[str, OpenLayer]:
    """Return layers by name; names that Keras gave, which it counts on through a process, are counted from here."""
    from keras.src.utils.naming import to_snake_case

    named: dict[str, OpenLayer] = {}
    for layer in found:
        name, stem = layer.layer.name, to_snake_case(type(layer.layer).__name__)
        if re.fullmatch(rf"{stem}(_\d+)?", name):
            name = stem
        number = sum(re.fullmatch(rf"{re.escape(name)}(_\d+)?", known) is not None for known in named)
        named[f"{name}_{number}" if number else name] = layer
    return named
