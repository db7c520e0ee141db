"""The processes of a training, and what they exchange: the first one adds up or joins the arrays of all.

Sums are added in the order of the ranks, and every process gets the same bits.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from dlpy.core import signals
from dlpy.core.errors import ConfigError, SetupError
from dlpy.workers.link import Link, LinkError
from dlpy.workers.placement import Placement
from dlpy.workers.pulse import SILENT_SECONDS, Pulse

_HINT = "see what it printed, then start all workers with dlpy resume"
Combine = Callable[[list[np.ndarray]], np.ndarray]


class Group:
    """The open connections of a process.

    Args of an instance:
        placement: of this process.
        links: of the first process, to each of the others; of another one, to the first.
        pulses: connections to the same processes, in the same order.
    """

    def __init__(self, placement: Placement, links: Sequence[Link], pulses: Sequence[socket.socket]) -> None:
        self.rank, self.size = placement.rank, placement.size
        self._placement, self._links = placement, list(links)
        self._failure: str | None = None
        first = 0 if self.rank else 1
        self._pulses = [Pulse(one, partial(self._fall_silent, rank)) for rank, one in enumerate(pulses, first)]

    def close(self) -> None:
        """Close all connections."""
        for connection in (*self._pulses, *self._links):
            connection.close()

    def _fall_silent(self, rank: int) -> None:
        """End an exchange that waits for a frozen process."""
        self._failure = f"{self._placement.name(rank)} does not answer for {SILENT_SECONDS:g} s; {_HINT}."
        for link in self._links:
            link.close()

    def require(self) -> None:
        """Raise SetupError if an exchange has failed; a signal that came meanwhile ends the command."""
        if self._failure is not None:
            signals.obey()
            raise SetupError(self._failure)

    def gathered(self, tensors: Sequence[Any]) -> list[Any]:
        """Return these tensors of all processes, joined along the first axis in the order of the ranks."""
        found = self._in_graph(tensors, np.concatenate)
        for tensor, given in zip(found, tensors, strict=True):
            tensor.set_shape((None, *given.shape[1:]))
        return found

    def totals(self, tensors: Sequence[Any]) -> list[Any]:
        """Return the sums of these tensors over all processes, added in the order of the ranks."""
        found = self._in_graph(tensors, _sum)
        for tensor, given in zip(found, tensors, strict=True):
            tensor.set_shape(given.shape)
        return found

    def of_first(self, value: Any) -> Any:
        """Return the JSON value that the first process gives.

        Raises:
            SetupError: a process is gone.
        """
        return self._guarded(lambda: self._spread_json(value))

    def arrays_of_first(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the arrays that the first process gives; all processes give some of the same types and shapes.

        Raises:
            SetupError: a process is gone.
        """

        def spread() -> list[np.ndarray]:
            if self.rank:
                return self._from(0, lambda link: link.receive_arrays(arrays))
            self._to_all(lambda link: link.send_arrays(arrays))
            return list(arrays)

        return self._guarded(spread)

    def require_same(self, what: str, value: Any) -> None:
        """Raise ConfigError, in every process, unless all of them give the same JSON value.

        Args:
            what: it is, such as `data`.
        """
        self.of_first(None)  # the links of all are at the same message
        mistake = None
        if self.rank:
            self._guarded(lambda: self._to_all(lambda link: link.send_json(value)))
        else:
            for rank in range(1, self.size):
                given = self._guarded(lambda rank=rank: self._from(rank, Link.receive_json))
                if given != value and mistake is None:
                    mistake = f"{self._placement.name(rank)} has other {what} than worker 0."
        mistake = self.of_first(mistake)
        if mistake is not None:
            raise ConfigError(mistake)

    def _spread_json(self, value: Any) -> Any:
        if self.rank:
            return self._from(0, Link.receive_json)
        self._to_all(lambda link: link.send_json(value))
        return value

    def _in_graph(self, tensors: Sequence[Any], combine: Combine) -> list[Any]:
        import tensorflow as tf

        def exchange(*arrays: np.ndarray) -> list[np.ndarray]:
            return self._guarded(lambda: self._combined([np.asarray(array) for array in arrays], combine))

        return list(tf.numpy_function(exchange, list(tensors), [tensor.dtype for tensor in tensors]))

    def _combined(self, arrays: list[np.ndarray], combine: Combine) -> list[np.ndarray]:
        if self.rank:
            self._to_all(lambda link: link.send_arrays(arrays))
            return self._from(0, lambda link: link.receive_arrays(arrays))
        given = [arrays, *(self._from(rank, lambda link: link.receive_arrays(arrays)) for rank in range(1, self.size))]
        found = [combine(list(each)) for each in zip(*given, strict=True)]
        self._to_all(lambda link: link.send_arrays(found))
        return found

    def _from(self, rank: int, receive: Callable[[Link], Any]) -> Any:
        try:
            return receive(self._links[rank - 1 if rank else 0])
        except LinkError as error:
            raise LinkError(f"{self._placement.name(rank)} is gone: {error}") from None

    def _to_all(self, send: Callable[[Link], None]) -> None:
        for number, link in enumerate(self._links):
            try:
                send(link)
            except LinkError as error:
                name = self._placement.name(0 if self.rank else number + 1)
                raise LinkError(f"{name} is gone: {error}") from None

    def _guarded(self, exchange: Callable[[], Any]) -> Any:
        """Return what an exchange gives; where it fails, close all connections, so that every process ends."""
        try:
            return exchange()
        except LinkError as error:
            self._failure = self._failure or f"{error}; {_HINT}."
            self.close()
            raise SetupError(self._failure) from None


def _sum(parts: list[np.ndarray]) -> np.ndarray:
    total = np.array(parts[0])
    for part in parts[1:]:
        total += part
    return total
