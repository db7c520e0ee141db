"""Numbers scaled and encoded: robust_scale, quantile and piecewise_linear."""

import statistics

import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer

from dlpy.core.errors import ConfigError
from dlpy.data.features import Table
from dlpy.data.rows import Rows
from dlpy.data.task import Input, Output, Task
from dlpy.training.pipeline import Pipeline
from dlpy.transforms._normal import normal_quantiles
from dlpy.transforms.piecewise_linear import PiecewiseLinear
from dlpy.transforms.quantile import Quantile
from dlpy.transforms.robust_scale import RobustScale
from dlpy.transforms.standardize import Standardize
from dlpy.transforms.tabulate import Tabulate

FLAT = Task.single(Input("array", (None,)), Output("regression"))
EVERY = [RobustScale(), Quantile(), PiecewiseLinear()]


def column(*numbers: float) -> Rows:
    return Rows.single(np.array(numbers, np.float32)[:, None])


def fitted(transform, train: Rows, other: Rows) -> list:
    return np.round(transform.apply(other, transform.fit(train, FLAT)).array.astype(float), 5).tolist()


def test_robust_scale_divides_by_the_distance_between_the_quartiles():
    train = column(0, 1, 2, 3, 100)  # quartiles 1, 2, 3
    assert fitted(RobustScale(limit=None), train, train) == [[-1], [-0.5], [0], [0.5], [49]]


def test_robust_scale_limits_outliers_softly():
    train = column(0, 1, 2, 3, 100)
    # x / sqrt(1 + (x / 3)**2) for -1, -0.5, 0, 0.5, 49
    assert fitted(RobustScale(), train, train) == [[-0.94868], [-0.4932], [0], [0.4932], [2.99439]]


def test_robust_scale_falls_back_to_the_range_where_the_quartiles_are_equal():
    train = column(0, 0, 0, 0, 0, 8)  # median 0, half the range 4
    assert fitted(RobustScale(limit=None), train, column(0, 8, 2)) == [[0], [2], [0.5]]
    assert fitted(RobustScale(), column(7, 7), column(7, 9)) == [[0], [0]]


@pytest.mark.parametrize("count", [7, 1000, 12_345])
@pytest.mark.parametrize("number", [0.1, -21.7, 1e9 + 0.1])
def test_a_constant_column_is_standardized_to_0_whatever_its_mean_is_rounded_to(count, number):
    train = Rows.single(np.stack([np.full(count, number), np.arange(count) % 2], axis=1))
    state = Standardize().fit(train, FLAT)
    assert Standardize().apply(train, state).array[:, 0].tolist() == [0] * count
    changed = Standardize().apply(Rows.single(np.array([[number + 2, 1]])), state).array
    assert changed[0, 0] == pytest.approx(2, abs=1e-6)  # not billions


@pytest.mark.parametrize("to", ["normal", "uniform"])
def test_quantile_agrees_with_scikit_learn(to):
    random = np.random.default_rng(3)
    train = np.column_stack([random.normal(size=5000), random.exponential(size=5000), random.uniform(-9, 2, 5000)])
    other = np.concatenate([train[:50], random.normal(size=(200, 3)) * 3, [[-1e9] * 3, [1e9] * 3, [np.nan] * 3]])
    theirs = QuantileTransformer(n_quantiles=1000, output_distribution=to, subsample=10**6).fit(train)
    table = [Rows.single(Table(x, ("a", "b", "c"), np.empty((len(x), 0), np.str_), ())) for x in (train, other)]
    ours = Quantile(to=to).apply(table[1], Quantile(to=to).fit(table[0], FLAT)).x.numeric
    np.testing.assert_allclose(ours, theirs.transform(other), atol=1e-6)


def test_quantile_gives_equal_numbers_the_mean_of_their_ranks():
    train = column(0, 0, 0, 0, 5)  # quantiles 0, 0, 0, 0, 5 at the ranks 0, 1/4, 1/2, 3/4, 1
    assert fitted(Quantile(to="uniform"), train, column(0, 5, 2.5, -3, 9)) == [[0.375], [1], [0.875], [0], [1]]
    assert fitted(Quantile(to="normal"), train, column(0)) == [[-0.31864]]  # the 0.375 quantile
    assert fitted(Quantile(), column(4, 4), column(4)) == [[0]]


def test_the_normal_quantiles_are_those_of_the_standard_library():
    probabilities = np.concatenate([10.0 ** -np.arange(1, 16), np.linspace(0.001, 0.999, 999), [1 - 1e-7]])
    normal = statistics.NormalDist()
    expected = [normal.inv_cdf(p) for p in probabilities.tolist()]
    np.testing.assert_allclose(normal_quantiles(probabilities), expected, rtol=1e-13, atol=1e-15)
    assert np.isnan(normal_quantiles(np.array([np.nan])))


def test_piecewise_linear_fills_the_intervals_below_a_number():
    train = column(0, 2, 4, 8, 10)  # quantiles at 0, 1/2, 1: 0, 4, 10
    found = fitted(PiecewiseLinear(bins=2), train, column(0, 1, 4, 7, 10))
    assert found == [[0, 0], [0.25, 0], [1, 0], [1, 0.5], [1, 1]]
    assert fitted(PiecewiseLinear(bins=2), train, column(-2, 13)) == [[-0.5, 0], [1, 1.5]]  # beyond the ends


def test_piecewise_linear_has_fewer_intervals_where_quantiles_are_equal():
    assert fitted(PiecewiseLinear(bins=4), column(0, 0, 0, 0, 2), column(0, 1, 2)) == [[0], [0.5], [1]]
    assert fitted(PiecewiseLinear(), column(7, 7), column(7)) == [[0]]


def test_piecewise_linear_encodes_the_numbers_of_a_table_and_names_the_columns():
    numbers = np.array([[0, 1.0], [5, np.nan], [10, 3]])
    rows = Rows.single(Table(numbers, ("a", "b"), np.array([["x"], ["y"], ["x"]]), ("c",)))
    task = Task.single(Input("table", (3,), columns=("a", "b", "c")), Output("regression"))
    _, found, after = Pipeline.fit([PiecewiseLinear(bins=2), Tabulate()], rows, task)
    assert after.input == Input("array", (6,), numbers=4)
    assert after.input.columns == ("a in bin 1", "a in bin 2", "b in bin 1", "b in bin 2", "c=x", "c=y")
    expected = [[0, 0, 0, 0, 1, 0], [1, 0, np.nan, np.nan, 0, 1], [1, 1, 1, 1, 1, 0]]
    np.testing.assert_array_equal(found.array, expected)


@pytest.mark.parametrize("transform", EVERY, ids=lambda one: one.name)
def test_missing_numbers_stay_missing_and_the_others_do_not_depend_on_them(transform):
    with_gap = column(0, 1, np.nan, 2, 3)
    found = transform.apply(with_gap, transform.fit(with_gap, FLAT)).array
    without = column(0, 1, 2, 3)
    np.testing.assert_allclose(found[[0, 1, 3, 4]], transform.apply(without, transform.fit(without, FLAT)).array)
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize("transform", [*EVERY, Standardize()], ids=lambda one: one.name)
def test_codes_of_categories_are_not_taken_for_numbers(transform):
    task = Task.single(Input("array", (4,), numbers=2, categories=(3, 60)), Output("regression"))
    with pytest.raises(ConfigError, match=f"{transform.name} would take codes of categories for numbers"):
        transform.outline(task)


@pytest.mark.parametrize("transform", EVERY, ids=lambda one: one.name)
def test_images_and_series_are_refused(transform):
    for given in (Input("array", (4, 4, 1)), Input("sequence", (None,))):
        with pytest.raises(ConfigError, match=f"{transform.name} requires"):
            transform.outline(Task.single(given, Output("regression")))
