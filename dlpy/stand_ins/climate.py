"""Generated weather records, the stand-in for jena_climate."""

from __future__ import annotations

import numpy as np

COLUMNS = (
    "p (mbar)", "T (degC)", "Tpot (K)", "Tdew (degC)", "rh (%)", "VPmax (mbar)", "VPact (mbar)", "VPdef (mbar)",
    "sh (g/kg)", "H2OC (mmol/mol)", "rho (g/m**3)", "wv (m/s)", "max. wv (m/s)", "wd (deg)",
)  # fmt: skip
ROWS = 60_000
NOISE = 1.0  # degrees: unpredictable from any column

_DAY = 144  # rows of ten minutes
_YEAR = 365.25 * _DAY
_LEAD = 150  # rows by which pressure and humidity are ahead of the temperature


def climate(seed: int, rows: int = ROWS) -> np.ndarray:
    """Return weather every ten minutes, starting in January: (rows, 14) float64 in the order of COLUMNS.

    The temperature is the sum of a yearly cycle, a daily cycle, fronts that last about two days, and noise that lasts
    for hours, with a standard deviation of 1 degree. Pressure and humidity announce a front 25 hours ahead, with some
    error; the other columns are derived from these three or are wind, whose storms in autumn mislead a network that
    sums its inputs. The best possible forecast one day ahead has a mean absolute error of 0.8 degrees (the square root
    of 2 / pi), about 0.1 standardized. The error of the last value is three times as large.
    """
    random = np.random.default_rng([seed, 11])
    time = np.arange(rows)
    fronts = _kept(random, rows + _LEAD, 2.0 * _DAY)
    fronts = _smooth(fronts, _DAY // 3)
    front, coming = fronts[:rows], fronts[_LEAD:]
    season = -np.cos(2 * np.pi * (time / _YEAR - 0.05))
    sun = -np.cos(2 * np.pi * (time % _DAY) / _DAY - 0.6)
    noise = NOISE * _kept(random, rows, _DAY / 10)
    celsius = 9.5 + 9.0 * season + (2.2 + season) * sun + 3.2 * front + noise
    pressure = 989.0 - 7.0 * coming + 2.5 * _kept(random, rows, _DAY / 8)
    damp = 74.0 + 8.0 * coming - 8.0 * sun - 4.0 * season + 5.0 * _kept(random, rows, _DAY / 12)
    storm = 1.2 - 0.6 * np.sin(2 * np.pi * time / _YEAR)  # the training rows end before the storms of autumn
    wind = np.minimum(0.9 * np.exp(storm * _kept(random, rows, _DAY / 8) + 0.2 * random.normal(size=rows)), 80)
    return np.round(_derived(pressure, celsius, np.clip(damp, 14, 100), wind, random), 2)


def _derived(
    pressure: np.ndarray, celsius: np.ndarray, damp: np.ndarray, wind: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Return all columns; vapour pressure, density and potential temperature follow from the usual formulas."""
    kelvin = celsius + 273.15
    most = 6.1078 * np.exp(17.08085 * celsius / (234.175 + celsius))
    vapour = most * damp / 100
    ratio = np.log(vapour / 6.1078)
    dew = 234.175 * ratio / (17.08085 - ratio)
    specific = 622.0 * vapour / (pressure - 0.378 * vapour)
    density = 100.0 * (pressure - 0.378 * vapour) / (287.05 * kelvin) * 1000
    gusts = wind * (1.5 + 0.2 * np.abs(random.normal(size=len(wind))))
    direction = (200 + 60 * _kept(random, len(wind), _DAY / 5) + 15 * random.normal(size=len(wind))) % 360
    potential = kelvin * (1000.0 / pressure) ** 0.286
    columns = (pressure, celsius, potential, dew, damp, most, vapour, most - vapour, specific, 1000 * vapour / pressure)
    return np.stack([*columns, density, wind, gusts, direction], axis=1)


def _kept(random: np.random.Generator, rows: int, memory: float) -> np.ndarray:
    """Return an autoregressive process of variance 1, whose correlation falls to 1 / e after `memory` rows."""
    keep = np.exp(-1 / memory)
    length = int(8 * memory)
    kernel = keep ** np.arange(length)
    drawn = random.normal(size=rows + length)
    size = 1 << int(rows + 2 * length).bit_length()
    mixed = np.fft.irfft(np.fft.rfft(drawn, size) * np.fft.rfft(kernel, size), size)[length : rows + length]
    return mixed * np.sqrt(1 - keep**2)


def _smooth(process: np.ndarray, width: int) -> np.ndarray:
    """Return the moving average over `width` rows, rescaled to variance 1."""
    padded = np.pad(process, (width - 1, 0), mode="edge")
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    mean = (sums[width:] - sums[:-width]) / width
    return mean / mean.std()
