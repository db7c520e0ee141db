"""Going through rows in memory: some hundreds of steps a call of a compiled graph, and Python between two calls."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dlpy.engine.device_rows import Resident, Tensors
from dlpy.engine.graphs import Loop
from dlpy.engine.plan import Pause

_CALL_SECONDS = 0.3  # how long one call of the graph may take: progress is shown and signals heard between calls
_BLOCK_BYTES = (4_000_000, 32_000_000)  # least and most bytes of rows gathered for a call of XLA
_BLOCK_WORK = 2e10  # floating-point operations of a block at most, about a second: within it no signal is obeyed
_BLOCK_WEIGHTS = 20  # between these, so many times the weights' bytes: every call copies the weights


@dataclass
class Part:
    """Some of an epoch's batches, and the graph that goes through them."""

    loop: Loop
    start: int  # blocks of batches
    stop: int
    block: int = 1  # batches
    pace: float = 0.0  # blocks a second, as measured


@dataclass
class InGraph:
    """Goes through rows in memory, part after part, and comes out at every multiple of `pause` steps."""

    parts: list[Part]
    pause: int | None = None

    def go(self, tensors: Tensors, after: Pause, first: int = 0) -> dict[str, float]:
        """Send the rows through the graphs, no call much longer than _CALL_SECONDS."""
        import tensorflow as tf

        anew, scores = first == 0, {}
        for part in self.parts:
            number = max(part.start, first // part.block)
            while number < part.stop:
                stop = self._stop(part, number)
                began = time.perf_counter()
                scores = part.loop(tensors, tf.constant(number), tf.constant(stop), tf.constant(anew))
                pace = (stop - number) / (time.perf_counter() - began)
                part.pace = max(pace, part.pace / 2)  # the last steps of an epoch are too few to tell
                number, anew = stop, False
                after(number * part.block, scores, None)
        if not scores:  # all steps were done before: what is left to do is to read the scores
            end = tf.constant(self.parts[-1].stop)
            scores = self.parts[-1].loop(tensors, end, end, tf.constant(anew))
        return {name: float(value) for name, value in scores.items()}

    def _stop(self, part: Part, number: int) -> int:
        """Return the block before which the next call ends."""
        stop = min(part.stop, number + max(1, int(part.pace * _CALL_SECONDS)))
        if self.pause is None:
            return stop
        step = number * part.block
        return min(stop, (step - step % self.pause + self.pause) // part.block)


def steps_in_block(rows: Resident, row_bytes: int, weights: int, pause: int | None, times: int = 1) -> int:
    """Return how many steps make a block: not too large, and, where possible, blocks of one length.

    A pause is always between two blocks.

    Args:
        weights: how many the model has.
        times: how often a row goes through them.
    """
    least, most = _BLOCK_BYTES
    limit = min(max(least, _BLOCK_WEIGHTS * 4 * weights), most) // (rows.batch_size * row_bytes)
    limit = min(limit, int(_BLOCK_WORK / (6 * max(1, weights) * times * rows.batch_size)))
    full = max(1, rows.drawn // rows.batch_size)
    longest = max(1, min(full, limit))
    if pause:
        return next(length for length in range(min(longest, pause), 0, -1) if pause % length == 0)
    even = [length for length in range(longest, longest // 2, -1) if full % length == 0]
    return even[0] if even else longest
