"""Generates an experiment file for a table whose rows are independent, or in time order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlpy.data.tables.chosen_rows import without_copies
from dlpy.datasets.csv import Csv
from dlpy.starter.balance import balance_of
from dlpy.starter.blocks import TABLE_MODEL, Fit, first_file, values_of
from dlpy.starter.identifiers import different
from dlpy.starter.kinds import becomes_of, kinds_of, order_and_target
from dlpy.starter.linear_tests import log_errors, skewness
from dlpy.starter.mixed import MIXED_MODEL, Parts, input_options, parts_of
from dlpy.starter.order import first_order
from dlpy.starter.overview import Draft, as_comments, overview
from dlpy.starter.preparation import Preparation, format_options, preparation_of
from dlpy.starter.recipes import Width
from dlpy.starter.sample import (
    Sampled,
    counted_rows,
    is_in_pieces,
    memory_options,
    path_to_check,
    rows_in,
)
from dlpy.starter.source import few_rows, held_out, source_notes, source_options
from dlpy.starter.study import Study, missing_lines
from dlpy.starter.trial import Trial
from dlpy.starter.wording import Option

_SKEWED = 1.0  # skewness of the target
_GAIN = 0.01  # of r2, that a logarithm has to bring
_LEAST_DISTINCT = 30  # rows: of fewer, equal ones are likely
_MUCH = 0.5  # share of the distinct rows that a column has values of its own for: copies are then no coincidence


@dataclass(frozen=True)
class _Plan:
    """How the rows of a table are used.

    time: the column they are sorted by, if any. preparation: of numbers, categories and dates. parts: the inputs of a
    mixed table. copies: how many rows equal an earlier row. drops: whether these are left out.
    """

    study: Study
    time: str | None
    preparation: Preparation
    parts: Parts | None
    copies: int
    drops: bool


def experiment_for_rows(study: Study, output: Path) -> Draft:
    """Return an experiment that predicts the target of each row from its other columns.

    Raises:
        DataError: training could not start.
    """
    parts = None if is_in_pieces(study.file) else parts_of(study)
    copies = (0, False) if isinstance(study.file, Sampled) else _copies_in(study)

    def plan_of(time: str | None) -> tuple[_Plan, list[Option]]:
        plan = _Plan(study, time, preparation_of(study, in_time=time is not None), parts, *copies)
        return plan, _data(plan, output)

    order = first_order(study, lambda time: Csv.model_validate(_checkable(study, plan_of(time)[1])))
    (plan, data), trial = plan_of(order.time), order.trial
    log, log_note = _logarithm(study, trial)
    target = _target_transforms(study, log)
    balance = balance_of(trial, study.output)
    place = next(i for i, option in enumerate(data) if option.key == "task") + 1
    data = [*data[:place], *target, *data[place:]]
    kinds = kinds_of(study)
    lines = overview(study, kinds, _becomes(plan, target))
    title = f"Predicts {study.target} from the other columns of {study.file.path.name} ({counted_rows(study.file)})."
    notes = [title, *source_notes(study), *few_rows(study, plan.time), *_copies(plan), *missing_lines(study)]
    notes += [*order.notes, *log_note, *balance.notes]
    model = TABLE_MODEL if plan.parts is None else MIXED_MODEL
    fewest = 0 if plan.time or is_in_pieces(study.file) else trial.fewest(study.output)  # as training.refit needs
    width = Width(len(study.others.numeric), plan.preparation.categories, study.output.units or 1)
    fit = Fit(rows_in(study.file), balance.scores, balance.monitor, width, fewest)
    text = first_file([*notes, "", *as_comments(lines)], output, data, model, fit)
    return Draft(text, tuple(notes), tuple(lines))


def _becomes(plan: _Plan, target: list[Option]) -> dict[str, str]:
    inputs = becomes_of(plan.study, plan.preparation, plan.parts)
    others = order_and_target(plan.study, plan.time, target)
    both = {name: f"{inputs[name]}; {what}" for name, what in others.items() if name in inputs}
    return inputs | others | both


def _checkable(study: Study, data: list[Option]) -> dict[str, object]:
    return {**values_of(data), "path": path_to_check(study.file)}


def _data(plan: _Plan, output: Path) -> list[Option]:
    study, others, parts, made = plan.study, plan.study.others, plan.parts, plan.preparation
    used = [*made.dates, *([] if parts is None else parts.used)]
    left_out = {plan.time, *used, *study.file.index}  # the reader itself leaves the index out
    ignore = [name for name in (*others.unused, *others.dates) if name not in left_out]
    steps = [Option("transforms", made.transforms)] if made.transforms else []
    return [
        Option("name", "csv"),
        *source_options(study, output),
        *memory_options(study.file),
        *([Option("duplicates", "drop", _counted(plan.copies))] if plan.drops else []),
        *([Option("time", plan.time, "rows are sorted by it")] if plan.time else []),
        *([Option("keep", [*others.ids], "identifies the rows; written beside predictions")] if others.ids else []),
        *([Option("ignore", ignore, "see the reasons above")] if ignore else []),
        *format_options(study, [*others.numeric, study.target]),
        *([*made.options, *steps] if parts is None else input_options(parts, [*made.options, *steps])),
        *held_out(study, plan.time),
    ]


def _copies_in(study: Study) -> tuple[int, bool]:
    """Return how many rows equal an earlier one, and whether that can be no coincidence.

    Rows of a few categories are often equal by chance; rows with a number or text of their own are not.
    """
    columns = [*study.columns.values()]
    distinct = len(without_copies(study.file, columns))
    copies = len(study.file) - distinct
    if not copies or distinct < _LEAST_DISTINCT or copies > distinct:
        return copies, False
    return copies, max(different(study.file, column) for column in columns) > _MUCH * distinct


def _copies(plan: _Plan) -> list[str]:
    if not plan.copies:
        return []
    if plan.drops:
        return [f"{_counted(plan.copies)}: dropped, so that no row is both trained on and tested on"]
    return [f"{_counted(plan.copies)}: kept, since few values make equal rows likely; duplicates: drop leaves them out"]


def _counted(copies: int) -> str:
    return "1 row is a copy of an earlier row" if copies == 1 else f"{copies:,} rows are copies of earlier rows"


def _target_transforms(study: Study, log: object) -> list[Option]:
    """Return the option that transforms a numeric target."""
    if study.output.kind != "regression":
        return []
    note = "mean 0, standard deviation 1 in training; scores are in its own unit"
    return [Option("target_transforms", [*([log] if log else []), "standardize"], note)]


def _logarithm(study: Study, trial: Trial) -> tuple[object, list[str]]:
    """Return the transform log, if it is to be the first one of the target, and a note on the test that decided."""
    if study.output.kind != "regression" or trial.x is None:
        return None, []
    y = trial.own_targets()
    skew, add = skewness(y), 0.0 if y.min() > 0 else 1.0
    if skew < _SKEWED or y.min() < 0 or study.columns[study.target].values.min() + add <= 0:
        return None, []
    found = log_errors(trial.x, y, add)
    if found is None:
        return None, []
    plain, logged = found
    figures = f"ridge regressions on held-out training rows have an r2 of {logged:.2f} with log and {plain:.2f} without"
    told = f"{study.target} is skewed (skewness {skew:.1f})"
    if logged < max(plain, 0.0) + _GAIN:
        return None, [f"{told}, but log does not help: {figures}"]
    return ({"name": "log", "add": 1} if add else "log"), [f"{told}, so its log is learnt: {figures}"]
