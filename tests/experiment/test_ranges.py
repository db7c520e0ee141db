"""Ranges in experiment files: how they are written, and the document at a point."""

import json
from pathlib import Path

import pytest

from dlpy.core.errors import ConfigError
from dlpy.experiment.dimensions import is_range
from dlpy.experiment.document import read
from dlpy.experiment.ranges import Choice, Range, Space, space_of

TEXT = """\
data: boston_housing
model:
  name: dense
  units: {search: {choices: [[32], [64, 64]]}}
  dropout: {search: [0.0, 0.5], step: 0.1}
training:
  epochs: {search: [1, 20], scale: log}
  optimizer:
    search:
      choices:
        - rmsprop
        - name: adam
          learning_rate: {search: [1e-4, 1e-1], scale: log}
"""


def space(text: str = TEXT, *overrides: str) -> Space:
    Path("x.yaml").write_text(text)
    return space_of(read(Path("x.yaml"), list(overrides)))


def one(value: str) -> Range | Choice:
    (found,) = space(f"model: {{dropout: {value}}}").dimensions
    return found


def refusal(value: str) -> str:
    with pytest.raises(ConfigError) as error:
        one(value)
    return str(error.value).removeprefix("x.yaml:1: model.dropout.")


def test_dimensions_have_the_dotted_keys_as_names_in_file_order() -> None:
    assert space().all_names() == [
        "model.units",
        "model.dropout",
        "training.epochs",
        "training.optimizer",
        "training.optimizer[1].learning_rate",
    ]
    assert space("model: {units: [{search: [16, 64]}, 32]}").all_names() == ["model.units.0"]
    assert space("a: {search: {choices: [1.5, {search: [2, 3]}]}}").all_names() == ["a", "a[1]"]


def test_a_document_has_the_values_of_a_point() -> None:
    found = space()
    point = {"model.units": 1, "model.dropout": 0.3, "training.epochs": 7, "training.optimizer": 1}
    point["training.optimizer[1].learning_rate"] = 0.02
    assert found.document(point).values == {
        "data": "boston_housing",
        "model": {"name": "dense", "units": [64, 64], "dropout": 0.3},
        "training": {"epochs": 7, "optimizer": {"name": "adam", "learning_rate": 0.02}},
    }
    assert found.shown(point) == {
        "model.units": "[64, 64]",
        "model.dropout": 0.3,
        "training.epochs": 7,
        "training.optimizer": "adam",
        "training.optimizer[1].learning_rate": 0.02,
    }
    assert "search" in found.source.values["model"]["units"]  # the source keeps its ranges


def test_mistakes_in_a_document_have_the_lines_of_the_file() -> None:
    found = space()
    document = found.document(found.completed({"training.optimizer": 1}))
    assert {".".join(map(str, keys)): place for keys, (_, place) in document.places.items() if len(keys) > 1} == {
        "model.name": "x.yaml:3",
        "model.units": "x.yaml:4",
        "model.units.0": "x.yaml:4",
        "model.dropout": "x.yaml:5",
        "training.epochs": "x.yaml:7",
        "training.optimizer": "x.yaml:12",
        "training.optimizer.name": "x.yaml:12",
        "training.optimizer.learning_rate": "x.yaml:13",
    }


def test_completed_takes_low_ends_and_first_choices() -> None:
    first = {"model.units": 0, "model.dropout": 0.0, "training.epochs": 1, "training.optimizer": 0}
    assert space().completed({}) == first
    assert space().completed({"training.optimizer": 1}) == {
        **first, "training.optimizer": 1, "training.optimizer[1].learning_rate": 0.0001
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "low", "high", "count", "is_whole"),
    [
        ("{search: [1, 8]}", 1, 8, 8, True),
        ("{search: [1, 8], step: 2}", 1, 7, 4, True),
        ("{search: [1, 8], step: 0.5}", 1.0, 8.0, 15, False),
        ("{search: [1, 8.0]}", 1.0, 8.0, None, False),
        ("{search: [0.1, 0.5], step: 0.1}", 0.1, 0.5, 5, False),
        ("{search: [1, 1.001], step: 0.001}", 1.0, 1.001, 2, False),
        ("{search: [0, 1.0], step: 0.3}", 0.0, 0.9, 4, False),
        ("{search: [16, 128], scale: log}", 16, 128, 113, True),
        ("{scale: linear, search: [0, 1]}", 0, 1, 2, True),
    ],
)
def test_the_ends_of_a_range(value, low, high, count, is_whole) -> None:
    found = one(value)
    assert isinstance(found, Range)
    assert (found.ends, found.count, found.is_whole) == ((low, high), count, is_whole)
    assert all(type(end) is (int if is_whole else float) for end in found.ends)


def test_steps_have_no_rounding_noise() -> None:
    found = one("{search: [0.1, 0.9], step: 0.1}")
    assert isinstance(found, Range)
    assert [found.at(position) for position in range(9)] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_the_size_of_a_space_counts_what_is_chosen() -> None:
    assert space().size() is None
    assert space(TEXT, "training.optimizer.search.choices.1.learning_rate=0.1").size() == 2 * 6 * 20 * 2
    nested = "a: {search: {choices: [x, {b: {search: [1, 3]}}, {c: {search: [1, 2]}, d: {search: [1, 2]}}]}}"
    assert space(nested).size() == 1 + 3 + 4


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ("[rmsprop, {name: adam, beta_1: 0.8}]", ["rmsprop", "adam"]),
        ("[adam, {name: adam, beta_1: 0.8}]", ["adam", "{name: adam, beta_1: 0.8}"]),
        ("[{name: adam, rate: {search: [1, 2]}}, {name: adam}]", ["{name: adam, rate: 1 to 2}", "{name: adam}"]),
        ("[[32], [64, 64], null, true]", ["[32]", "[64, 64]", "null", "true"]),
    ],
)
def test_choices_have_short_labels(options: str, labels: list[str]) -> None:
    found = one(f"{{search: {{choices: {options}}}}}")
    assert isinstance(found, Choice)
    assert [option.label for option in found.options] == labels


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{search: [0.5, 0.1]}", "search: the low end 0.5 is above the high end 0.1: exchange them."),
        ("{search: [0.5, 0.5]}", "search: both ends are 0.5: set the option to 0.5."),
        ("{search: [-1, 2], scale: log}", "search: a log scale needs numbers above 0, got -1."),
        ("{search: [0.0, 2], scale: log}", "search: a log scale needs numbers above 0, got 0.0."),
        ("{search: [1, 2], scale: log, step: 1}", "step: a log scale has no steps: leave out 'step', or list the values as choices."),
        ("{search: [1, 2], step: 3}", "step: the step 3 is larger than the range from 1 to 2."),
        ("{search: [1, 2], step: 0}", "step: expected a number above 0, got 0."),
        ("{search: [1, 2], step: x}", "step: expected a number above 0, got 'x'."),
        ("{search: [0.1, 0.2], step: 1e-30}", "step: the step 1e-30 is too small."),
        ("{search: [1, 2], scale: lgo}", "scale: 'lgo' is not a valid value. Did you mean 'log'? Known: linear, log."),
        ("{search: [1, 2], scal: log}", "scal: unknown option of a range. Did you mean 'scale'? Known: scale, search, step."),
        ("{search: [1, 2, 3]}", "search: expected two numbers [low, high], got [1, 2, 3]; write a list of values as {search: {choices: [...]}}."),
        ("{search: [nan, 3]}", "search: expected two numbers [low, high], got 'nan'; write a list of values as {search: {choices: [...]}}."),
        ("{search: [a, b], scale: log}", "search: expected two numbers [low, high], got 'a'; write a list of values as {search: {choices: [...]}}."),
        ("{search: [1, null]}", "search: expected two numbers [low, high], got null; write a list of values as {search: {choices: [...]}}."),
        ("{search: [true, 3]}", "search: expected two numbers [low, high], got true; write a list of values as {search: {choices: [...]}}."),
        ("{search: [1, 1e301]}", "search: the ends are beyond 1e300."),
        ("{search: [1, 90071992547409930]}", "search: whole numbers beyond 9,007,199,254,740,992 are not supported."),
        ("{search: {choices: []}}", "search.choices: there are no choices: give at least two."),
        ("{search: {choices: [1]}}", "search.choices: there is one choice: give at least two."),
        ("{search: {choices: [1, 2, 1.0]}}", "search.choices.2: the choice 1.0 is given twice: remove one."),
        ("{search: {choices: [adam, {name: adam}]}}", "search.choices.1: the choice {name: adam} is given twice: remove one."),
        ("{search: {choices: [1, 2]}, scale: log}", "scale: choices have no scale or step: remove it."),
        ("{search: {choices: [1, 2], choice: 3}}", "search.choice: unknown option of a range. Did you mean 'choices'? Known: choices."),
        ("{search: {choices: [{search: [2, 1]}, 5]}}", "search.choices.0.search: the low end 2 is above the high end 1: exchange them."),
    ],
)  # fmt: skip
def test_a_range_that_is_wrong_is_refused(value: str, message: str) -> None:
    assert refusal(value) == message


def test_all_mistakes_are_reported_with_their_lines() -> None:
    with pytest.raises(ConfigError) as error:
        space("a: {search: [2, 1]}\nb:\n  c: {search: {choices: []}}\nseed: {search: [1, 2]}\n")
    assert error.value.args == (
        "x.yaml:1: a.search: the low end 2 is above the high end 1: exchange them.",
        "x.yaml:3: b.c.search.choices: there are no choices: give at least two.",
        "x.yaml:4: seed: the seed is no option to search for: set search.seeds to train each trial with several seeds.",
    )


@pytest.mark.parametrize("text", ["data: {validation: {search: [0.1, 0.2]}}", "kfold: {folds: {search: [3, 5]}}"])
def test_the_rows_that_trials_are_scored_on_are_the_same(text: str) -> None:
    with pytest.raises(ConfigError, match="all trials are scored on the same rows: give one value"):
        space(text)


@pytest.mark.parametrize("key", ["name", "plugins", "search.trials"])
def test_what_is_no_option_of_a_trial_cannot_be_a_range(key: str) -> None:
    with pytest.raises(ConfigError, match="cannot be"):
        space("model: dense", f"{key}={{search: [1, 2]}}")


def test_more_ranges_than_anybody_searches_are_refused() -> None:
    text = f"model: {{units: {json.dumps([{'search': [1, 2]}] * 101)}}}"
    with pytest.raises(ConfigError, match="there are 101 ranges; at most 100 are allowed"):
        space(text)


def test_an_input_an_output_and_a_layer_may_be_called_search() -> None:
    for value in (
        {"search": ["accuracy"], "click": ["mae"]},
        {"search": ["accuracy"], "step": ["mae"]},
        {"search": {"transforms": ["standardize"]}},
        {"search": {"layer": "Dense", "units": 3}},
        {"search": 2.0, "scale": 1.0},
        {"search": None},
        {"units": 3, "search": {"choices": [1, 2]}},
    ):
        assert not is_range(value)


def test_a_range_replaces_a_value_and_a_value_a_range() -> None:
    Path("base.yaml").write_text(
        "model: {name: dense, dropout: 0.5, units: {search: {choices: [[1], [2]]}}}\n"
        "training: {optimizer: {search: {choices: [adam, sgd]}}, epochs: {search: [1, 9], step: 2}, loss: mse}\n"
    )
    text = "extends: base.yaml\nmodel: {dropout: {search: [0.1, 0.2]}, units: [3]}\n"
    text += (
        "training: {optimizer: {learning_rate: 0.1}, epochs: {search: [1, 5]}, loss: {search: {choices: [mse, mae]}}}\n"
    )
    found = space(text)
    assert found.source.values == {
        "model": {"name": "dense", "dropout": {"search": [0.1, 0.2]}, "units": [3]},
        "training": {
            "optimizer": {"learning_rate": 0.1},
            "epochs": {"search": [1, 5]},
            "loss": {"search": {"choices": ["mse", "mae"]}},
        },
    }


def test_a_range_may_be_given_on_the_command_line() -> None:
    found = space("model: dense", "training.optimizer.learning_rate={search: [1e-4, 1e-1], scale: log}")
    assert found.dimensions == (
        Range(
            "training.optimizer.learning_rate",
            ("training", "optimizer", "learning_rate"),
            0.0001,
            0.1,
            True,
            None,
            False,
        ),
    )
    document = found.document({"training.optimizer.learning_rate": 0.5})
    assert document.values == {"model": "dense", "training": {"optimizer": {"learning_rate": 0.5}}}
    assert [*document.overrides] == [("training", "optimizer", "learning_rate")]


def test_a_number_as_a_key_of_a_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown option of a range"):
        space("model: {dropout: {search: [0.1, 0.2]}}", "model.dropout.0=1")


def test_paths_among_choices_are_relative_to_the_file(tmp_path) -> None:
    (tmp_path / "a.csv").touch()
    found = space("data: {path: {search: {choices: [a.csv, b.csv]}}}")
    assert found.document({"data.path": 0}).values == {"data": {"path": str(tmp_path / "a.csv")}}
    assert found.document({"data.path": 1}).values == {"data": {"path": "b.csv"}}
