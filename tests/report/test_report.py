"""`dlpy report`: what the page says of a run, that names are text, and runs that have no report."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dlpy.components.plot import Plot
from dlpy.core.errors import RunError
from dlpy.report.curves import thinned
from dlpy.report.markup import Markup, element, text, verbatim
from dlpy.report.report import write_report
from dlpy.report.scores import Line
from dlpy.report.tables import number
from dlpy.report.verdict import sentence
from dlpy.runs.directory import Run
from tests.commands import started
from tests.hostile import NAMES, seen
from tests.reports import add_plot, curves_in, read, toy
from tests.searches import make_search, trial

pytestmark = pytest.mark.slow


def reported(run: Run):
    write_report([run], run.report)
    return read(run.report)


def test_texts_and_attributes_are_escaped_and_markup_is_not() -> None:
    made = element("td", "<b>", Markup("<i>x</i>"), class_='a"b')
    assert made == '<td class="a&quot;b">&lt;b&gt;<i>x</i></td>'
    assert element("button", "on", aria_pressed="true", disabled=True, id=None) == '<button aria-pressed="true" disabled>on</button>'  # fmt: skip
    assert text("a\nb\u202e") == "a\\nb\\u202e"


@pytest.mark.parametrize("content", ["x</script>", "x</SCRIPT >", "<!--"])
def test_a_script_that_would_end_its_element_is_refused(content: str) -> None:
    with pytest.raises(ValueError, match="contains its end"):
        verbatim("script", content)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.0000"), (0.12345, "0.1235"), (123.456, "123.46"), (12345.678, "12,345.68"), (1e-5, "1e-05"),
     (-2e7, "-2e+07"), (None, "-"), (math.nan, "-"), (math.inf, "-")],
)  # fmt: skip
def test_numbers_are_short_and_undefined_ones_are_dashes(value: float | None, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("count", "most", "kept"), [(5, 10, [0, 1, 2, 3, 4]), (10, 5, [0, 2, 4, 6, 8, 9]), (1, 1, [0])]
)
def test_long_curves_keep_every_nth_epoch_and_the_last(count: int, most: int, kept: list[int]) -> None:
    assert thinned(count, most).tolist() == kept


def test_the_verdict_compares_the_best_scores_with_the_baseline(make_run) -> None:
    page = reported(toy(make_run))
    assert ["validation (4)", "loss", "0.8000", "", "1.0500"] in page.rows
    (line,) = [row for row in page.rows if row[:2] == ["validation (4)", "accuracy"]]
    assert (line[2], line[4]) == ("0.7500", "0.5000")
    low, high = map(float, line[3].split(" to "))
    assert (0 <= low <= 0.5, high) == (True, 1)  # three of four rows: 0.5 is within any interval
    assert "on the 4 validation rows, baseline 0.5000 (always class cat): no difference from the baseline can be" in page.text  # fmt: skip


def test_scores_of_test_rows_come_first_with_stored_intervals_and_decide(make_run) -> None:
    run = toy(make_run)
    told = {"rows": 200, "scores": {"accuracy": 0.9}, "baseline": {"on": "test", "guess": "x", "accuracy": 0.5}}
    intervals = {"level": 0.95, "unit": "rows", "scores": {"accuracy": [0.85, 0.94]}, "in_unit": {}}
    run.write("evaluation.json", {"test": told | {"intervals": intervals}})
    page = reported(run)
    assert page.rows[1] == ["test (200)", "accuracy", "0.9000", "0.8500 to 0.9400", "0.5000"]
    assert "accuracy 0.9000 (95 % interval 0.8500 to 0.9400), on the 200 test rows" in page.text
    assert "(always class cat): better than the baseline." in page.text


@pytest.mark.parametrize(
    ("score", "value", "base", "said"),
    [("mae", 2.0, 3.0, "better than"), ("mae", 3.0, 2.0, "worse than"), ("accuracy", 0.9, 0.5, "better than"),
     ("accuracy", 0.5, 0.9, "worse than"), ("auc", 0.5, 0.50000001, "the same as"),
     ("accuracy", None, 0.5, "cannot be compared")],
)  # fmt: skip
def test_better_depends_on_the_score(make_run, score: str, value: float | None, base: float, said: str) -> None:
    run = toy(make_run)
    run.predictions.unlink()
    run.write("summary.json", {"best": {"epoch": 1, f"val_{score}": value}, "baseline": {score: base}})
    assert said in reported(run).text


def test_of_several_folds_the_distance_is_told_in_standard_deviations(make_run) -> None:
    line = Line("mean of 4 folds", "", "mae", 2.5, baseline=6.5, spread=0.2)
    said = "mae 2.5000 (standard deviation 0.2000), mean of 4 folds, baseline 6.5000: better than the baseline"
    assert sentence(toy(make_run), line, "") == f"{said}, by 20 standard deviations."


def test_published_scores_stand_beside_the_own_ones(make_run) -> None:
    run = toy(make_run)
    run.config.write_text(run.config.read_text() + "published: {val_accuracy: 0.88}\n")
    rows = {tuple(row[:2]): row for row in reported(run).rows if row}
    assert rows["rows", "score"][-1] == "published"
    assert rows["validation (4)", "accuracy"][-1] == "0.8800"
    assert rows["validation (4)", "loss"][-1] == ""


def test_the_data_card_names_source_classes_missing_values_duplicates_and_a_stand_in(make_run) -> None:
    counts = {"missing": {"age": 3}, "duplicates": {"validation": 2}}
    data = {"source": "stand-in", "description": "toy pets", "sha256": "abc123", "counts": counts}
    page = reported(toy(make_run, data=data, smoke=True))
    assert "Stand-in data: toy pets. This run says nothing about the real data." in page.text
    assert "Smoke test" in page.text
    always = reported(toy(make_run, "20260101-120001-toy", data={**data, "always_generated": True}))
    assert "This run says nothing about real data." in always.text
    for fact in ("abc123", "12 train, 4 validation", "3 classes: cat, dog, emu", "age 3"):
        assert fact in page.text
    assert "validation rows that are training rows too2" in page.text
    assert ["cat", "2"] in page.rows


def test_curves_have_every_epoch_and_undefined_values_are_null(make_run) -> None:
    run = toy(make_run)
    lines = run.metrics.read_text().splitlines()
    lines[2] = ",".join([*lines[2].split(",")[:-1], ""])
    run.metrics.write_text("\n".join(lines) + "\n")
    write_report([run], run.report)
    loss, accuracy = curves_in(run.report)
    assert (loss["score"], loss["baseline"], loss["x"]) == ("loss", 1.05, [1, 2, 3, 4])
    assert [curve["label"] for curve in accuracy["curves"]] == ["training", "validation"]
    assert accuracy["curves"][1]["y"] == [0.25, None, 0.75, 0.75]


def test_long_runs_stay_small(make_run) -> None:
    run, epochs = toy(make_run), 20_000
    names = [f"{before}score_{at}" for at in range(10) for before in ("", "val_")]
    run.metrics.unlink()
    rng = np.random.default_rng(1)
    rows = "\n".join(f"{n},{n}," + ",".join(f"{v:.9f}" for v in rng.random(20)) for n in range(1, epochs + 1))
    run.metrics.write_text(f"epoch,seconds,{','.join(names)}\n{rows}\n")
    write_report([run], run.report)
    assert run.report.stat().st_size < 1_000_000
    assert curves_in(run.report)[0]["x"][-1] == epochs


def test_plots_are_embedded_with_a_description(make_run) -> None:
    run = toy(make_run)
    add_plot(run, "confusion-validation")
    (image,) = [attributes for tag, attributes in reported(run).elements if tag == "img"]
    assert image["src"].startswith("data:image/png;base64,iVBOR")
    assert image["alt"].startswith("confusion, validation: ")
    assert (image["width"], image["height"]) == ("60", "40") or int(image["height"]) > 40  # with a mark above


def test_a_plot_that_a_killed_process_was_writing_is_left_out(make_run) -> None:
    run = toy(make_run)
    add_plot(run, "confusion-validation")
    whole = (run.plots / "confusion-validation.png").read_bytes()
    (run.plots / ".1@00000000-confusion-validation.png").write_bytes(whole[:30])
    assert [tag for tag, _ in reported(run).elements].count("img") == 1


def test_a_plot_of_a_plug_in_with_a_dash_in_its_name_is_described(make_run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Waves(Plot):
        """Waves by hour."""

    monkeypatch.setitem(vars(Plot.registry)["_classes"], "waves-of_sound", Waves)
    run = toy(make_run)
    add_plot(run, "waves-of_sound-test")
    (image,) = [attributes for tag, attributes in reported(run).elements if tag == "img"]
    assert image["alt"] == "waves-of sound, test: Waves by hour."


@pytest.mark.parametrize("name", NAMES)
def test_names_are_text_and_nothing_else(make_run, name: str) -> None:
    classes = (name, f"{name}2", "</script><img src=x onerror=alert(1)>")
    run = toy(make_run, classes=classes, data={"description": name, "counts": {"missing": {name: 1}}})
    page = reported(run)
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert not [tag for tag, _ in page.elements if tag in ("img", "iframe", "link", "object", "base")]
    assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
    assert seen(page.text) == []


def test_the_policy_allows_the_two_scripts_and_the_style_alone(make_run) -> None:
    page = reported(toy(make_run))
    (policy,) = [own["content"] for tag, own in page.elements if own.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_runs_stand_side_by_side_and_their_differences_are_named(bench, make_run) -> None:
    first, second = toy(make_run), toy(make_run, "20260101-120001-other")
    second.config.write_text(second.config.read_text().replace("[8]", "[16]"))
    second.write("summary.json", second.read("summary.json") | {"best": {"epoch": 1, "val_accuracy": 0.8}})
    assert bench.run("report", first.path, second.path)[0] == 0
    path = first.path / "comparison.html"
    page = read(path)
    assert "different data" not in page.text
    assert ["model.units", "[8]", "[16]"] in page.rows
    (line,) = [row for row in page.rows if row[:2] == ["validation", "accuracy"]]
    assert ("best" in line[2], "best" in line[3]) == (False, True)
    labels = [curve["label"] for curve in curves_in(path)[0]["curves"]]
    assert labels == ["toy: training", "toy: validation", "other: training", "other: validation"]


def test_runs_on_different_data_say_so_on_top(bench, make_run) -> None:
    first, second = toy(make_run), toy(make_run, "20260101-120001-other", data={"sha256": "another"})
    assert bench.run("report", first.path, second.path)[0] == 0
    page = read(first.path / "comparison.html")
    assert page.text.index("different data: their scores cannot be compared") < page.text.index("Scores side by side")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda run: run.update(status="interrupted"), "is not finished (interrupted): it has no report yet. Resume it:"),
        (lambda run: run.update(status="running"), "is not finished (killed)"),
        (lambda run: (run.path / "summary.json").write_text("{"), "summary.json is damaged"),
        (lambda run: run.metrics.write_text("epoch,seconds,loss\n1,2\n"), "metrics.csv is damaged"),
        (lambda run: run.config.write_text("data: nonsense\n"), "config.yaml was changed"),
        (lambda run: add_plot(run).write_bytes(b"GIF89a"), "history.png is damaged: it is not a PNG image"),
        (lambda run: (run.path / "classes-test.csv").write_text('a,b\n"1\n'), "classes-test.csv is damaged"),
        (lambda run: (run.path / "run.json").unlink(), "no run"),
        (lambda run: (run.path / "x").symlink_to("/etc/passwd"), "'x' is a link"),
    ],
)  # fmt: skip
def test_a_run_without_a_report_is_one_line_and_nothing_is_written(bench, make_run, damage, said: str) -> None:
    run = toy(make_run)
    damage(run)
    status, out, err = bench.run("report", run.path)
    assert (status, out, err.count("\n")) == (7, "", 1)
    assert said in err
    assert not list(run.path.glob("*.html"))


def test_an_output_that_is_not_html_is_refused(bench, make_run) -> None:
    status, _, err = bench.run("report", toy(make_run).path, "-o", "report.pdf")
    assert (status, err) == (2, "error: --output report.pdf: expected a file that ends with .html.\n")


def test_the_report_is_opened_in_the_users_browser(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run, browser = classic(bench), Path("browser")
    browser.write_text('#!/bin/sh\necho "$1" > opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser.resolve()))
    opening = started("report", run.path, "--open")
    assert (opening.communicate()[1], opening.returncode) == ("", 0)
    assert Path("opened").read_text() == f"{run.report.resolve().as_uri()}\n"


def test_a_machine_without_a_browser_says_so_and_keeps_the_report(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = classic(bench)
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    opening = started("report", run.path, "--open")
    line = f"error: --open: this machine has no browser. Copy {run.report} to one that has.\n"
    assert (opening.communicate()[1], opening.returncode) == (line, 4)
    assert run.report.is_file()


def classic(bench, model: str = "linear") -> Run:
    """A run without plug-ins and TensorFlow."""
    bench.write("x,y\n" + "".join(f"{row % 7},{row % 2}\n" for row in range(40)), "rows.csv")
    data = {"name": "csv", "path": "rows.csv", "target": "y", "task": "binary", "validation": 0.3}
    return bench.trained(bench.experiment(f"{model}.yaml", data=data, model=model, training={}))


def test_curves_of_seeds_have_the_names_of_their_scores(bench) -> None:
    assert bench.run("train", bench.experiment(seed=7, training={"epochs": 2}), "--seeds", "2", "--quiet")[0] == 0
    (run,) = map(Run, bench.folder.glob("runs/2*"))
    assert [curve["label"] for curve in curves_in(run.report)[0]["curves"][2:]] == ["seed 7", "seed 8"]
    assert [row[0] for row in read(run.report).rows if row[0].startswith("seed ")] == ["seed 7", "seed 8"]


def test_a_search_says_what_its_best_is_worth_and_how_to_train_it() -> None:
    run = make_search(
        Path("runs"), [trial(1, 0.75, shown={"training.optimizer.learning_rate": 0.123456789}), trial(2, 0.8125)]
    )
    worth = {"score": "val_accuracy", "best_score": 0.8125, "trials": 2, "expected": 0.78, "interval": [0.7, 0.85]}
    base = {"on": "validation", "guess": "always no", "accuracy": 0.5}
    content = {"best": {"val_accuracy": 0.8125}, "baseline": base, "search": {"counts": {"completed": 2}}}
    run.write("summary.json", content | {"worth": worth | {"alike": 0, "found": True}})
    (run.path / "best.yaml").write_text("{}")
    page = reported(run)
    assert (
        "accuracy 0.8125, on the validation rows, baseline 0.5000 (always no): better than the baseline." in page.text
    )
    assert "about 0.78 is to be expected on new rows (95 %: 0.7 to 0.85)" in page.text
    assert f"dlpy train {run.id}/best.yaml" in page.text
    assert ["1", "0.1235"] in [row[:2] for row in page.rows]
    run.write("summary.json", content | {"worth": {"score": "val_accuracy"}})
    with pytest.raises(RunError, match=r"summary.json is damaged: what the best trial is worth is incomplete"):
        reported(run)


def test_members_of_an_ensemble_have_scores_and_names(bench) -> None:
    first, second = classic(bench), classic(bench, "naive_bayes")
    assert bench.run("ensemble", first.path, second.path)[0] == 0
    run = Run(max(bench.folder.glob("runs/*-ensemble")))
    accuracy = f"{first.read('summary.json')['best']['val_accuracy']:.4f}"
    (line,) = [row for row in read(run.report).rows if row and row[0] == first.id]
    assert (line[1], accuracy in line) == ("0.5000", True)


def test_bands_of_evaluated_rows_are_shown(make_run) -> None:
    run = toy(make_run)
    band = {"asked": 0.8, "covered": 0.7512, "width": 12.5, "by_chance": 0.1}
    told = {"rows": 4, "scores": {"accuracy": 0.75}, "baseline": {"on": "test"}, "bands": [band]}
    run.write("evaluation.json", {"test": told})
    assert ["80%", "75.1%", "12.5000"] in reported(run).rows


def test_a_training_leaves_a_report_and_scoring_it_renews_it(bench) -> None:
    run = bench.trained()
    before = read(run.report)
    assert "accuracy" in before.text
    assert "test (" not in before.text
    assert bench.run("evaluate", run.path)[0] == 0
    assert any(row and row[0] == "test (60)" for row in read(run.report).rows)


def test_no_report_is_left_where_the_experiment_says_so(bench) -> None:
    assert not bench.trained(bench.experiment(report=False)).report.exists()


def test_an_unknown_published_score_is_a_mistake_of_the_experiment(bench) -> None:
    path = bench.experiment(published={"val_acuracy": 0.9})
    status, out, err = bench.run("check", path)
    assert status == 2
    assert "published: 'val_acuracy' is no score of this experiment. Did you mean 'val_accuracy'?" in out + err


def test_folds_have_a_report_with_mean_and_spread(bench) -> None:
    assert bench.run("kfold", bench.experiment(kfold={"folds": 2}), "--quiet")[0] == 0
    (run,) = map(Run, bench.folder.glob("runs/*"))
    page, summary = read(run.report), json.loads((run.path / "summary.json").read_text())
    (line,) = [row for row in page.rows if row[:2] == ["mean of 2 folds", "accuracy"]]
    assert "better than the baseline, all with the same score." in page.text
    assert line[2:4] == [f"{summary['mean']['val_accuracy']:.4f}", f"{summary['std']['val_accuracy']:.4f}"]
    labels = [curve["label"] for curve in curves_in(run.report)[0]["curves"]]
    assert labels == ["mean, training", "mean, validation", "fold 1", "fold 2"]
