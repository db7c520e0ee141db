import errno
import json
import shutil

import keras
import numpy as np
import pytest

from dlpy.callbacks.checkpoint import Checkpoint
from dlpy.core import signals
from dlpy.core.errors import DivergedError, RunError, StorageError
from dlpy.engine import snapshots
from dlpy.engine.snapshots import Snapshot, with_copies
from dlpy.runs import checkpoints
from dlpy.runs.checkpoint_files import CheckpointState, rewind
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

WAYS = {"loss": "min", "val_loss": "min", "val_accuracy": "max"}


@pytest.fixture
def run(tmp_path) -> Run:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "metrics.csv").touch()
    return Run(folder)


class Marking(keras.callbacks.Callback):
    """Writes the number of the epoch, from 1, into the bias of the last layer."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.layers[-1].bias.assign([epoch + 1.0])


def marks(run: Run, network: keras.Model) -> dict[str, tuple[int, float]]:
    """Return of each checkpoint the epoch it says it is of, and the epoch that its weights were marked with."""
    found = {}
    for which in ("best", "last"):
        epoch = checkpoints.load_weights(network, run, which)
        found[which] = (epoch, float(network.layers[-1].bias.numpy()[0]))
    return found


def keep(run: Run, network: keras.Model, drive, scores: list[dict[str, float]], ways=WAYS, **options):
    hooks = Checkpoint(**options).build(run, ways)
    marking = Marking()
    marking.set_model(network)
    begin = hooks.on_epoch_begin
    hooks.on_epoch_begin = lambda epoch, logs=None: (marking.on_epoch_begin(epoch), begin(epoch))  # type: ignore
    drive(hooks, *scores)
    return marks(run, network)


def losses(*values: float) -> list[dict[str, float]]:
    return [{"loss": 1.0, "val_loss": value, "val_accuracy": value} for value in values]


@pytest.mark.parametrize("every_seconds", [0.0, 3600.0])
def test_best_is_the_epoch_of_the_lowest_validation_loss(run, network, drive, every_seconds) -> None:
    found = keep(run, network, drive, losses(3.0, 1.0, 2.0, 1.5), every_seconds=every_seconds)
    assert found == {"best": (2, 2.0), "last": (4, 4.0)}


def test_of_equal_scores_the_first_is_best(run, network, drive) -> None:
    assert keep(run, network, drive, losses(1.0, 1.0, 1.0))["best"] == (1, 1.0)


@pytest.mark.parametrize("every_seconds", [0.0, 3600.0])
def test_a_score_where_more_is_better_can_decide(run, network, drive, every_seconds) -> None:
    options = {"monitor": "val_accuracy", "every_seconds": every_seconds}
    assert keep(run, network, drive, losses(0.3, 0.9, 0.5), **options) == {"best": (2, 2.0), "last": (3, 3.0)}


@pytest.mark.parametrize("every_seconds", [0.0, 3600.0])
def test_without_validation_rows_the_last_epoch_is_best(run, network, drive, every_seconds) -> None:
    scores = [{"loss": value} for value in (1.0, 2.0, 3.0)]
    found = keep(run, network, drive, scores, {"loss": "min"}, every_seconds=every_seconds)
    assert found == {"best": (3, 3.0), "last": (3, 3.0)}


def test_no_directory_is_left_but_those_of_best_and_last(run, network, drive) -> None:
    keep(run, network, drive, losses(3.0, 1.0, 2.0, 1.5), every_seconds=0.0)
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["best", "epoch-0002", "epoch-0004", "last"]
    assert (run.checkpoints / "best").readlink().name == "epoch-0002"


def test_until_the_end_the_checkpoint_before_the_last_is_kept_and_what_was_best_then(run, network) -> None:
    hooks = Checkpoint(every_seconds=0.0).build(run, WAYS)
    hooks.set_model(network)
    network.stop_training = False
    for epoch, scores in enumerate(losses(3.0, 1.0, 2.0, 0.5)):
        hooks.on_epoch_end(epoch, scores)
    names = sorted(path.name for path in run.checkpoints.iterdir())
    assert names == ["best", "epoch-0002", "epoch-0003", "epoch-0004", "last", "previous"]
    links = {name: (run.checkpoints / name).readlink().name for name in ("best", "last", "previous")}
    assert links == {"best": "epoch-0004", "last": "epoch-0004", "previous": "epoch-0003"}
    (run.checkpoints / "last/weights.npz").write_bytes(b"")
    state, damages = rewind(run)
    assert (state and state.epoch, len(damages)) == (3, 1)
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["best", "epoch-0002", "epoch-0003", "last"]
    assert (run.checkpoints / "best").readlink().name == "epoch-0002"


def test_a_best_checkpoint_newer_than_the_last_is_forgotten_when_training_goes_on(run, network, drive) -> None:
    keep(run, network, drive, losses(1.0))
    network.stop_training = False
    checkpoints.save(run, with_copies(network, Snapshot(2, {"val_loss": 0.5}, {}, best=2)), ["best"])
    state, damages = rewind(run)
    assert (state and state.epoch, damages) == (1, [])
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["best", "epoch-0001", "last"]
    assert (run.checkpoints / "best").readlink().name == "epoch-0001"


def test_a_checkpoint_holds_weights_optimizer_seeds_and_scores(run, network, drive) -> None:
    keep(run, network, drive, losses(0.5))
    folder = run.checkpoints / "best"
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json", "optimizer.npz", "seeds.npz", "state.json", "weights.npz",
    ]  # fmt: skip
    scores = {"loss": 1.0, "val_loss": 0.5, "val_accuracy": 0.5}
    wanted = CheckpointState(epoch=1, step=0, best=1, stopped=False, scores=scores, callbacks={})
    assert checkpoints.read_state(run) == wanted
    with np.load(folder / "weights.npz") as weights:
        assert [weights[name].shape for name in weights.files] == [(4, 2), (2,), (2, 1), (1,)]
    with np.load(folder / "optimizer.npz") as optimizer:  # steps, learning rate, and a momentum for each weight
        assert [optimizer[name].shape for name in optimizer.files] == [(), (), (4, 2), (2,), (2, 1), (1,)]


@pytest.mark.parametrize("victim", ["weights.npz", "optimizer.npz", "state.json", "manifest.json"])
def test_a_failure_while_writing_leaves_the_old_checkpoint_whole(run, network, drive, victim, monkeypatch) -> None:
    before = keep(run, network, drive, losses(1.0))
    real = checkpoints._write

    def full(folder, state) -> None:
        real(folder, state)
        (folder / victim).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "_write", full)
    with pytest.raises(StorageError, match="No space left on device"):
        checkpoints.save(run, with_copies(network, Snapshot(2, {"val_loss": 0.1}, {})), ["best", "last"])
    assert marks(run, network) == before
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["best", "epoch-0001", "last"]


@pytest.mark.parametrize("position", [0, 100, -200, -1])
def test_a_flipped_byte_is_noticed(run, network, drive, position: int) -> None:
    keep(run, network, drive, losses(1.0))
    path = run.checkpoints / "best" / "weights.npz"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"weights\.npz is damaged: its content was changed after it was written"):
        checkpoints.load_weights(network, run)


def test_scores_that_were_changed_by_hand_are_noticed(run, network, drive) -> None:
    keep(run, network, drive, losses(0.5))
    path = run.checkpoints / "best" / "state.json"
    path.write_text(path.read_text().replace("0.5", "0.4"))
    with pytest.raises(RunError, match=r"state\.json is damaged"):
        checkpoints.read_state(run)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weights.npz": "0"}'])
def test_a_damaged_manifest_is_told_in_one_line(run, network, drive, content: str) -> None:
    keep(run, network, drive, losses(1.0))
    (run.checkpoints / "best" / "manifest.json").write_text(content)
    with pytest.raises(RunError, match="damaged"):
        checkpoints.load_weights(network, run)


def test_a_missing_checkpoint_is_told_in_one_line(run, network) -> None:
    with pytest.raises(RunError, match="the run stopped before its first epoch ended"):
        checkpoints.load_weights(network, run)
    with pytest.raises(RunError, match="the run stopped before its first epoch ended"):
        checkpoints.read_state(run)


@pytest.mark.parametrize("units", [[3, 1], [2], [2, 2, 1]])
def test_the_weights_of_another_network_are_refused(run, network, drive, units: list[int]) -> None:
    keep(run, network, drive, losses(1.0))
    other = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(size) for size in units)])
    before = [weight.copy() for weight in other.get_weights()]
    with pytest.raises(RunError, match="holds the weights of a different network"):
        checkpoints.load_weights(other, run)
    assert all(np.array_equal(one, two) for one, two in zip(before, other.get_weights(), strict=True))


def test_weights_that_are_not_finite_are_never_written(run, network, drive) -> None:
    keep(run, network, drive, losses(1.0))
    network.layers[-1].bias.assign([np.nan])
    with pytest.raises(DivergedError):
        checkpoints.save(run, with_copies(network, Snapshot(2, {"val_loss": 0.5}, {})), ["best"])
    assert marks(run, network)["best"] == (1, 1.0)


def test_a_snapshot_is_written_over_by_the_next_one_as_a_whole_or_not_at_all(network) -> None:
    first = with_copies(network, Snapshot(1, {}, {}))
    before = [array.copy() for array in first.arrays["weights"].values()]
    kernel, bias = network.layers[0].kernel, network.layers[-1].bias
    kernel.assign_add(np.ones(kernel.shape))
    bias.assign([np.nan])
    with pytest.raises(DivergedError):
        with_copies(network, Snapshot(2, {}, {}), instead_of=first)
    assert all(np.array_equal(*pair) for pair in zip(first.arrays["weights"].values(), before, strict=True))
    bias.assign([7.0])
    second = with_copies(network, Snapshot(2, {}, {}, step=3), instead_of=first)
    now = list(second.arrays["weights"].values())
    assert np.array_equal(now[0], before[0] + 1)
    assert now[-1] == 7
    assert all(one is two for one, two in zip(now, first.arrays["weights"].values(), strict=True))
    bias.assign([8.0])
    assert now[-1] == 7


def test_no_signal_is_heard_while_a_better_epoch_takes_the_place_of_another(run, network, drive, monkeypatch) -> None:
    held, real = [], snapshots._copies

    def copies(group, room):
        held.append(signals.process.state is signals.State.WRITING)
        return real(group, room)

    monkeypatch.setattr(snapshots, "_copies", copies)
    hooks = Checkpoint(every_seconds=3600).build(run, WAYS)
    monkeypatch.setattr(hooks, "on_train_end", lambda: None)
    drive(hooks, *losses(2.0, 1.0))
    assert held == [True] * 6  # weights, optimizer, seeds of two epochs
    hooks.flush()
    assert checkpoints.read_state(run).epoch == 2


def test_a_checkpoint_can_be_moved_to_another_place(run, network, drive, tmp_path) -> None:
    keep(run, network, drive, losses(1.0))
    shutil.move(run.path, tmp_path / "elsewhere")
    assert marks(Run(tmp_path / "elsewhere"), network)["best"] == (1, 1.0)


def test_the_runs_summary_is_that_of_the_monitored_score(bench) -> None:
    path = bench.experiment(callbacks=[{"name": "checkpoint", "monitor": "loss"}], training={"epochs": 3})
    assert bench.run("train", path)[0] == 0
    (folder,) = bench.folder.glob("runs/2*")
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["best"]["epoch"] == 3
    assert summary["best"] == summary["last"]


@pytest.mark.parametrize(("best_every", "best"), [(1, 3), (2, 4), (4, 4), (5, 1)])
def test_only_the_first_and_every_so_many_epochs_can_be_the_best(run, network, drive, best_every, best) -> None:
    found = keep(run, network, drive, losses(3.0, 2.9, 1.0, 1.5, 5.0), best_every=best_every)
    assert found == {"best": (best, float(best)), "last": (5, 5.0)}
