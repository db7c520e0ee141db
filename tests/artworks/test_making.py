import csv
import itertools
import json

import numpy as np
import pytest
from PIL import Image

from dlpy.artworks.base import Artwork
from dlpy.artworks.kinds import load_any
from dlpy.artworks.make import make
from dlpy.artworks.record import Watcher
from dlpy.training.record import Options

pytestmark = pytest.mark.slow

DREAM = "kind: dream\nnetwork: vgg16\nweights: none\nfallback: stand_in\nheight: 64\nlayers: {block2_conv1: 1.0}\nsteps: 4\n"
STYLE = (
    "kind: style\nnetwork: vgg16\nweights: none\nfallback: stand_in\nheight: 40\niterations: 4\nevaluations: 4\n"
    "content_layers: {block2_conv1: 0.1}\nstyle_layers: {block1_conv1: 1.0, block2_conv1: 1.0}\n"
)


def made(bench, text: str, *overrides: str):
    """Train a file and return the run's folder and what was printed."""
    status, out, err = bench.run("train", bench.write(text), *overrides)
    assert (status, err) == (0, "")
    return sorted((bench.folder / "runs").iterdir())[-1], out


def kept(bench, text: str, *overrides: str):
    """Return the folder of a run that is made once for all tests that only read it."""
    return bench.trained(bench.write(text), *overrides).path


def rows(run) -> list[dict[str, float]]:
    with (run / "metrics.csv").open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path))


@pytest.mark.plots
def test_a_dream_raises_the_loss_in_every_octave_and_leaves_a_whole_run(bench) -> None:
    run, out = made(bench, DREAM, "octaves=2")
    lines = rows(run)
    assert [(row["step"], row["octave"]) for row in lines] == [(n, 1 + (n > 4)) for n in range(1, 9)]
    for octave in (lines[:4], lines[4:]):
        losses = [row["loss"] for row in octave]
        assert losses == sorted(losses)
        assert losses[-1] > 1.1 * losses[0]
        assert losses == pytest.approx([row["block2_conv1"] for row in octave])
    assert sorted(path.name for path in (run / "samples").iterdir()) == [
        "final.png", "octave-01-45x60.png", "octave-02-64x85.png", "picture.png"
    ]  # fmt: skip
    assert sorted(path.name for path in (run / "plots").iterdir()) == ["artwork.png", "history.png"]
    record, summary = (json.loads((run / name).read_text()) for name in ("run.json", "summary.json"))
    assert (record["kind"], record["status"], record["data"]["source"]) == ("dream", "completed", "stand-in")
    assert (summary["first"]["step"], summary["last"]["step"]) == (1, 8)
    assert "*** STAND-IN IMAGE ***" in out
    assert "octave 2/2  64 x 85  4 steps  loss" in out


def test_the_first_step_moves_the_picture_by_the_step_size_in_the_mean(bench) -> None:
    run, _ = made(bench, DREAM, "octaves=1", "steps=1", "step_size=0.02")
    moved = pixels(run / "samples" / "final.png").astype(float) - pixels(run / "samples" / "picture.png")
    assert np.abs(moved).mean() == pytest.approx(2.55, rel=0.1)  # 0.02 x 127.5 grey levels; black and white cut off


def test_an_octave_ends_above_max_loss(bench) -> None:
    free, _ = made(bench, DREAM, "octaves=1")
    limit = rows(free)[1]["loss"]
    run, out = made(bench, DREAM, "octaves=1", f"max_loss={limit * 0.999}")
    assert len(rows(run)) == 2
    assert "1 steps" in out
    assert "above max_loss" in out


@pytest.mark.plots
def test_a_style_transfer_lowers_the_loss_in_every_iteration(bench) -> None:
    run, out = made(bench, STYLE, "save_every=2")
    lines = rows(run)
    assert [row["iteration"] for row in lines] == [0, 1, 2, 3, 4]
    losses = [row["loss"] for row in lines]
    assert all(after < before for before, after in itertools.pairwise(losses))
    assert lines[0]["content"] == 0
    for row in lines:
        assert row["loss"] == pytest.approx(row["content"] + row["style"] + row["total_variation"])
    assert sorted(path.name for path in (run / "samples").iterdir()) == [
        "content.png", "final.png", "iteration-2.png", "iteration-4.png", "style.png"
    ]  # fmt: skip
    assert (run / "plots" / "artwork.png").is_file()
    assert "iteration 4/4  loss" in out


def test_adam_lowers_it_too_and_from_noise(bench) -> None:
    run, _ = made(bench, STYLE, "optimizer=adam", "start=noise", "evaluations=10")
    losses = [row["loss"] for row in rows(run)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("text", [DREAM + "octaves: 2\n", STYLE + "start: noise\n"], ids=["dream", "style"])
def test_the_same_seed_gives_the_same_bytes_also_from_the_runs_own_config(bench, text: str) -> None:
    text = text.replace("iterations: 4", "iterations: 2")
    first = kept(bench, text)
    second, _ = made(bench, (first / "config.yaml").read_text())
    other, _ = made(bench, text, "seed=1")
    final = [(run / "samples" / "final.png").read_bytes() for run in (first, second, other)]
    assert final[0] == final[1] != final[2]
    without_seconds = [[{**row, "seconds": 0} for row in rows(run)] for run in (first, second)]
    assert without_seconds[0] == without_seconds[1]


def test_layers_that_are_not_there_are_told_together_and_leave_no_run(bench) -> None:
    text = DREAM.replace("{block2_conv1: 1.0}", "\n  blok2_conv1: 1.0\n  fc1: 2.0")
    status, _, err = bench.run("train", bench.write(text))
    assert status == 2
    assert "experiment.yaml:7: layers.blok2_conv1: there is no such layer. Did you mean 'block2_conv1'?" in err
    assert "experiment.yaml:8: layers.fc1: there is no such layer. Known: block1_conv1," in err
    assert list((bench.folder / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("override", "status", "message"),
    [
        ("path=none.png", 3, "path: there is no image file none.png"),
        ("path=experiment.yaml", 3, "is not a JPEG, PNG, GIF, BMP or WebP image"),
        ("weights=none.h5", 3, "weights: there is no file none.h5"),
    ],
)
def test_files_that_are_missing_are_told_before_the_work(bench, override: str, status: int, message: str) -> None:
    found, _, err = bench.run("train", bench.write(DREAM), override)
    assert found == status
    assert message in err


def test_a_narrow_picture_is_refused_when_it_is_read(bench) -> None:
    Image.fromarray(np.zeros((100, 40, 3), np.uint8)).save("narrow.png")
    status, _, err = bench.run("train", bench.write(DREAM), "path=narrow.png", "octaves=1")
    assert status == 2
    assert "height: 64 x 26 pixels are too few: vgg16 needs at least 32 x 32." in err


def test_runs_are_listed_and_compared_and_have_no_model(bench) -> None:
    run = kept(bench, STYLE)
    made(bench, STYLE, "seed=1", "iterations=1")
    assert f"{rows(run)[-1]['loss']:.4g}" in bench.run("runs")[1]
    assert bench.run("plot", run.name, "latest")[0] == 0
    for command in (["evaluate", run.name], ["predict", run.name, "x.csv"], ["explain", run.name]):
        status, _, err = bench.run(*command)
        assert status == 7
        assert f"run {run.name} is of kind 'style': it generated the images in its samples/ and has no model." in err


class Impatient(Watcher):
    """Presses Ctrl-C, unless told otherwise in the third iteration of four evaluations."""

    def __init__(self, after: int = 10) -> None:
        self._after = after

    def advanced(self, done: int) -> None:
        if done == self._after:
            raise KeyboardInterrupt


def test_ctrl_c_leaves_a_run_that_says_so(bench) -> None:
    artwork, document = load_any(bench.write(STYLE), None)
    assert isinstance(artwork, Artwork)
    with pytest.raises(KeyboardInterrupt):
        make(artwork, document, Options(bench.folder / "runs", kind="style"), Impatient())
    (run,) = (bench.folder / "runs").iterdir()
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert [row["iteration"] for row in rows(run)] == [0, 1, 2]
    assert bench.run("plot", run)[0] == 0


def stopped(bench, text: str, after: int):
    """Begin a picture, press Ctrl-C after so many steps, and return the run's folder."""
    artwork, document = load_any(bench.write(text), None)
    assert isinstance(artwork, Artwork)
    options = Options(bench.folder / "runs", kind=artwork.kind)
    with pytest.raises(KeyboardInterrupt) as stop:
        make(artwork, document, options, Impatient(after))
    run = sorted((bench.folder / "runs").iterdir())[-1]
    assert f"to resume: dlpy resume {run}" in stop.value.__notes__[0]
    return run


def bytes_of(run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in [run / "summary.json", *(run / "samples").iterdir()]}


@pytest.mark.parametrize(
    ("text", "after", "lines"),
    [
        (DREAM + "octaves: 2\n", 2, 2),
        (DREAM + "octaves: 2\n", 4, 4),
        (DREAM + "octaves: 2\n", 7, 7),
        (STYLE, 14, 4),
        (STYLE + "optimizer: adam\nstart: noise\n", 10, 3),
    ],
)
def test_a_picture_that_is_resumed_ends_with_the_same_bytes(
    bench, monkeypatch: pytest.MonkeyPatch, text: str, after: int, lines: int
) -> None:
    monkeypatch.setattr("dlpy.artworks.record._MIN_SECONDS", 0.0)
    monkeypatch.setattr("dlpy.artworks.record._MAX_SHARE", 1e9)
    alone = kept(bench, text)
    run = stopped(bench, text, after)
    assert (run / "unfinished.npz").is_file()
    (run / "metrics.csv").write_text((run / "metrics.csv").read_text()[:-5])  # what a lost write leaves
    status, out, err = bench.run("resume", run)
    assert (status, err) == (0, "")
    assert f"resumed after {lines - text.startswith('kind: dream')} lines of metrics.csv" in out
    assert bytes_of(run) == bytes_of(alone)
    without_seconds = [[{**row, "seconds": 0} for row in rows(folder)] for folder in (run, alone)]
    assert without_seconds[0] == without_seconds[1]
    assert not (run / "unfinished.npz").exists()
    record = json.loads((run / "run.json").read_text())
    assert (record["status"], len(record["resumes"])) == ("completed", 1)
    status, out, _ = bench.run("resume", run)
    assert (status, "is complete: there is nothing to do" in out) == (0, True)


def test_a_picture_without_a_whole_state_is_begun_again_in_its_run(bench) -> None:
    alone = kept(bench, STYLE)
    run = stopped(bench, STYLE, 10)
    (run / "unfinished.npz").write_bytes(b"PK damaged")
    status, out, _ = bench.run("train", "experiment.yaml", "--resume")
    assert (status, f"resuming runs/{run.name}" in out) == (0, True)
    assert "no saved state: restarted" in out
    assert bytes_of(run) == bytes_of(alone)
    assert [row["iteration"] for row in rows(run)] == [0, 1, 2, 3, 4]


def test_a_picture_is_not_resumed_by_another_config(bench) -> None:
    run = stopped(bench, STYLE, 10)
    (run / "config.yaml").write_text((run / "config.yaml").read_text().replace("evaluations: 4", "evaluations: 5"))
    status, _, err = bench.run("resume", run)
    assert (status, f"{run / 'config.yaml'} was edited" in err) == (7, True)
