"""What `dlpy check` finds in files with ranges, and what other commands say of them."""

import sys
from pathlib import Path

import pytest

from dlpy.core.errors import ConfigError
from dlpy.experiment.document import read
from dlpy.experiment.experiment import load
from dlpy.experiment.ranges import space_of
from dlpy.experiment.search_checks import number_of_trials, search_of

HEAD = "data: boston_housing\nmodel: {name: dense, units: [{search: [16, 64]}]}\n"


def mistakes(text: str, *overrides: str) -> tuple[str, ...]:
    Path("x.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        search_of(read(Path("x.yaml"), list(overrides)))
    return error.value.args


def test_a_right_file_gives_its_space_and_its_first_experiment() -> None:
    Path("x.yaml").write_text(HEAD)
    document = read(Path("x.yaml"))
    space, experiment = search_of(document)
    assert space.all_names() == ["model.units.0"]
    assert (dict(experiment.model)["units"], experiment.name, experiment.search.trials) == ([16], "x", 20)
    assert document.values["name"] == "x"


def test_both_ends_and_every_choice_are_tried_and_each_mistake_is_shown_once() -> None:
    text = """\
data: boston_housing
model: {name: dense, dropout: {search: [-0.5, 1.5]}, units: {search: {choices: [[8], [0], [-1], 5]}}}
training:
  optimizer:
    search:
      choices:
        - {name: adam, learning_rate: {search: [-1.0, -0.5]}}
        - rmspro
        - {name: sgd, beta_1: 0.5}
  epochs: {search: [0, 5]}
callbacks: [{name: early_stopping, patience: {search: [0, 2]}}]
"""
    assert [line.partition(" Known:")[0] for line in mistakes(text)] == [
        "x.yaml:2: model.dropout: must be greater than or equal to 0, got -0.5. Tried: model.dropout=-0.5.",
        "x.yaml:2: model.dropout: must be less than 1, got 1.5. Tried: model.dropout=1.5.",
        "x.yaml:2: model.units.0: must be greater than 0, got -1. Tried: model.units=[-1].",
        "x.yaml:2: model.units.0: must be greater than 0, got 0. Tried: model.units=[0].",
        "x.yaml:2: model.units: expected a list, got 5. Tried: model.units=5.",
        "x.yaml:7: training.optimizer.learning_rate: must be greater than 0, got -1.0."
        " Tried: training.optimizer[0].learning_rate=-1.0.",
        "x.yaml:8: training.optimizer.name: unknown optimizer 'rmspro'. Did you mean 'rmsprop'?",
        "x.yaml:9: training.optimizer.beta_1: unknown option.",
        "x.yaml:10: training.epochs: must be greater than 0, got 0. Tried: training.epochs=0.",
        "x.yaml:11: callbacks.0.patience: must be greater than or equal to 1, got 0. Tried: callbacks.0.patience=0.",
    ]


def test_a_score_that_only_some_choices_log_is_a_mistake_that_names_the_choice() -> None:
    text = HEAD + "training: {metrics: {search: {choices: [[mae], [mse]]}}}\nsearch: {monitor: val_mae}\n"
    (line,) = mistakes(text)
    assert line.startswith("x.yaml:4: search.monitor: no score is called 'val_mae'.")
    assert line.endswith(" Tried: training.metrics=[mse].")


def test_a_mistake_of_a_combination_names_all_values_it_is_due_to() -> None:
    text = """\
data: boston_housing
model: {name: dense, dropout: {search: [0.0, 0.5]}}
training:
  optimizer:
    learning_rate: {search: {choices: [0.1, {name: exponential_decay, initial_learning_rate: 0.1, decay_steps: 9, decay_rate: 0.9}]}}
callbacks:
  - search:
      choices:
        - early_stopping
        - reduce_lr_on_plateau
"""
    (line,) = mistakes(text)
    assert line.startswith("x.yaml:10: callbacks.0: reduce_lr_on_plateau needs a constant learning rate")
    assert line.endswith(
        " Tried: callbacks.0=reduce_lr_on_plateau, training.optimizer.learning_rate=exponential_decay."
    )


def test_choices_of_data_hold_the_same_rows_out() -> None:
    choices = (
        "[boston_housing, {name: boston_housing, transforms: [standardize]}, {name: boston_housing, validation: 9}]"
    )
    assert mistakes(f"model: dense\ndata: {{search: {{choices: {choices}}}}}\n") == (
        "x.yaml:2: data: all trials are scored on the same rows: give all choices the same validation, test and"
        " split_seed. Tried: data={name: boston_housing, validation: 9}.",
    )


def test_trials_predict_the_same_target_in_the_same_unit() -> None:
    choices = "[[standardize], [log, standardize]]"
    assert mistakes(f"model: dense\ndata: {{name: boston_housing, target_transforms: {{search: {{choices: {choices}}}}}}}\n") == (
        "x.yaml:2: data.target_transforms: trials predict the same target in the same unit, or their scores cannot be"
        " compared: give one value. Tried: data.target_transforms=[log, standardize].",
    )  # fmt: skip


def test_trials_of_different_losses_are_compared_by_a_metric() -> None:
    text = HEAD + "training: {loss: {search: {choices: [mse, mae]}}, metrics: [mae]}\n"
    assert mistakes(text) == (
        "x.yaml:3: training.loss: val_loss is a loss, and trials of different losses cannot be compared by it: set"
        " search.monitor to a metric. Tried: training.loss=mae.",
    )
    Path("x.yaml").write_text(text + "search: {monitor: val_mae}\n")
    assert search_of(read(Path("x.yaml")))[0].all_names() == ["model.units.0", "training.loss"]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("{sampler: tpee}", "search.sampler: 'tpee' is not a valid value. Did you mean 'tpe'? Known: grid, random, tpe."),
        ("{trails: 3}", "search.trails: unknown option. Did you mean 'trials'? Known: folds, minutes, monitor, nested, pruner, sampler, seeds, together, trials, workers."),
        ("{monitor: val_mea}", "search.monitor: no score is called 'val_mea'. Did you mean 'val_mae'? Known: data_loss, loss, mae, val_data_loss, val_loss, val_mae. To log it, add it to training.metrics."),
        ("{trials: null}", "search.trials: random never ends: give a number of trials, or 'minutes'."),
        ("{trials: 0}", "search.trials: must be greater than or equal to 1, got 0."),
        ("{sampler: grid, trials: 48}", "search.trials: the grid has 49 points, more than 48 trials: set 'trials: null' to try all of them."),
        ("{trials: {search: [1, 2]}}", "search.trials: the options of a search cannot be ranges: give one value."),
    ],
)  # fmt: skip
def test_options_of_the_search_are_checked(block: str, message: str) -> None:
    assert mistakes(f"{HEAD}search: {block}\n") == (f"x.yaml:3: {message}",)


def test_a_grid_needs_steps_and_no_more_points_than_anybody_wants() -> None:
    real = "model.dropout={search: [0.0, 0.5]}"
    assert mistakes(HEAD, real, "search={sampler: grid, trials: null}") == (
        f"{real}: a grid needs a 'step' here, or choices: between real numbers there are endlessly many points.",
    )
    (line,) = mistakes(HEAD, "training.epochs={search: [1, 3000]}", "search.sampler=grid")
    assert line.endswith("the grid has 147,000 points; at most 100,000 are allowed: use the sampler random.")


def test_trials_need_rows_that_they_are_compared_on() -> None:
    line = (
        "x.yaml:1: data.validation: trials are compared on validation rows: set data.validation, or search.folds: true."
    )
    assert mistakes(HEAD.replace("boston_housing", "{name: boston_housing, validation: null}")) == (line,)
    series = (
        "data: jena_climate\nmodel: {name: dense, dropout: {search: [0.0, 0.5]}}\nsearch: {folds: true, nested: 3}\n"
    )
    assert mistakes(series) == (
        "x.yaml:3: search.nested: folds would train on rows later than those they are scored on: remove it.",
    )


def test_tpe_needs_its_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert mistakes(HEAD + "search: {sampler: tpe}\n") == (
        "x.yaml:3: search.sampler: tpe needs Optuna, which is not installed: pip install 'dlpy[search]'.",
    )


def test_a_file_without_ranges_has_nothing_to_search() -> None:
    (line,) = mistakes("data: mnist\nmodel: dense\nsearch: {trials: 3}\n")
    assert line.startswith("x.yaml:1: there is nothing to search: write a range in place of an option")


@pytest.mark.parametrize("value", ["[a, b]", "[]", "5", "{choice: [1, 2]}", "null"])
def test_what_only_resembles_a_range_is_explained_where_no_option_takes_it(value: str) -> None:
    Path("x.yaml").write_text(f"data: boston_housing\nmodel:\n  name: dense\n  dropout: {{search: {value}}}\n")
    with pytest.raises(ConfigError) as error:
        load(Path("x.yaml"))
    assert str(error.value) == (
        "x.yaml:4: model.dropout: expected {search: [low, high]} with two numbers or {search: {choices: [...]}}, "
        f"got {{search: {value}}}."
    )


def test_a_grid_has_as_many_trials_as_points_and_no_more_than_asked_for() -> None:
    Path("x.yaml").write_text(HEAD)
    space = space_of(read(Path("x.yaml")))
    _, experiment = search_of(read(Path("x.yaml")))
    options = experiment.search
    for update, number in [
        ({"sampler": "grid", "trials": None}, 49),
        ({"sampler": "grid", "trials": 60}, 49),
        ({"trials": 60}, 60),
        ({"trials": None}, None),
    ]:
        assert number_of_trials(space, options.model_copy(update=update)) == number


@pytest.mark.parametrize("command", ["train", "kfold", "rivals", "show", "show model", "show data"])
def test_other_commands_need_one_value(command: str, bench) -> None:
    path = bench.write(HEAD, "x.yaml")
    status, out, err = bench.run(*command.split(), path)
    assert (status, out) == (2, "")
    assert err == (
        f"error: {path}:2: model.units.0: this is a range, and one value is needed: try its values with "
        f"'dlpy search {path}', or set model.units.0=VALUE.\n"
    )


def test_check_tries_ranges(bench) -> None:
    path = bench.write(HEAD, "x.yaml")
    assert bench.run("check", path) == (0, f"{path}: ok\n", "")
    status, out, _ = bench.run("check", path, "model.dropout={search: [0, 1]}")
    assert (status, out) == (2, "model.dropout={search: [0, 1]}: must be less than 1, got 1. Tried: model.dropout=1.\n")


def test_check_inspects_the_data_of_the_first_point(bench) -> None:
    path = bench.experiment(model={"name": "dense", "units": [{"search": [2, 4]}]})
    status, out, _ = bench.run("check", "--data", path)
    assert (status, out.splitlines()[0]) == (0, f"{path}: ok")


def test_dreams_and_styles_have_no_ranges(bench) -> None:
    path = bench.write("kind: dream\npath: a.jpg\nsteps: {search: [1, 2]}\n", "x.yaml")
    for command in ("train", "check"):
        status, out, err = bench.run(command, path)
        assert status == 2
        assert (out + err).removeprefix(
            "error: "
        ) == f"{path}:3: steps: this is a range, and one value is needed: set steps=VALUE.\n"


def test_a_trained_run_does_not_mention_the_search() -> None:
    Path("x.yaml").write_text("data: boston_housing\nmodel: dense\nsearch: {trials: 3}\n")
    experiment, _ = load(Path("x.yaml"))
    assert experiment.search.trials == 3
    assert "\nsearch:" not in experiment.to_yaml()


def test_plugins_are_executed_once_however_many_points_are_tried(bench) -> None:
    bench.write(
        "from typing import Literal\nfrom dlpy.api import Loss\n\n"
        "class Own(Loss):\n    name: Literal['own_of_ranges'] = 'own_of_ranges'\n\n"
        "open('executed', 'a').write('.')\n",
        "own.py",
    )
    text = HEAD + "training: {loss: {search: {choices: [mse, own_of_ranges]}}, metrics: [mae]}\n"
    text += "search: {monitor: val_mae}\nplugins: [own.py]\n"
    status, out, _ = bench.run("check", bench.write(text, "x.yaml"))
    assert (status, out.endswith("x.yaml: ok\n"), Path("executed").read_text()) == (0, True, ".")


def test_a_search_over_refit_compares_nothing() -> None:
    (line,) = mistakes(HEAD, "training.refit={search: {choices: [false, true]}}")
    assert line.endswith("trials train no final model, so that all values score the same: give a single one.")
