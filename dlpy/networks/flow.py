"""Checks of a graph against the task: its inputs and outputs, and the shapes between its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.data.task import Input, Output, Task
from dlpy.networks.links import origin, sources, unused
from dlpy.networks.nodes import Node
from dlpy.networks.option_checks import WRAPPED, Found, canonical, close_to
from dlpy.networks.shape_rules import Shape, ShapeError, shown
from dlpy.networks.shapes import output_shape

_OF_NUMBERS = {"Flatten", "Reshape", "Concatenate", "Permute", "RepeatVector", "Identity"}  # keep integers as they are
_OF_INTEGERS = _OF_NUMBERS | {"Embedding", "ReversibleEmbedding", "CategoryEncoding", "IntegerLookup", "Hashing",
                              "HashedCrossing"}  # fmt: skip
_WITH_WEIGHTS = {
    "BatchNormalization", "Bidirectional", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D",
    "Conv3DTranspose", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "GRU", "LSTM", "LayerNormalization",
    "SeparableConv1D", "SeparableConv2D", "SimpleRNN",
}  # fmt: skip

_SIZES = (97, 193)  # tried where only the data tells a size: what is the same for both does not depend on it


@dataclass(frozen=True)
class Flow:
    """What comes out of a layer or an input: a shape, if it is known, and the task's input if it comes unchanged."""

    shape: Shape | None
    given: Input | None = None
    integers: bool = False
    vocabulary: int | None = None  # one more than the largest integer
    open: bool = False  # the last size, None, is a number that only the data tells

    def of_size(self, size: int) -> Flow:
        """Return the flow with its last size, where that is open, as a number."""
        return replace(self, shape=(*(self.shape or ())[:-1], size), open=False) if self.open else self

    def view(self, *, steps: bool = False) -> Task | None:
        """Return the task of a block over this, or None if the shape is not known."""
        return None if self.given is None and self.shape is None else view(self.given, self.shape or (), steps=steps)


def view(given: Input | None, shape: Shape, *, steps: bool = False) -> Task:
    """Return the task of a family as a block: one input, and for what follows a number, or one for each step."""
    count = ((shape[0] if shape else None) or 1) if steps else None
    return Task.single(given or Input("array", shape), Output("regression", steps=count, per_step=steps))


def misfits(nodes: Sequence[Node], outputs: Mapping[str, str] | None, task: Task) -> list[Found]:
    """Return how a graph does not fit the task, with keys below the model."""
    found = [*_wrong_names(nodes, task), *_wrong_inputs(nodes, task), *_wrong_outputs(outputs, task)]
    if found:
        return found
    ends = outputs or dict.fromkeys(task.outputs, nodes[-1].name)
    found += [*_unused_inputs(nodes, task), *unused(nodes, list(ends.values()), list(task.inputs))]
    wrong, flows = _walked(nodes, task)
    return [*found, *wrong, *_wrong_ends(ends, flows, task, given=bool(outputs))]


def flows_of(nodes: Sequence[Node], task: Task) -> dict[str, Flow]:
    """Return what comes out of each input and layer, as far as it is known without Keras."""
    return _walked(nodes, task)[1]


def _wrong_names(nodes: Sequence[Node], task: Task) -> Iterator[Found]:
    for node in nodes:
        if node.name in task.inputs:
            yield ("layers", node.name), "an input has this name too: rename the layer."
        elif node.name in task.outputs:
            yield ("layers", node.name), "an output has this name, which its last layer gets: rename this layer."
    for name in task.outputs.keys() & task.inputs.keys():
        yield ("outputs", name), "an input has this name too: rename one of them in the data."


def _wrong_inputs(nodes: Sequence[Node], task: Task) -> Iterator[Found]:
    """Yield a mistake for each name in `of` that does not exist, and for a first layer that leaves its input open."""
    known = [*task.inputs, *(node.name for node in nodes)]
    for node in nodes:
        for number, source in enumerate(node.of or ()):
            if source not in known:
                keys = ("layers", node.name, "of", *([number] if len(node.of or ()) > 1 else []))
                yield keys, f"there is no input or layer '{source}'.{close_to(source, known)}"
    if nodes and nodes[0].of is None and len(task.inputs) > 1:
        yield ("layers", nodes[0].name), f"say with 'of' which input goes in: {', '.join(task.inputs)}."


def _wrong_outputs(outputs: Mapping[str, str] | None, task: Task) -> Iterator[Found]:
    if outputs is None:
        if len(task.outputs) > 1:
            example = ", ".join(f"{name}: ..." for name in task.outputs)
            yield ("outputs",), f"required, because the task has several: outputs: {{{example}}}, each with a layer."
        return
    for name in outputs.keys() - task.outputs.keys():
        yield ("outputs", name), f"the data has no output '{name}'.{close_to(name, list(task.outputs))}"
    for name in [name for name in task.outputs if name not in outputs]:
        yield ("outputs",), f"the output '{name}' of the data is missing: give it a layer."


def _unused_inputs(nodes: Sequence[Node], task: Task) -> Iterator[Found]:
    used = {source for names in sources(nodes, list(task.inputs)).values() for source in names}
    for name in (name for name in task.inputs if name not in used):
        yield ("layers",), f"no layer uses the input '{name}': name it in 'of', or remove it from the data."


def _walked(nodes: Sequence[Node], task: Task) -> tuple[list[Found], dict[str, Flow]]:
    """Return the mistakes in what goes into the layers, and what comes out of them."""
    flows = {name: _of_input(given) for name, given in task.inputs.items()}
    found: list[Found] = []
    first: dict[str, Flow] = {}  # what goes into the first use of each layer
    by_name, given = {node.name: node for node in nodes}, sources(nodes, list(task.inputs))
    for node in nodes:
        inside, root = [flows[name] for name in given[node.name]], origin(node, by_name)
        try:
            _check_sharing(root, inside[0], first.setdefault(root.name, inside[0]))
            flows[node.name] = _through_any(root, inside)
        except ConfigErrors as error:
            found += [(("layers", node.name, *keys), message) for keys, message in error.found]
        except (ConfigError, ShapeError) as error:
            found.append((("layers", node.name), str(error)))
        flows.setdefault(node.name, Flow(None))
    return found, flows


def _check_sharing(root: Node, flow: Flow, first: Flow) -> None:
    """Raise ConfigError if a layer with weights is used again for rows that these do not fit."""
    if flow.shape is None or first.shape is None or not (root.family or root.kind in _WITH_WEIGHTS):
        return
    axes = slice(None) if root.family else slice(-1, None)
    sizes = zip(flow.shape[axes], first.shape[axes], strict=False)
    if len(flow.shape) != len(first.shape) or any(None not in pair and pair[0] != pair[1] for pair in sizes):
        raise ConfigError(
            f"it has the weights of '{root.name}', for {shown(first.shape)}: they do not fit {shown(flow.shape)}."
        )


def _of_input(given: Input) -> Flow:
    known, integers = given.kind in ("array", "sparse", "sequence"), given.kind == "sequence"
    is_open = known and not integers and None in given.shape[-1:]
    return Flow(given.shape if known else None, given, integers, given.vocabulary, is_open)


def _through_any(root: Node, inside: Sequence[Flow]) -> Flow:
    """Return what comes out of a layer; a size that only the data tells may be any.

    Raises:
        ConfigError, ShapeError: it does not take what goes in, whatever that size is.
    """
    if root.family is not None or not any(flow.open for flow in inside):
        return _through(root, inside)
    others = [flow.shape[-1] for flow in inside if flow.shape and not flow.open]
    found, error = [], None
    for size in (*_SIZES, *(size for size in others if size is not None)):
        try:
            found.append(_through(root, [flow.of_size(size) for flow in inside]).shape)
        except ShapeError as wrong:
            error = wrong
    if error is not None and not found:
        raise error
    if len(found) < 2 or None in found or len({len(shape) for shape in found if shape is not None}) > 1:
        return Flow(None)
    sizes = [set(sides) for sides in zip(*(shape for shape in found if shape is not None), strict=True)]
    shape = tuple(side.pop() if len(side) == 1 else None for side in sizes)
    return Flow(shape, open=len(sizes) > 0 and shape[-1] is None)


def _through(root: Node, inside: Sequence[Flow]) -> Flow:
    """Return what comes out of a layer.

    Raises:
        ConfigError, ShapeError: it does not take what goes in.
    """
    for flow in inside:
        _check_kind(root, flow)
    if root.family is not None:
        task, shape = inside[0].view(steps=root.steps), inside[0].shape
        if task is not None:
            root.family.check(task)
        return Flow((shape[0], None), open=True) if root.steps and shape else Flow(None)
    size, words = root.options.get("input_dim"), inside[0].vocabulary
    if root.kind == "Embedding" and size is not None and words is not None and size < words:
        raise ConfigErrors([(("input_dim",), f"the input has integers up to {words - 1}: leave this option out.")])
    shape = output_shape(root.kind, [flow.shape for flow in inside], root.options)
    if root.kind not in _OF_NUMBERS or not all(flow.integers for flow in inside):
        return Flow(shape)
    words = [flow.vocabulary for flow in inside]
    return Flow(shape, integers=True, vocabulary=None if None in words else max(size or 0 for size in words))


def _check_kind(root: Node, flow: Flow) -> None:
    """Raise ConfigError if a layer does not take texts, tables, sparse rows, or integers."""
    given, kind = flow.given, innermost(root)
    if given is not None:
        _check_input(kind, given)
    if root.family is not None:  # it checks the rest itself
        if given is not None:
            root.family.check_codes(view(given, ()))
        return
    if given is not None and given.categories:
        raise ConfigError(f"{kind} would take codes of categories for numbers: use {{family: dense}} on this input.")
    if flow.integers and kind not in _OF_INTEGERS:
        raise ConfigError(f"{kind} cannot read the integers of a sequence: put {{layer: Embedding}} in front.")
    if kind == "Embedding" and not flow.integers and (given is not None or flow.shape is not None):
        raise ConfigError("Embedding reads the integers of a sequence, not numbers: use {layer: Dense}.")


def _check_input(kind: str, given: Input) -> None:
    if given.kind == "text":
        raise ConfigError("it cannot read texts: add 'tokenize' and 'pad' to the transforms of this input.")
    if given.kind == "table":
        raise ConfigError("it cannot read a table: end the transforms of this input with 'tabulate'.")
    if given.kind == "sequence" and given.padding is None:
        raise ConfigError("it needs sequences of one length: add such as {name: pad, length: 500} to the transforms.")
    if given.kind == "sparse" and kind not in ("", "Dense"):
        raise ConfigError(f"{kind} cannot read bags of words: put {{layer: Dense}} in front.")


def innermost(root: Node) -> str:
    """Return the class of the layer of Keras that reads the tensor: that in a wrapper, or the layer itself."""
    kind, options = root.kind, root.options
    while WRAPPED in options:
        options = options[WRAPPED]
        kind = canonical(options["layer"])
    return kind


def _wrong_ends(ends: Mapping[str, str], flows: Mapping[str, Flow], task: Task, *, given: bool) -> Iterator[Found]:
    """Yield a mistake for each output whose last layer would not get one vector for each row."""
    for name, layer in ends.items():
        if task.outputs[name].kind == "unknown":  # only the file decides how the output is predicted
            continue
        shape, wanted = flows[layer].shape, task.outputs[name].shape
        keys = ("outputs", name) if given else ("layers", layer)
        if shape is not None and len(wanted) > 1 and (len(shape) != 2 or _differ(shape[0], wanted[0])):
            needed = "a vector for each step" if wanted[0] is None else f"{wanted[0]} vectors, one for each step"
            hint = "leave out pooling, use 'padding: same' and, in recurrent layers, 'return_sequences: true'"
            yield keys, f"the last layer needs {needed}, and '{layer}' gives {shown(shape)}: {hint}."
        elif shape is not None and len(shape) != len(wanted):
            hint = "put {layer: Flatten} or a global pooling layer behind it"
            yield keys, f"the last layer needs one vector for each row, and '{layer}' gives {shown(shape)}: {hint}."
        elif shape is not None and shape[-1] is None and not flows[layer].open:
            yield keys, f"the last layer needs a known number of features, and '{layer}' gives {shown(shape)}."


def _differ(one: int | None, other: int | None) -> bool:
    """Return whether two sizes are known and differ."""
    return None not in (one, other) and one != other
