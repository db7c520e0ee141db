"""Generated house prices, the stand-ins for boston_housing and california_housing."""

from __future__ import annotations

import numpy as np

Part = tuple[np.ndarray, np.ndarray]  # features (rows, columns) float64, targets (rows,) float32

BOSTON_NOISE = 2.2  # standard deviation, k$
CALIFORNIA_NOISE = 0.2  # standard deviation of the log price
BOSTON_ROWS = 506
CALIFORNIA_ROWS = 20_640


def boston(seed: int) -> Part:
    """Return 506 districts: the 13 columns of boston_housing and a price from 5 to 50 k$.

    The price falls with poverty (LSTAT) at a decreasing rate, rises with rooms (RM) at an increasing rate, is higher at
    the river (CHAS) and lower with more crime, nitric oxides or distance, and has normal noise with a standard
    deviation of 2.2 k$. The best possible mean absolute error is 1.73 k$ (2.2 times the square root of 2 / pi is 1.755;
    slightly less because prices are clipped to 5 and 50).
    """
    random = np.random.default_rng([seed, 5])
    columns = _boston_columns(random, BOSTON_ROWS)
    price = np.clip(boston_price(columns) + random.normal(0, BOSTON_NOISE, len(columns)), 5, 50)
    return columns, np.round(price, 1).astype(np.float32)


def boston_price(columns: np.ndarray) -> np.ndarray:
    """Return the price in k$ of districts (rows, 13), before noise."""
    crime, _, _, river, oxides, rooms, _, distance, _, tax, pupils, _, poor = columns.T
    price = 50.5 - 11.0 * np.log(poor) + 2.2 * np.maximum(rooms - 6.0, 0) ** 2 + 2.5 * river
    price -= 14.0 * (oxides - 0.55) + 0.9 * np.log1p(crime) + 0.7 * (pupils - 18.5) + 0.006 * (tax - 400)
    return price - 3.0 * np.log(distance / 3.2)


def california(seed: int) -> Part:
    """Return 20,640 districts: the 8 columns of california_housing and a price from 14,999 to 500,001 dollars.

    The price is a product of powers of income, rooms and occupancy, falls with the distance to the coast and to two
    cities, and has log-normal noise of 20%, with a cap of 500,001 $. The best possible mean absolute error is about
    31,000 $.
    """
    random = np.random.default_rng([seed, 6])
    columns = _california_columns(random, CALIFORNIA_ROWS)
    price = california_price(columns) * np.exp(random.normal(0, CALIFORNIA_NOISE, len(columns)))
    return columns, np.clip(np.round(price, -2), 14_999, 500_001).astype(np.float32)


def california_price(columns: np.ndarray) -> np.ndarray:
    """Return the price in dollars of districts (rows, 8) in Keras' order of columns, before noise and cap."""
    longitude, latitude, age, rooms, bedrooms, heads, households, income = columns.T
    coast = np.maximum(0.0, (longitude - _coast(latitude)) * 0.75 + 0.1)
    cities = [(-122.4, 37.8), (-118.3, 34.0)]
    near = sum(np.exp(-np.hypot(longitude - x, latitude - y) / 0.8) for x, y in cities)
    price = 70_000 * income**0.75 * np.exp(0.45 * near - 0.25 * np.sqrt(coast))
    return price * (households / heads * 2.8) ** 0.3 * (1 + 0.003 * (age - 28)) * (bedrooms / rooms * 5) ** 0.15


def _boston_columns(random: np.random.Generator, rows: int) -> np.ndarray:
    """Return the columns, most of which depend on one latent variable: how urban a district is."""
    urban = random.beta(1.2, 1.6, rows)
    noise = random.normal(0, 1, (8, rows))
    central = random.random(rows) < urban**1.5
    crime = np.exp(np.clip(-3.2 + 4.5 * urban + 1.2 * central + 0.7 * noise[0], -5.06, 4.48))
    land = np.where((urban < 0.35) & (noise[1] > -0.2), np.rint(random.uniform(2, 20, rows)) * 5, 0.0)
    industry = np.clip(2 + 17 * urban + 3 * noise[2], 0.46, 27.74)
    river = (random.random(rows) < 0.07).astype(np.float64)
    oxides = np.clip(0.42 + 0.26 * urban + 0.04 * noise[3], 0.385, 0.871)
    rooms = np.clip(6.45 - 0.4 * urban + 0.62 * noise[4], 3.561, 8.78)
    age = np.clip(35 + 70 * urban + 15 * noise[5], 2.9, 100)
    distance = np.clip(7.5 * np.exp(-1.6 * urban + 0.2 * noise[6]), 1.1296, 12.1265)
    radial = np.where(central, 24, random.integers(1, 9, rows))
    tax = np.where(central, 666, np.clip(np.rint(280 + 90 * urban + 45 * noise[7]), 187, 711))
    pupils = np.where(central, 20.2, np.clip(random.normal(17.9, 1.9, rows), 12.6, 22.0))
    black = np.where(random.random(rows) < 0.12 + 0.2 * urban, random.uniform(0.32, 390, rows), 396.9)
    poor = np.clip(np.exp(2.1 + 1.1 * urban - 0.45 * (rooms - 6.3) + 0.35 * random.normal(0, 1, rows)), 1.73, 37.97)
    columns = (crime, land, industry, river, oxides, rooms, age, distance, radial, tax, pupils, black, poor)
    return np.round(np.stack(columns, axis=1), 5)


def _california_columns(random: np.random.Generator, rows: int) -> np.ndarray:
    place = random.choice(3, rows, p=(0.3, 0.45, 0.25))  # near San Francisco, near Los Angeles, anywhere
    latitude = np.array([37.6, 34.0, 37.0])[place] + random.normal(0, 1, rows) * np.array([0.4, 0.35, 2.2])[place]
    latitude = np.clip(latitude, 32.54, 41.95)
    inland = random.gamma(1.2, np.array([0.35, 0.45, 1.6])[place])
    longitude = np.clip(_coast(latitude) + inland, -124.35, -114.31)
    age = np.clip(np.rint(random.normal(28.6, 12.6, rows)), 1, 52)
    households = np.clip(np.rint(np.exp(random.normal(6.0, 0.72, rows))), 1, 6_082)
    income = np.clip(np.exp(random.normal(1.26, 0.45, rows)), 0.4999, 15.0001)
    rooms = np.clip(np.rint(households * np.exp(1.25 + 0.12 * income**0.8 + random.normal(0, 0.2, rows))), 2, 39_320)
    bedrooms = np.clip(np.rint(households * np.exp(random.normal(0.06, 0.07, rows))), 1, 6_445)
    heads = np.clip(np.rint(households * np.exp(random.normal(1.03, 0.25, rows))), 3, 35_682)
    columns = (np.round(longitude, 2), np.round(latitude, 2), age, rooms, bedrooms, heads, households, income.round(4))
    return np.stack(columns, axis=1)


def _coast(latitude: np.ndarray) -> np.ndarray:
    """Return the approximate longitude of the coast."""
    known = [32.5, 34.0, 34.5, 36.6, 37.8, 40.4, 42.0], [-117.1, -118.5, -120.5, -121.9, -122.5, -124.3, -124.2]
    return np.interp(latitude, *known)
