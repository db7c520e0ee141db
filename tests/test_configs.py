"""Every example trains: cut down to one epoch of a few generated rows."""

from pathlib import Path

import pytest

from dlpy import backend
from dlpy.config import load
from dlpy.kfold import How, kfold
from dlpy.models.pretrained import Pretrained
from dlpy.networks import NETWORKS
from dlpy.records import Options
from dlpy.training import Reporter, train

CONFIGS = sorted((Path(__file__).parents[1] / "configs").rglob("*.yaml"))


def test_there_are_configs() -> None:
    assert len(CONFIGS) >= 25


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what several configs need."""
    return tmp_path_factory.mktemp("kept")


def base_weights(model: Pretrained, kept: Path) -> str:
    """Return where there are weights for the model's base: drawn ones, or those of a run of a few steps."""
    if model.weights == "run:latest":
        base = load(CONFIGS[0].parent / "pets_base.yaml")
        return f"run:{train(*base, Options(kept / 'runs', smoke=True), Reporter()).path}"
    file = kept / f"{model.base}.weights.h5"
    if not file.is_file():
        backend.start()
        import keras

        constructor = getattr(keras.applications, NETWORKS[str(model.base)].constructor)
        constructor(weights=None, include_top=False, input_shape=(32, 32, 3)).save_weights(file)
    return str(file)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_config_trains(bench, path: Path, kept: Path) -> None:
    experiment, document = load(path)
    if isinstance(experiment.model, Pretrained):  # tests have no network, and no time for large pictures
        small = [] if "run:" in str(experiment.model.weights) else ["data.size=32"]
        experiment, document = load(path, [f"model.weights={base_weights(experiment.model, kept)}", *small])
    run = train(experiment, document, Options(Path("runs"), smoke=True), Reporter())
    summary, record = run.read("summary.json"), run.read("run.json")
    assert record["status"] == "completed"
    assert record["smoke"] is True
    assert record["data"]["source"] == "stand-in"
    assert 1 <= summary["best"]["epoch"] <= len(experiment.training.phases or [1])
    assert summary["best"]["loss"] > 0
    assert 0 < summary["rows"]["train"] <= 256
    assert summary["baseline"]
    assert run.model.is_file()


@pytest.mark.parametrize("path", [path for path in CONFIGS if "kfold:" in path.read_text()], ids=lambda path: path.stem)
def test_the_config_is_validated_by_folds(bench, path: Path) -> None:
    experiment, document = load(path, ["kfold.repeats=1"])
    run = kfold(experiment, document, Options(Path("runs"), kind="kfold", smoke=True), Reporter(), How())
    assert len(run.read("summary.json")["folds"]) == experiment.kfold.folds


def test_smoke_on_the_command_line_is_one_epoch_of_generated_rows(bench) -> None:
    path = next(path for path in CONFIGS if path.stem == "mnist_dense")
    status, out, err = bench.run("train", path, "--smoke")
    assert (status, err) == (0, "")
    assert "*** STAND-IN DATA ***" in out
    assert "epoch 1/1" in out
    assert (bench.folder / "runs").is_dir()
