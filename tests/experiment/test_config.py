import re
from pathlib import Path

import pytest
import yaml

from dlpy.artworks.kinds import load_any
from dlpy.core.errors import ConfigError
from dlpy.experiment.document import read
from dlpy.experiment.experiment import Experiment, load
from dlpy.experiment.search_checks import search_of

REPOSITORY = Path(__file__).parents[2]
CONFIGS = sorted((REPOSITORY / "configs").glob("*.yaml"))
SEARCHES = [path for path in CONFIGS if "{search: " in path.read_text()]


def mistakes(bench, text: str, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(bench.write(text, "x.yaml"), list(overrides))
    return [re.sub(r"^.*x\.yaml:", "", line) for line in str(error.value).splitlines()]


def test_there_are_configs() -> None:
    assert len(CONFIGS) >= 25


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_is_right_and_has_a_header(path: Path) -> None:
    load_any(path) if path not in SEARCHES else search_of(read(path))
    header = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert header[0].startswith("# ")
    assert any(line.startswith("# Expect: ") and "@" not in line for line in header)
    assert any(line.startswith("# dlpy ") and f"configs/{path.name}" in line for line in header)


@pytest.mark.parametrize("path", [path for path in CONFIGS if path not in SEARCHES], ids=lambda path: path.stem)
def test_the_resolved_config_says_the_same(path: Path, bench) -> None:
    experiment, _ = load_any(path)
    again, _ = load_any(bench.write(experiment.to_yaml(), path.name))
    assert again == experiment


def test_seven_mistakes_are_told_at_once_in_the_order_of_the_file(bench) -> None:
    text = (
        "sed: 3\n"
        "data:\n"
        "  name: mnist\n"
        "  transforms: [reshap, rescale]\n"
        "  validation: 1.5\n"
        "model:\n"
        "  name: dense\n"
        "  units: [512, -3]\n"
        "training:\n"
        "  optimizer: {name: rmsprop, lr: 0.01}\n"
        "  epochs: ten\n"
        "callbacks:\n"
        "  - {name: early_stopping, patience: 0}\n"
    )
    found = mistakes(bench, text)
    assert [line.split(": ")[0] for line in found] == ["1", "4", "5", "8", "10", "11", "13"]
    assert found[0].startswith("1: sed: unknown option. Did you mean 'seed'? Known: callbacks, ")
    assert found[1].startswith("4: data.transforms.0.name: unknown transform 'reshap'. Did you mean 'reshape'?")
    assert found[2] == "5: data.validation: must be less than 1, got 1.5."
    assert found[3] == "8: model.units.1: must be greater than 0, got -3."
    assert found[4] == "10: training.optimizer.lr: unknown option. Use 'learning_rate'."
    assert found[5] == "11: training.epochs: expected a whole number, got 'ten'."
    assert found[6] == "13: callbacks.0.patience: must be greater than or equal to 1, got 0."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data: {name: blobs}\n", "1: model: required."),
        ("data: {name: blobs}\nmodel: 3\n", "2: model: expected the name of a model"),
        ("data: {name: blobs}\nmodel: {units: [3]}\n", "2: model: expected the name of a model"),
        ("data: blobs\nmodel: dens\n", "2: model.name: unknown model 'dens'. Did you mean 'dense'?"),
        ("data: blobs\nmodel: dense\nseed: -1\n", "3: seed: must be greater than or equal to 0, got -1."),
        ("data: blobs\nmodel: dense\nseed: true\n", "3: seed: expected a whole number, got true."),
        ("data: blobs\nmodel: dense\nseed: 1.0\n", "3: seed: expected a whole number, got 1.0."),
        ("data: blobs\nmodel: dense\nname: ../x\n", "3: name: '../x': use at most 64 letters, digits"),
        ("data: blobs\nmodel: {name: dense, activation: rel}\n", "2: model.activation: 'rel' is not a valid value. Did you mean 'relu'?"),
        ("data: blobs\nmodel: dense\ntraining: {optimizer: {name: sgd, learning_rate: -1}}\n", "3: training.optimizer.learning_rate: must be greater than 0, got -1."),
        ("data: blobs\nmodle: dense\n", "2: modle: unknown option. Did you mean 'model'?"),
        ("data: {name: npz, pathh: x.npz}\nmodel: dense\n", "1: data.pathh: unknown option. Did you mean 'path'?"),
        ("data: blobs\nmodel: dense\nepochs: 3\n", "3: epochs: unknown option. Did you mean 'training.epochs'? Known: call"),
        ("data: blobs\nmodel: dense\ntraining: {validtion: 9}\n", "3: training.validtion: unknown option. Did you mean 'data.validation'?"),
        ("data: blobs\nmodel: dense\nlearning_rate: 1\n", "3: learning_rate: unknown option. Did you mean 'training.optimizer.learning_rate'?"),
        ("data: blobs\nmodel: {name: dense, folds: 3}\n", "2: model.folds: unknown option. Did you mean 'kfold.folds'?"),
        ("data: blobs\nmodel: dense\ntraining: {seed: 3}\n", "3: training.seed: unknown option. Did you mean 'seed' at the top of the file? Known: b"),
        ("data: {name: csv, path: x.csv, target: y, scales: true}\nmodel: dense\n", "1: data.scales: unknown option. Known: a"),
        ("data: blobs\nmodel: {name: graph, layers: {a: {family: dense, embedding: {units: 3}}}}\n", "2: model.layers.a.embedding.units: unknown option. Known: f"),
        ("data: blobs\nmodel: dense\nnonsense: 3\n", "3: nonsense: unknown option. Known: call"),
        ("data: blobs\nmodel: dense\ntraining: {optimizer: {name: sgd, decay: 1e-8}}\n", "3: training.optimizer.decay: unknown option. Set learning_rate to a schedule"),
        ("data: blobs\nmodel: dense\ntraining: {optimizer: {name: sgd, clipnorm: 1, clipvalue: 1}}\n", "3: training.optimizer: give only one of clipnorm, clipvalue."),
        ("data: {name: blobs, noise: .nan}\nmodel: dense\n", "1: data.noise: expected a number, got '.nan'."),
        ("data: {name: blobs, validation: {count: 3, fraction: 0.5}}\nmodel: dense\n", "1: data.validation: set exactly one of count, fraction, rows, column, use."),
        ("data: {name: blobs, validation: {column: a}}\nmodel: dense\n", "1: data.validation.column: blobs has no columns."),
        ("data: blobs\nmodel: dense\nkfold: {shuffle: false, repeats: 2}\n", "3: kfold: repeats and stratify require 'shuffle: true'."),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_remedy(bench, text: str, message: str) -> None:
    found = mistakes(bench, text)
    assert len(found) == 1
    assert found[0].startswith(message)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            "training: {loss: binary_crossentropy}",
            "training.loss: binary_crossentropy needs a binary or multilabel target",
        ),
        ("training: {loss: categorical_crossentropy}", "training.loss: categorical_crossentropy needs one-hot labels"),
        ("training: {loss: mse}", "training.loss: mse with classes needs one-hot labels"),
        ("training: {metrics: [mae]}", "training.metrics.0: mae needs numbers"),
        (
            "training: {metrics: [{name: recall, threshold: 0.7}]}",
            "training.metrics.0: threshold needs a binary target",
        ),
        ("training: {metrics: [acc, accuracy]}", "training.metrics: two metrics are named 'accuracy'"),
        ("training: {class_weight: {d: 2}}", "training.class_weight: there is no class 'd'."),
        ("callbacks: [{name: early_stopping, monitor: val_auc}]", "callbacks.0.monitor: no score is called 'val_auc'."),
        ("callbacks: [early_stopping, early_stopping]", "callbacks.1: early_stopping is listed twice: remove one."),
        (
            "training: {optimizer: {name: sgd, learning_rate: {name: cosine_decay, initial_learning_rate: 1, decay_steps: 9}}}\n"
            "callbacks: [reduce_lr_on_plateau]",
            "callbacks.0: reduce_lr_on_plateau needs a constant learning rate: replace the schedule with a number.",
        ),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused_before_training(bench, block: str, message: str) -> None:
    found = mistakes(bench, f"data: blobs\nmodel: dense\n{block}\n")
    assert len(found) == 1
    assert message in found[0]


def test_a_monitor_of_validation_rows_needs_validation_rows(bench) -> None:
    text = "data: {name: blobs, validation: null}\nmodel: dense\ncallbacks: [early_stopping]\n"
    assert "'val_loss' needs validation rows" in mistakes(bench, text)[0]


def test_a_family_that_does_not_fit_the_rows_is_refused(bench) -> None:
    assert "1: model.name: convnet needs images" in mistakes(bench, "model: convnet\ndata: blobs\n")[0]
    assert "dense needs flat rows" in mistakes(bench, "data: cifar10\nmodel: dense\n")[0]
    assert "add 'multi_hot'" in mistakes(bench, "data: imdb\nmodel: dense\n")[0]


def test_a_convnet_that_leaves_nothing_of_the_image_is_refused(bench) -> None:
    text = "data: {name: mnist, transforms: [{name: reshape, shape: [28, 28, 1]}]}\n"
    text += "model: {name: convnet, filters: [8, 8, 8, 8]}\n"
    assert "nothing is left of the image after block 4" in mistakes(bench, text)[0]


def test_aliases_are_resolved_when_the_file_is_checked(bench) -> None:
    text = "data: {name: blobs}\nmodel: dense\ntraining: {metrics: [acc], optimizer: adam}\n"
    text += "callbacks: [{name: early_stopping, monitor: val_acc}]\n"
    experiment, _ = load(bench.write(text))
    assert [metric.name for metric in experiment.training.metrics or []] == ["accuracy"]
    assert experiment.callbacks[0].monitors() == "val_accuracy"


def test_the_command_line_beats_the_file(bench) -> None:
    experiment, _ = load(bench.experiment(), ["training.epochs=9", "model.units=[1, 2]"])
    assert experiment.training.epochs == 9
    assert experiment.model.model_dump()["units"] == [1, 2]


def test_a_name_is_made_of_the_files_name(bench) -> None:
    experiment, _ = load(bench.experiment("my first try!.yaml"))
    assert experiment.name == "my-first-try"


def test_an_experiment_cannot_be_changed(bench) -> None:
    experiment, _ = load(bench.experiment())
    with pytest.raises(ValueError, match="frozen"):
        experiment.seed = 3  # type: ignore


def test_the_schema_knows_every_component_and_option() -> None:
    schema = Experiment.model_json_schema()
    text = yaml.safe_dump(schema)
    assert schema["additionalProperties"] is False
    for word in ("multi_hot", "convnet", "early_stopping", "boston_housing", "epsilon", "num_words", "l2"):
        assert word in text
