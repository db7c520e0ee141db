"""Further tables of a report: scores by class, the most wrong texts, bands, rivals, and folds."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlpy.core.errors import RunError
from dlpy.core.parsing import parse
from dlpy.report.markup import Markup
from dlpy.report.searched import trials
from dlpy.report.tables import number, table
from dlpy.runs.directory import Run
from dlpy.runs.record import Band
from dlpy.runs.rivals_record import Rival, RivalsRecord

_LARGEST = 16 << 20  # bytes of a CSV file
_MOST_COLUMNS = 20


def by_class(run: Run) -> list[Markup]:
    """Return the scores of each class, by part and output, from classes-*.csv."""
    return [
        _from_csv(run, path.name, f"Scores of each class: {path.stem.removeprefix('classes-')} rows")
        for path in sorted(run.path.glob("classes-*.csv"))
    ]


def most_wrong(run: Run) -> list[Markup]:
    """Return the most wrong texts; images are among the plots."""
    return [
        _from_csv(run, f"samples/{path.name}", f"Most wrong: {path.stem.removeprefix('wrongest-')} rows")
        for path in sorted(run.path.glob("samples/wrongest-*.csv"))
    ]


def _from_csv(run: Run, name: str, caption: str) -> Markup:
    heads, *rows = _read(run, name)
    numeric = [place for place, _ in enumerate(heads) if place and all(_is_number(row[place]) for row in rows)]
    shown = [[_short(cell) if place in numeric else cell for place, cell in enumerate(row)] for row in rows]
    return table(caption, [head.replace("_", " ") for head in heads], shown, numeric=numeric)


def _read(run: Run, name: str) -> list[list[str]]:
    """Return the lines of a CSV file that dlpy wrote.

    Raises:
        RunError: the file is damaged.
    """
    path = run.path / name
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST:,} bytes")
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file, strict=True))
        if not lines or not 0 < len(lines[0]) <= _MOST_COLUMNS or any(len(line) != len(lines[0]) for line in lines):
            raise ValueError("its lines are not what dlpy writes")
    except (OSError, ValueError, csv.Error) as error:
        raise RunError(f"{path} is damaged: {error}.") from None
    return lines


def _is_number(cell: str) -> bool:
    try:
        return cell == "" or float(cell) is not None
    except ValueError:
        return False


def _short(cell: str) -> str:
    return "-" if not cell else f"{int(cell):,}" if cell.isdecimal() else number(float(cell))


def folds_and_seeds(run: Run) -> list[Markup]:
    """Return the scores of each fold, or of each seed."""
    summary = run.summary()
    rows = [(f"fold {place}", fold.scores) for place, fold in enumerate(summary.folds, start=1)]
    rows += [(f"seed {seed.seed}", seed.best.scores) for seed in summary.seeds]
    if not rows:
        return []
    names = [name for name in rows[0][1] if name not in ("fold", "rows", "epoch")]
    cells = [[label, *(number(scores.get(name)) for name in names)] for label, scores in rows]
    what = "fold" if summary.folds else "seed"
    return [table(f"Scores of each {what}", [what, *names], cells, numeric=range(1, len(names) + 1))]


def rivals(run: Run) -> list[Markup]:
    """Return the scores of classic models on the run's rows, after `dlpy rivals`."""
    content = run.read("rivals.json")
    if not content:
        return []
    told = parse(content, RivalsRecord)
    rows = [[told.model, *(number(value) for value in told.scores.values()), ""]]
    rows += [_rival(name, rival, told.scores) for name, rival in told.rivals.items()]
    caption = f"Classic models on the {told.on} rows: {told.verdict}"
    heads = ["model", *told.scores, "left out because"]
    shown = len(heads) - (not any(row[-1] for row in rows))
    numeric = range(1, len(told.scores) + 1)
    return [table(caption, heads[:shown], [row[:shown] for row in rows], numeric=numeric)]


def bands(run: Run) -> list[Markup]:
    """Return how often bands of quantiles hold the truth, by part that was evaluated."""
    return [_bands(part, told.bands) for part, told in run.evaluation().items() if told.bands]


def _bands(part: str, found: Sequence[Band]) -> Markup:
    rows = [[f"{one.asked:.0%}", _percent(one.covered), number(one.width)] for one in found]
    heads = ["band", "holds the truth", "mean width, in the target's own unit"]
    return table(f"Bands of quantiles: {part} rows", heads, rows, numeric=[1, 2])


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{fraction:.1%}"


def _rival(name: str, rival: Rival, scores: Mapping[str, Any]) -> list[str]:
    return [name, *(number(rival.scores.get(score)) for score in scores), rival.reason]


def details(run: Run) -> Iterator[Markup]:
    """Yield all of these tables except the most wrong rows."""
    yield from (*folds_and_seeds(run), *trials(run), *by_class(run), *bands(run), *rivals(run))
