"""Training in phases: what stays as it is, what is counted on, and which mistakes are found before."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dlpy.cli.progress import Display
from dlpy.drawing.figures import draw
from dlpy.experiment.experiment import load
from dlpy.experiment.phases import Phase, first_epochs
from dlpy.plots.comparison import Comparison
from dlpy.plots.history import HistoryPlot
from dlpy.runs.checkpoints import read_state, read_weights
from dlpy.runs.directory import Run
from dlpy.runs.history import read_history
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.train import train

pytestmark = pytest.mark.slow

PHASES = [{"freeze": "all", "epochs": 2}, {"unfreeze_from": "dense_1", "learning_rate": 0.003, "epochs": 3}]


class Listener(Reporter):
    def __init__(self) -> None:
        self.told: list[str] = []

    def on_phase_begin(self, phase: int, description: str) -> None:
        self.told.append(description)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.told.append(f"epoch {epoch}")


def trained(bench: Any, reporter: Reporter | None = None, **blocks: Any) -> Run:
    blocks["training"] = {"optimizer": {"name": "adam", "learning_rate": 0.02}, **blocks.get("training", {})}
    path = bench.experiment(**{"model": {"name": "dense", "units": [8, 7]}, **blocks})
    return trained_file(path, reporter)


def trained_file(path: Path, reporter: Reporter | None = None) -> Run:
    return train(*load(path), Options(Path("runs")), reporter or Reporter())


@pytest.fixture
def run(bench) -> Run:
    training = {"optimizer": {"name": "adam", "learning_rate": 0.02}, "phases": PHASES}
    return bench.trained(bench.experiment(model={"name": "dense", "units": [8, 7]}, training=training))


def test_epochs_count_on_and_the_file_says_which_phase_they_were_in(run: Run) -> None:
    lines = run.metrics.read_text().splitlines()
    assert lines[0].startswith("epoch,seconds,phase,learning_rate,")
    assert [(line.split(",")[0], *line.split(",")[2:4]) for line in lines[1:]] == [
        ("1", "1", "0.02"), ("2", "1", "0.02"), ("3", "2", "0.003"),
        ("4", "2", "0.003"), ("5", "2", "0.003"),
    ]  # fmt: skip
    assert read_state(run, "last").phase == 2
    assert read_history(run.metrics).phase_starts() == [(2, 2.5)]  # type: ignore


def test_frozen_layers_keep_their_bits(bench) -> None:
    def weights(phases: list) -> list[np.ndarray]:
        return list(read_weights(trained(bench, training={"phases": phases}), "last").values())

    frozen = weights([{"freeze": "all", "epochs": 1}])
    tuned = weights([{"freeze": "all", "epochs": 1}, {"unfreeze_from": "dense_1", "epochs": 1}])
    learnt = weights([{"freeze": "all", "epochs": 1}, {"freeze": "none", "epochs": 1}])
    same = [[np.array_equal(a, b) for a, b in zip(frozen, other, strict=True)] for other in (tuned, learnt)]
    assert same == [[True, True, False, False, False, False], [False] * 6]


def test_one_phase_in_which_all_learn_is_training_as_usual(bench) -> None:
    phased = trained(bench, training={"phases": [{"freeze": "none", "epochs": 3}]})
    usual = trained(bench, training={"epochs": 3})
    for a, b in zip(read_weights(phased, "last").values(), read_weights(usual, "last").values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_come_in_the_order_of_the_epoch_whatever_the_phase(bench) -> None:
    sgd = {"optimizer": {"name": "sgd", "learning_rate": 0.02}}  # which remembers nothing of the phase before
    phases = [{"freeze": "none", "epochs": 1}, {"freeze": "none", "epochs": 2}]
    phased, usual = trained(bench, training={"phases": phases, **sgd}), trained(bench, training={"epochs": 3, **sgd})
    for a, b in zip(read_weights(phased, "last").values(), read_weights(usual, "last").values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_person_is_told_what_learns(bench) -> None:
    listener = Listener()
    trained(bench, listener, training={"phases": [PHASES[0] | {"epochs": 1}, PHASES[1] | {"epochs": 1}]})
    assert listener.told == [
        "phase 1 of 2: the base is frozen, at most 1 epochs; 24 of 127 weights learn",
        "epoch 0",
        "phase 2 of 2: training the base from dense_1 on, at most 1 epochs; 87 of 127 weights learn",
        "epoch 1",
    ]
    assert Display.on_phase_begin is not Reporter.on_phase_begin


def test_early_stopping_ends_a_phase_and_begins_anew_with_the_next(bench) -> None:
    stopping = {"name": "early_stopping", "patience": 2, "min_delta": 9.0}  # nothing but a first epoch is better
    phases = [{"freeze": "all", "epochs": 9}, {"freeze": "none", "epochs": 2}, {"freeze": "none", "epochs": 9}]
    run = trained(bench, training={"phases": phases}, callbacks=[stopping])
    history = read_history(run.metrics)
    assert history is not None
    assert history.phases.tolist() == [1, 1, 1, 2, 2, 3, 3, 3]
    assert history.epochs.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_reduced_learning_rate_is_that_of_its_phase(bench) -> None:
    plateau = {"name": "reduce_lr_on_plateau", "patience": 1, "min_delta": 9.0, "factor": 0.5}
    phases = [{"freeze": "none", "epochs": 3}, {"freeze": "none", "epochs": 1}]
    history = read_history(trained(bench, training={"phases": phases}, callbacks=[plateau]).metrics)
    assert history is not None
    np.testing.assert_allclose(history.curves["learning_rate"], [0.02, 0.02, 0.01, 0.02], rtol=1e-6)


def test_the_config_of_the_run_trains_to_the_same_bits(run: Run, bench) -> None:
    again = trained_file(run.config)
    assert yaml.safe_load(again.config.read_text())["training"]["epochs"] == 5
    for a, b in zip(read_weights(run).values(), read_weights(again).values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_fold_goes_through_the_phases(bench) -> None:
    path = bench.experiment(training={"phases": [{"freeze": "all", "epochs": 1}, {"freeze": "none", "epochs": 2}]})
    status, output, _ = bench.run("kfold", path, "kfold.folds=2")
    assert status == 0
    files = sorted(Path("runs").glob("*/folds/*/metrics.csv"))
    assert [read_history(file).phases.tolist() for file in files] == [[1, 2, 2], [1, 2, 2]]  # type: ignore
    assert "phase 1 of" not in output


def test_plots_mark_where_a_phase_begins(run: Run) -> None:
    (figure,) = HistoryPlot(name="history").draw([run]).values()
    assert all(_marks(axes) == [(2.5, " phase 2")] for axes in figure.axes)
    (figure,) = Comparison(name="comparison").draw([run, run]).values()
    assert all(_marks(axes)[:1] == [(2.5, " phase 2")] for axes in figure.axes)
    assert run.plots / "history.png" in draw([run], ["history"], run.plots)


def _marks(axes: Any) -> list[tuple[float, str]]:
    low, high = axes.get_ylim()
    top = max(np.nanmax(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) > 2)
    assert top < low + 0.93 * (high - low)  # the labels have the room above the curves for themselves
    return [(text.get_position()[0], text.get_text()) for text in axes.texts]


def test_phases_are_cut_down_from_the_end() -> None:
    phases = [Phase(freeze="all", epochs=4), Phase(freeze="none", epochs=5)]
    assert [phase.epochs for phase in first_epochs(phases, 6)] == [4, 2]
    assert [phase.epochs for phase in first_epochs(phases, 4)] == [4]


@pytest.mark.parametrize(
    ("training", "callbacks", "message"),
    [
        ({"phases": [{"epochs": 1}]}, [], "give either 'freeze: all', 'freeze: none' or 'unfreeze_from: <layer>'"),
        ({"phases": [{"freeze": "all", "unfreeze_from": "a", "epochs": 1}]}, [], "give either 'freeze: all'"),
        ({"phases": PHASES, "epochs": 7}, [], "the phases have their own 'epochs' (5 in total): remove training.epochs"),
        ({"phases": []}, [], "training.phases"),
        ({"phases": [{"freeze": "all", "epochs": 0}]}, [], "training.phases.0.epochs"),
        ({"phases": [{"freeze": "all", "epochs": 1, "optimizer": "adam", "learning_rate": 0.1}]}, [], "as an option of 'optimizer'"),
        ({"phases": PHASES}, [{"name": "learning_rate_schedule", "rates": {2: 0.1}}], "give each phase its learning_rate"),
        (
            {"phases": [{"freeze": "all", "epochs": 1, "learning_rate": {"name": "cosine_decay",
             "initial_learning_rate": 0.1, "decay_steps": 9}}]}, ["reduce_lr_on_plateau"], "needs a constant learning rate",
        ),
        ({"phases": [{"unfreeze_from": "dens_1", "epochs": 1}]}, [], "training.phases.0.unfreeze_from: the base has no "
         "layer 'dens_1'. Did you mean 'dense_1'? Its layers: dense, dense_1."),
    ],
)  # fmt: skip
def test_mistakes_are_found_before_training(bench, training: dict, callbacks: list, message: str) -> None:
    path = bench.experiment(model={"name": "dense", "units": [8, 7]}, training=training, callbacks=callbacks)
    status, _, errors = bench.run("train", path)
    assert status == 2
    assert message in errors
    assert len(errors.strip().splitlines()) == 1
    assert not list(Path().glob("runs/*/run.json"))
