"""A network described layer by layer: for each, its kind, the shape of its output, its weights, and what goes in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlpy.networks.shape_rules import Shape, shown

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class LayerUse:
    """One use of a layer; a layer that is used twice has two."""

    name: str
    kind: str
    shape: Shape | None
    of: tuple[str, ...]  # the names of what goes in
    weights: int = 0  # numbers in the weights of the layer
    learning: int = 0  # those that are trained
    same_as: str = ""  # the first use of the same layer, if this is another one
    inside: tuple[LayerUse, ...] = ()  # the layers of a network that is used as a layer

    @property
    def shape_text(self) -> str:
        """The shape of the output for one row as text."""
        return "" if self.shape is None else shown(self.shape)


def uses_of(model: keras.Model, names: Mapping[str, Sequence[str]] | None = None) -> list[LayerUse]:
    """Return all uses of layers in a network in an order in which data flows.

    Args:
        names: what to call the first, second, ... use of a layer; default: `read`, `read (2)`, ...
    """
    import keras

    nodes = getattr(model, "_nodes_by_depth", None)
    if nodes is None:
        return [_use(layer, layer.name, ()) for layer in model.layers]
    order = {id(operation): number for number, operation in enumerate(model.operations)}
    waiting = [node for group in nodes.values() for node in group if id(node.operation) in order]
    waiting.sort(key=lambda node: (order[id(node.operation)], node.operation._inbound_nodes.index(node)))
    masks = {id(tensor) for node in waiting for tensor in _masks(node)}
    kept = _in_order([node for node in waiting if not any(id(tensor) in masks for tensor in node.output_tensors)])
    steps: set[str] = set()  # the names of uses of operations that are no layers
    called: dict[int, str] = {}  # the name of the use that a tensor comes from
    first: dict[int, list[str]] = {}  # the names of the uses of an operation
    found = []
    for node in kept:
        past = first.setdefault(id(node.operation), [])
        name = _name(node.operation.name, len(past), names or {})
        of = [called[id(tensor)] for tensor in node.input_tensors if id(tensor) in called]
        found.append(_use(node.operation, name, tuple(of), node.output_tensors[0], past[0] if past else ""))
        past.append(name)
        if not isinstance(node.operation, keras.layers.Layer):
            steps.add(name)
        called.update((id(tensor), name) for tensor in node.output_tensors)
    return _with_last_steps_joined(found, steps)


def _with_last_steps_joined(uses: list[LayerUse], steps: set[str]) -> list[LayerUse]:
    """Return uses with the operations behind the last layers joined, such as those of ordered classes.

    Args:
        uses: in an order in which data flows.
        steps: the names of those that are operations and no layers.
    """
    after = {use.name: [other.name for other in uses if use.name in other.of] for use in uses}
    behind: dict[str, set[str]] = {}  # for each operation behind the last layers, itself and those that follow
    for use in reversed(uses):
        if use.name in steps and all(name in behind for name in after[use.name]):
            behind[use.name] = {use.name}.union(*(behind[name] for name in after[use.name]))
    kept = []
    for use in uses:
        if use.name not in behind:
            kept.append(use)
        elif not after[use.name]:
            joined = [other for other in uses if use.name in behind.get(other.name, ())]
            of = dict.fromkeys(name for other in joined for name in other.of if name not in behind)
            name, kind = f"{' '.join(of)} output", f"{len(joined)} operations"
            name = use.name if name in {*after, *(other.name for other in kept)} else name
            kept.append(replace(use, name=name, kind=kind, of=tuple(of)) if len(joined) > 1 else use)
    return kept


def uses_beside(model: keras.Model, layers: Sequence[Any]) -> list[LayerUse]:
    """Return those of some layers whose weights are in no layer of a network, such as a GAN's generator."""
    known = {id(weight) for operation in model.operations for weight in getattr(operation, "weights", ())}
    others = [layer for layer in layers if not {id(weight) for weight in layer.weights} <= known]
    return [_use(layer, layer.name, (), (getattr(layer, "outputs", None) or [None])[0]) for layer in others]


def _masks(node: Any) -> Iterator[Any]:
    """Yield the masks that go into a layer: tensors that Keras computes beside the data."""
    import keras

    for name, value in node.arguments.kwargs.items():
        if name.endswith("mask"):
            yield from (tensor for tensor in keras.tree.flatten(value) if isinstance(tensor, keras.KerasTensor))


def _in_order(waiting: list[Any]) -> list[Any]:
    """Return nodes so that each follows those that it needs, and otherwise in the given order."""
    known = {id(tensor) for node in waiting for tensor in node.output_tensors}
    done: set[int] = set()
    found: list[Any] = []
    while waiting:
        ready = next(
            (node for node in waiting if all(id(one) in done or id(one) not in known for one in node.input_tensors)),
            waiting[0],
        )
        waiting = [node for node in waiting if node is not ready]
        done |= {id(tensor) for tensor in ready.output_tensors}
        found.append(ready)
    return found


def _name(name: str, past: int, names: Mapping[str, Sequence[str]]) -> str:
    own = names.get(name, ())
    if past < len(own):
        return own[past]
    return f"{name} ({past + 1})" if past else name


def _use(operation: Any, name: str, of: tuple[str, ...], tensor: Any = None, same_as: str = "") -> LayerUse:
    import keras

    weights = 0 if same_as else sum(_size(variable) for variable in getattr(operation, "weights", ()))
    learning = 0 if same_as else sum(_size(variable) for variable in getattr(operation, "trainable_variables", ()))
    nested = isinstance(operation, keras.Model) and not same_as
    inside = [use for use in uses_of(operation) if use.kind != "input"] if nested else []
    shape = getattr(tensor, "shape", None)
    return LayerUse(
        name,
        _kind(operation),
        None if shape is None else tuple(shape[1:]),
        of,
        weights,
        learning,
        same_as,
        tuple(inside),
    )


def _kind(operation: Any) -> str:
    import keras

    if isinstance(operation, keras.layers.InputLayer):
        return "input"
    if isinstance(operation, keras.Model):
        return "network"
    kind = type(operation).__name__
    if isinstance(operation, keras.layers.Bidirectional):
        return f"{kind} {type(operation.forward_layer).__name__}"
    return f"{kind} {type(operation.layer).__name__}" if isinstance(operation, keras.layers.Wrapper) else kind


def _size(variable: Any) -> int:
    return math.prod(variable.shape)


def table(uses: Sequence[LayerUse]) -> list[str]:
    """Return lines in columns: name, kind, shape, weights, and what goes in; the layers in a network are indented."""
    rows = [("layer", "kind", "output", "weights", "from"), *_rows(uses, "")]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [_line(row, widths) for row in rows]


def _rows(uses: Sequence[LayerUse], before: str) -> Iterator[tuple[str, str, str, str, str]]:
    for use in uses:
        yield before + use.name, use.kind, use.shape_text, _weights(use), ", ".join(use.of)
        yield from _rows(use.inside, f"{before}  ")


def _weights(use: LayerUse, unit: str = "") -> str:
    """Return the number of weights, with how many learn unless all do."""
    if use.same_as:
        return f"those of {use.same_as}"
    note = "" if use.learning == use.weights else f" ({use.learning:,} learn)" if use.learning else " frozen"
    return f"{use.weights:,}{unit}{note}" if use.weights else ""


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if column == 3 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def dot(uses: Sequence[LayerUse], title: str) -> str:
    """Return the network in the language of Graphviz; dashed lines join uses of one layer."""
    lines = [f"digraph {_quoted(title)} {{", "  node [shape=box];"]
    lines += [f"  {_quoted(use.name)} [label={_quoted(*caption(use))}];" for use in uses]
    lines += [f"  {_quoted(source)} -> {_quoted(use.name)};" for use in uses for source in use.of]
    dashed = "[dir=none, style=dashed, constraint=false]"
    lines += [f"  {_quoted(use.same_as)} -> {_quoted(use.name)} {dashed};" for use in uses if use.same_as]
    return "\n".join([*lines, "}", ""])


def caption(use: LayerUse) -> list[str]:
    """Return the lines of a layer's box in a drawing."""
    kind = f"{use.kind} of {len(use.inside)} layers" if use.inside else use.kind
    own = f"weights of {use.same_as}" if use.same_as else _weights(use, " weights")
    return [line for line in (use.name, f"{kind} {use.shape_text}".strip(), own) if line]


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
