"""The task that the data poses: its inputs, its outputs, and what fits them."""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import numpy as np

from dlpy.core.parsing import parse

Kind = Literal["binary", "multiclass", "regression", "tokens", "inputs"]
State = dict[str, np.ndarray]  # what a transform learnt from the training rows

_MOST_NUMBERS = 2**31  # of a row, its target and its vocabulary


@dataclass(frozen=True)
class Input:
    """One input of the model: `shape` is without the batch axis, None where rows differ or the file must tell."""

    kind: Literal["array", "sequence", "sparse", "table", "text"] = "array"
    shape: tuple[int | None, ...] = ()
    vocabulary: int | None = None  # for sequences: one more than the largest integer
    padding: Literal["front", "back"] | None = None  # for sequences brought to one length: where 0 fills them up
    target: int | None = None  # for windows of a series: the column whose future is the output, on the same scale
    last: int | None = None  # for windows: which of their steps is the last in time
    before: int | None = None  # for windows: which of their steps is a whole number of periods before the target
    rescaled: bool = False  # for arrays: a transform has brought the numbers to another range
    span: tuple[float, float] | None = None  # for arrays that are to be made: the least and the largest number
    words: tuple[str, ...] = field(default=(), repr=False, compare=False)  # for sequences: what each integer is
    columns: tuple[str, ...] = field(default=(), repr=False, compare=False)  # of tables and arrays, if they have names

    def __str__(self) -> str:
        if self.kind == "text":
            return "texts"
        if self.kind == "sequence":
            return f"sequences of {self.shape[0]} integers" if self.padding else "sequences of integers"
        shape = " x ".join("?" if n is None else str(n) for n in self.shape)
        return f"{self.kind} rows of shape ({shape})"


@dataclass(frozen=True)
class Output:
    """One target of the model, and the last layer, loss and metric that fit it.

    Of "tokens" the target is what follows in a text. Of "inputs" the rows themselves are what is learnt, by a family
    with a training step of its own; `classes` are then those of the rows' labels, if they have any.
    """

    kind: Kind
    units: int | None = 1  # numbers the model gives per row; None where the file must tell
    classes: tuple[str, ...] = ()
    one_hot: bool = False
    scale: float = 1.0  # of numbers: what is predicted stands for `number * scale + offset` in `unit`
    offset: float = 0.0
    unit: str = ""
    steps: int | None = None  # of tokens: at how many places of a window the next one is wanted; None: behind it
    from_last: bool = False  # of windows: the model gives the change since the target's last value, which is added

    @property
    def has_answers(self) -> bool:
        """Whether each row has an answer of its own, which predictions are kept beside and compared with."""
        return self.kind in ("binary", "multiclass", "regression")

    @property
    def has_classes(self) -> bool:
        """Whether the answers are classes."""
        return self.kind in ("binary", "multiclass")

    @property
    def activation(self) -> str:
        """The activation of the last layer."""
        return {"binary": "sigmoid", "regression": "linear"}.get(self.kind, "softmax")

    @property
    def loss(self) -> str:
        """The usual loss for such a target."""
        multiclass = "categorical_crossentropy" if self.one_hot else "sparse_categorical_crossentropy"
        return {"binary": "binary_crossentropy", "regression": "mse"}.get(self.kind, multiclass)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The usual metrics for such a target."""
        if self.kind == "tokens":
            return ("bits", "perplexity", "accuracy")
        return ("mae",) if self.kind == "regression" else ("accuracy",)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of what the model gives for a row."""
        return (self.units,) if self.steps is None else (self.steps, self.units)


@dataclass(frozen=True)
class Task:
    """What is to be learnt: named inputs and outputs. Most tasks have one of each: `input` and `output`."""

    inputs: dict[str, Input]
    outputs: dict[str, Output]

    @classmethod
    def single(cls, given: Input, wanted: Output) -> "Task":
        """Return a task of one input and one output."""
        return cls({"input": given}, {"target": wanted})

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

    @classmethod
    def from_record(cls, record: object) -> "Task":
        """Return the task that `to_record` put into run.json.

        Raises:
            ValueError: it is something else.
        """
        task: Task = parse(record, cls)
        if len(task.inputs) != 1 or len(task.outputs) != 1:
            raise ValueError(f"it has {len(task.inputs)} inputs and {len(task.outputs)} outputs")
        for shape in (task.input.shape, task.output.shape, (task.input.vocabulary,)):
            sizes = [size for size in shape if size is not None]
            if min(sizes, default=0) < 0 or math.prod(sizes) >= _MOST_NUMBERS:
                raise ValueError(f"nothing is of shape {shape}")
        return task

    def to_record(self) -> dict[str, dict[str, dict]]:
        """Return the task for run.json; words and names of columns are among what the transforms have learnt."""
        record = asdict(self)
        for given in record["inputs"].values():
            del given["words"], given["columns"]
        return record

    def with_input(self, given: Input) -> "Task":
        """Return the same task with another single input."""
        return replace(self, inputs=dict.fromkeys(self.inputs, given))

    def with_output(self, wanted: Output) -> "Task":
        """Return the same task with another single output."""
        return replace(self, outputs=dict.fromkeys(self.outputs, wanted))
