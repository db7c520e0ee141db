"""Checks of the options of a series that depend on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.components.named_transform import OfInput, OfTarget
from dlpy.core.errors import ConfigError
from dlpy.datasets._names import Found

if TYPE_CHECKING:
    from dlpy.datasets.timeseries_csv import TimeseriesCsv


def wrong_horizon(data: TimeseriesCsv) -> list[Found]:
    """Return the mistakes in options that a horizon or several series rule out."""
    found: list[Found] = []
    if data.horizon is not None and (len(data.forecast) > 1 or data.targets is not None):
        found.append((("horizon",), "needs a single target: name one column under 'target'."))
    others = {data.time, *(data.columns or []), *data.forecast, *data.known}
    if twice := [name for name in data.id or [] if name in others]:
        found.append((("id",), f"column '{twice[0]}' has another role, too: name the column with the series' names."))
    if data.id is not None and data.targets is not None:
        found.append((("id",), "needs a single 'target', which each series scales by its own rows."))
    for key in ("validation", "test"):
        holdout = getattr(data, key)
        if data.id is not None and holdout is not None and holdout.rows:
            found.append(
                ((key,), "rows are those of all series together: give a fraction, or a count for each series.")
            )
    return found


def wrong_known(data: TimeseriesCsv) -> list[Found]:
    """Return the mistakes in the option `known`."""
    if not data.known:
        return []
    own = next((name for name in data.known if name in (data.time, *data.forecast)), None)
    if own is not None:
        return [
            (("known",), f"'{own}' is a {'time' if own == data.time else 'target'}, which is not known in advance.")
        ]
    if data.targets is not None:
        return [(("known",), "needs a single 'target' or a list of columns under 'target'.")]
    steps = data.horizon or 1
    if steps > 1 and (data.step > 1 or data.lookback < steps):
        hint = f"a window must hold the known values of all {steps} steps: set step: 1 and lookback: {steps} or more."
        return [(("known",), hint)]
    return []


def check_ahead(data: TimeseriesCsv, steps: int) -> None:
    """Raise ConfigError unless the next `steps` rows are predicted at once."""
    if data.delay or len(data.forecast) > 1:
        what = f"leaves out the {data.delay} rows before its target" if data.delay else "has several targets"
        hint = f"leave it out and give a file, or train with one target, data.delay=0 and data.horizon={steps}"
        raise ConfigError(f"--ahead needs the next rows of one target, and the run {what}: {hint}.")
    if steps > (data.horizon or 1):
        most = "1 row" if data.horizon is None else f"{data.horizon} rows"
        raise ConfigError(f"--ahead {steps}: the run predicts {most} ahead; train with data.horizon={steps} for more.")


_IN_PIECES = ("standardize", "log", "rescale", "reverse")  # change rows of a series one by one


def check_pieces(data: TimeseriesCsv) -> None:
    """Raise ConfigError for a transform that needs a whole series in memory."""
    for one in data.all_transforms():
        inner = one.inner if isinstance(one, OfInput) else one
        if not (isinstance(one, OfTarget) or one.on_targets or inner.name in _IN_PIECES):
            needs = "needs all rows in memory: remove it, or raise data.memory."
            raise ConfigError(f"data.transforms: {data.path} is too large for data.memory, and {inner.name} {needs}")
