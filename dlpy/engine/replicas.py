"""Data parallelism: replicas of a network that each take a share of every batch.

Each replica computes the predictions for its rows. From the predictions of all, the loss and the metrics of the whole
batch are computed, as one device does: means over rows are right for batches of any size, for masked targets and for
losses that compare rows. Each replica then turns the gradient of its predictions into one of the weights, and the sum
of these updates the weights, which exist once in a process. The order of the rows and of the sums is fixed, so a
training repeats to the bit with as many replicas; with another number the last bits differ.

Dropout differs between replicas: replica r of a step draws with the seeds of the model plus r times a constant, and
the first one as a single device does. Batch normalization uses the means and variances of each replica's rows alone;
the moving averages are the means of those of the replicas, weighted by their rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Peers(Protocol):
    """The other processes of a training, which all do the same at the same time; tensors are exchanged in a graph."""

    rank: int
    size: int

    def gathered(self, tensors: Sequence[Any]) -> list[Any]:
        """Return these tensors of all processes, joined along the first axis in the order of the ranks."""
        ...

    def totals(self, tensors: Sequence[Any]) -> list[Any]:
        """Return the sums of these tensors over all processes, added in the order of the ranks."""
        ...

    def of_first(self, value: Any) -> Any:
        """Return the JSON value that the first process gives."""
        ...

    def arrays_of_first(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the arrays that the first process gives."""
        ...

    def require_same(self, what: str, value: Any) -> None:
        """Raise ConfigError unless all processes give the same JSON value."""
        ...

    def require(self) -> None:
        """Raise SetupError if an exchange has failed."""
        ...


@dataclass(frozen=True)
class Replicas:
    """Where the replicas of a training are: on these devices of each process."""

    devices: tuple[str, ...]
    peers: Peers | None = None

    @property
    def count(self) -> int:
        """The number of replicas in all processes."""
        return len(self.devices) * (1 if self.peers is None else self.peers.size)

    @property
    def text(self) -> str:
        """How the replicas are placed, as run.json records it."""
        workers = 1 if self.peers is None else self.peers.size
        kinds = sorted({device.partition(":")[0] for device in self.devices if device})
        return f"{workers} x {len(self.devices)} {' '.join(kinds)}".rstrip()

    @property
    def own(self) -> range:
        """The numbers of the replicas in this process."""
        first = 0 if self.peers is None else self.peers.rank * len(self.devices)
        return range(first, first + len(self.devices))

    @property
    def placed(self) -> list[tuple[int, str]]:
        """The number and the device of each replica in this process."""
        return list(zip(self.own, self.devices, strict=True))

    def parts(self, count: Any) -> Any:
        """Return the fraction of a batch of this many rows that each replica has: (replicas,) float32."""
        import tensorflow as tf

        bounds = tf.range(self.count + 1) * count // self.count
        return tf.cast(bounds[1:] - bounds[:-1], tf.float32) / tf.cast(count, tf.float32)
