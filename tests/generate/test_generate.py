"""A text learnt and gone on with, from the command line."""

import csv
import math

import numpy as np
import pytest
import yaml

from dlpy.cli.main import main
from dlpy.experiment.experiment import load
from dlpy.runs.lookup import find_run
from dlpy.stand_ins.prose import prose
from dlpy.training import evaluate

pytestmark = pytest.mark.slow

DATA = {"name": "language_model", "path": "t.txt", "window": 20, "step": 10}
MODEL = {"name": "rnn", "cell": "gru", "units": 24, "embedding": "one_hot"}
TRAINING = {"epochs": 2, "batch_size": 16, "optimizer": {"name": "adam", "learning_rate": 0.02}}
SAMPLES = {"name": "text_samples", "length": 60, "temperatures": [0, 1.2], "every": 2}


def write(bench, name: str = "text", characters: int = 12_000, **changes):
    blocks = {"data": DATA, "model": MODEL, "training": TRAINING, "callbacks": [SAMPLES]} | changes
    (bench.folder / "t.txt").write_text(prose(3, characters))
    return bench.write(yaml.safe_dump(blocks), f"{name}.yaml")


def curves(run) -> dict[str, list[float]]:
    with run.metrics.open() as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a run, whose text is gone."""
    folder = tmp_path_factory.mktemp("text")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        text = prose(3, 12_000)
        (folder / "t.txt").write_text(text)
        content = {"data": DATA, "model": MODEL, "training": TRAINING, "callbacks": [SAMPLES]}
        (folder / "text.yaml").write_text(yaml.safe_dump(content))
        assert main(["train", "text.yaml", "--quiet"]) == 0
        assert main(["evaluate", "latest", "--json"]) == 0
        (folder / "t.txt").unlink()
    return folder / "runs"


def test_scores_are_measures_of_one_cross_entropy_beside_the_frequencies(trained) -> None:
    run = find_run("latest", trained)
    scores = curves(run)
    for prefix in ("", "val_"):
        for loss, bits, perplexity in zip(
            *(scores[prefix + name] for name in ("loss", "bits", "perplexity")), strict=True
        ):
            assert bits == pytest.approx(loss / math.log(2), rel=1e-4)
            assert perplexity == pytest.approx(math.exp(loss), rel=1e-4)
    test, guess = run.read("evaluation.json")["test"], run.read("evaluation.json")["test"]["baseline"]
    assert test["scores"]["bits"] < guess["bits"] < 5
    assert test["scores"]["accuracy"] > guess["accuracy"]
    assert guess["perplexity"] == pytest.approx(2 ** guess["bits"])
    assert guess["loss"] == pytest.approx(guess["bits"] * math.log(2))
    assert not run.predictions.exists()


def test_a_text_is_gone_on_with_from_the_run_alone(bench, trained) -> None:
    status, out, err = bench.run("generate", "latest", "--seed-text", "Where is", "--length", 50, "--runs", trained)
    assert (status, err) == (0, "")
    assert out.startswith("Where is")
    assert len(out) == len("Where is") + 50 + 1
    default = bench.run("generate", "latest", "--length", 30, "--runs", trained)[1]
    assert default.startswith(prose(3, 20))
    other = bench.run("generate", "latest", "--length", 30, "--seed", 1, "--runs", trained)[1]
    assert not other.startswith(prose(3, 20))
    told = bench.run("generate", "latest", "--length", 30, "-o", "out.txt", "--runs", trained)[1]
    assert told == "30 tokens after the seed text: out.txt\n"
    assert (bench.folder / "out.txt").read_text() == default


def test_cold_texts_are_what_the_model_finds_likeliest(bench, trained) -> None:
    restored = evaluate.restore(find_run("latest", trained))
    memory = restored.pipeline.states[0]["openings"][0]
    out = bench.run("generate", "latest", "--length", 1, "--temperature", 0, "--runs", trained)[1]
    likeliest = np.asarray(restored.engine.model(memory[None]))[0, -1].argmax()
    words = (find_run("latest", trained).path / "vocabulary.txt").read_text().splitlines()
    assert out[20] == words[likeliest].replace("\\n", "\n")


def test_samples_are_written_as_often_as_asked(trained) -> None:
    folder = find_run("latest", trained).path / "samples"
    assert [path.name for path in sorted(folder.iterdir())] == ["text-epoch-0002.txt"]
    text = (folder / "text-epoch-0002.txt").read_text()
    parts = text.split("\n\n--- temperature ")
    assert parts[0] == f"epoch 2, seed text:\n{prose(3, 20)}"
    assert [part.partition(" ")[0] for part in parts[1:]] == ["0", "1.2"]
    assert [len(part.partition("---\n")[2].removesuffix("\n" * (part is parts[-1]))) for part in parts[1:]] == [60, 60]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["generate", "latest", "--seed-text", "Zü ß"], 2, "--seed-text: 'Z', 'ü', 'ß' not found in the training text"),
        (["generate", "latest", "--seed-text", ""], 2, "--seed-text: expected at least one character"),
        (["generate", "latest", "--temperature", "-1"], 2, "temperature -1: expected 0"),
        (["generate", "latest", "--top-k", "0"], 2, "top-k 0: expected"),
        (["generate", "latest", "--checkpoint", "first"], 2, "expected best or last"),
        (["generate", "none"], 7, "no run 'none'"),
        (["predict", "latest", "--text", "He"], 2, "is generative and predicts nothing: use `dlpy generate"),
        (["predict", "latest", "rows.csv"], 2, "is generative and predicts nothing: use `dlpy generate"),
        (["evaluate", "latest"], 3, "there is no file"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_a_line(bench, trained, arguments, status: int, message: str) -> None:
    found, out, err = bench.run(*arguments, "--runs", trained)
    assert (found, out) == (status, "")
    assert message in err
    assert err.count("\n") == 1


def test_only_runs_of_texts_are_gone_on_with(bench) -> None:
    bench.trained()
    status, _, err = bench.run("generate", "latest")
    assert status == 2
    assert "predicts, it cannot generate text or images: use `dlpy predict`" in err


@pytest.mark.parametrize("targets", ["every", "last"])
def test_both_executions_learn_the_same_and_samples_change_nothing(bench, targets: str) -> None:
    simple = {"cell": "simple", "dropout": 0.2, "recurrent_dropout": 0.2}  # Keras draws its masks in inference too
    dropout = simple if targets == "every" else {}
    path = write(bench, characters=3_000, model=MODEL | dropout, callbacks=[])
    for execution in ("epoch", "steps"):
        options = [f"training.execution={execution}", "training.jit_compile=false", f"data.targets={targets}"]
        assert bench.run("train", path, f"name={execution}", *options, "--quiet")[0] == 0
    one, other = (curves(find_run(name)) for name in ("epoch", "steps"))
    assert one["val_bits"][-1] < one["val_bits"][0]
    np.testing.assert_allclose(one["val_loss"], other["val_loss"], rtol=1e-5)
    np.testing.assert_allclose(one["perplexity"], other["perplexity"], rtol=1e-5)
    if dropout:
        path = write(bench, "samples", 3_000, model=MODEL | dropout, callbacks=[SAMPLES | {"every": 1}])
        assert bench.run("train", path, "--quiet")[0] == 0
        assert curves(find_run("samples"))["val_loss"] == one["val_loss"]


def test_the_model_file_needs_no_dlpy(bench, trained) -> None:
    import keras

    model = keras.models.load_model(find_run("latest", trained).model)
    assert model.output_shape == (None, 20, model.output_shape[-1])
    np.testing.assert_allclose(np.asarray(model([np.ones((1, 20), np.int32)]))[0].sum(axis=-1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=dense", "dense cannot generate text: use rnn or transformer"),
        ("model=conv1d", "conv1d cannot generate text: use rnn or transformer"),
        ("model=convnet", "convnet needs images"),
        ("model.bidirectional=true", "bidirectional: the backward layer would see the token to predict"),
        ("model.output_activation=linear", "output_activation: linear does not give probabilities"),
        ("training.loss=mse", "mse needs numbers"),
        ("training.metrics=[mae]", "mae does not fit the tokens of a text"),
        ("training.class_weight=balanced", "class_weight needs classes"),
        ("data.transforms=[pad]", "transforms: not supported for this dataset"),
        ("data.step=30", "step: 30 is larger than the window of 20 tokens"),
        ("data.validation={fraction: 0.2, take: random}", "a text can only be split in its own order"),
        ("data.window=1", "greater than or equal to 2"),
        ("callbacks=[{name: text_samples, temperatures: [-1]}]", "temperature -1: expected 0"),
        ("callbacks=[{name: early_stopping, monitor: val_bit}]", "Did you mean 'val_bits'"),
    ],
)
def test_what_makes_no_sense_is_told_when_the_file_is_checked(bench, override: str, message: str) -> None:
    path = write(bench)
    status, out, err = bench.run("train", path, override)
    assert status == 2, out
    assert message in err


def test_samples_of_other_data_are_refused(bench) -> None:
    status, _, err = bench.run("train", bench.experiment(callbacks=["text_samples"]))
    assert status == 2
    assert "callbacks.0: text_samples needs a language model" in err


def test_one_hot_vectors_have_no_size(bench) -> None:
    status, _, err = bench.run("train", write(bench, model=MODEL | {"embedding": {"one_hot": True, "size": 3}}))
    assert status == 2
    assert "remove 'size' and 'path'" in err


def test_folds_of_a_text_are_refused(bench) -> None:
    status, _, err = bench.run("kfold", write(bench))
    assert status == 2
    assert "folds would train on rows later than those they are scored on" in err


def test_bits_may_be_watched_by_their_other_names(bench) -> None:
    experiment, _ = load(write(bench, callbacks=[{"name": "early_stopping", "monitor": "val_bits_per_character"}]))
    assert experiment.callbacks[0].monitors() == "val_bits"


def test_new_writes_an_experiment_for_a_text_file(bench) -> None:
    write(bench)
    status, _, err = bench.run("new", "t.txt")
    assert (status, err) == (0, "")
    text = (bench.folder / "t.yaml").read_text()
    assert "# Trains a language model on t.txt (12,000 characters, " in text
    assert "epochs: 100" in text
    assert "- text_samples" in text
    assert bench.run("check", "t.yaml", "--data")[0] == 0
    assert bench.run("new", "nietzsche")[0] == 0
    (bench.folder / "short.txt").write_text("So short.")
    status, _, err = bench.run("new", "short.txt")
    assert (status, err.count("\n")) == (3, 1)
