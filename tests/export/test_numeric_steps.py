"""What prepare.py does with the numeric columns of a table of dates, and what a network does with quantiles."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.components.transform import Transform
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.tables import parts_of_dates
from dlpy.data.task import Input, Output, State, Task
from dlpy.export.prepare import prepare
from dlpy.portable.tables import steps_beside
from dlpy.transforms import _normal
from dlpy.transforms.date_parts import DateParts
from dlpy.transforms.fill_missing import FillMissing
from dlpy.transforms.log import Log
from dlpy.transforms.missing_indicators import MissingIndicators
from dlpy.transforms.piecewise_linear import PiecewiseLinear
from dlpy.transforms.quantile import Quantile
from dlpy.transforms.robust_scale import RobustScale
from dlpy.transforms.standardize import Standardize

NAMES = ("area", "sold", "rooms")


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (parts_of_dates, _normal):
        monkeypatch.syspath_prepend(Path(module.__file__).parent)
    yield
    for name in ("parts_of_dates", "_normal", "_among_quantiles"):
        sys.modules.pop(name, None)


def table(seed: int, count: int = 60) -> Rows:
    rng = np.random.default_rng(seed)
    area = np.where(rng.random(count) < 0.2, np.nan, rng.lognormal(3, 0.5, count))
    sold = 1.5e9 + rng.integers(0, 60_000, count) * 3600.0
    numbers = np.column_stack([area, np.where(rng.random(count) < 0.1, np.nan, sold), rng.integers(1, 5, count)])
    words = rng.choice(["Bern", "Rome", ""], (count, 1))
    return Rows.single(Table(numbers, NAMES, words, ("city",), ("sold",)))


def fitted(transforms: Sequence[Transform], rows: Rows) -> list[tuple[Transform, State]]:
    task, pairs = Task.single(Input("table", (4,), columns=(*NAMES, "city")), Output("regression")), []
    for transform in transforms:
        task = transform.outline(task)
        state, rows = transform.fit_apply(rows, task)
        task = transform.measured(task, state)
        pairs.append((transform, state))
    return pairs


@pytest.mark.parametrize(
    "transforms",
    [
        [DateParts()],
        [MissingIndicators(), FillMissing(), DateParts(cyclic=False)],
        [FillMissing(), DateParts(), Quantile(quantiles=20)],
        [FillMissing(), DateParts(parts=["month", "elapsed"]), Standardize(), Quantile(to="uniform")],
        [FillMissing(), DateParts(), RobustScale(), PiecewiseLinear(bins=4)],
        [FillMissing(), DateParts(parts=["day"], cyclic=False), Log(add=1), PiecewiseLinear(bins=4)],
    ],
    ids=lambda transforms: "-".join(one.name for one in transforms),
)
def test_dates_and_quantiles_of_them_are_prepared_to_the_last_bit(transforms: list[Transform]) -> None:
    pairs, new = fitted(transforms, table(1)), table(2)
    steps, left, prepared = steps_beside(pairs, table(1).x)  # type: ignore[arg-type]
    assert left == []
    rows = new
    for transform, state in pairs:
        rows = transform.apply(rows, state)
    wanted = rows.x.numeric.copy()  # type: ignore[union-attr]
    if isinstance(transforms[0], MissingIndicators):
        column = rows.x.numeric_names.index("city is missing")  # type: ignore[union-attr]
        wanted[:, column] = 0  # the network adds what depends on categories
    spec: dict[str, Any] = {"name": "numbers", "prepare": "numbers", "dtype": "float64", "steps": steps}
    found = prepare({"numbers": new.x.numeric}, {"inputs": [json.loads(json.dumps(spec))]})["numbers"]  # type: ignore[union-attr]
    np.testing.assert_array_equal(found, wanted)
    assert found.shape == (60, len(prepared.numeric_names))


def test_without_dates_all_numbers_are_the_networks() -> None:
    pairs = fitted([FillMissing(), Quantile()], table(1))
    steps, left, prepared = steps_beside(pairs, table(1).x)  # type: ignore[arg-type]
    assert (steps, left, prepared.numeric_names) == ([], pairs, NAMES)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["normal", "uniform"])
@pytest.mark.parametrize("quantiles", [2, 7, 1000])
def test_quantiles_in_a_network_are_those_of_the_run(to: Any, quantiles: int) -> None:
    from keras import ops

    rng, transform = np.random.default_rng(4), Quantile(to=to, quantiles=quantiles)
    columns = [rng.normal(50, 9, 300), rng.integers(0, 3, 300), np.where(rng.random(300) < 0.7, 0, rng.random(300))]
    x = np.column_stack(columns).astype(np.float32)
    task = Task.single(Input("array", (3,)), Output("regression"))
    state = transform.fit(Rows.single(x[:200]), task)
    beyond = np.array([[-1e9, -5, -1], [1e9, 9, 2], [50, 1, 0]], np.float32)
    given = np.concatenate([x, beyond])
    wanted = transform.apply(Rows.single(given), state).array
    found = ops.convert_to_numpy(transform.in_graph(ops.convert_to_tensor(given), state))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    missing = ops.convert_to_tensor(np.full((1, 3), np.nan, np.float32))
    assert np.isnan(ops.convert_to_numpy(transform.in_graph(missing, state))).all()
