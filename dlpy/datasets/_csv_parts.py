"""The inputs and targets of csv, with what is left open found in the file, and what is reported of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import SAMPLE_WEIGHT
from dlpy.data.tables import column_types, missing_cells
from dlpy.data.task import TARGET, Output, Task
from dlpy.datasets._cells import Cells, check_categories, looks_numeric
from dlpy.datasets._csv_inputs import CsvInput, TableInput
from dlpy.datasets._csv_targets import CsvTarget, Partners
from dlpy.datasets._row_choice import Chosen, choose
from dlpy.datasets._table_options import no_column
from dlpy.datasets._target_kinds import without_targets
from dlpy.transforms.fill_missing import Rule, rule_of

if TYPE_CHECKING:
    from dlpy.datasets.csv import Csv


def key_of(data: Csv, part: str, name: str) -> str:
    """Return where the options of an input or target are in the experiment file."""
    return f"data.{part}.{name}" if getattr(data, part) is not None else "data"


def targets_of(data: Csv) -> Mapping[str, CsvTarget]:
    """Return the targets by name; one without a name is called target."""
    if data.targets is not None:
        return data.targets
    if data.task == "pairs":
        return {TARGET: Partners(task="binary")}
    return {TARGET: CsvTarget(column=data.target, task=data.task, transforms=data.target_transforms)}


def found_inputs(data: Csv, cells: Cells) -> Mapping[str, CsvInput]:
    """Return the inputs with what the options leave open, such as the numeric columns, found in the file.

    Raises:
        DataError: a column cannot be used.
    """
    if data.inputs is None:
        only = _only_table(data, *_features(data, cells))
        return {"input": only.model_copy(update=only.found_dates(cells, "data"))}
    used = {name for given in data.inputs.values() for name in given.used()}
    used |= {*data.ignore, *data.keep, *not_features(data)}
    rest = [name for name in cells.file.names if name not in {*used, *cells.file.index}]
    return {name: given.found(cells, rest, key_of(data, "inputs", name)) for name, given in data.inputs.items()}


def known_inputs(data: Csv) -> Mapping[str, CsvInput]:
    """Return the inputs of a run, whose config.yaml leaves nothing open.

    Raises:
        ConfigError: it does.
    """
    if data.inputs is None:
        if data.numeric is None or data.categorical is None:
            raise ConfigError("data: 'numeric' and 'categorical' must be listed, as in the run's config.yaml.")
        return {"input": _only_table(data, data.numeric, data.categorical)}
    for name, given in data.inputs.items():
        if isinstance(given, TableInput) and (given.numeric is None or given.categorical is None):
            where = f"data.inputs.{name}"
            raise ConfigError(f"{where}: 'numeric' and 'categorical' must be listed, as in the run's config.yaml.")
    return data.inputs


def _only_table(data: Csv, numeric: list[str], categorical: list[str]) -> TableInput:
    names = [*numeric, *data.dates, *categorical]
    kinds = {"numeric": numeric, "categorical": categorical, "dates": data.dates}
    return TableInput(columns=names, **kinds, missing=data.missing)


def not_features(data: Csv) -> set[str]:
    """Return the columns that are targets, assign rows to splits or weigh them."""
    return {name for wanted in targets_of(data).values() for name in wanted.used()} | {name for _, name in data.marks()}


def _features(data: Csv, cells: Cells) -> tuple[list[str], list[str]]:
    """Return the numeric and the categorical columns: those listed, or those detected."""
    listed = {*(data.numeric or []), *(data.categorical or []), *data.dates, *data.ignore, *data.keep}
    listed |= {*cells.file.index}
    free = [name for name in cells.file.names if name not in listed | not_features(data)]
    looks = looks_numeric(cells, free)
    guessed = [name for name in free if not looks[name]]
    numeric = [name for name in free if looks[name]] if data.numeric is None else data.numeric
    if data.categorical is None:
        check_categories(cells, guessed)
    categorical = guessed if data.categorical is None else data.categorical
    if not numeric and not categorical and not data.dates:
        what = f"the target '{data.target}'" if data.targets is None else "the targets"
        raise DataError(f"{cells.file.path} has no feature columns besides {what}.")
    return numeric, categorical


def check_names(data: Csv, cells: Cells) -> None:
    """Raise DataError for a column that the options name and the file does not have."""
    for key, name in _named(data):
        if name not in cells.file.names:
            raise no_column(cells.file, key, name)


def _named(data: Csv) -> Iterator[tuple[str, str]]:
    """Yield (option, column) for every column that an option names."""
    if data.target is not None:
        yield "target", data.target
    yield from data.marks()
    yield from data.listed()
    yield from (("formats", name) for name in data.formats)
    yield from (("missing", name) for name in (data.missing if isinstance(data.missing, dict) else []))
    for part, blocks in (("inputs", data.inputs or {}), ("targets", data.targets or {})):
        yield from ((f"{part}.{key}", name) for key, block in blocks.items() for name in block.used())
    tables = {key: block for key, block in (data.inputs or {}).items() if isinstance(block, TableInput)}
    for key, table in tables.items():
        yield from ((f"inputs.{key}.{option}", name) for option, names in table.lists().items() for name in names)


def chosen_rows(data: Csv, cells: Cells) -> Chosen:
    """Return the rows in use: all but those without a target and copies of earlier rows, where these are dropped.

    Raises:
        DataError: fewer than two are left.
    """
    required = [name for one in targets_of(data).values() if one.missing == "error" for name in one.used()]
    chosen = choose(cells, required, data.missing_target, data.duplicates)
    if len(chosen.rows) < 2:
        what = "a single row" if len(cells.file) == 1 else "a single row left"
        raise DataError(f"{cells.file.path} has {what}: training needs at least two.")
    return chosen


def marked(data: Csv, cells: Cells) -> dict[str, np.ndarray]:
    """Return the columns that assign rows to splits, as texts, and the weights of the rows: (rows,) float32."""
    marks = {("group" if key == "group" else name): name for key, name in data.marks() if key != "weight"}
    columns = {key: np.array(cells.file.texts(name), np.str_) for key, name in marks.items()}
    return columns | ({SAMPLE_WEIGHT: _weights(cells, data.weight)} if data.weight is not None else {})


def _weights(cells: Cells, name: str) -> np.ndarray:
    """Return the weight of each row.

    Raises:
        DataError: a cell is no weight, or all rows weigh nothing.
    """
    column, file = cells.columns[name], cells.file
    if column.missing:
        raise missing_cells.missing_cell(file, column.gaps, "Every row needs one: fill it in.", "weight")
    if column.bad:
        row, text = column.bad[0]
        raise DataError(f"{file.where(row, name)}: '{text}' is no weight: weights are numbers from 0 up.")
    column_types.check_range(file, column)
    wrong = np.flatnonzero(column.values < 0)
    if len(wrong):
        where, value = file.where(int(wrong[0]), name), column.values[wrong[0]]
        raise DataError(f"{where}: {value:g} is no weight: weights are numbers from 0 up.")
    if not column.values.any():
        raise DataError(f"{file.path.name}: column '{name}' is 0 in every row: no row would count.")
    return column.values.astype(np.float32)


def task_of(inputs: Mapping[str, CsvInput], outputs: dict[str, Output]) -> Task:
    """Return the task of inputs that leave nothing open."""
    return Task({name: given.outline() for name, given in inputs.items()}, outputs)


def resolved_options(data: Csv, inputs: Mapping[str, CsvInput], outputs: Mapping[str, Output]) -> dict[str, object]:
    """Return the options that were left open, with what was found in the file."""
    only = next(iter(inputs.values()))
    if data.inputs is None and isinstance(only, TableInput):
        found: dict[str, object] = {"numeric": list(only.numeric or []), "categorical": list(only.categorical or [])}
        found |= {"dates": only.dates} if only.dates else {}
    else:
        found = {"inputs": dict(inputs), "ignore": []}  # the columns are listed now
    if data.targets is None:
        return {**found, "task": data.task if data.task == "pairs" else outputs[TARGET].kind}
    return {**found, "targets": {name: wanted.found(outputs[name]) for name, wanted in data.targets.items()}}


def notes_of(
    chosen: Chosen, inputs: Mapping[str, CsvInput], targets: Mapping[str, np.ndarray]
) -> tuple[str, tuple[str, ...]]:
    """Return what the description of the source adds about missing cells, targets and rows, and lines about them."""
    return told_of(chosen, rules_of(inputs), filled_cells(chosen.cells, rules_of(inputs)), targets)


def rules_of(inputs: Mapping[str, CsvInput]) -> dict[str, Rule]:
    """Return the rule that fills the missing cells of each column of the tables."""
    tables = [given for given in inputs.values() if isinstance(given, TableInput)]
    return {name: rule_of(table.missing, name) for table in tables for name in table.used()}


def filled_cells(cells: Cells, names: Iterable[str]) -> dict[str, Counter[str]]:
    """Return the count of each text in the missing cells of these columns, for columns with any."""
    return missing_cells.counted(cells.file, {name: cells.columns[name].missing for name in names})


def told_of(
    chosen: Chosen,
    rules: Mapping[str, Rule],
    filled: Mapping[str, Mapping[str, int]],
    targets: Mapping[str, np.ndarray],
) -> tuple[str, tuple[str, ...]]:
    """Return what `notes_of` does, given the missing cells that were filled, by column and text."""
    total = sum(count for counts in filled.values() for count in counts.values())
    about = [f"{total:,} missing {'cell' if total == 1 else 'cells'} filled"] if total else []
    missing, lines = without_targets(targets)
    about += [*missing, *chosen.about()]
    notes = (*missing_cells.table_of(filled, rules), *lines, *chosen.notes())
    return f" ({', '.join(about)})" if about else "", notes
