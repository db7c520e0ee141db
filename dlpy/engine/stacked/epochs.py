"""An epoch of a group of members: its batches, its steps, and the scores of each member."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.rows import Rows
from dlpy.engine import model_state
from dlpy.engine.graphs import Predictions
from dlpy.engine.plan import Plan, epoch_orders
from dlpy.engine.stacked.group import Group, Row, first_row, group_size, grouped, put
from dlpy.engine.stacked.program import State
from dlpy.engine.stacked.programs import program_for
from dlpy.engine.stacked.rows import StackedRows, laid_out
from dlpy.engine.stacked.scores import is_mean, named, other_scores
from dlpy.engine.stacked.structure import parts_of

if TYPE_CHECKING:
    import keras

_BLOCK_BYTES = 16_000_000  # the rows gathered for a block of steps
_HELD_OUT_BYTES = 16_000_000  # the rows scored at a time

ExactScore = Callable[[Rows, Predictions], float]


@dataclass(frozen=True)
class Work:
    """What a member trains on. See `together.Member`."""

    model: keras.Model
    train: Rows
    validation: Rows | None
    plan: Plan
    exact: Mapping[str, ExactScore]

    @property
    def drawn(self) -> int:
        """The number of rows in an epoch."""
        plan = self.plan
        return plan.steps_per_epoch * self.batch if plan.steps_per_epoch else len(self.train)

    @property
    def batch(self) -> int:
        """The number of rows in a step."""
        return min(self.plan.batch_size, len(self.train))

    @property
    def steps(self) -> int:
        """The number of steps in an epoch."""
        return -(-self.drawn // self.batch)


@dataclass(frozen=True)
class After:
    """What an epoch of a group gave: the state after it, and the scores of each member by its number."""

    state: State
    logs: dict[int, dict[str, float]]
    weights: dict[int, Row]  # of each member, with the moving averages


class Epochs:
    """Trains groups of members for one epoch after another; several threads may do so at once."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.works = works
        self.parts = [parts_of(work.model) for work in works]
        self._batch = works[0].batch
        if {work.batch for work in works} != {self._batch}:
            raise ValueError("members that are trained together have one batch size")
        self._rows = StackedRows([work.train for work in works], [work.plan.sample_weight for work in works])
        held_out = [work.validation for work in works]
        self._held_out = None if None in held_out else StackedRows(held_out, [None] * len(works))
        steps, row = max(work.steps for work in works), 4 * int(np.prod(works[0].model.inputs[0].shape[1:]))
        size = group_size(len(works), works[0].model.count_params())
        blocks = -(-steps * size * self._batch * row // _BLOCK_BYTES)
        self._block = -(-steps // blocks)
        self._steps = self._block * blocks
        self.program = program_for(works[0].model, size, self._block)

    def groups(self, numbers: Sequence[int], rows: dict[int, Row] | None = None) -> list[Group]:
        """Return groups of these members, in the state of `rows` or else before the first step."""
        found = rows or {n: first_row(self.works[n].model, self.parts[n], self.program) for n in numbers}
        return grouped(numbers, found, self.parts, self.program)

    def put(self, number: int, row: Row) -> None:
        """Give a member's model these weights."""
        put(self.works[number].model, self.parts[number], row)

    def run(self, group: Group, epoch: int) -> After:
        """Return what an epoch, numbered from 0, gives; the group keeps its state."""
        positions, rows, rates = self._laid_out(group, epoch)
        state, summed, penalty, predictions = group.state, 0, 0, []
        for start in range(0, self._steps, self._block):
            part = slice(start, start + self._block)
            batches = self._rows.batches(positions[part], rows[part], rates[part])
            state, results = self.program.train(state, group.numbers, batches)
            summed = summed + results.sums.numpy().astype(np.float64)
            counts = rows[part].sum(axis=2)  # (steps, members)
            penalty = penalty + (results.penalty.numpy() * counts).sum(axis=0, dtype=np.float64)
            if self._needs_predictions:
                predictions.append(results.prediction.numpy())
        kept = [array.numpy() for array in (*state.weights, *state.averages)]
        weights = {number: [array[place].copy() for array in kept] for number, place in group.members}
        logs = {}
        for number, place in group.members:
            others = self._others(number, positions[:, place], rows[:, place], [p[:, place] for p in predictions])
            count = self.works[number].drawn
            logs[number] = named(self.parts[number], summed[place], penalty[place] / count, count, others)
        return After(state, self._with_held_out(group, state, logs), weights)

    @property
    def _needs_predictions(self) -> bool:
        return not all(map(is_mean, self.parts[0].metrics))

    def _others(
        self, number: int, positions: np.ndarray, rows: np.ndarray, given: list[np.ndarray]
    ) -> dict[str, float]:
        """Return the scores of a member's training rows that are no means."""
        if not given:
            return {}
        prediction = np.concatenate(given)[rows > 0]
        return other_scores(self.parts[number].metrics, self._rows.y(positions[rows > 0]).numpy(), prediction)

    def _laid_out(self, group: Group, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return positions, rows that are no padding, and learning rates, of an epoch: see StackedRows.batches."""
        shape = (self._steps, len(group.places), self._batch)
        positions, rows = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
        rates = np.zeros(shape[:2], np.float32)
        for number, place in group.members:
            work = self.works[number]
            ((order, _),) = epoch_orders(work.plan, work.train, range(epoch, epoch + 1), work.drawn, None)
            start = self._rows.starts[number]
            positions[:, place], rows[:, place] = laid_out(order, start, self._steps, self._batch)
            rates[:, place] = model_state.learning_rate(work.model)
        return positions, rows, rates

    def _with_held_out(
        self, group: Group, state: State, logs: dict[int, dict[str, float]]
    ) -> dict[int, dict[str, float]]:
        """Return the scores with those of the validation rows."""
        if self._held_out is None:
            return logs
        penalties = self.program.penalties(state.weights, group.numbers).numpy()
        works = {number: self.works[number] for number, _ in group.members}
        filled = [next(iter(works)) if number is None else number for number in group.places]
        starts = np.array([self._held_out.starts[number] for number in filled])
        counts = np.array([len(self.works[number].validation or ()) for number in filled])
        prediction, y, summed = self._scored(state, starts, counts)
        for number, place in group.members:
            work, count = works[number], int(counts[place])
            own, target = prediction[place, :count], y[min(place, len(y) - 1), :count]
            others = other_scores([m for m in self.parts[number].metrics if m.name not in work.exact], target, own)
            others |= {name: exact(work.validation, {"": own}) for name, exact in work.exact.items()}
            found = named(self.parts[number], summed[place], float(penalties[place]), count, others)
            logs[number] |= {f"val_{name}": value for name, value in found.items()}
        return logs

    def _scored(
        self, state: State, starts: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return predictions (members, rows, units), targets (members or 1, rows, units) and sums of scores."""
        rows = self._held_out
        is_shared = len({*zip(starts.tolist(), counts.tolist(), strict=True)}) == 1
        if is_shared:
            starts, counts = starts[:1], counts[:1]
        longest = int(counts.max())
        inside = np.arange(longest) < counts[:, None]
        positions = np.where(inside, starts[:, None] + np.arange(longest), 0).astype(np.int32)
        size = 4 * int(np.prod(self.works[0].model.inputs[0].shape[1:])) * len(starts)
        piece = max(512, _HELD_OUT_BYTES // size)
        predictions, targets, summed = [], [], 0
        for start in range(0, longest, piece):
            some = slice(start, start + piece)
            y = rows.y(positions[:, some])
            given = self.program.predict(state.weights, state.averages, rows.x(positions[:, some]))
            summed = summed + self.program.score(y, given, inside[:, some].astype(np.float32)).numpy().astype(
                np.float64
            )
            predictions.append(given.numpy())
            targets.append(y.numpy())
        return np.concatenate(predictions, axis=1), np.concatenate(targets, axis=1), summed
