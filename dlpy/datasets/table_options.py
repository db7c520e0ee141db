"""What csv and text_csv share: options, and what is said of a column that is not there."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field

from dlpy.csv_file import CsvFile
from dlpy.errors import DataError, did_you_mean
from dlpy.splits import Holdout


def _marked_test(value: Any) -> Any:
    """Let `test: {column: split}` mean the rows that say "test"."""
    return {"value": "test", **value} if isinstance(value, dict) and "column" in value else value


def _single_sign(delimiter: str) -> str:
    if not delimiter.isascii() or delimiter in '"\n\r.-+' or delimiter.isalnum():
        raise ValueError('expected the sign between cells, such as "," or ";" or "\\t"')
    return delimiter


TestRows = Annotated[Holdout | None, BeforeValidator(_marked_test)]
Delimiter = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_single_sign)]


def no_column(file: CsvFile, key: str, name: str) -> DataError:
    """Return the error about a column that an option names and the file lacks."""
    other = _other_delimiter(file)
    hint = f" Its first line holds '{other}': set data.delimiter: \"{other}\"." if other else ""
    return DataError(f"data.{key}: {file.path} has no column '{name}'.{hint or did_you_mean(name, file.names)}")


def no_column_to_predict(file: CsvFile, name: str, delimiter: str) -> DataError:
    """Return the error about a column that a run needs and a user's file lacks."""
    other = _other_delimiter(file)
    hint = f" Its first line holds '{other}', but the run's tables are cut at '{delimiter}'." if other else ""
    return DataError(f"{file.path} has no column '{name}'.{hint or did_you_mean(name, file.names)}")


def generated_marks(count: int, holdouts: list[Holdout]) -> dict[str, np.ndarray]:
    """Return columns that mark generated rows as the hold-outs want them."""
    columns = {str(holdout.column): np.full(count, "train", object) for holdout in holdouts}
    for part, holdout in enumerate(holdouts):
        columns[str(holdout.column)][part :: 2 + len(holdouts)] = holdout.value
    return {name: column.astype(np.str_) for name, column in columns.items()}


def _other_delimiter(file: CsvFile) -> str | None:
    """Return the sign, as YAML writes it, that seems to stand between the cells of what was read as one column."""
    signs = {sign: sign for sign in ";|,"} | {"\t": "\\t"}
    return next((shown for sign, shown in signs.items() if len(file.names) == 1 and sign in file.names[0]), None)
