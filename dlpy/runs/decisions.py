"""What was fitted on a run's held-out rows for its predictions: calibration.json, thresholds.json and bands.json."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from dlpy.core.errors import RunError, StorageError
from dlpy.core.parsing import parse
from dlpy.runs.decision_records import BandsRecord, CalibrationRecord, ThresholdsRecord
from dlpy.runs.directory import Run
from dlpy.storage.atomic import storage
from dlpy.storage.cache import alone

CALIBRATION, THRESHOLDS, BANDS = "calibration.json", "thresholds.json", "bands.json"
_NAMES = {CalibrationRecord: CALIBRATION, ThresholdsRecord: THRESHOLDS, BandsRecord: BANDS}


def read_calibration(run: Run) -> CalibrationRecord | None:
    """Return calibration.json, or None if the run is not calibrated.

    Raises:
        RunError: the file is damaged.
    """
    found = _read(run, CALIBRATION, CalibrationRecord)
    if found is not None and not all(value > 0 for value in found.temperatures.values()):
        raise RunError(f"{run.path / CALIBRATION} is damaged: a temperature is not above 0.")
    return found


def read_thresholds(run: Run) -> ThresholdsRecord | None:
    """Return thresholds.json, or None if the thresholds are 0.5.

    Raises:
        RunError: the file is damaged.
    """
    found = _read(run, THRESHOLDS, ThresholdsRecord)
    if found is not None and not all(value <= 1 for each in found.thresholds.values() for value in each):
        raise RunError(f"{run.path / THRESHOLDS} is damaged: a threshold is above 1.")
    return found


def read_bands(run: Run) -> BandsRecord | None:
    """Return bands.json, or None if bands of quantiles stay as they were learned.

    Raises:
        RunError: the file is damaged.
    """
    found = _read(run, BANDS, BandsRecord)
    if found is not None and not (len(found.factors) == len(found.asked) and min(found.factors, default=1.0) > 0):
        raise RunError(f"{run.path / BANDS} is damaged: it needs a factor above 0 for each band.")
    return found


def write_decision(run: Run, record: CalibrationRecord | ThresholdsRecord | BandsRecord) -> None:
    """Write a record into the run, in place of an earlier one."""
    run.change(_NAMES[type(record)], lambda _: asdict(record))


def forget_decision(run: Run, name: str) -> bool:
    """Remove one of these files; return whether it was there."""
    path = run.path / name
    with storage(path), alone(run.changes):
        if path.is_dir():
            raise StorageError(f"cannot remove {path}: it is a folder.")
        there = path.exists()
        path.unlink(missing_ok=True)
    return there


def _read(run: Run, name: str, kind: Any) -> Any:
    content = run.read(name)
    return parse(content, kind) if content else None


def clipped(threshold: float) -> float:
    """Return a threshold for display: one below every probability is shown as 0."""
    return threshold if math.isfinite(threshold) and threshold > 0 else 0.0
