"""Where masks go in a graph: which inputs may have rows of any length, and which layers lose a mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlpy.data.task import Task
from dlpy.networks.flow import flows_of, innermost, misfits
from dlpy.networks.links import origin, sources
from dlpy.networks.nodes import Node

_PASSING = {  # work on each time step alone and pass the mask on
    "Activation", "AlphaDropout", "Dense", "Dropout", "ELU", "GaussianDropout", "GaussianNoise", "Identity",
    "LayerNormalization", "LeakyReLU", "ReLU", "SpatialDropout1D", "UnitNormalization",
}  # fmt: skip
_SKIPPING = {"GRU", "GlobalAveragePooling1D", "LSTM", "SimpleRNN"}  # skip the time steps that the mask marks
_LOSING = {  # neither use the mask that they get nor pass it on
    "AveragePooling1D", "Conv1D", "Conv1DTranspose", "Cropping1D", "DepthwiseConv1D", "Flatten", "GlobalMaxPooling1D",
    "MaxPooling1D", "Permute", "SeparableConv1D", "UpSampling1D", "ZeroPadding1D",
}  # fmt: skip


def of_any_length(nodes: Sequence[Node], outputs: Mapping[str, str] | None, task: Task) -> set[str]:
    """Return the padded inputs whose padding changes no prediction: their rows may be cut to the longest of a batch."""
    padded = [name for name, given in task.inputs.items() if given.kind == "sequence" and given.padding]
    return {name for name in padded if _is_masked(name, nodes, outputs, task)}


def _is_masked(name: str, nodes: Sequence[Node], outputs: Mapping[str, str] | None, task: Task) -> bool:
    open_input = replace(task.inputs[name], shape=(None,))
    task = replace(task, inputs={**task.inputs, name: open_input})
    if misfits(nodes, outputs, task):
        return False
    flows, by_name, given = (
        flows_of(nodes, task),
        {node.name: node for node in nodes},
        sources(nodes, list(task.inputs)),
    )
    sequences = {name}  # what has a time axis of any length
    for node in nodes:
        inside = sequences & {*given[node.name]}
        if not inside:
            continue
        if not _skips_padding(origin(node, by_name), reads_input=name in inside):
            return False
        shape = flows[node.name].shape
        if shape is not None and None in shape:
            sequences.add(node.name)
    return True


def _skips_padding(root: Node, *, reads_input: bool) -> bool:
    """Return whether a layer makes a mask of an input's padding, or uses or passes on the one that it gets."""
    if root.family is not None:
        return reads_input and root.family.masks_padding
    if reads_input:
        return root.kind == "Embedding" and root.options.get("mask_zero") is True
    return root.kind in _PASSING or (root.kind in {*_SKIPPING, "Bidirectional"} and innermost(root) in _SKIPPING)


def losing_masks(nodes: Sequence[Node], inputs: Sequence[str]) -> dict[str, str]:
    """Return the class of each layer that gets a mask and ignores it, by the name of the layer."""
    by_name, given = {node.name: node for node in nodes}, sources(nodes, inputs)
    masked: set[str] = set()
    found = {}
    for node in nodes:
        root, gets_mask = origin(node, by_name), bool(masked & {*given[node.name]})
        makes_mask = root.kind == "Masking" or (root.kind == "Embedding" and root.options.get("mask_zero") is True)
        every = root.kind in _SKIPPING and root.options.get("return_sequences") is True
        is_block = root.family is not None and root.family.masks_padding and root.steps
        if makes_mask or is_block or (gets_mask and (root.kind in _PASSING or every)):
            masked.add(node.name)
        elif gets_mask and root.kind in _LOSING:
            found[node.name] = root.kind
    return found
