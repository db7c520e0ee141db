"""Scores of runs with several outputs, as commands print them."""

import json

import pytest
from named_outputs import three_outputs

from dlpy.cli.progress import announce_stand_in
from dlpy.cli.score_lines import by_output, score_lines, score_table, summary_lines
from dlpy.runs.directory import Run

SCORES = {"loss": 5.0, "size_loss": 4.0, "side_loss": 1.0, "size_mae": 1.5, "val_loss": 6.0, "val_side_auc": None}
BASELINE = {"on": "validation", "guess": "both", "guesses": {"size": "always the mean", "side": "always class left"}}


def printed(table) -> list[list[str]]:
    columns = [[str(column.header), *map(str, column.cells)] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def test_scores_are_divided_by_output_and_lose_its_name() -> None:
    assert by_output(SCORES, ["size", "side"]) == {
        "": {"loss": 5.0, "val_loss": 6.0},
        "size": {"loss": 4.0, "mae": 1.5},
        "side": {"loss": 1.0, "val_auc": None},
    }
    assert by_output(SCORES, []) == {"": SCORES}


def test_each_output_has_a_line_of_its_own() -> None:
    assert score_lines("epoch 1/2", SCORES, ["size", "side"]) == [
        "epoch 1/2  loss 5.0000  val_loss 6.0000",
        "  size  loss 4.0000  mae 1.5000",
        "  side  loss 1.0000  val_auc -",
    ]
    assert score_lines("epoch 1/2", {"loss": 1.0, "mae": 2.0}, []) == ["epoch 1/2  loss 1.0000  mae 2.0000"]


def test_the_summary_is_told_by_output() -> None:
    own = {"unit": "m", "best": {"mae": 3.0}, "last": {}, "baseline": {"mae": 4.0, "mse": 1.0}}
    summary = {
        "best": {"epoch": 3, **SCORES},
        "baseline": {**BASELINE, "loss": 9.0, "size_loss": 8.0, "size_mae": 2.5, "size_mse": 7.0, "side_loss": 0.7},
        "outputs": {"size": {"in_unit": own}},
    }
    assert summary_lines(summary, ["size", "side"]) == [
        "best:      loss 5.0000  val_loss 6.0000  (epoch 3)",
        "baseline:  loss 9.0000  (the outputs' baselines together; validation rows)",
        "size",
        "  best:      loss 4.0000  mae 1.5000  (epoch 3)",
        "  baseline:  loss 8.0000  mae 2.5000  (always the mean; validation rows)",
        "  in m:  best mae 3.0000  baseline mae 4.0000",
        "side",
        "  best:      loss 1.0000  val_auc -  (epoch 3)",
        "  baseline:  loss 0.7000  (always class left; validation rows)",
    ]


def test_folds_are_told_by_output_and_the_best_epoch_once() -> None:
    blocks = {"mean": {"loss": 3.0, "size_mae": 1.0}, "std": {"loss": 0.5, "size_mae": 0.25}}
    blocks |= {"standard_error": {"loss": 0.2, "size_mae": 0.1}, "counted": {"loss": 2, "size_mae": 1}}
    best = {"epoch": 4, "monitor": "val_loss", "loss": 2.0}
    summary = {
        "folds": [{"rows": 5}, {"rows": 5}],
        "best": best,
        "baseline": {**BASELINE, "guess": "constant"},
        **blocks,
    }
    lines = summary_lines(summary, ["size", "side"])
    assert lines[3] == "best:      the mean curve of val_loss is best at epoch 4"
    assert lines[5:10] == [
        "size",
        "  mean:      mae 1.0000  (over 2 folds; last epoch)",
        "  std:       mae 0.2500  (between the folds, divided by n - 1)",
        "  std error: mae 0.1000  (of the mean: std / sqrt(n))",
        "             undefined in some folds, defined in mae: 1",
    ]
    assert sum("best at epoch" in line for line in lines) == 1


def test_the_table_of_evaluate_has_a_column_for_the_output() -> None:
    scores = {"loss": 5.0, "size_mae": 0.5, "side_auc": None}
    baseline = {"guess": "both", "guesses": {}, "loss": 6.0, "size_mae": 1.0}
    own = {"unit": "m", "scores": {"mae": 50.0}, "baseline": {"mae": 100.0}}
    outputs = {"size": {"rows": 30, "in_unit": own}, "side": {"rows": 20}}
    result = {"rows": 40, "scores": scores, "baseline": baseline, "outputs": outputs}
    assert printed(score_table({"test": result})) == [
        ["rows", "output", "score", "value", "baseline"],
        ["test (40)", "all", "loss", "5.0000", "6.0000"],
        ["test (30)", "size", "mae", "0.5000", "1.0000"],
        ["test (30)", "size", "mae in m", "50.0000", "100.0000"],
        ["test (20)", "side", "auc", "-", ""],
    ]
    plain = {"rows": 2, "scores": {"mae": 1.0}, "baseline": {"guess": "x"}, "in_unit": None}
    assert printed(score_table({"test": plain})) == [
        ["rows", "score", "value", "baseline"],
        ["test (2)", "mae", "1.0000", ""],
    ]


@pytest.mark.parametrize("always", [False, True])
def test_data_that_is_always_generated_has_no_file_to_ask_for(always: bool) -> None:
    class Console:
        is_terminal, said = False, ""

        def print(self, text: str, **_: object) -> None:
            self.said += text

    console = Console()
    announce_stand_in(console, "stand-in", "generated homes", always_generated=always)  # type: ignore
    assert ("generated homes" in console.said, "$DLPY_DATA" in console.said) == (True, not always)


@pytest.mark.slow
def test_commands_tell_three_outputs_apart(bench) -> None:
    options = {"class_weight": {"side": "balanced"}}
    status, out, err = bench.run("train", bench.experiment(**three_outputs(**options)))
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].startswith(
        "class_weight: loss and side_loss are weighted by class; val_loss and val_side_loss are not"
    )
    at = next(number for number, line in enumerate(lines) if line.startswith("epoch 1/2  loss "))
    assert [line.split()[0] for line in lines[at + 1 : at + 4]] == ["size", "side", "signs"]
    (run,) = (Run(path) for path in bench.folder.glob("runs/2*"))
    assert run.record().weighted_outputs == ["side"]
    assert list(run.summary().baseline.guesses) == ["size", "side", "signs"]
    layers = {layer["name"] for layer in run.read("network.json")["layers"]}
    assert layers == {"points", "hidden", "size", "side", "signs"}
    _, out, _ = bench.run("evaluate", run.id)
    assert out.splitlines()[2].split()[:4] == ["validation", "(24)", "size", "loss"]
    results = json.loads(bench.run("evaluate", run.id, "--split", "test", "--json")[1])["test"]
    assert {"size_mae", "val_size_mae"} & results["scores"].keys() == {"size_mae"}
    assert results["outputs"].keys() == {"size", "side", "signs"}
    header = bench.run("runs")[1].split()
    assert {"val_size_mae", "val_side_accuracy", "loss"} <= {*header}
    assert not {"size_mae", "val_size_loss"} & {*header}
    assert "size_mae" in bench.run("runs", "--sort", "size_mae")[1]
    assert "size_mae" in json.loads(bench.run("runs", "--json")[1])[0]
    status, out, _ = bench.run("runs", "--verify")
    assert (status, "completed: intact" in out) == (0, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("generate",), "predicts, it cannot generate text or images: use `dlpy predict`."),
        (("predict", "--text", "x"), "was trained on array rows of shape (4), not on texts. Give a file."),
    ],
)
def test_what_a_command_cannot_do_with_several_outputs_is_told_in_a_line(bench, arguments: tuple, said: str) -> None:
    run = bench.trained(bench.experiment(**three_outputs()))
    command, *more = arguments
    status, _, err = bench.run(command, run.id, *more)
    assert (status, err) == (2, f"error: {'--text: ' if more[:1] == ['--text'] else ''}run {run.id} {said}\n")


@pytest.mark.slow
@pytest.mark.plots
def test_every_plot_of_three_outputs_is_drawn_after_training_and_of_folds(bench) -> None:
    bench.run("train", bench.experiment(**three_outputs()), "--quiet")
    status, _, err = bench.run("kfold", bench.experiment("folds.yaml", **three_outputs()), "kfold.folds=2", "--quiet")
    assert (status, err) == (0, "")
    trained, folded = sorted(bench.folder.glob("runs/2*"), key=lambda path: "folds" in path.name)
    of_classes = [
        f"{plot}-{{}}-{name}"
        for plot in ("confusion", "precision_recall", "reliability", "roc")
        for name in ("side", "signs")
    ]
    drawn = sorted([*of_classes, "errors_together-{}", "regression-{}-size"])
    names = {path.stem for path in (trained / "plots").iterdir()}
    assert names == {name.format("validation") for name in drawn} | {"history", "network"}
    names = {path.stem for path in (folded / "plots").iterdir()}
    folds = {"folds", "folds-size", "folds-side", "folds-signs"}
    assert names == {name.format("out_of_fold") for name in drawn} | folds
