"""The layers of a graph made and connected with Keras' functional API."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlpy.core.errors import ConfigError, ConfigErrors, in_one_line
from dlpy.data.task import Input, Task
from dlpy.engine.sparse_dense import sparse_dense
from dlpy.networks import keras_objects as named
from dlpy.networks.flow import Flow, flows_of, view
from dlpy.networks.links import origin, sources
from dlpy.networks.nodes import Node
from dlpy.networks.option_checks import WRAPPED, called_options

if TYPE_CHECKING:
    import keras

_LISTED = ("AdditiveAttention", "Attention")  # take a list of tensors, as layers that merge do
_SEPARATE = ("GroupQueryAttention", "MultiHeadAttention")  # take query, value and key as arguments
_MADE = {
    "_initializer": ("initializers", named.INITIALIZER_NAMES),
    "_regularizer": ("regularizers", named.REGULARIZER_NAMES),
    "_constraint": ("constraints", named.CONSTRAINT_NAMES),
}


def input_tensors(task: Task, of_any_length: Collection[str]) -> dict[str, Any]:
    """Return a symbolic tensor for each input of a task, named like it; some for rows of any length."""
    import keras

    return {
        name: keras.Input(
            (None,) if name in of_any_length else given.shape,
            sparse=given.kind == "sparse",
            dtype="int32" if given.kind == "sequence" else None,
            name=name,
        )
        for name, given in task.inputs.items()
    }


def below_the_ends(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model that have weights, without the last one of each output."""
    ends = {id(_last_with_weights(tensor)) for tensor in model.outputs}
    return [layer for layer in model.layers if layer.weights and id(layer) not in ends]


def _last_with_weights(tensor: Any) -> Any:
    """Return the layer with weights that a tensor comes from: the classes of ordinal outputs are computed from it."""
    operation = tensor._keras_history.operation
    while not getattr(operation, "weights", ()) and operation._inbound_nodes[0].input_tensors:
        operation = operation._inbound_nodes[0].input_tensors[0]._keras_history.operation
    return operation


def connected(nodes: Sequence[Node], task: Task, tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return the output of each layer of a graph, and the tensors of the inputs.

    Layers are made in the order of the nodes; a layer that others are like is made once.

    Raises:
        ConfigErrors: Keras cannot make a layer, or it does not take what goes in.
    """
    with warnings.catch_warnings():  # Graph.notice says it in a line
        warnings.filterwarnings("ignore", r"Layer '.*' \(of type .*\) was passed an input with a mask", UserWarning)
        return _connected(nodes, task, tensors)


def _connected(nodes: Sequence[Node], task: Task, tensors: Mapping[str, Any]) -> dict[str, Any]:
    builder, found, given = _Builder(nodes, task), dict(tensors), sources(nodes, list(tensors))
    for node in nodes:
        try:
            found[node.name] = builder.output(node, [found[name] for name in given[node.name]])
        except ConfigErrors:
            raise
        except ConfigError as error:
            raise ConfigErrors([(("layers", node.name), str(error))]) from error
        except (ValueError, TypeError) as error:
            raise ConfigErrors([(("layers", node.name), f"Keras refuses it: {in_one_line(error)}")]) from error
    return found


class _Builder:
    """Makes the layers of a graph, each once."""

    def __init__(self, nodes: Sequence[Node], task: Task) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._sources = sources(nodes, list(task.inputs))
        self._flows = flows_of(nodes, task)
        self._padded_in_front = any(given.padding == "front" for given in task.inputs.values())
        self._made: dict[str, Any] = {}

    def output(self, node: Node, inside: Sequence[Any]) -> Any:
        """Return the output of a layer for what goes in."""
        root = origin(node, self._nodes)
        if root.name not in self._made:
            self._made[root.name] = self._layer(root, inside)
        return _called(root, self._made[root.name], inside)

    def _layer(self, root: Node, inside: Sequence[Any]) -> Any:
        if root.family is not None:
            return _block(root, self._flows[self._sources[root.name][0]].given, inside[0])
        from keras.src import backend

        options = dict(root.options)
        if root.kind == "Embedding" and options.get("input_dim") is None:
            options["input_dim"] = _vocabulary(root, self._read(root))
        if root.kind == "Dense" and getattr(inside[0], "sparse", False):
            return sparse_dense()(**_arguments(root.kind, options), name=root.name)
        if self._padded_in_front and backend.get_keras_mask(inside[0]) is not None:
            options = _without_cudnn(root.kind, options)
        return _keras_layer(root.kind, options, root.name)

    def _read(self, root: Node) -> list[Flow]:
        """Return what goes into a layer, wherever it is used."""
        users = [node for node in self._nodes.values() if origin(node, self._nodes) is root]
        return [self._flows[name] for user in users for name in self._sources[user.name]]


def _vocabulary(root: Node, read: Sequence[Flow]) -> int:
    """Return the largest vocabulary of what goes into an embedding."""
    known = [flow.vocabulary for flow in read]
    if None in known:
        raise ConfigErrors([(("layers", root.name, "input_dim"), "required, as the vocabulary is not known.")])
    return max(size or 0 for size in known)


def _keras_layer(kind: str, options: Mapping[str, Any], name: str | None = None) -> keras.layers.Layer:
    from keras import layers

    named_or_not = {} if name is None else {"name": name}
    return getattr(layers, kind)(**_arguments(kind, options), **named_or_not)


def _arguments(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a layer's class: objects of Keras in place of their names and options."""
    called = called_options(kind, options)
    found = {name: _argument(name, value) for name, value in options.items() if name not in called}
    if WRAPPED in found:
        inner = {name: value for name, value in options[WRAPPED].items() if name != "layer"}
        found["layer"] = _keras_layer(options[WRAPPED]["layer"], inner)
        del found[WRAPPED]
    return found


def _argument(name: str, value: Any) -> Any:
    """Return the object of Keras that a mapping such as {name: RandomNormal, stddev: 0.01} describes."""
    import keras

    ending = next((ending for ending in _MADE if name.endswith(ending)), None)
    if ending is None or not isinstance(value, dict):
        return tuple(value) if name == "target_shape" else value
    module, names = _MADE[ending]
    options = {"name": "l1l2", **value}
    return getattr(getattr(keras, module), names[options.pop("name")])(**options)


def _without_cudnn(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a layer that gets a mask of padding in front, which cuDNN cannot read."""
    if kind in ("LSTM", "GRU"):
        return {"use_cudnn": False, **options}
    if WRAPPED in options and options[WRAPPED]["layer"] in ("LSTM", "GRU"):
        return {**options, WRAPPED: {"use_cudnn": False, **options[WRAPPED]}}
    return options


def _called(root: Node, layer: Any, inside: Sequence[Any]) -> Any:
    """Return the output of a layer for what goes in."""
    options = called_options(root.kind, root.options)
    if root.kind in _SEPARATE:
        return layer(*inside, **options)
    return layer(list(inside), **options) if len(inside) > 1 or root.kind in _LISTED else layer(inside[0], **options)


def _block(root: Node, given: Input | None, tensor: Any) -> keras.Model:
    """Return a family's network without its last layer, as one layer.

    Raises:
        ConfigError: the family does not take what goes in, or has no last layer.
    """
    import keras

    family: Any = root.family
    task = view(given, tuple(tensor.shape[1:]), steps=root.steps)
    family.check(task)
    model = family.build(task)
    operation, number, _ = model.outputs[0]._keras_history
    if not isinstance(operation, keras.layers.Layer) or not operation.weights:
        raise ConfigError(f"{family.name} has no last layer with weights whose input could be its features.")
    (features,) = operation._inbound_nodes[number].input_tensors
    return keras.Model(model.inputs, features, name=root.name)
