"""Numbers that no option can mean are mistakes of the experiment file, told by line and bound before anything trains."""

import importlib
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from dlpy.cli.commands import NAMES
from dlpy.components.callback import Callback
from dlpy.components.dataset import Dataset
from dlpy.components.model import Model
from dlpy.components.transform import Transform

THIRTY = "123456789012345678901234567890"
TABLE = "data: {name: csv, path: t.csv, target: b}\nmodel: {name: dense, units: [2]}\n"


@pytest.fixture(autouse=True)
def _table(workplace: Path) -> None:
    Path("t.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(60)))


def test_all_numbers_that_are_too_large_are_told_with_line_and_bound(bench) -> None:
    path = bench.write(f"{TABLE}training:\n  epochs: {THIRTY}\n  batch_size: 2147483648\nseed: -{THIRTY}\n")
    status, out, _ = bench.run("check", path)
    assert status == 2
    assert out.splitlines() == [
        f"{path}:4: training.epochs: must be less than or equal to 2147483647, got {THIRTY}.",
        f"{path}:5: training.batch_size: must be less than or equal to 2147483647, got 2147483648.",
        f"{path}:6: seed: must be greater than or equal to 0, got -{THIRTY}.",
    ]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs=1e400", "1e400 is beyond the largest number, 1.8e308."),
        ("training.optimizer={name: adam, learning_rate: -1e999}", "-1e999 is beyond the largest number, 1.8e308."),
        (f"training.epochs={'9' * 101}", "a number with 101 digits is too long; at most 100 are allowed."),
        (f"model.units=[8, {THIRTY}]", f"must be less than or equal to 2147483647, got [8, {THIRTY}]."),
        (f"data.validation={THIRTY}", f"must be less than or equal to 2147483647, got {THIRTY}."),
        ("data.validation={rows: [0, 9999999999]}", "rows: must be less than or equal to 2147483647"),
        (f"kfold.folds={THIRTY}", f"must be less than or equal to 2147483647, got {THIRTY}."),
        ("seed=4294967296", "must be less than 4294967296, got 4294967296."),
        ("data.split_seed=1000000000000000001", "must be less than or equal to 1000000000000000000, got 100"),
        ("training.optimizer={name: adam, learning_rate: 1e-400}", "learning_rate: must be greater than 0, got 0.0."),
        ("training.class_weight={a: .inf}", "expected a number, got '.inf'."),
    ],
)
def test_a_number_that_no_option_can_mean_is_refused(bench, override: str, message: str) -> None:
    status, out, err = bench.run("check", bench.write(TABLE), override)
    assert (status, err) == (2, "")
    assert out.count("\n") == 1
    assert message in out


def test_numbers_at_the_bounds_are_taken(bench) -> None:
    path = bench.write(TABLE)
    assert (
        bench.run("check", path, "training.epochs=2147483647", "seed=4294967295", "data.split_seed=9999999999")[0] == 0
    )
    assert bench.run("check", path, "training.optimizer={name: adam, learning_rate: 1000000000000000}")[0] == 0


def test_every_whole_number_of_the_command_line_has_a_bound() -> None:
    commands = [getattr(importlib.import_module(f"dlpy.cli.{name}"), name) for name in NAMES]
    options = [
        (command.__name__, name, annotation)
        for command in commands
        for name, annotation in get_type_hints(command, include_extras=True).items()
        if get_origin(annotation) is Annotated and get_args(annotation)[0] in (int, int | None)
    ]
    assert len(options) >= 10
    unbounded = [(command, name) for command, name, annotation in options if annotation.__metadata__[0].max is None]
    assert unbounded == [("generate", "top_k")]  # cut to how many tokens there are


@pytest.mark.parametrize("kind", [Dataset, Model, Transform, Callback])
def test_every_whole_number_of_every_component_has_a_bound(kind) -> None:
    """Each option of each component refuses 30 digits, alone and in a list, whatever else it takes."""
    tried = 0
    for name in kind.registry.names():
        cls = kind.registry.get(name)
        for option, field in cls.model_fields.items():
            for value in (int(THIRTY), [int(THIRTY)], -int(THIRTY)):
                if "int" in str(field.annotation):
                    tried += 1
                    with pytest.raises(ValueError, match="validation error"):
                        cls.model_validate({"name": name, option: value})
    assert tried > 5
