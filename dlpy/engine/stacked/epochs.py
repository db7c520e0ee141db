"""An epoch of a group of members: its batches, its steps, and the scores of each member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.engine import model_state
from dlpy.engine.engine import ExactScore
from dlpy.engine.plan import Plan, order
from dlpy.engine.stacked.group import Group, Row, divided, first_row, group_of, group_size, put
from dlpy.engine.stacked.program import State
from dlpy.engine.stacked.programs import program_for
from dlpy.engine.stacked.rows import StackedRows, laid_out
from dlpy.engine.stacked.scores import is_mean, named, other_scores
from dlpy.engine.stacked.structure import parts_of

if TYPE_CHECKING:
    import keras

_BLOCK_BYTES = 16_000_000  # the rows gathered for a block of steps
_LEAST_WIDTH = 2  # rows in a step with padding: XLA takes three times as long over one row, a product of vectors


@dataclass(frozen=True)
class Work:
    """What a member trains on. See `together.Member`."""

    model: keras.Model
    train: Rows
    validation: Rows | None
    plan: Plan
    exact: Mapping[str, ExactScore]

    @property
    def schedule(self) -> Any:
        """The learning rate as a function of the step, where it is one; else None."""
        import keras

        rate = getattr(self.model.optimizer, "_learning_rate", None)
        return rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None

    def learning_rates(self, epoch: int) -> Any:
        """Return the learning rate of the steps of an epoch, from 0: (steps,), or a number where it is constant."""
        if self.schedule is None:
            return model_state.learning_rate(self.model)
        return self._scheduled[epoch * self.steps : (epoch + 1) * self.steps]

    @cached_property
    def _scheduled(self) -> np.ndarray:
        """The learning rates of all steps."""
        import tensorflow as tf

        steps = tf.range(self.steps * self.plan.epochs, dtype=tf.int64)
        rates = tf.function(lambda: tf.map_fn(self.schedule, steps, fn_output_signature=tf.float32), autograph=False)
        return rates().numpy()

    @property
    def weight(self) -> np.ndarray | None:
        """How much each training row counts: (rows,) float32; None where all count the same."""
        weight = self.plan.sample_weight
        if isinstance(weight, dict):
            raise ValueError("weights by output: see reason_apart")
        return weight

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
    """Trains groups of members for one epoch after another; several threads may do so at once.

    Args of an instance:
        works: of the members.
        alike: the number of members for which the size of a group is chosen, if there are fewer.
    """

    def __init__(self, works: Sequence[Work], alike: int = 0) -> None:
        self.works = works
        self.parts = [parts_of(work.model) for work in works]
        self._batch = works[0].batch
        if {work.batch for work in works} != {self._batch}:
            raise ValueError("members that are trained together have one batch size")
        self._width = max(_LEAST_WIDTH, self._batch)
        self._rows = StackedRows([work.train for work in works], [work.weight for work in works])
        held_out = [work.validation for work in works if work.validation is not None]
        is_scored = len(held_out) == len(works)
        self._held_out = StackedRows(held_out, [None] * len(works)) if is_scored else None
        steps, row = max(work.steps for work in works), 4 * int(np.prod(works[0].model.inputs[0].shape[1:]))
        size = group_size(max(len(works), alike), works[0].model.count_params())
        blocks = -(-steps * size * self._width * row // _BLOCK_BYTES)
        self._block = -(-steps // blocks)
        self._steps = self._block * blocks
        self.program = program_for(works[0].model, size, self._block)
        self._first = first_row(works[0].model, self.parts[0], self.program)

    def groups(self, numbers: Sequence[int], rows: dict[int, Row] | None = None) -> list[Group]:
        """Return groups of these members, in the state of `rows` or else before the first step."""
        found = rows or {n: first_row(self.works[n].model, self.parts[n], self.program) for n in numbers}
        return [self.group(places, found) for places in divided(numbers, self.program.members)]

    def group(self, places: list[int | None], rows: dict[int, Row]) -> Group:
        """Return a group of the members in these places, in the state of `rows`."""
        return group_of(places, rows, self.parts, self.program)

    def put(self, number: int, row: Row) -> None:
        """Give a member's model these weights."""
        put(self.works[number].model, self.parts[number], row)

    def in_order(self, number: int, row: Row) -> list[np.ndarray]:
        """Return weights in the order and shapes of a member's model."""
        parts = self.parts[number]
        variables = [*parts.trainable, *parts.averages]
        known = {id(v): value.reshape(v.shape) for v, value in zip(variables, row, strict=False)}
        return [known[id(variable)] for variable in self.works[number].model.weights if id(variable) in known]

    def has_schedule(self, number: int) -> bool:
        """Return whether a member's learning rate depends on the step."""
        return self.works[number].schedule is not None

    def run(self, group: Group, epoch: int) -> After:
        """Return what an epoch, numbered from 0, gives; the group keeps its state."""
        positions, rows, rates = self._laid_out(group, epoch)
        summed, penalty = np.zeros((len(group.places), 1)), np.zeros(len(group.places))
        state, predictions = group.state, []
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
        shape = (self._steps, len(group.places), self._width)
        positions, rows = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
        rates = np.zeros(shape[:2], np.float32)
        for number, place in group.members:
            work = self.works[number]
            drawn = _order(work.plan.seed, epoch, len(work.train), work.drawn)
            own, start = slice(0, self._batch), self._rows.starts[number]
            positions[:, place, own], rows[:, place, own] = laid_out(drawn, start, self._steps, self._batch)
            rates[: work.steps, place] = work.learning_rates(epoch)
        return positions, rows, rates

    def _with_held_out(
        self, group: Group, state: State, logs: dict[int, dict[str, float]]
    ) -> dict[int, dict[str, float]]:
        """Return the scores with those of the validation rows."""
        if self._held_out is None:
            return logs
        found, summed, penalties = self._held_out_of(group, state)
        for number, place in group.members:
            work, parts = self.works[number], self.parts[number]
            target, prediction = found[number]
            others = other_scores([m for m in parts.metrics if m.name not in work.exact], target, prediction)
            if work.validation is not None:
                others |= {name: exact(work.validation, {"": prediction}) for name, exact in work.exact.items()}
            scores = named(parts, summed[place], float(penalties[place]), len(prediction), others)
            logs[number] |= {f"val_{name}": value for name, value in scores.items()}
        return logs

    def predictions(self, kept: dict[int, Row]) -> dict[int, np.ndarray]:
        """Return the predictions for validation rows with these weights, by member: (rows, units) float32."""
        padded = {number: [*row, *self._first[len(row) :]] for number, row in kept.items()}
        found = {}
        for group in self.groups(sorted(kept), padded):
            given, _, _ = self._held_out_of(group, group.state)
            found |= {number: prediction for number, (_, prediction) in given.items()}
        return found

    def _held_out_of(self, group: Group, state: State) -> tuple[dict[int, tuple[np.ndarray, np.ndarray]], Any, Any]:
        """Return the targets and predictions of each member, and of each place the sums of scores and the penalty."""
        if self._held_out is None:
            raise ValueError("the members have no validation rows")
        numbers = [group.members[0][0] if number is None else number for number in group.places]
        places = [(self._held_out.starts[number], len(self.works[number].validation or ())) for number in numbers]
        is_shared = len(set(places)) == 1
        predictions, targets, summed, penalties = [], [], 0, np.zeros(len(places))
        for rows in self._held_out.pieces(places[:1] if is_shared else places):
            prediction, sums, penalty = self.program.held_out(state, group.numbers, rows)
            penalties = penalty.numpy()
            summed = summed + sums.numpy().astype(np.float64)
            predictions.append(prediction.numpy())
            targets.append(rows.y.numpy())
        given, y = np.concatenate(predictions, axis=1), np.concatenate(targets, axis=1)
        found = {n: (y[0 if is_shared else at, : places[at][1]], given[at, : places[at][1]]) for n, at in group.members}
        return found, summed, penalties


@lru_cache(maxsize=64)
def _order(seed: int, epoch: int, rows: int, drawn: int) -> np.ndarray:
    """Return `plan.order`, once for members of one seed."""
    return order(seed, epoch, rows, drawn)
