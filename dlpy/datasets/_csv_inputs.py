"""The inputs of a CSV file: columns of a table, texts, and images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from dlpy.components.named_options import InputOptions
from dlpy.components.transform import Transform
from dlpy.core.errors import DataError
from dlpy.data.features import Table, Texts
from dlpy.data.task import Input
from dlpy.datasets._cells import Cells, Filling, check_categories, looks_numeric, table_of
from dlpy.datasets._csv_dates import DateColumns, found_orders, orders_of, with_dates
from dlpy.datasets._csv_images import ImageInput
from dlpy.datasets._names import Found
from dlpy.datasets._table_steps import table_steps
from dlpy.datasets._texts import TEXT, texts_of
from dlpy.transforms.fill_missing import Rule

_KINDS = {"columns": "columns of a table", "text": "a text", "image": "an image"}


class TableInput(InputOptions):
    """Columns of a table as one input: numbers as they are, categories one-hot encoded."""

    columns: Literal["rest"] | Annotated[list[str], Field(min_length=1)]
    """Columns, such as [rooms, city]; rest: all columns that have no other use in the experiment."""
    numeric: list[str] | None = None
    """Those that are numeric, although they look like categories. Default: detected."""
    categorical: list[str] | None = None
    """Those that are categorical, such as numeric codes. Default: detected."""
    dates: DateColumns = []
    """Those that are dates, which become numbers by `date_parts`: [sold], or {sold: day_first} or {sold: month_first}
    if day and month could be swapped."""
    missing: Rule | dict[str, Rule] = "error"
    """How to fill missing cells: error (stop), mean, median, most_frequent, a constant, or a mapping from columns to
    these, e.g. {age: median, city: unknown}."""

    def used(self) -> list[str]:
        """Return the columns, as far as they are listed."""
        return [] if self.columns == "rest" else list(self.columns)

    def lists(self) -> dict[str, list[str]]:
        """Return the columns that options besides `columns` name."""
        filled = list(self.missing) if isinstance(self.missing, dict) else []
        listed = {"numeric": self.numeric or [], "categorical": self.categorical or [], "dates": list(self.dates)}
        return {**listed, "missing": filled}

    def wrong(self) -> list[Found]:
        """Return the mistakes in the lists of columns."""
        found: list[Found] = []
        listed = self.used() or None
        for key, names in self.lists().items():
            strangers = [name for name in names if listed is not None and name not in listed]
            found += [((key,), f"column '{name}' is not listed under columns.") for name in strangers[:1]]
        both = [name for name in self.numeric or [] if name in (self.categorical or [])]
        found += [(("categorical",), f"column '{name}' is numeric too: remove it from one list.") for name in both[:1]]
        both = [name for name in self.dates if name in (*(self.numeric or []), *(self.categorical or []))]
        found += [(("dates",), f"column '{name}' has another type too: remove it from one list.") for name in both[:1]]
        twice = [name for name in listed or [] if (listed or []).count(name) > 1]
        return found + [(("columns",), f"column '{name}' is listed twice.") for name in twice[:1]]

    def outline(self) -> Input:
        """Return the input as far as the options determine it."""
        return Input("table", (len(self.used()) or None,), columns=self._names())

    def found(self, cells: Cells, rest: Sequence[str], key: str) -> TableInput:
        """Return the options with the columns and their types as they are in the file.

        Raises:
            DataError: a column contains free text, or numbers with a few exceptions.
        """
        names = list(rest) if self.columns == "rest" else list(self.columns)
        if not names:
            raise DataError(f"{cells.file.path}: no columns are left for {key}.")
        known = {*(self.numeric or []), *(self.categorical or []), *self.dates}
        looks = looks_numeric(cells, [name for name in names if name not in known])
        check_categories(cells, [name for name, is_number in looks.items() if not is_number])
        numeric = [name for name in names if looks.get(name, name in (self.numeric or []))]
        categorical = [name for name in names if name not in (*numeric, *self.dates)]
        found = {"columns": names, "numeric": numeric, "categorical": categorical}
        return self.model_copy(update=found | self.found_dates(cells, key))

    def found_dates(self, cells: Cells, key: str) -> dict[str, DateColumns]:
        """Return the option `dates` with the order of day and month as it is in the file, if there are dates.

        Raises:
            DataError: both orders fit a column.
        """
        return {"dates": found_orders(cells, self.dates, key)} if self.dates else {}

    def read(self, cells: Cells, key: str, *, cached: bool) -> Table:
        """Return the rows of a file."""
        filling = Filling(self.missing, key)
        table = table_of(cells, self.numeric or [], self.categorical or [], filling)
        return with_dates(table, cells, orders_of(self.dates), filling) if self.dates else table

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order, those included that a table needs."""
        return table_steps(self.transforms, self.missing, has_dates=bool(self.dates))

    def _names(self) -> tuple[str, ...]:
        return (*(self.numeric or []), *self.dates, *(self.categorical or []))


class TextInput(InputOptions):
    """A column of texts as one input; `tokenize` or `hash_words` converts them to integers."""

    text: str
    """Name of the column. No text may be empty."""

    def used(self) -> list[str]:
        """Return the columns."""
        return [self.text]

    def wrong(self) -> list[Found]:
        """Return the mistakes in the options: none."""
        return []

    def outline(self) -> Input:
        """Return the input."""
        return TEXT

    def found(self, cells: Cells, rest: Sequence[str], key: str) -> TextInput:
        """Return the same options: nothing is to be found in the file."""
        return self

    def read(self, cells: Cells, key: str, *, cached: bool) -> Texts:
        """Return the rows of a file."""
        return texts_of(cells.file, self.text)

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order."""
        return self.transforms


def one_kind(value: Any) -> Any:
    """Raise an error unless the options say what the input consists of, once."""
    if isinstance(value, dict):
        given = [kind for kind in _KINDS if value.get(kind) is not None]
        if len(given) != 1:
            message = "expected exactly one of columns, text and image."
            context = {"message": message, **({"key": given[1]} if given else {})}
            raise PydanticCustomError("component", "{message}", context)
    return value


def kind_of(value: Any) -> str | None:
    """Return the tag of the kind of input that options are of."""
    given = value if isinstance(value, dict) else vars(value) if isinstance(value, InputOptions) else {}
    return next((told for kind, told in _KINDS.items() if kind in given), None)


CsvInput = TableInput | TextInput | ImageInput
AnyCsvInput = Annotated[
    Annotated[TableInput, Tag(_KINDS["columns"])]
    | Annotated[TextInput, Tag(_KINDS["text"])]
    | Annotated[ImageInput, Tag(_KINDS["image"])],
    Discriminator(kind_of),
    BeforeValidator(one_kind),
]
