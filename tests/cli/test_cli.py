"""The command line: help, exit statuses, and what can be read by people and by scripts."""

import json
import re
from pathlib import Path

import pytest

from dlpy.cli.commands import NAMES
from dlpy.experiment.experiment import Experiment, load
from dlpy.runs.directory import Run

DATA = {"source": "file", "description": "blobs", "sha256": ""}
RECORD = {"kind": "train", "smoke": False, "data": DATA, "seconds": 2.5}


def run_with(folder: Path, name: str, **scores: object) -> Run:
    """Write what `dlpy runs` reads of a run."""
    run = Run(folder / "runs" / name)
    run.path.mkdir(parents=True)
    run.write("run.json", {**RECORD, "status": "completed" if scores else "failed"})
    if scores:
        run.write("summary.json", {"best": scores})
    return run


def test_help_lists_every_command_and_the_exit_statuses(bench) -> None:
    status, out, _ = bench.run("--help")
    assert status == 0
    assert len(NAMES) >= 10
    assert all(re.search(rf"\b{command}\b", out) for command in NAMES)
    assert all(f"{number} " in out for number in (0, 1, 2, 3, 4, 5, 6, 7, 130, 143))


@pytest.mark.parametrize("command", NAMES)
def test_every_command_has_an_example_that_begins_with_its_name(bench, command: str) -> None:
    status, out, _ = bench.run(command, "--help")
    assert status == 0
    assert f"Example: dlpy {command}" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("trian", "x.yaml"), 2, "No such command 'trian'"),
        (("train",), 2, "Missing argument"),
        (("train", "x.yaml", "--fast"), 2, "No such option"),
        (("train", "nowhere.yaml"), 2, "error: there is no file nowhere.yaml."),
        (("train", "experiment.yaml", "training.epochs"), 2, "expected an override like training.epochs=3"),
        (("kfold", "experiment.yaml", "--jobs", "0"), 2, "--jobs"),
        (("evaluate", "latest"), 7, "error: no run 'latest' in runs. There are no runs yet."),
        (("evaluate", "2026"), 7, "error: no run '2026' in runs."),
        (("predict", "latest", "rows.csv"), 7, "error: no run 'latest'"),
        (("plot", "latest"), 7, "error: no run 'latest'"),
        (("show", "modles"), 2, "Did you mean 'models'?"),
        (("show", "models", "dens"), 2, "Did you mean 'dense'?"),
        (("new", "mnist", "-o", "experiment.yaml"), 2, "error: experiment.yaml exists."),
    ],
)
def test_a_wrong_command_line_is_told_with_its_exit_status(bench, arguments, status: int, message: str) -> None:
    bench.experiment()
    found, out, err = bench.run(*arguments)
    assert found == status
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_runs_can_be_found_by_a_unique_beginning(bench) -> None:
    for name in ("20260101-000000-one", "20260101-000000-two", "20260202-000000-three"):
        run_with(bench.folder, name, loss=1.0)
    status, _, err = bench.run("evaluate", "20260101")
    assert status == 7
    assert "'20260101' is ambiguous: it matches 20260101-000000-one, 20260101-000000-two." in err
    for name in ("202602", "latest", "runs/20260202-000000-three"):
        status, _, err = bench.run("evaluate", name)
        assert status == 7
        assert "20260202-000000-three has no config.yaml" in err


def test_runs_are_listed_and_sorted_and_those_without_the_score_come_last(bench) -> None:
    assert bench.run("runs") == (0, "There are no runs yet.\n", "")
    assert json.loads(bench.run("runs", "--json")[1]) == []
    run_with(bench.folder, "20260101-000000-a", epoch=3, val_loss=0.5)
    run_with(bench.folder, "20260102-000000-b")
    run_with(bench.folder, "20260103-000000-c", epoch=9, val_loss=0.25)
    run_with(bench.folder, "20260104-000000-d", epoch=1, val_loss=0.75)

    def order(*arguments: str) -> str:
        status, out, _ = bench.run("runs", "--json", *arguments)
        assert status == 0
        return "".join(row["id"][-1] for row in json.loads(out))

    assert order() == "abcd"
    assert order("--sort", "val_loss") == "cadb"
    assert order("--sort", "val_loss", "--reverse") == "dacb"
    assert order("--sort", "epoch", "-r") == "cadb"
    assert order("--sort", "status") == "acdb"
    lines = bench.run("runs", "--sort", "val_loss")[1].splitlines()
    assert lines[0].split() == ["id", "status", "data", "seconds", "epoch", "val_loss"]
    assert lines[1].split() == ["20260103-000000-c", "completed", "file", "2.5", "9", "0.25"]
    for name, auc, hits in (("e", 0.75, 0.6), ("f", 0.5, 0.8), ("g", float("nan"), None), ("h", 0.875, 0.7)):
        made = run_with(bench.folder, f"20260105-000000-{name}", val_auc=auc, val_hits=hits, fit=auc)
        metrics = "[auc, {name: top_k, label: hits}, {name: mae, label: fit}]"
        made.config.write_text(f"training: {{metrics: {metrics}}}\n")
    assert order("--sort", "val_auc") == "hefabcdg"
    assert order("--sort", "val_auc", "-r") == "fehabcdg"
    assert order("--sort", "val_hits") == "fheabcdg"
    assert order("--sort", "fit") == "fehabcdg"
    assert "NaN" not in bench.run("runs", "--json")[1]
    status, _, err = bench.run("runs", "--sort", "val_los")
    assert status == 2
    assert "Did you mean 'val_loss'?" in err


def test_one_damaged_run_does_not_hide_the_others(bench) -> None:
    run_with(bench.folder, "20260101-000000-a", loss=0.5)
    damaged = run_with(bench.folder, "20260102-000000-b", loss=0.5)
    (damaged.path / "summary.json").write_text("{")
    status, out, _ = bench.run("runs", "--json")
    assert status == 0
    assert [(row["id"][-1], row["status"]) for row in json.loads(out)] == [("a", "completed"), ("b", "damaged")]


def test_check_tells_which_files_are_right_and_what_is_wrong_with_the_others(bench) -> None:
    good, bad = bench.experiment("good.yaml"), bench.experiment("bad.yaml", model={"name": "dense", "unit": 3})
    status, out, _ = bench.run("check", good, bad)
    assert status == 2
    assert out.splitlines()[0] == f"{good}: ok"
    assert "unit: unknown option. Did you mean 'units'?" in out.splitlines()[1]
    assert bench.run("check", good)[0] == 0
    assert bench.run("check", good, "training.epochs=0")[0] == 2


def test_check_looks_into_the_data_if_asked(bench) -> None:
    rows = "".join(f"{i},{i % 7},5,{i * 2}\n" for i in range(60))
    bench.write("a,b,c,y\n" + rows + "3,3,5,6\n" * 9, "rows.csv")
    data = {"name": "csv", "path": "rows.csv", "target": "y", "task": "regression"}
    status, out, _ = bench.run("check", bench.experiment(data=data), "--data")
    assert status == 0
    assert "train: 55 rows" in out
    assert "validation: 14 rows" in out
    assert "warning: column 'c' never changes, of 3 columns." in out
    assert "warning: column 'a' is almost equal to the target: does it leak the target?" in out
    assert "rows are training rows too" in out


def test_show_lists_components_and_tells_their_options(bench) -> None:
    status, out, _ = bench.run("show")
    assert status == 0
    for word in ("datasets", "mnist", "transforms", "multi_hot", "models", "callbacks", "plots", "rmsprop", "auc"):
        assert word in out
    status, out, _ = bench.run("show", "models")
    assert ["models", "dense"] in [line.split()[:2] for line in out.splitlines()]
    assert "mnist" not in out
    status, out, _ = bench.run("show", "models", "dense")
    assert status == 0
    for text in ("units", "[64, 64]", "Size of each hidden layer", "dlpy/models/dense.py"):
        assert text in out


def test_show_prints_an_experiment_with_every_default_filled_in(bench) -> None:
    path = bench.experiment()
    status, out, _ = bench.run("show", path)
    assert status == 0
    again, _ = load(bench.write(out, "again.yaml"))
    assert again == load(path)[0]
    assert "batch_size: 32" in out


def test_show_heeds_overrides_and_refuses_what_it_cannot_use(bench) -> None:
    path = bench.experiment()
    status, out, _ = bench.run("show", path, "training.epochs=7", "training.batch_size=5")
    assert (status, "  epochs: 7\n" in out, "  batch_size: 5\n" in out) == (0, True, True)
    status, out, err = bench.run("show", path, "training.epocs=7")
    assert (status, out) == (2, "")
    assert "training.epocs=7: unknown option. Did you mean 'epochs'?" in err
    assert "expected an override like training.epochs=3" in bench.run("show", path, "other.yaml")[2]
    status, _, err = bench.run("show", "models", "dense", "units=3")
    assert (status, err) == (
        2,
        "error: show models dense: unexpected argument 'units=3'; overrides need an experiment file.\n",
    )
    assert "there is no file missing.yaml" in bench.run("show", "missing.yaml")[2]


def test_the_schema_is_json_and_has_every_block(bench) -> None:
    status, out, _ = bench.run("schema")
    schema = json.loads(out)
    assert status == 0
    training = schema["$defs"]["Experiment"]
    assert schema["else"] == {"$ref": "#/$defs/Experiment"}
    assert set(training["properties"]) == {*Experiment.model_fields, "extends"}
    assert training["else"] == {"required": ["data", "model"]}  # unless the file extends another
