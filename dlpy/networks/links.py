"""What goes into each layer of a graph, and the mistakes in it that the experiment file alone shows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from dlpy.networks.nodes import Node
from dlpy.networks.option_checks import Found, close_to

_PAIRS = {"Dot": (2, 2), "Subtract": (2, 2), "HashedCrossing": (2, 99)}
_MANY = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")
_ATTENTION = ("AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention")


def counts(kind: str) -> tuple[int, int]:
    """Return the smallest and the largest number of tensors that go into a layer of Keras."""
    if kind in _ATTENTION:
        return 2, 3  # query, value, and key if it is not the value
    return _PAIRS.get(kind) or ((2, 99) if kind in _MANY else (1, 1))


def sources(nodes: Sequence[Node], inputs: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the names of what goes into each layer; () for a first layer whose input is not given and not the only."""
    found, above = {}, tuple(inputs) if len(inputs) == 1 else ()
    for node in nodes:
        found[node.name] = above if node.of is None else node.of
        above = (node.name,)
    return found


def origin(node: Node, nodes: Mapping[str, Node]) -> Node:
    """Return the layer whose weights a layer uses: itself, unless it is like another one."""
    while node.like:
        node = nodes[node.like]
    return node


def wrong_links(nodes: Sequence[Node], outputs: Mapping[str, str] | None) -> Iterator[Found]:
    """Yield the mistakes in the order of layers and in how they are connected; keys are below the model."""
    names = [node.name for node in nodes]
    sound: dict[str, Node] = {}  # without those that are like a layer that is not above them
    for position, node in enumerate(nodes):
        for number, source in enumerate(node.of or ()):
            if wrong := _wrong_order(source, node.name, names[position:]):
                yield ("layers", node.name, "of", *([number] if len(node.of or ()) > 1 else [])), wrong
        if not node.like or node.like in sound:
            sound[node.name] = node
            yield from _wrong_count(node, origin(node, sound))
        elif node.like not in names[:position]:
            wrong = _wrong_order(node.like, node.name, names[position:])
            missing = f"there is no layer '{node.like}'.{close_to(node.like, names)}"
            yield ("layers", node.name, "like"), wrong or missing
    for output, layer in (outputs or {}).items():
        if layer not in names:
            yield ("outputs", output), f"there is no layer '{layer}'.{close_to(layer, names)}"


def _wrong_order(source: str, name: str, later: Sequence[str]) -> str | None:
    if source == name:
        return "its own output cannot go into a layer: that is a cycle."
    if source in later:
        return f"'{source}' comes later, and layers stand in the order in which data flows: move it above this layer."
    return None


def _wrong_count(node: Node, root: Node) -> Iterator[Found]:
    """Yield a mistake if more or fewer tensors go into a layer than it takes."""
    least, most = (1, 1) if root.family else counts(root.kind)
    given, what = len(node.of) if node.of else 1, root.kind or "a family"
    keys = ("layers", node.name, *(["of"] if node.of else []))
    if least <= given <= most:
        return
    if most == 1:
        yield keys, f"{what} takes one tensor, not {given}: join them first, such as with {{layer: Concatenate}}."
    elif root.kind in _ATTENTION:
        yield keys, f"{what} takes a list of query and value, and the key if it is not the value, not {given}."
    else:
        wanted = "two" if most == 2 else "two or more"
        yield keys, f"{what} merges {wanted} tensors, not {given}: list them, such as 'of: [a, b]'."


def unused(nodes: Sequence[Node], outputs: Sequence[str], inputs: Sequence[str] = ()) -> Iterator[Found]:
    """Yield a mistake for each layer whose output nothing uses, except for one that a misspelt name may mean."""
    used = {*outputs, *(source for names in sources(nodes, inputs).values() for source in names)}
    known = {node.name for node in nodes} | {*inputs}
    unknown = [name for name in used if name not in known]
    for node in nodes:
        misspelt = not inputs and difflib.get_close_matches(node.name, unknown, n=1, cutoff=0.6)
        if node.name not in used and not misspelt:
            hint = "name it in 'of' of a layer below or in 'outputs', or remove it"
            yield ("layers", node.name), f"nothing uses this layer: {hint}."
