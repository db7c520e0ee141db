"""Functions of rows as graphs: traced once for all parts of the data, and called without the detour of tf.function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_OF_LENGTH = ("offsets", "span")  # of windows: their first axis is not that of the rows


class Traced:
    """A function of tensors as a graph, traced once per kind of tensors; from the second shape on, one takes any.

    tf.function compares the types of all its arguments at each call, which takes longer than a step of a small model
    (0.3 ms). Here the graph is looked up by their shapes.

    Args:
        function: takes NamedTuples and dicts of tensors, and the numbers of batches as tensors.
        types: returns the types to trace for; those of the tensors unless given.
    """

    def __init__(self, function: Callable[..., Any], types: Callable[[Any], Any] | None = None) -> None:
        import tensorflow as tf

        self._function = tf.function(function, autograph=False, reduce_retracing=True)
        self._types = types or (lambda tensors: tensors)
        self._graphs: dict[Any, Callable[..., Any]] = {}

    def __call__(self, tensors: Any, *numbers: Any) -> Any:
        """Return what the function returns."""
        kind = _kind(tensors)
        if kind not in self._graphs:
            self._graphs[kind] = self._function.get_concrete_function(self._types(tensors), *numbers)
        return self._graphs[kind](tensors, *numbers)


def of_any_rows(given: Any, field: str = "") -> Any:
    """Return tensors in NamedTuples and dicts as types with a first axis of any length; what is no tensor stays."""
    import tensorflow as tf

    if isinstance(given, dict):
        return {name: of_any_rows(value, field) for name, value in given.items()}
    if isinstance(given, tuple):
        fields: tuple[str, ...] = given._fields  # type: ignore
        return type(given)(*(of_any_rows(value, name) for name, value in zip(fields, given, strict=True)))
    if not tf.is_tensor(given):
        return given
    shape = given.shape if field in _OF_LENGTH or given.shape.rank == 0 else [None, *given.shape[1:]]
    return tf.TensorSpec(shape, given.dtype)


def _kind(given: Any) -> Any:
    """Return what a graph of these tensors depends on, as a key."""
    if isinstance(given, dict):
        return tuple((name, _kind(value)) for name, value in given.items())
    if isinstance(given, tuple):
        return type(given), *map(_kind, given)
    return (tuple(given.shape), given.dtype) if hasattr(given, "shape") else given
