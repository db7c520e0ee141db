from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy import plots
from dlpy.components.plot import Plot
from dlpy.core.errors import ConfigError, RunError, shortened
from dlpy.drawing.evaluated import draw_evaluated
from dlpy.drawing.figures import draw, new_figure, style
from dlpy.drawing.png import stand_in_text
from dlpy.drawing.process import draw_all
from dlpy.runs.directory import Run

LOSS = {"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.7]}


def red_rows(path):
    """Return how many rows of pixels hold the mark's red."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    return int(np.any((pixels[..., 0] > 150) & (pixels[..., 1] < 60) & (pixels[..., 2] < 60), axis=1).sum())


def test_every_plot_of_stand_in_data_carries_the_mark(make_run):
    prediction = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    source = {"source": "stand-in", "description": "made up"}
    files = make_run(data=source).task("multiclass", 2).metrics(LOSS).predictions([0, 1, 1], prediction, "validation")
    files.wrongest(np.zeros((3, 4, 4), np.uint8), [0, 1, 1], prediction, "validation")
    marked = draw([files.run], None, files.run.plots)
    assert {"confusion-validation.png", "history.png", "wrongest-validation.png"} <= {path.name for path in marked}
    assert all(red_rows(path) >= 8 for path in marked)
    height = Image.open(files.run.plots / "history.png").height
    files.run.update(data={"source": "file", "description": "real", "sha256": ""})
    assert all(red_rows(path) == 0 for path in draw([files.run], None, files.run.plots))
    assert Image.open(files.run.plots / "history.png").height < height


def test_mark_names_the_dataset_and_which_run_it_is_of(make_run):
    real, made = make_run("20260101-120000-real"), make_run("20260101-120001-made", data={"source": "stand-in"})
    assert stand_in_text([real.run]) == ""
    assert stand_in_text([made.run]) == "STAND-IN DATA: generated, not the real data"
    made.run.config.write_text("data:\n  name: mnist\n")
    assert stand_in_text([made.run]) == "STAND-IN DATA: generated, not the real mnist"
    both = stand_in_text([real.run, made.run])
    assert both == "STAND-IN DATA: generated, not the real mnist (in 20260101-120001-made)"
    always = make_run("20260101-120002-made", data={"source": "stand-in", "always_generated": True})
    assert stand_in_text([always.run]) == "STAND-IN DATA: generated, not real data"


def test_unknown_plot_suggests_the_closest(make_run):
    with pytest.raises(ConfigError, match=r"unknown plot 'histroy'\. Did you mean 'history'"):
        draw([drawn := make_run().metrics(LOSS).run], ["histroy"], drawn.plots)


def test_plot_that_does_not_apply_is_refused_when_it_is_named(make_run):
    run = make_run().metrics(LOSS).run
    with pytest.raises(RunError, match="roc does not apply to 20260101-120000-toy"):
        draw([run], ["roc"], run.plots)
    assert [path.name for path in draw([run], None, run.plots)] == ["history.png"]


def test_plots_of_one_and_of_several_runs_are_not_mixed_up(make_run):
    first, second = (make_run(f"20260101-12000{i}-toy").metrics(LOSS).run for i in range(2))
    with pytest.raises(ConfigError, match="comparison compares several runs"):
        draw([first], ["comparison"], first.plots)
    with pytest.raises(ConfigError, match="history shows one run at a time, not 2"):
        draw([first, second], ["history"], first.plots)


def test_run_without_an_epoch_has_nothing_to_draw(make_run):
    with pytest.raises(RunError, match="nothing to draw yet"):
        draw([drawn := make_run().run], None, drawn.plots)
    with pytest.raises(RunError, match="cannot be drawn in one plot: at most one of them has curves by epoch"):
        draw([drawn, Run(drawn.path)], None, drawn.plots)


@pytest.mark.parametrize("file", ["metrics.csv", "predictions.npz", "summary.json"])
def test_damaged_files_are_named(make_run, file):
    files = make_run().task("binary").metrics(LOSS)
    (files.run.path / file).write_text("epoch,loss\n1,abc\n")
    with pytest.raises(RunError, match=f"{file} is damaged"):
        draw([files.run], None, files.run.plots)


def test_no_temporary_file_stays_and_the_same_run_gives_the_same_bytes(make_run):
    run = make_run().metrics(LOSS).run
    (path,) = draw([run], None, run.plots)
    before = path.read_bytes()
    draw([run], None, run.plots)
    assert path.read_bytes() == before
    assert [file.name for file in run.plots.iterdir()] == ["history.png"]


def test_long_text_loses_its_middle():
    assert shortened("a\nb  c", 10) == "a b c"
    assert shortened("abcdefghij", 7) == "abcd…ij"


def test_dollars_are_drawn_and_the_users_settings_stay(make_run):
    import matplotlib

    before = dict(matplotlib.rcParams)
    with style():
        figure = new_figure("cost in $x_1$", 4, 3)
        assert figure._suptitle.get_parse_math() is False
    assert dict(matplotlib.rcParams) == before


def test_every_plot_is_named_after_its_file():
    files = [path.stem for path in Path(plots.__path__[0]).glob("[a-z]*.py")]
    assert Plot.registry.names() == sorted(files)


def test_a_plot_that_fails_after_training_is_told_and_left_out(make_run):
    files = make_run().task("binary").metrics(LOSS)
    (files.run.path / "predictions.npz").write_text("no arrays")
    told = []
    draw_all(files.run, told.append)
    assert {"plot 'confusion' was skipped", "plot 'roc' was skipped"} <= {line.partition(":")[0] for line in told}
    assert all("predictions.npz is damaged" in line for line in told)
    assert [path.name for path in files.run.plots.iterdir()] == ["history.png"]
    assert "Traceback" in files.run.log.read_text()


def test_images_of_a_trial_are_marked_as_their_search(make_run):
    made = make_run("20260101-120001-made", data={"source": "stand-in"})
    trial = Run(made.run.path / "trials" / "0001" / "seeds" / "1")
    assert stand_in_text([trial]) == "STAND-IN DATA: generated, not the real data"


@pytest.mark.plots
def test_an_evaluation_draws_only_what_it_changes_and_what_is_missing(make_run):
    files = make_run().task("binary").metrics(LOSS)
    history = files.run.plots / "history.png"
    history.parent.mkdir()
    history.write_text("drawn after the training")
    files.predictions([0, 1, 1], np.array([[0.1], [0.8], [0.7]]), "test")
    told = []
    draw_evaluated(files.run, told.append)
    assert told == []
    assert history.read_text() == "drawn after the training"
    assert (files.run.plots / "roc-test.png").is_file()
    history.unlink()
    draw_evaluated(files.run, told.append)
    assert Image.open(history).height > 0
