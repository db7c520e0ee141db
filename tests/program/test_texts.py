"""From texts to predictions by the command line: what a run keeps, and that raw texts get the numbers of training."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from dlpy.runs.directory import Run
from dlpy.runs.lookup import find_run

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(8)
GOOD, BAD, OTHER = ["fine", "great", "lovely"], ["awful", "poor", "dull"], ["a", "film", "the", "plot's", "end", "was"]
MODELS = {
    "bag": ("[tokenize, tf_idf]", "{name: dense, units: [8]}"),
    "hashed": ("[{name: hash_words, size: 200}, counts]", "{name: dense, units: [8]}"),
    "pairs": ("[{name: tokenize, ngrams: 2, rules: keras}, multi_hot]", "{name: dense, units: [8]}"),
    "recurrent": ("[{name: tokenize, vocabulary: 50}, pad, reverse]", "{name: rnn, units: 4, cell: simple, embedding: 4}"),
    "characters": ("[{name: tokenize, by: character}, {name: pad, length: 30}, one_hot_words]", "{name: conv1d, filters: [8]}"),
}  # fmt: skip


def sentence(label: int) -> str:
    words = [*RNG.choice(OTHER, 6), *RNG.choice(GOOD if label else BAD, 2)]
    return f"{' '.join(RNG.permutation(words))}, {'really' * int(RNG.integers(2))}!".capitalize()


TEXTS = [sentence(i % 2) for i in range(120)]


def trained(bench, transforms: str, model: str) -> Run:
    with Path("t.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("text", "label"), *((text, ("bad", "good")[i % 2]) for i, text in enumerate(TEXTS))]
        )
    text = f"data: {{name: text_csv, path: t.csv, transforms: {transforms}}}\nmodel: {model}\n"
    return bench.trained(bench.write(text + "training: {epochs: 2, batch_size: 16}\n"))


def predicted(bench, *arguments: str) -> np.ndarray:
    status, out, err = bench.run("predict", "latest", *arguments)
    assert (status, err) == (0, "")
    return of_good(out)


def of_good(table: str) -> np.ndarray:
    """Return what is told of the class `good` in predictions."""
    return np.array([float(row["probability_good"]) for row in csv.DictReader(io.StringIO(table))])


@pytest.mark.parametrize(("transforms", "model"), MODELS.values(), ids=MODELS)
def test_raw_texts_get_the_predictions_that_training_stored(bench, transforms: str, model: str) -> None:
    run = trained(bench, transforms, model)
    with np.load(run.predictions) as stored:
        index, expected = stored["validation.index"], stored["validation.prediction"][:, 0]
    options = [part for text in [*(TEXTS[i] for i in index), "words nobody has seen"] for part in ("--text", text)]
    status, out, _ = bench.run("predict", "latest", *options)
    assert (status, len(out.splitlines())) == (0, len(index) + 2)
    np.testing.assert_allclose(of_good(out)[:-1], expected, rtol=1e-5, atol=1e-6)
    with Path("new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *enumerate(TEXTS)])
    np.testing.assert_allclose(predicted(bench, "new.csv")[index], expected, rtol=1e-5, atol=1e-6)


def test_the_most_wrong_texts_and_the_vocabulary_can_be_read(bench) -> None:
    run = trained(bench, "[{name: tokenize, vocabulary: 8}, multi_hot]", "{name: dense, units: []}")
    lines = (run.path / "vocabulary.txt").read_text().splitlines()
    assert len(lines) == 7
    assert set(lines) <= {*GOOD, *BAD, *OTHER, "really"}
    with np.load(run.predictions) as stored:
        target, index = stored["validation.target"], stored["validation.index"]
        chances = np.stack([1 - stored["validation.prediction"][:, 0], stored["validation.prediction"][:, 0]], axis=1)
    with (run.path / "samples" / "wrongest-validation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = np.flatnonzero(chances.argmax(axis=1) != target)
    assert 0 < len(rows) == min(25, len(wrong))
    row = index.tolist().index(TEXTS.index(rows[0]["text"]))
    label = int(target[row])
    assert (rows[0]["true"], rows[0]["predicted"]) == (("bad", "good")[label], ("good", "bad")[label])
    assert float(rows[0]["true_probability"]) == pytest.approx(min(chances[wrong, target[wrong]]), rel=1e-4)
    assert float(rows[0]["predicted_probability"]) == pytest.approx(max(chances[row]), rel=1e-4)


def test_either_a_file_or_texts_are_predicted(bench) -> None:
    trained(bench, "[tokenize, multi_hot]", "{name: dense, units: []}")
    for arguments in ((), ("t.csv", "--text", "a")):
        status, _, err = bench.run("predict", "latest", *arguments)
        assert (status, err) == (2, "error: give either a file of rows to predict, or --text.\n")
    status, _, err = bench.run("predict", "latest", "--text", "fine", "--text", " ")
    assert (status, err.count("\n")) == (3, 1)
    assert "--text number 2: the text is empty" in err
    run = bench.trained(bench.experiment(training={"epochs": 1}))
    status, _, err = bench.run("predict", run.path, "--text", "fine")
    assert status == 2
    assert "was trained on array rows of shape (4), not on texts" in err


def test_a_run_predicts_by_the_rules_it_was_trained_with(bench) -> None:
    texts = ["ЯРКО! — «Ярко»", "ночь…"]
    Path("t.csv").write_text(
        "text,label\n" + "".join(f'"{texts[i % 2]}",{("bad", "good")[i % 2]}\n' for i in range(40))
    )
    base = "data: {name: text_csv, path: t.csv, transforms: [STEP, multi_hot]}\nmodel: {name: dense, units: []}\n"
    training = "training: {epochs: 2, batch_size: 8}\n"
    for step, words, one_word in (
        ("tokenize", {"ночь", "ярко"}, True),
        ("{name: tokenize, rules: book}", {"—", "«ярко»", "ночь…", "ярко"}, False),
    ):
        assert bench.run("train", bench.write(base.replace("STEP", step) + training))[0] == 0
        assert {*(find_run("latest").path / "vocabulary.txt").read_text().split()} == words
        first, second = predicted(bench, "--text", "«Ярко»", "--text", "ярко")
        assert (first == second) == one_word


def test_smoke_runs_on_sentences(bench) -> None:
    for name, more in (("text_csv", ""), ("text_folder", ", test_path: gone")):
        text = f"data: {{name: {name}, path: gone{more}, transforms: [tokenize, multi_hot]}}\nmodel: dense\n"
        status, out, err = bench.run("train", "--smoke", bench.write(text))
        assert (status, err) == (0, "")
        assert "instead of gone" in out


def test_folds_have_vocabularies_of_their_own(bench) -> None:
    trained(bench, "[tokenize, multi_hot]", "{name: dense, units: []}")
    status, out, err = bench.run("kfold", "experiment.yaml", "kfold.folds=3", "training.epochs=2")
    assert (status, err) == (0, "")
    assert "accuracy" in out
