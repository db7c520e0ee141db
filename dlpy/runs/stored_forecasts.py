"""Reads what predictions.npz holds of forecasts alone: quantiles, where windows lie, and the past of a few of them."""

from __future__ import annotations

import numpy as np

from dlpy.data.task import Output
from dlpy.runs.arrays import Arrays, positions, texts, values
from dlpy.storage.npz import ArraysError


def of_forecast(arrays: Arrays, shape: tuple[int, ...], output: Output | None) -> Arrays:
    """Return the quantiles, and the past of a few windows, where they are stored."""
    found = {}
    if output is not None and output.quantiles:
        count = len(output.quantiles)
        quantiles = values(arrays, "quantiles", shape[0])
        if quantiles.shape != (shape[0], shape[1] * count):
            raise ArraysError(f"its quantiles have shape {quantiles.shape}")
        found["quantiles"] = quantiles.reshape(*shape, count)
        found |= _places(arrays, shape[0])
    if "drawn" in arrays:
        found["drawn"] = positions(arrays, "drawn")
        found["history"] = values(arrays, "history", len(found["drawn"]))
        if found["drawn"].max(initial=0) >= shape[0]:
            raise ArraysError("'drawn' names rows that do not exist")
        if "drawn_series" in arrays:
            found["drawn_series"] = arrays["drawn_series"]
            if found["drawn_series"].shape != found["drawn"].shape or found["drawn_series"].dtype.kind != "U":
                raise ArraysError("'drawn_series' does not name the series of the drawn rows")
    return found


def _places(arrays: Arrays, rows: int) -> Arrays:
    """Return where the windows of a series lie in it, and the name of each one's series, where they are stored."""
    if "origin" not in arrays:
        return {}
    found = {"origin": positions(arrays, "origin")}
    if "of_series" in arrays:
        found["series"] = np.array(texts(arrays, "of_series", rows))
    if len(found["origin"]) != rows:
        raise ArraysError(f"'origin' has {len(found['origin'])} rows")
    return found
