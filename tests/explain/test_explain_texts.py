import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from planted import write_texts

from dlpy.explain.token_effects import Effects
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow

PADDED = [{"name": "tokenize"}, {"name": "pad", "length": 10}]
MODELS = {
    "rnn": (PADDED, {"name": "rnn", "cell": "gru", "units": [4], "embedding": 4}),
    "conv1d": (PADDED, {"name": "conv1d", "filters": [4], "kernel": 2, "embedding": 4}),
    "dense": (["tokenize", "multi_hot"], {"name": "dense", "units": []}),
    "naive_bayes": (["tokenize", "tf_idf"], {"name": "naive_bayes"}),
}


def text_run(bench, family: str = "dense") -> Run:
    transforms, model = MODELS[family]
    write_texts(bench.folder / "texts.csv")
    data = {"name": "text_csv", "path": "texts.csv", "text": "text", "target": "label", "task": "binary"}
    training = {"epochs": 12, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.03}}
    if family == "naive_bayes":
        pytest.importorskip("sklearn")
        training = {}
    return bench.trained(
        bench.experiment(f"{family}.yaml", data={**data, "transforms": transforms}, model=model, training=training)
    )


@pytest.mark.parametrize("family", MODELS)
def test_the_planted_word_is_found(bench, family: str) -> None:
    run = text_run(bench, family)
    for method in ["occlusion"] if family in ("dense", "naive_bayes") else ["gradients", "occlusion"]:
        text = ["--text", "The river went SPLENDID under seven lamps"]
        status, out, err = bench.run("explain", run.path, *text, "--json", "--method", method)
        assert (status, err) == (0, "")
        (found,) = json.loads(out)["texts"]
        effects = {token["token"]: token["effect"] for token in found["tokens"]}
        assert list(effects) == ["the", "river", "went", "splendid", "under", "seven", "lamps"]
        assert (found["of"], max(effects, key=lambda word: effects[word])) == ("probability of good", "splendid")
        assert effects["splendid"] > 3 * max(abs(effect) for word, effect in effects.items() if word != "splendid")
        if method == "gradients":
            total = sum(effects.values())
            assert found["error"] == pytest.approx(found["prediction"] - found["baseline"] - total, abs=1e-9)
            assert abs(found["error"]) < 0.01


def test_occlusion_of_a_word_is_the_difference_to_the_text_without_it(bench) -> None:
    run = text_run(bench, "rnn")
    texts = ["the splendid river", "splendid river", "the river", "the splendid"]
    _, out, _ = bench.run("predict", run.path, *(part for text in texts for part in ("--text", text)), "--json")
    chances = [line["probability_good"] for line in json.loads(out)["predictions"]]
    arguments = ["--text", texts[0], "--method", "occlusion", "--class", "good", "--json"]
    _, out, _ = bench.run("explain", run.path, *arguments)
    (found,) = json.loads(out)["texts"]
    effects = [token["effect"] for token in found["tokens"]]
    assert found["prediction"] == pytest.approx(chances[0], abs=1e-6)
    assert effects == pytest.approx([chances[0] - other for other in chances[1:]], abs=1e-6)


@pytest.mark.parametrize(
    ("baseline", "flat"), [(0.999, True), (0.995, True), (0.98, False), (0.0, False), (None, False)]
)
def test_a_prediction_within_1_percent_of_that_for_padding_alone_is_flat(baseline: float | None, flat: bool) -> None:
    assert Effects("gradients", np.zeros(2), 0.9999, baseline).is_flat == flat


def test_occlusion_explains_a_flat_prediction_unless_gradients_are_asked_for(bench, monkeypatch) -> None:
    run = text_run(bench, "rnn")

    def method(*asked: str) -> str:
        _, out, _ = bench.run("explain", run.path, "--text", "the splendid river", "--class", "good", "--json", *asked)
        return json.loads(out)["texts"][0]["method"]

    assert method() == "gradients"
    monkeypatch.setattr("dlpy.explain.token_effects._FLAT", 1e9)
    assert (method(), method("--method", "gradients")) == ("occlusion", "gradients")


def test_the_most_wrong_texts_come_first(bench) -> None:
    run = text_run(bench)
    stored = np.load(run.predictions)
    chance, target = stored["validation.prediction"][:, 0], stored["validation.target"]
    wrongness = np.abs(chance - target)
    expected = stored["validation.index"][np.argsort(-wrongness, kind="stable")[:4]].tolist()
    _, out, _ = bench.run("explain", run.path, "--rows", 4, "--json")
    assert [found["row"] for found in json.loads(out)["texts"]] == expected
    _, out, _ = bench.run("explain", run.path, "--row", expected[1], "--json")
    (found,) = json.loads(out)["texts"]
    assert (found["row"], found["truth"]) == (expected[1], ["bad", "good"][expected[1] % 2])


def test_hostile_texts_are_escaped_in_the_page_and_on_the_screen(bench) -> None:
    write_texts(bench.folder / "texts.csv")
    path = bench.folder / "texts.csv"
    path.write_text(path.read_text().replace("lamps", "<script>"))
    data = {"name": "text_csv", "path": "texts.csv", "text": "text", "target": "label", "task": "binary"}
    transforms = [{"name": "tokenize", "by": "character"}, {"name": "pad", "length": 60}]
    model = {"name": "conv1d", "filters": [2], "kernel": 2, "embedding": 2}
    bench.trained(bench.experiment(data={**data, "transforms": transforms}, model=model, training={"epochs": 1}))
    status, out, _ = bench.run("explain", "latest", "--text", "<script>a\x1b[31m$x$")
    assert status == 0
    assert "\x1b" not in out
    html = next(Path("runs").glob("*/explain/texts/texts.html")).read_text()
    assert "<script" not in html
    assert "&lt;" in html
    assert "http:" not in html
    assert "https:" not in html  # it needs no other file


def test_texts_are_printed_with_signs_and_drawn(bench) -> None:
    run = text_run(bench)
    status, out, _ = bench.run("explain", run.path, "--text", "a splendid zebra")
    assert status == 0
    assert "a splendid+++" in [line.replace("a+ ", "a ").replace("a- ", "a ") for line in out.splitlines()]
    assert "zebra" in out  # it is reported as unknown
    folder = run.path / "explain" / "texts"
    assert sorted(path.name for path in folder.iterdir()) == ["text-1.png", "texts.html"]
    assert Image.open(folder / "text-1.png").size[0] > 800


def test_a_file_of_texts_is_explained(bench) -> None:
    run = text_run(bench)
    (bench.folder / "new.csv").write_text("text\nthe splendid house\na river\n")
    _, out, _ = bench.run("explain", run.path, "new.csv", "--json")
    assert [found["tokens"][1]["token"] for found in json.loads(out)["texts"]] == ["splendid", "river"]


MISTAKES = {
    "unknown words only": (["--text", "zebra quux"], 3, "text 1 holds no token of the run's vocabulary: there is nothing to explain."),
    "an empty text": (["--text", ""], 3, "--text number 1"),
    "a class that is not there": (["--text", "a", "--class", "god"], 2, "--class god: there is no such class. Did you mean 'good'?"),
    "a method that is not there": (["--method", "gradient"], 2, "--method gradient: there is no such method. Did you mean 'gradients'?"),
    "gradients of a bag": (["--method", "gradients"], 2, "--method gradients: the model sees a bag of words; use occlusion."),
    "a column": (["--column", "text"], 2, "takes texts; the options for these are --split, --row, --target, --text, --rows, --method."),
    "two kinds of rows": (["--text", "a", "--rows", "2"], 2, "--text and --rows exclude each other: leave one out."),
    "a file that is not there": (["nowhere.csv"], 3, "there is no file nowhere.csv"),
}  # fmt: skip


def test_mistakes_are_reported_in_one_line(bench) -> None:
    run = text_run(bench)
    for arguments, expected, text in MISTAKES.values():
        status, out, err = bench.run("explain", run.path, *arguments)
        assert (status, out, err.count("\n")) == (expected, "", 1), err
        assert text in err
    assert not (run.path / "explain").exists()
