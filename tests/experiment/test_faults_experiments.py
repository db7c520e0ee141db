"""Mistakes in experiment files and overrides: each told in one line that says where, what, and what to do."""

import numpy as np
import pytest

CSV = {"name": "csv", "path": "rows.csv", "target": "y"}


def told(bench, *overrides: str, **blocks: object) -> str:
    """Return the one line with which `dlpy check` refuses an experiment."""
    status, out, err = bench.run("check", bench.experiment(**blocks), *overrides)
    assert (status, err) == (2, "")
    assert out.count("\n") == 1, out
    return out.strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.optimizer.learning_rate=-1", "must be greater than 0, got -1."),
        ("training.optimizer.learnig_rate=1", "unknown option. Did you mean 'learning_rate'?"),
        ("data.name=", "expected the name of a dataset"),
        ("training.optimizer=", "expected the name of an optimizer"),
        ("training=3", "expected a mapping, got 3."),
        ("callbacks=early_stopping", "expected a list, got 'early_stopping'."),
        ("data.validation=abc", "expected a mapping, got 'abc'."),
        ("data.split_seed=-1", "must be greater than or equal to 0, got -1."),
        ("model.units=[64,", "not YAML"),
        ("training.class_weight=3", "expected 'balanced' or a mapping, got 3."),
        ("training.execution=fast", "'fast' is not a valid value. Known: auto, epoch, steps."),
        ("training.jit_compile=maybe", "'maybe' is not a valid value. Known: auto. Or give true or false."),
        ("training.class_weight={a: x}", "a: expected a number, got 'x'."),
    ],
)
def test_an_override_is_blamed_for_its_mistake(bench, override: str, message: str) -> None:
    line = told(bench, override, training={"epochs": 3})
    assert line.startswith(f"{override}: {message}")


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (None, "data.missing: expected a text or a number or a mapping, got nothing."),
        (["mean"], "data.missing: expected a text or a number or a mapping, got ['mean']."),
        ({"a": [1]}, "data.missing.a: expected a text or a number, got [1]."),
        ("medain", "data.missing: unknown rule 'medain'. Did you mean 'median'?"),
    ],
)
def test_an_option_of_several_types_is_told_once(bench, missing: object, message: str) -> None:
    assert message in told(bench, data=CSV | {"missing": missing})


def test_options_of_the_default_optimizer_need_no_name(bench) -> None:
    path = bench.experiment(training={"optimizer": {"learning_rate": 0.5}})
    status, out, _ = bench.run("show", path)
    assert status == 0
    assert "name: rmsprop\n    learning_rate: 0.5\n" in out


def test_a_name_that_is_null_is_the_name_of_the_file(bench) -> None:
    path = bench.write("name:\ndata: blobs\nmodel: dense\n", "mine.yaml")
    assert "name: mine\n" in bench.run("show", path)[1]


def test_a_tab_and_a_merge_key_are_told(bench) -> None:
    path = bench.write("data:\n\tname: csv\n")
    assert bench.run("check", path)[1] == f"{path}:2: a tab at the beginning of the line: indent YAML with spaces.\n"
    path = bench.write("data: &d {name: blobs}\nmodel: dense\nkfold: {<<: *d}\n")
    assert f"{path}:3: kfold.<<: merge keys are not supported" in bench.run("check", path)[1]


def test_what_is_wrong_with_a_plug_in_comes_with_its_place(bench) -> None:
    path = bench.write("data: blobs\nmodel: dense\nplugins:\n  - nowhere.py\n")
    assert bench.run("check", path)[1].startswith(f"{path}:4: plugins.0: there is no plug-in file nowhere.py.")


@pytest.mark.slow
def test_a_model_that_no_memory_can_hold_is_told(bench) -> None:
    result = bench.run("train", bench.experiment(model={"name": "dense", "units": [2**20, 2**31 - 1]}))
    assert result[0] == 4, result[2]
    assert result[2].startswith("error: not enough memory")
    assert not list(bench.folder.glob("runs/*"))


def test_a_layer_beyond_any_count_is_refused(bench) -> None:
    status, _, err = bench.run("train", bench.experiment(model={"name": "dense", "units": [10**12]}))
    assert status == 2
    assert "model.units: must be less than or equal to 2147483647" in err
    assert not list(bench.folder.glob("runs/*"))


@pytest.mark.slow
def test_a_batch_larger_than_any_data_is_all_the_data(bench) -> None:
    histories = []
    for size in (240, 2**31 - 1):
        path = bench.experiment(data={"name": "blobs", "validation": None}, training={"epochs": 3, "batch_size": size})
        assert bench.run("train", path)[0] == 0
        (run,) = bench.folder.glob("runs/*")
        histories.append([line.split(",")[2:] for line in (run / "metrics.csv").read_text().splitlines()])
        run.rename(bench.folder / f"kept-{size}")
    assert histories[0] == histories[1]


def test_rows_that_cannot_be_held_out_are_told_with_the_option(bench) -> None:
    np.savez("rows.npz", x=np.ones((4, 2)), y=np.arange(4.0))
    for options, key in (({"validation": 4}, "data.validation"), ({"test": 0.01}, "data.test")):
        path = bench.experiment(data={"name": "npz", "path": "rows.npz", **options})
        status, out, _ = bench.run("check", path, "--data")
        assert status == 3
        assert f"{key}: cannot hold" in out


def test_a_check_names_the_experiment_whose_data_is_missing(bench) -> None:
    path = bench.experiment(data={"name": "npz", "path": "missing.npz"})
    assert bench.run("check", path, "--data")[1] == f"{path}: there is no file missing.npz.\n"
