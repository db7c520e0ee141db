"""Names that try to be more than names go through every writer: runs, plots, tables, lists, the terminal."""

from __future__ import annotations

import csv
import json
import string
from pathlib import Path

import numpy as np
import pytest
import yaml
from hostile import EVIL, NAMES, seen
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dlpy.core.captions import caption
from dlpy.core.errors import DataError, on_a_line
from dlpy.drawing.figures import new_figure, style
from dlpy.drawing.png import pixels
from dlpy.experiment.experiment import load
from dlpy.experiment.yaml_reader import inline, to_yaml, values_of
from dlpy.runs.directory import Run
from dlpy.runs.results import cell
from dlpy.starter.wording import Item, Option, experiment_file

pytestmark = pytest.mark.slow

# a table's reader takes CR for a line's end, and the spaces around a cell for no part of it
COLUMNS = [name for name in dict.fromkeys(name.strip().replace("\r", "\n") for name in NAMES) if name]
CLASSES = [
    "y\nplugins: [evil.py]\n#",
    "x\x1b[2J\x1b]0;owned\x07",
    "[red]x[/red] [/] [link=file:///etc/passwd]y[/link]",
    r"$\frac{1}{$ $$ ^ _",
    "_hidden",
    "gnp\u202egol.exe\u202c",
    "=1+cmd|' /C calc'!A0",
    "n" * 300,
    "../../../tmp/x",
]
WORDS = [*CLASSES, "\u200b", "<script>alert(1)</script>", "漢字"]


def write(path: Path, columns: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def require_harmless(bench, *arguments: object) -> str:
    """Run a command that is to succeed, require that nothing it prints steers a terminal, and return it."""
    status, out, err = bench.run(*arguments)
    assert status == 0, err
    assert [sign for sign in seen(out + err) if sign != "\t"] == []
    assert "Traceback" not in err
    return out


def require_texts_harmless(run: Path) -> None:
    """Require that the texts of a run hold nothing that steers a terminal, and that its YAML and JSON say what they should."""
    for name in (
        "config.yaml",
        "run.json",
        "summary.json",
        "evaluation.json",
        "log.txt",
        "metrics.csv",
        "vocabulary.txt",
    ):
        path = run / name
        if path.is_file():
            assert seen(path.read_text(encoding="utf-8")) == [], name
    assert set(yaml.safe_load((run / "config.yaml").read_text())) <= {
        *("name", "seed", "data", "model", "training", "callbacks", "kfold", "plugins", "report", "published"),
    }
    assert json.loads((run / "run.json").read_text())["status"] == "completed"
    experiment, _ = load(run / "config.yaml")
    assert experiment.plugins == []
    assert values_of(experiment.to_yaml()) == values_of((run / "config.yaml").read_text())


@pytest.fixture
def evil(workplace: Path) -> set[str]:
    """A plug-in that must not run, and what there is before anything is done."""
    Path("evil.py").write_text(EVIL)
    return everything_in(workplace)


def test_columns_and_classes_of_a_table_go_through_every_writer(bench, evil: set[str]) -> None:
    rng = np.random.default_rng(0)
    number, count = iter(range(10**6)), len(COLUMNS)
    rows = [
        [*rng.normal(size=count - 5).round(3), *rng.choice(CLASSES, 5), CLASSES[next(number) % len(CLASSES)]]
        for _ in range(20 * len(CLASSES))
    ]
    names = [*COLUMNS, "the class"]
    table = write(Path("t.csv"), names, rows)
    require_harmless(bench, "new", table, "-o", "e.yaml")
    overrides = ["training.epochs=1", "model.units=[4]", "callbacks=[tensorboard]"]
    require_harmless(bench, "check", "e.yaml", "--data")
    require_harmless(bench, "show", "data", "e.yaml")
    require_harmless(bench, "show", "e.yaml")
    require_harmless(bench, "train", "e.yaml", *overrides)
    require_harmless(bench, "evaluate", "latest")
    require_harmless(bench, "plot", "latest")
    require_harmless(bench, "runs")
    require_harmless(bench, "runs", "--verify")
    require_harmless(bench, "kfold", "e.yaml", *overrides, "kfold.folds=2")
    require_harmless(bench, "plot", "latest")
    run = next(path for path in sorted(Path("runs").iterdir()) if (path / "predictions.npz").is_file())
    require_harmless(bench, "predict", run, table, "-o", "p.csv")
    require_texts_harmless(run)
    assert load(run / "config.yaml")[0].data.target == "the class"
    with Path("p.csv").open(newline="") as file:
        header, *lines = csv.reader(file)
    assert sorted(header) == sorted(["prediction", *(f"probability_{name}" for name in CLASSES)])
    assert {line[0].removeprefix("'") for line in lines} <= set(CLASSES)
    assert not any(line[0].startswith("=") for line in lines)
    assert {"roc-validation.png", "confusion-validation.png"} <= {path.name for path in (run / "plots").iterdir()}
    assert not Path("ran").exists()
    made = everything_in(Path.cwd()) - evil
    assert {name.partition("/")[0] for name in made} <= {"t.csv", "e.yaml", "p.csv", "runs", "cache", "keras"}
    assert all(name.isprintable() for name in made)


def test_words_and_classes_of_texts_go_through_every_writer(bench, evil: set[str]) -> None:
    rows = [[" ".join([WORDS[i % len(WORDS)], f"word{i % 5}", CLASSES[i % 3]]), CLASSES[i % 3]] for i in range(90)]
    write(Path("r.csv"), ["[bold]text", "_y"], rows)
    experiment = {
        "data": {
            "name": "text_csv", "path": "r.csv", "text": "[bold]text", "target": "_y", "test": 0.2,
            "transforms": [{"name": "tokenize", "by": "character", "vocabulary": 40}, {"name": "pad", "length": 30}],
        },
        "model": {"name": "rnn", "units": [2], "cell": "simple", "embedding": 2},
        "training": {"epochs": 1},
        "callbacks": [{"name": "tensorboard", "embeddings": True}],
    }  # fmt: skip
    Path("e.yaml").write_text(to_yaml(experiment))
    require_harmless(bench, "check", "e.yaml", "--data")
    require_harmless(bench, "show", "data", "e.yaml")
    require_harmless(bench, "train", "e.yaml")
    require_harmless(bench, "evaluate", "latest")
    require_harmless(bench, "plot", "latest")
    require_harmless(bench, "predict", "latest", "--text", rows[0][0], "-o", "p.csv")
    (run,) = (path for path in Path("runs").iterdir() if path.is_dir())
    require_texts_harmless(run)
    words = (run / "tensorboard" / "words.tsv").read_text(encoding="utf-8").splitlines()
    assert len(words) == len((run / "tensorboard" / "embedding.tsv").read_text().splitlines())
    with (run / "samples" / "wrongest-validation.csv").open(newline="", encoding="utf-8") as file:
        assert all(not part.startswith(("=", "+", "@", "\t")) for line in csv.reader(file) for part in line)
    assert not Path("ran").exists()


def test_classes_that_are_folders_of_pictures_go_through_every_writer(bench, evil: set[str]) -> None:
    names = ["a\nb: [c]\n#", "[red]x", "_h", "x\u202ey", "=1+1"]
    rng = np.random.default_rng(0)
    for name in names:
        for number in range(8):
            path = Path("pics", name, f"{name}{number}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (20, 20, 3), np.uint8)).save(path)
    require_harmless(bench, "new", "pics", "-o", "e.yaml")
    require_harmless(
        bench, "train", "e.yaml", "training.epochs=1", "model.filters=[2]", "model.units=[2]", "callbacks=[]"
    )
    require_harmless(bench, "evaluate", "latest")
    require_harmless(bench, "plot", "latest")
    require_harmless(bench, "explain", "latest", f"pics/_h/{'_h'}0.png", "--only", "heatmap", "--class", names[0])
    require_harmless(bench, "explain", "latest", f"pics/{names[0]}/{names[0]}1.png", "--only", "heatmap", "--json")
    require_harmless(bench, "predict", "latest", "pics/_h", "-o", "p.csv")
    (run,) = (path for path in Path("runs").iterdir() if path.is_dir())
    require_texts_harmless(run)
    assert all(name.isprintable() for name in everything_in(run))
    assert not Path("ran").exists()


TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.lists(
    st.sampled_from([*NAMES, "\n", "\r", "\x00", "#", ": "]), max_size=4
).map("".join)
BOUNDED = settings(max_examples=200)


@BOUNDED
@given(TEXTS)
def test_any_text_is_the_value_that_it_is(text: str) -> None:
    assert values_of(f"k: {inline(text)}   # x\nl: [{inline(text)}, {{a: {inline(text)}}}]\n") == {
        "k": text,
        "l": [text, {"a": text}],
    }
    assert "\n" not in inline(text)
    assert values_of(to_yaml({"k": [text], text or "x": 1})) == {"k": [text], text or "x": 1}
    assert seen(to_yaml([text])) == []


@BOUNDED
@given(TEXTS, TEXTS)
def test_any_text_stays_in_its_comment(title: str, note: str) -> None:
    block = [
        Option("name", title, note),
        Option("off", note, title, suggested=True),
        Option("list", [Item(note, title)]),
    ]
    text = experiment_file([title, note], Path("e.yaml"), {"data": block, "model": block, "training": block})
    assert values_of(text)["data"] == {"name": title, "list": [note]}
    assert seen(text) == []


@BOUNDED
@given(TEXTS)
def test_any_text_is_one_line_of_an_error(text: str) -> None:
    error = DataError(f"{text} is wrong", text)
    assert str(error).count("\n") == 1
    assert seen(str(error)) == []
    assert on_a_line(on_a_line(text)) == on_a_line(text)


@BOUNDED
@given(TEXTS)
def test_any_text_is_a_caption(text: str) -> None:
    short = caption(text, 20)
    assert 0 < len(short) <= 21
    assert short.isprintable()
    assert not short.startswith("_")
    assert caption(short, 21) == short


@BOUNDED
@given(TEXTS)
def test_any_text_is_no_formula(text: str) -> None:
    made = cell(text)
    assert made.endswith(text)
    assert not made.lstrip().startswith(("=", "@")) or made.startswith("'")


def test_the_log_of_a_run_steers_no_terminal(workplace: Path) -> None:
    run = Run(workplace)
    run.append_log("began: dlpy train 'x\x1b[2J\u202e.yaml'\nTraceback")
    assert run.log.read_text()[20:] == "began: dlpy train 'x\\x1b[2J\\u202e.yaml'\n  Traceback\n"


def test_every_name_is_drawn() -> None:
    with style():
        figure = new_figure("".join(NAMES), 6, 4)
        axes = figure.add_subplot()
        for name in NAMES:
            axes.plot([0, 1], label=caption(name, 12))
        axes.set_xticks(range(len(NAMES)), [caption(name, 12) for name in NAMES])
        legend = axes.legend()
        assert pixels(figure).shape == (480, 720, 3)
        assert len(legend.get_texts()) == len(NAMES)


def test_a_caption_is_what_is_seen() -> None:
    assert caption("a\nb\tc") == "a b c"
    assert caption("_x") == " _x"
    assert caption(" ") == "''"
    assert caption("x\u202ey\x1b[2J") == "x\\u202ey\\x1b[2J"
    assert caption("$\\frac$ [red]") == "$\\frac$ [red]"
    assert caption(string.ascii_lowercase, 10) == "abcdef…xyz"
