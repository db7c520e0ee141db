import numpy as np
import pytest

from dlpy.datasets.boston_housing import BostonHousing
from dlpy.datasets.california_housing import CaliforniaHousing
from dlpy.stand_ins import tables


def test_boston_has_the_real_rows_and_ranges() -> None:
    loaded = BostonHousing().stand_in(1, None)
    assert loaded.test is not None
    x = loaded.train.x
    assert isinstance(x, np.ndarray)
    assert (x.shape, loaded.test.y.shape, x.dtype, loaded.train.y.dtype) == ((404, 13), (102,), np.float64, np.float32)
    assert set(x[:, 3]) == {0.0, 1.0}  # CHAS
    assert set(x[:, 8]) <= {1, 2, 3, 4, 5, 6, 7, 8, 24}  # RAD
    low = [0.006, 0, 0.46, 0, 0.385, 3.56, 2.9, 1.12, 1, 187, 12.6, 0.32, 1.73]
    high = [89, 100, 27.8, 1, 0.871, 8.78, 100, 12.2, 24, 711, 22, 396.9, 38]
    assert (x >= low).all()
    assert (x <= high).all()
    assert (x.std(axis=0) > 0).all()
    assert (loaded.train.y.min() >= 5, loaded.train.y.max() <= 50) == (True, True)
    assert 20 < loaded.train.y.mean() < 25


def test_california_has_the_real_rows_and_ranges() -> None:
    loaded = CaliforniaHousing().stand_in(1, None)
    assert loaded.test is not None
    x = loaded.train.x
    assert isinstance(x, np.ndarray)
    assert (x.shape, loaded.test.y.shape) == ((16_512, 8), (4_128,))
    assert (x >= [-124.35, 32.54, 1, 2, 1, 3, 1, 0.4999]).all()
    assert (x <= [-114.31, 41.95, 52, 39_320, 6_445, 35_682, 6_082, 15.0001]).all()
    assert (loaded.train.y.min() >= 14_999, loaded.train.y.max()) == (True, 500_001)
    small = CaliforniaHousing(version="small").stand_in(1, None)
    assert small.test is not None
    assert (len(small.train), len(small.test)) == (480, 120)


def test_the_limit_caps_both_parts() -> None:
    loaded = CaliforniaHousing().stand_in(1, 32)
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test)) == (32, 32)


def test_a_seed_gives_the_same_houses_and_another_seed_others() -> None:
    for dataset in (BostonHousing(), CaliforniaHousing()):
        assert dataset.stand_in(7, None).fingerprint() == dataset.stand_in(7, None).fingerprint()
        assert dataset.stand_in(7, None).fingerprint() != dataset.stand_in(8, None).fingerprint()


def test_the_best_possible_errors_are_the_stated_ones() -> None:
    errors = []
    for seed in range(20):
        columns, price = tables.boston(seed)
        errors.append(np.abs(np.clip(tables.boston_price(columns), 5, 50) - price).mean())
    assert np.mean(errors) == pytest.approx(1.7, abs=0.1)
    columns, price = tables.california(1)
    error = np.abs(np.clip(tables.california_price(columns), 14_999, 500_001) - price).mean()
    assert error == pytest.approx(31_000, rel=0.05)


def test_a_linear_model_beats_the_median_and_does_not_reach_the_floor() -> None:
    columns, price = tables.boston(1)
    design = np.column_stack([columns, np.ones(len(columns))])
    weights = np.linalg.lstsq(design[:404], price[:404], rcond=None)[0]
    error = np.abs(design[404:] @ weights - price[404:]).mean()
    assert 1.9 < error < 3.5
    assert np.abs(np.median(price[:404]) - price[404:]).mean() > 5
