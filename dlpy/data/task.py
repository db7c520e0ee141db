"""The learning task defined by the data: inputs, outputs, and their default loss and metrics."""

import math
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from dlpy.core.parsing import parse

Kind = Literal["binary", "multiclass", "ordinal", "multilabel", "regression", "tokens", "inputs", "codes", "unknown"]
State: TypeAlias = "dict[str, np.ndarray]"  # the fitted state of a transform
TARGET = "target"  # the name of an only target that the experiment does not name
SOURCE, DECODER = "source", "decoder"  # the inputs of a task that translates: a text, and its translation so far

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")  # of one of several outputs: files are named by it
_MOST_NUMBERS = 2**31  # limit for the size of a row, its target and its vocabulary


@dataclass(frozen=True)
class Input:
    """One input of the model. `shape` excludes the batch axis; None if rows differ or only the file determines it.

    The rows of a table, as `tabulate` makes them, are arrays (columns,) of float32: first `numbers` columns of numbers,
    then the one-hot columns, and last a column of codes for each of the `categories`. A code is a whole number below
    the size given there: 0 for a category that no training row has and for a missing cell, and from 1 up the categories
    of the training rows in alphabetical order. A model family that sets `reads_codes` looks them up, as
    `models/_columns.py` does; the others refuse such rows.
    """

    kind: Literal["array", "sequence", "sparse", "table", "text"] = "array"
    shape: tuple[int | None, ...] = ()
    vocabulary: int | None = None  # for sequences: one more than the largest integer
    padding: Literal["front", "back"] | None = None  # for sequences and whole series: the padded side; None: none
    whole: bool = False  # for arrays (steps, channels): whole series, see data/whole_series.py
    target: int | None = None  # for windows of a series: the column to forecast, on the same scale
    last: int | None = None  # for windows: the time step that is the last
    several: bool = False  # for windows: of several series, each with a scale of its own
    before: int | None = None  # for windows: the time step that is a whole number of periods before the target
    positions: int = 0  # for arrays: trailing columns that are positions of the first ones, see QuantilePositions
    rescaled: bool = False  # for arrays: a transform has rescaled the numbers
    span: tuple[float, float] | None = None  # for generated arrays: the smallest and largest number
    numbers: int | None = None  # for rows of a table: the leading columns that are numbers; None: not from a table
    categories: tuple[int, ...] = ()  # for rows of a table: the size of each trailing column of codes; 0: not yet known
    vocabulary_of: str | None = None  # for tokenized texts with a name: the input that decides what integers mean
    words: tuple[str, ...] = field(default=(), repr=False, compare=False)  # for sequences: the word of each integer
    columns: tuple[str, ...] = field(
        default=(), repr=False, compare=False
    )  # for tables and arrays: column names, if any

    def __str__(self) -> str:
        if self.kind == "text":
            return "texts"
        if self.kind == "sequence":
            return f"sequences of {self.shape[0]} integers" if self.padding else "sequences of integers"
        shape = " x ".join("?" if n is None else str(n) for n in self.shape)
        if self.whole:
            steps, channels = shape.split(" x ")
            return f"series of {'at most ' * bool(self.padding)}{steps} steps and {channels} channels"
        return f"{self.kind} rows of shape ({shape})"


@dataclass(frozen=True)
class Output:
    """One target of the model, with its default last activation, loss and metrics.

    For "ordinal" the classes have an order, from the lowest. For "multilabel" each of the `classes` is true or not, and
    several may be: targets are (rows, units) of 0 and 1. For "tokens" the target is the next token of a text. For
    "inputs" the model learns to reproduce the rows themselves, with its own training step; `classes` are then those of
    the labels, if there are any. For "codes" the prediction is the code of a row, close to those of its class, one of
    the `classes`; without classes, rows are pairs, and the codes of both sides stand side by side. "unknown" is a
    target whose kind only the data decides. Without `steps` and `per_step` a target is that of the whole row, or the
    token after it.
    """

    kind: Kind
    units: int | None = 1  # number of model outputs per row; None if it is only known from the file
    classes: tuple[str, ...] = ()
    one_hot: bool = False
    scale: float = 1.0  # for regression: a prediction represents `number * scale + offset` in `unit`
    offset: float = 0.0
    unit: str = ""
    steps: int | None = None  # the number of steps of a row, such as tokens, that each have a target; None: see below
    per_step: bool = False  # each step of a row has a target; how many there are may not be known yet
    from_last: bool = False  # for windows: the model predicts the change from the target's last value, which is added
    by_window: bool = False  # for windows: that change is in units of the steps of the window
    horizon: int | None = None  # for windows: the number of steps ahead that are predicted, each a number
    quantiles: tuple[float, ...] = ()  # for regression: the quantiles predicted of each number, in ascending order
    start: tuple[float, ...] = field(default=(), repr=False, compare=False)  # with quantiles: those of training rows
    by_series: bool = False  # for windows: each series has its own scale, in the columns of the rows (data/units.py)
    is_count: bool = False  # for regression: whole numbers from 0 up, of which the model predicts the expected one
    log_of_sum: float | None = None  # for regression: `number * scale + offset` is log(this + target)
    has_missing: bool = False  # some rows, or steps, have no target (NaN, or class -1); they do not count

    @property
    def is_per_step(self) -> bool:
        """Whether targets are those of steps: (rows, steps) classes, -1 where there is none, or numbers of steps."""
        return self.per_step or (self.steps is not None and self.has_missing)

    @property
    def of_one_step(self) -> "Output":
        """The same target of steps that each count as a row."""
        return replace(self, steps=None, per_step=False, has_missing=False) if self.is_per_step else self

    @property
    def has_answers(self) -> bool:
        """Whether each row has a target that predictions are stored and compared with."""
        return self.has_classes or self.kind in ("multilabel", "regression")

    @property
    def has_classes(self) -> bool:
        """Whether each target is one of several classes."""
        return self.kind in ("binary", "multiclass", "ordinal")

    @property
    def class_count(self) -> int:
        """The number of classes; 0 if it is known only once the data is loaded."""
        return 2 if self.kind == "binary" else self.units or 0

    @property
    def activation(self) -> str:
        """The activation of the last layer."""
        if self.is_count:
            return "exponential"
        if self.kind in ("binary", "multilabel"):
            return "sigmoid"
        return "linear" if self.kind in ("regression", "codes") else "softmax"

    @property
    def loss(self) -> str:
        """The default loss for this target."""
        if self.kind == "codes":
            return "triplet" if self.classes else "in_batch"
        if self.kind in ("binary", "multilabel"):
            return "binary_crossentropy"
        if self.kind == "regression":
            return "poisson" if self.is_count else "mse"
        return "categorical_crossentropy" if self.one_hot else "sparse_categorical_crossentropy"

    @property
    def metrics(self) -> tuple[str, ...]:
        """The default metrics for this target."""
        if self.kind == "tokens":
            return ("bits", "perplexity", "accuracy")
        if self.kind == "codes":
            return ("precision_at_1",) if self.classes else ("recall_at_1", "recall_at_10", "mrr")
        if self.kind == "ordinal":
            return ("accuracy", "class_distance")
        return ("mae",) if self.kind == "regression" else ("accuracy",)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of the model output for one row."""
        return (self.steps, self.units) if self.steps is not None or self.per_step else (self.units,)


@dataclass(frozen=True)
class Task:
    """A learning task: named inputs and outputs. Most tasks have one of each: `input` and `output`."""

    inputs: dict[str, Input]
    outputs: dict[str, Output]

    @classmethod
    def single(cls, given: Input, wanted: Output) -> "Task":
        """Return a task with one input and one output."""
        return cls({"input": given}, {TARGET: wanted})

    @property
    def input(self) -> Input:
        """The only input."""
        (only,) = self.inputs.values()
        return only

    @property
    def output(self) -> Output:
        """The only output."""
        (only,) = self.outputs.values()
        return only

    @property
    def is_single(self) -> bool:
        """Whether there is one input and one output."""
        return len(self.inputs) == 1 and len(self.outputs) == 1

    @property
    def translates(self) -> bool:
        """Whether a text is to be turned into another one, token by token."""
        return list(self.inputs) == [SOURCE, DECODER] and [one.kind for one in self.outputs.values()] == ["tokens"]

    @property
    def rows(self) -> str:
        """The inputs in words, for messages."""
        if len(self.inputs) == 1:
            return str(self.input)
        return ", ".join(f"{name} ({given})" for name, given in self.inputs.items())

    @property
    def has_answers(self) -> bool:
        """Whether each row has targets that predictions are stored and compared with."""
        return all(output.has_answers for output in self.outputs.values())

    def of_input(self, name: str) -> "Task":
        """Return the task with this input alone."""
        return replace(self, inputs={name: self.inputs[name]})

    def of_output(self, name: str) -> "Task":
        """Return the task with this output alone."""
        return replace(self, outputs={name: self.outputs[name]})

    @classmethod
    def from_record(cls, record: object) -> "Task":
        """Return the task stored in run.json by `to_record`.

        Raises:
            ValueError: the record is not a task.
        """
        task: Task = parse(record, cls)
        if not task.inputs or not task.outputs:
            raise ValueError(f"it has {len(task.inputs)} inputs and {len(task.outputs)} outputs")
        if len(task.outputs) > 1 and not all(map(_NAME.fullmatch, task.outputs)):
            raise ValueError("an output has a name that dlpy does not give")
        inputs = task.inputs.values()
        shapes = [given.shape for given in inputs]
        shapes += [(size,) for given in inputs for size in (given.vocabulary, given.numbers, *given.categories)]
        for shape in [*shapes, *(output.shape for output in task.outputs.values())]:
            sizes = [size for size in shape if size is not None]
            if min(sizes, default=0) < 0 or math.prod(sizes) >= _MOST_NUMBERS:
                raise ValueError(f"{shape} is not a valid shape")
        return task

    def to_record(self) -> dict[str, dict[str, dict]]:
        """Return the task for run.json, without words and column names, which are stored with the transforms."""
        record = asdict(self)
        for given in record["inputs"].values():
            del given["words"], given["columns"]
        for wanted in record["outputs"].values():
            del wanted["start"]
        return record

    def with_input(self, given: Input, name: str | None = None) -> "Task":
        """Return the same task with another input: the only one unless it is named."""
        (name,) = [name] if name is not None else self.inputs
        return replace(self, inputs={**self.inputs, name: given})

    def with_output(self, wanted: Output, name: str | None = None) -> "Task":
        """Return the same task with another output: the only one unless it is named."""
        (name,) = [name] if name is not None else self.outputs
        return replace(self, outputs={**self.outputs, name: wanted})
