"""Every example trains: cut down to one epoch of a few generated rows."""

from pathlib import Path

import pytest

from dlpy.components.estimator import EstimatorModel
from dlpy.core import keras_backend
from dlpy.datasets.cats_vs_dogs import CatsVsDogs
from dlpy.datasets.jena_climate import JenaClimate
from dlpy.experiment.experiment import load
from dlpy.models.gan import Gan
from dlpy.models.pretrained import Pretrained
from dlpy.models.rnn import Rnn
from dlpy.pretrained.zoo import NETWORKS
from dlpy.runs.directory import Run
from dlpy.training import pipeline
from dlpy.training.kfold import kfold
from dlpy.training.record import Options
from dlpy.training.reporter import Reporter
from dlpy.training.train import train

pytestmark = pytest.mark.slow

FILES = sorted((Path(__file__).parents[2] / "configs").rglob("*.yaml"))
ARTWORKS = [path for path in FILES if "\nkind: " in path.read_text()]
SEARCHES = [path for path in FILES if "{search: " in path.read_text()]
CONFIGS = [path for path in FILES if path not in [*ARTWORKS, *SEARCHES]]


def test_there_are_configs() -> None:
    assert len(CONFIGS) >= 25
    assert len(ARTWORKS) >= 4
    assert len(SEARCHES) >= 3


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what several configs need."""
    return tmp_path_factory.mktemp("kept")


def base_run(kept: Path) -> str:
    """Return a run of a few steps, trained once, whose base the others of its family take."""
    if not (kept / "runs").is_dir():
        train(*load(CONFIGS[0].parent / "pets_base.yaml"), Options(kept / "runs", smoke=True), Reporter())
    (run,) = (kept / "runs").iterdir()
    return f"run:{run}"


def drawn_weights(network: str, kept: Path) -> Path:
    """Return a file of drawn weights instead of those of ImageNet, which tests cannot download."""
    file = kept / f"{network}.weights.h5"
    if not file.is_file():
        keras_backend.start()
        import keras

        constructor = getattr(keras.applications, NETWORKS[network].constructor)
        constructor(weights=None, include_top=False, input_shape=(32, 32, 3)).save_weights(file)
    return file


def quick(path: Path, kept: Path) -> list[str]:
    """Return what makes the config train without a network and in seconds."""
    if "weights: run:" in path.read_text():
        return [f"model.weights={base_run(kept)}"]
    experiment, _ = load(path)
    if isinstance(experiment.data, JenaClimate) and isinstance(experiment.model, Rnn):
        return ["data.step=60"]  # 24 time steps instead of 240
    if isinstance(experiment.model, Gan):
        return ["training.batch_size=4"]
    if isinstance(experiment.model, Pretrained):
        return [f"model.weights={drawn_weights(str(experiment.model.base), kept)}", "data.size=32"]
    return ["data.size=48"] if isinstance(experiment.data, CatsVsDogs) else []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_config_trains(bench, path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, document = load(path, quick(path, kept))
    if isinstance(experiment.model, Gan | Pretrained | Rnn):  # they take longest for a row
        monkeypatch.setattr(pipeline, "SMOKE_ROWS", 64)
    run = train(experiment, document, Options(Path("runs"), smoke=True), Reporter())
    summary, record = run.read("summary.json"), run.read("run.json")
    assert record["status"] == "completed"
    assert record["smoke"] is True
    assert record["data"]["source"] == "stand-in"
    assert 1 <= summary["best"]["epoch"] <= len(experiment.training.phases or [1])
    assert all(summary["best"][name] > 0 for name in ("loss", "d_loss") if name in summary["best"])
    assert 0 < summary["rows"]["train"] <= 256
    assert summary["baseline"]
    assert run.model.is_file() != isinstance(experiment.model, EstimatorModel)


@pytest.mark.parametrize("path", ARTWORKS, ids=lambda path: path.stem)
def test_the_config_makes_a_picture(bench, path: Path, kept: Path) -> None:
    own = [f"weights={base_run(kept)}"] if "weights: run:" in path.read_text() else []
    status, out, err = bench.run("train", path, "--smoke", *own)
    assert (status, err) == (0, "")
    assert "*** STAND-IN IMAGE ***" in out
    (run,) = (bench.folder / "runs").iterdir()
    assert (run / "samples" / "final.png").is_file()


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_the_config_is_searched(bench, path: Path) -> None:
    two = ["search.sampler=random", "search.trials=2"]
    status, out, err = bench.run("search", path, "--smoke", *two)
    assert (status, err) == (0, "")
    assert "*** STAND-IN DATA ***" in out
    (run,) = (bench.folder / "runs").iterdir()
    assert Run(run).read("run.json")["status"] == "completed"
    assert load(run / "best.yaml")


@pytest.mark.parametrize("path", [path for path in CONFIGS if "kfold:" in path.read_text()], ids=lambda path: path.stem)
def test_the_config_is_validated_by_folds(bench, path: Path) -> None:
    experiment, document = load(path, ["kfold.repeats=1"])
    run = kfold(experiment, document, Options(Path("runs"), smoke=True), Reporter())
    assert len(run.read("summary.json")["folds"]) == experiment.kfold.folds


def test_smoke_on_the_command_line_is_one_epoch_of_generated_rows(bench) -> None:
    path = next(path for path in CONFIGS if path.stem == "mnist_dense")
    status, out, err = bench.run("train", path, "--smoke")
    assert (status, err) == (0, "")
    assert "*** STAND-IN DATA ***" in out
    assert "epoch 1/1" in out
    assert (bench.folder / "runs").is_dir()
