"""Compares training small networks together with training them one after another, both in turn within one process.

    python tests/benchmarks/together.py [--members 64] [--epochs 100] [--rounds 3]

Rows are random numbers of the size of Boston's (404 rows of 13 numbers), networks have 64-64-1 units, and each side
builds its models, trains them and scores 80 validation rows after every epoch. `search`: batches of 16 and other
learning rates. `folds`: four trainings of 303 rows, one row at a time, as in configs/boston_kfold.yaml. One after
another is what dlpy does otherwise: `Engine` with one graph for all, compiled by XLA. Prints wall and processor
seconds for a training, and the ratio of the two sides in each round; the first round includes compiling.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from dlpy.core import keras_backend
from dlpy.data.rows import Rows


@dataclass(frozen=True)
class Case:
    """Trainings of one kind."""

    members: int
    rows: int
    batch_size: int
    epochs: int


def rows(count: int, seed: int) -> Rows:
    x = np.random.default_rng(seed).normal(size=(count, 13)).astype(np.float32)
    return Rows.single(x, (2 * x[:, 0] + x[:, 1] ** 2).astype(np.float32))


def network(seed: int):
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((13,))
    x = layers.Dense(64, "relu")(layers.Dense(64, "relu")(inputs))
    model = keras.Model(inputs, layers.Dense(1)(x))
    rate = 10 ** np.random.default_rng(seed).uniform(-4, -2)
    metrics = [keras.metrics.MeanAbsoluteError(name="mae")]
    model.compile(keras.optimizers.RMSprop(rate), keras.losses.MeanSquaredError(), metrics=metrics)
    return model


def one_after_another(case: Case, data: tuple[Rows, Rows]) -> Callable[[], None]:
    """Return what trains the members with one engine."""
    from dlpy.engine.engine import Engine
    from dlpy.engine.plan import Execution, Plan

    engine = Engine(network(0), Execution("epoch", jit_compile=True))

    def train() -> None:
        for seed in range(case.members):
            engine.restart(network(seed))
            engine.fit(*data, Plan(case.batch_size, case.epochs, seed), [])

    return train


def at_once(case: Case, data: tuple[Rows, Rows]) -> Callable[[], None]:
    """Return what trains the members together."""
    from dlpy.engine.plan import Plan
    from dlpy.engine.together import Member, Together

    def train() -> None:
        plans = [Plan(case.batch_size, case.epochs, seed) for seed in range(case.members)]
        members = [Member(network(plan.seed), *data, plan, monitor="val_mae") for plan in plans]
        Together(members).fit()

    return train


@contextmanager
def measured(case: Case) -> Iterator[list[float]]:
    """Yield a list that receives the wall and the processor seconds of a training."""
    found: list[float] = []
    wall, processor = time.perf_counter(), time.process_time()
    yield found
    found += [(time.perf_counter() - wall) / case.members, (time.process_time() - processor) / case.members]


def compare(name: str, case: Case, rounds: int) -> None:
    data = rows(case.rows, 1), rows(80, 2)
    # one after another takes long: a few members are enough to know the time of one
    few = Case(min(4, case.members), case.rows, case.batch_size, case.epochs)
    single, together = one_after_another(few, data), at_once(case, data)
    for number in range(1, rounds + 1):
        with measured(few) as alone:
            single()
        with measured(case) as shared:
            together()
        wall, processor = (one / other for one, other in zip(alone, shared, strict=True))
        print(
            f"{name}, round {number}: one after another {alone[0]:.3f} s ({alone[1]:.3f} s of processors), together "
            f"{shared[0]:.3f} s ({shared[1]:.3f} s): {wall:.1f} times as fast ({processor:.1f})",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    keras_backend.start()
    compare("search", Case(given.members, 404, 16, given.epochs), given.rounds)
    compare("folds", Case(4, 303, 1, given.epochs), given.rounds)


if __name__ == "__main__":
    main()
