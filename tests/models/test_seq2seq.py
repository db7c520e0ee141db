"""Texts written from texts, from the command line."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.runs.attention import read_attention
from dlpy.runs.directory import Run
from dlpy.sampling.translation import Search
from dlpy.training import evaluate
from dlpy.training.estimators import network_of
from dlpy.training.written_texts import Writer

pytestmark = pytest.mark.slow

WORDS = {"red": "rouge", "big": "grand", "new": "neuf", "two": "deux", "six": "six"}
DATA = {
    **{"name": "text_csv", "path": "pairs.csv", "text": "english", "target": "french", "task": "text"},
    **{"validation": 40, "test": 40, "split_seed": 1},
}
MODEL = {"name": "seq2seq", "units": 24, "embedding": 12}
TRAINING = {"epochs": 10, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.02}}


def write_pairs(folder: Path) -> None:
    """Write sentences of two or three words, and each word's translation, the last one first."""
    random, names = np.random.default_rng(4), list(WORDS)
    with (folder / "pairs.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "english", "french"])
        for number in range(300):
            some = random.choice(names, random.integers(2, 4))
            lines.writerow([number, " ".join(some), " ".join(WORDS[word] for word in some[::-1])])


def write(bench, name: str = "pairs", **changes) -> Path:
    write_pairs(bench.folder)
    return bench.write(yaml.safe_dump({"data": DATA, "model": MODEL, "training": TRAINING} | changes), f"{name}.yaml")


@pytest.fixture
def run(bench) -> Run:
    return bench.trained(write(bench))


def test_pairs_are_learnt_and_written(bench, run: Run) -> None:
    (bench.folder / "pairs.csv").rename("moved.csv")  # the run needs no data
    assert bench.run("generate", run.path, "--source", "big red") == (0, "rouge grand\n", "")
    (bench.folder / "moved.csv").rename("pairs.csv")
    (bench.folder / "lines.txt").write_text("two\nnew six big\n")
    status, out, err = bench.run("generate", run.path, "--source-file", "lines.txt", "--beam", "3")
    assert (status, out.splitlines()[1], err) == (0, "grand six neuf", "")


def test_the_summary_scores_written_texts_beside_copies_of_the_source(run: Run) -> None:
    written = run.read("summary.json")["written"]
    assert (written["on"], written["rows"], written["guess"]) == ("validation", 40, "copy of the source")
    assert written["scores"]["exact_match"] > 0.9
    assert written["baseline"]["exact_match"] < 0.1
    assert run.read("summary.json")["baseline"]["accuracy"] < 0.5


def test_evaluation_counts_what_predict_writes(bench, run: Run) -> None:
    status, out, err = bench.run("evaluate", run.path, "--json")
    assert (status, err) == (0, "")
    scores = json.loads(out)
    assert scores["validation"]["scores"]["exact_match"] == run.read("summary.json")["written"]["scores"]["exact_match"]
    status, out, err = bench.run("predict", run.path, "pairs.csv", "--keep", "french")
    assert (status, err) == (0, "")
    lines = list(csv.DictReader(io.StringIO(out)))
    with np.load(run.splits) as splits:
        same = [lines[number]["french"] == lines[number]["prediction"] for number in splits["test"]]
    assert scores["test"]["scores"]["exact_match"] == np.mean(same)
    assert scores["test"]["baseline"]["exact_match"] is not None


def test_runs_are_compared_by_the_scores_of_their_texts(bench, run: Run) -> None:
    other = bench.trained(write(bench, "short", training={**TRAINING, "epochs": 1}))
    status, out, _ = bench.run("evaluate", other.path, "--interval", "--json")
    told = json.loads(out)["test"]
    for name in ("exact_match", "chrf", "accuracy"):  # no reference has the four words of BLEU
        low, high = told["intervals"]["scores"][name]
        assert (status, 0 <= low < told["scores"][name] + 0.01 < high + 0.01) == (0, True)
    status, out, err = bench.run("compare", run.path, other.path, "--split", "validation", "--json")
    assert (status, err) == (0, "")
    sides = [side["scores"] for side in json.loads(out)["runs"]]
    for side, one in zip(sides, (run, other), strict=True):
        summary = one.read("summary.json")
        found = {name: own["value"] for name, own in side.items()}
        assert found.pop("token_accuracy") == pytest.approx(summary["best"]["val_accuracy"], rel=1e-5)
        assert found == pytest.approx({name: summary["written"]["scores"][name] for name in ("exact_match", "chrf")})
    assert sides[0]["exact_match"]["value"] > sides[1]["exact_match"]["value"]


def test_a_beam_is_never_less_likely(bench, run: Run) -> None:
    trained = evaluate.restore(run)
    writer = Writer.of(network_of(trained.engine), trained.pipeline)
    texts = np.array([f"{one} {other} {third}" for one in WORDS for other in WORDS for third in WORDS], object)
    rows = trained.applied(Rows({"source": Texts(texts)}, {}, np.arange(len(texts))))
    tokens = rows.inputs["source"].numbers()
    one, five = (writer.translator(tokens, Search(beam)).likelihood for beam in (1, 5))
    assert (five >= one).all()


def test_attention_is_stored_and_drawn(bench, run: Run) -> None:
    found = read_attention(run.attention)
    assert len(found) == 6
    for one in found:
        assert one.weights.shape == (len(one.written), len(one.source))
        np.testing.assert_allclose(one.weights.sum(axis=1), 1, rtol=1e-5)
        assert set(one.source) <= set(WORDS)
        assert one.written[-1] == "[END]"
    status, out, _ = bench.run("plot", run.path, "--only", "attention")
    assert (status, Path(out.strip()).name) == (0, "attention.png")


def test_unknown_words_and_long_texts_are_reported(bench, run: Run) -> None:
    status, out, err = bench.run("predict", run.path, "--text", "big green", "--text", "red red red red")
    assert (status, out.splitlines()[0]) == (0, "prediction")
    assert "unknown words" in err
    assert "'green' (1)" in err
    assert "cut after 3 words" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["generate", "--source", " "], "--source: the text is empty."),
        (["generate", "--source", "red", "--beam", "0"], "--beam 0: expected a number from 1 to 100."),
        (["generate", "--source", "red", "--beam", "2", "--temperature", "1"], "give one of them."),
        (["generate"], 'give either --source "TEXT" or --source-file FILE.'),
        (["generate", "--source-file", "no.txt"], "there is no file no.txt."),
        (["generate", "--seed-text", "red"], "generates texts from sources; leave this option out."),
        (["predict", "--text", "red", "--coverage", "0.9"], "--coverage: written texts have no intervals"),
    ],
)
def test_wrong_requests_are_one_line(bench, run: Run, arguments: list[str], message: str) -> None:
    command, *others = arguments
    status, out, err = bench.run(command, run.path, *others)
    assert (status in (2, 3), out) == (True, "")
    assert message in err
    assert err.count("\n") == 1


def test_samples_depend_on_the_seed_alone(bench, run: Run) -> None:
    (bench.folder / "lines.txt").write_text("big red new\n" * 9)

    def drawn(seed: int) -> str:
        return bench.run("generate", run.path, "--source-file", "lines.txt", "--temperature", "3", "--seed", seed)[1]

    first = drawn(1)
    assert len(set(first.splitlines())) > 1
    assert first == drawn(1)
    assert first != drawn(2)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ({"model": {"name": "rnn"}}, "model.name: rnn does not write texts from texts: use seq2seq."),
        ({"model": {"name": "combined"}}, "model.name: combined does not write texts from texts: use seq2seq."),
        ({"model": {**MODEL, "heads": 2}}, "model.heads: only used with transformer, not with cell: gru: remove it."),
        (
            {"model": {"name": "seq2seq", "cell": "transformer", "bidirectional": True}},
            "model.bidirectional: only used with gru and lstm, not with cell: transformer: remove it.",
        ),
        (
            {"model": {"name": "seq2seq", "cell": "transformer", "units": 30}},
            "model.heads: 4 heads do not divide units: 30: change one.",
        ),
        (
            {"model": {**MODEL, "decoder": {"bidirectional": True}}},
            "model.decoder: unknown option. Encoder and decoder share their options; the decoder writes from left to right.",
        ),
        ({"data": {"name": "reuters"}}, "seq2seq needs pairs of texts, a source and its target: use data such as"),
        ({"data": {**DATA, "transforms": ["tokenize"]}}, "transforms: not supported for pairs of texts"),
        ({"data": {**DATA, "task": "auto", "target_tokens": "word"}}, "only used with 'task: text'"),
        ({"callbacks": ["text_samples"]}, "text_samples needs a language model"),
    ],
)
def test_what_does_not_fit_is_refused_by_check(bench, blocks: dict, message: str) -> None:
    status, out, _ = bench.run("check", write(bench, **blocks))
    assert status == 2
    assert message in out


def test_an_interrupted_training_resumes_to_the_same_weights(bench, monkeypatch) -> None:
    blocks = {"model": {**MODEL, "dropout": 0.2}, "training": {**TRAINING, "epochs": 2}}
    whole = bench.trained(write(bench, "whole", **blocks))
    stop = {"name": "checkpoint", "every_seconds": 0}
    from dlpy.callbacks._metrics_csv import MetricsCsv

    end = MetricsCsv.on_epoch_end

    def trip(self, epoch: int, logs: dict[str, float]) -> None:
        if epoch == 1:
            raise KeyboardInterrupt
        end(self, epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(MetricsCsv, "on_epoch_end", trip)
        assert bench.run("train", write(bench, "half", **blocks, callbacks=[stop]))[0] == 130
    assert bench.run("resume", "latest")[0] == 0
    resumed = max(path for path in (bench.folder / "runs").iterdir() if path.name.endswith("half"))
    assert Run(resumed).read("summary.json")["last"] == whole.read("summary.json")["last"]


@pytest.mark.parametrize("cell", ["lstm", "transformer"])
def test_other_cells_learn_and_write(bench, cell: str) -> None:
    model = {"name": "seq2seq", "cell": cell, "units": 16, "group_by_length": True}
    training = {**TRAINING, "epochs": 3, "optimizer": {"name": "adam", "learning_rate": 0.01}}
    run = bench.trained(write(bench, cell, model=model, training=training))
    summary = run.read("summary.json")
    assert summary["last"]["val_loss"] < summary["baseline"]["loss"]
    assert bench.run("generate", run.path, "--source", "big", "--beam", "2")[0] == 0
