"""Experiment files of several inputs and outputs: options by name, and mistakes in them with their lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from several import Homes

from dlpy.core.errors import ConfigError
from dlpy.experiment.experiment import load

START = """data:
  name: homes
  inputs:
    facts: {transforms: [standardize]}
    words: {transforms: [{name: pad, length: 9}]}
  targets:
    price: {transforms: [log, standardize]}
model: {name: combined, encoders: {words: rnn}}
"""
LINES = START.count("\n")  # what is added begins in the next one


def loaded(bench, training: str) -> Any:
    return load(bench.write(START + f"training: {training}\n", "x.yaml"))[0]


def mistakes(bench, text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load(bench.write(text, "x.yaml"))
    return [re.sub(r"^.*x\.yaml:", "", line) for line in str(error.value).splitlines()]


def test_objectives_are_those_of_each_output_or_the_defaults_of_its_target(bench) -> None:
    experiment = loaded(bench, "{loss: {price: mae}, metrics: {sold: [auc, f1]}, class_weight: {sold: balanced}}")
    found = {}
    for name, (own, task) in experiment.by_output(Homes().outline()).items():
        names = [metric.name for metric in own.metrics(task)]
        found[name] = (own.loss(task).name, names, own.class_weight(task))
    assert found == {
        "price": ("mae", ["mae"], None),
        "sold": ("binary_crossentropy", ["auc", "f1"], "balanced"),
    }


def test_losses_with_options_and_weights_of_losses(bench) -> None:
    experiment = loaded(bench, "{loss: {price: {name: huber, delta: 2}}, loss_weights: {price: 0.25}}")
    assert experiment.by_output(Homes().outline())["price"][0].loss(Homes().outline().of_output("price")).delta == 2
    assert experiment.training.loss_weights == {"price": 0.25}
    assert loaded(bench, "{loss_weights: uncertainty}").training.loss_weights == "uncertainty"


def test_class_weights_by_class_of_an_output(bench) -> None:
    experiment = loaded(bench, "{class_weight: {sold: {yes: 2, 0: 0.5}}}")
    own, task = experiment.by_output(Homes().outline())["sold"]
    assert own.class_weight(task) == {"yes": 2.0, "0": 0.5}


def test_scores_are_named_by_output_and_known_with_their_directions(bench) -> None:
    experiment = loaded(bench, "{metrics: {price: [r2], sold: [auc, {name: accuracy, label: hits}]}}")
    directions = experiment.directions(Homes().outline(), validation=True)
    wanted = {
        "loss": "min", "data_loss": "min", "price_loss": "min", "sold_loss": "min", "price_r2": "max",
        "sold_auc": "max", "sold_hits": "max",
    }  # fmt: skip
    assert directions == wanted | {f"val_{name}": way for name, way in wanted.items()}


def test_the_resolved_file_has_the_objectives_of_each_output_and_says_the_same(bench) -> None:
    experiment = loaded(bench, "{metrics: {sold: [auc]}, class_weight: {sold: balanced}, loss_weights: {sold: 2}}")
    resolved = experiment.resolved(Homes().outline(), {})
    again, _ = load(bench.write(resolved.to_yaml(), "again.yaml"))
    assert again == resolved
    training = yaml.safe_load(resolved.to_yaml())["training"]
    assert [loss["name"] for loss in training["loss"].values()] == ["mse", "binary_crossentropy"]
    assert [[metric["name"] for metric in metrics] for metrics in training["metrics"].values()] == [["mae"], ["auc"]]


WRONG = {
    "loss of an unknown output": (
        "{loss: {prize: mae}}", "training.loss.prize: there is no output 'prize'. Did you mean 'price'?"),
    "metrics of an unknown output": (
        "{metrics: {soldd: [auc]}}", "training.metrics.soldd: there is no output 'soldd'. Did you mean 'sold'?"),
    "class weights of an unknown output": (
        "{class_weight: {solt: balanced}}", "training.class_weight.solt: there is no output 'solt'. Did you mean 'sold'?"),
    "loss weight of an unknown output": (
        "{loss_weights: {tags: 2}}", "training.loss_weights.tags: there is no output 'tags'. Known: price, sold."),
    "one loss": ("{loss: mae}", "training.loss: there are several outputs: give each its own, such as {price: ...}."),
    "one list of metrics": (
        "{metrics: [mae]}", "training.metrics: there are several outputs: give each its own, such as {price: ...}."),
    "class weights of one": (
        "{class_weight: balanced}",
        "training.class_weight: there are several outputs: give each its own, such as {price: ...}."),
    "a loss of another kind": ("{loss: {price: binary_crossentropy}}", "training.loss.price: "),
    "a metric of another kind": ("{metrics: {price: [mae, auc]}}", "training.metrics.price.1: "),
    "class weights of numbers": ("{class_weight: {price: balanced}}", "training.class_weight.price: "),
    "weights of an unknown class": ("{class_weight: {sold: {maybe: 2}}}", "training.class_weight.sold: "),
    "a negative weight": ("{loss_weights: {price: -1}}", "training.loss_weights.price: must be greater than or equal to 0, got -1."),
    "a word as weights": ("{loss_weights: equal}", "training.loss_weights: 'equal' is not a valid value."),
    "one metric twice": (
        "{metrics: {sold: [auc, auc]}}", "training.metrics.sold: two metrics are named 'auc': give one of them a 'label'."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_in_options_by_output(case: str, bench) -> None:
    training, wanted = WRONG[case]
    (line,) = mistakes(bench, START + f"training: {training}\n")
    assert line.startswith(f"{LINES + 1}: {wanted}")


def test_each_mistake_has_its_line(bench) -> None:
    text = START + "training:\n  loss:\n    price: mae\n    prize: mae\n  loss_weights:\n    tags: 2\n"
    found = mistakes(bench, text)
    assert [line.split(": ")[:2] for line in found] == [
        [str(LINES + 4), "training.loss.prize"], [str(LINES + 6), "training.loss_weights.tags"]
    ]  # fmt: skip


@pytest.mark.parametrize("monitor", ["val_sold_auc", "val_price_loss", "sold_accuracy", "val_loss"])
def test_monitors_may_be_any_score(monitor: str, bench) -> None:
    text = START + "training: {metrics: {sold: [accuracy, auc]}}\n"
    load(bench.write(text + f"callbacks: [{{name: early_stopping, monitor: {monitor}}}]\n", "x.yaml"))


@pytest.mark.parametrize(("monitor", "hint"), [("val_sold_f1", ""), ("val_auc", ""), ("val_solt_accuracy", "val_sold_accuracy")])  # fmt: skip
def test_a_monitor_that_no_output_has(monitor: str, hint: str, bench) -> None:
    (line,) = mistakes(bench, START + f"callbacks: [{{name: early_stopping, monitor: {monitor}}}]\n")
    wanted = f"{LINES + 1}: callbacks.0.monitor: no score is called '{monitor}'."
    assert line.startswith(wanted + (f" Did you mean '{hint}'?" if hint else ""))


def test_unknown_inputs_and_targets(bench) -> None:
    text = "data:\n  name: homes\n  inputs:\n    wrods: {}\n  targets:\n    prize: {}\nmodel: combined\n"
    assert mistakes(bench, text) == [
        "4: data.inputs.wrods: there is no input 'wrods'. Did you mean 'words'? Known: facts, words.",
        "6: data.targets.prize: there is no target 'prize'. Did you mean 'price'? Known: price, sold.",
    ]


def test_transforms_and_augmentation_belong_to_one_of_several_inputs(bench) -> None:
    text = "data:\n  name: homes\n  transforms: [standardize]\n  augmentation: {rotation: 3}\nmodel: combined\n"
    hint = "there are several inputs: list it for one, such as data.inputs.facts."
    assert mistakes(bench, text) == [f"3: data.transforms: {hint}", f"4: data.augmentation: {hint}"]


def test_transforms_of_inputs_and_targets_are_checked_where_they_are_listed(bench) -> None:
    text = START.replace("[standardize]}", "[standardize, tokenize]}").replace("[log, standardize]}", "[tokenize]}")
    (line,) = mistakes(bench, text)
    assert line.startswith("4: data.inputs.facts.transforms.1: ")
    text = START.replace("    price: {transforms: [log, standardize]}", "    sold: {transforms: [standardize]}")
    assert mistakes(bench, text) == [
        "7: data.targets.sold.transforms.0: standardize transforms numbers; target 'sold' is binary."
    ]


def test_a_logarithm_is_the_first_transform_of_a_target(bench) -> None:
    text = START.replace("[log, standardize]}", "[standardize, log]}")
    assert mistakes(bench, text) == ["7: data.targets.price: log must be the first transform of a target."]


def test_augmentation_of_an_input_without_images(bench) -> None:
    text = START.replace("facts: {", "facts: {augmentation: {rotation: 30}, ")
    (line,) = mistakes(bench, text)
    assert line.startswith("4: data.inputs.facts.augmentation: ")


def test_a_family_that_takes_one_input_says_which_ones_take_several(bench) -> None:
    (line,) = mistakes(bench, START.replace("model: {name: combined, encoders: {words: rnn}}", "model: dense"))
    wanted = "dense takes one input and predicts one target, not 2 inputs and 2 outputs: use combined or graph."
    assert line == f"8: model: {wanted}" or line == f"8: model.name: {wanted}"


def test_encoders_of_unknown_inputs_and_texts_that_are_not_padded(bench) -> None:
    text = START.replace("words: rnn", "wrods: rnn")
    assert mistakes(bench, text)[0].startswith("8: model.encoders.wrods: there is no input 'wrods'. Did you mean")
    text = START.replace("    words: {transforms: [{name: pad, length: 9}]}\n", "")
    assert mistakes(bench, text) == [
        "7: model.encoders.words: it needs sequences of one length: add such as {name: pad, length: 500} to the transforms."
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("data.only=[female]", "with several targets, rows cannot be chosen by their class"),
        ("kfold.stratify=gendr", "stratify: there is no target 'gendr' with classes"),
        ("kfold.stratify=true", "stratify: name the target, one of income, gender"),
        ("data.validation={fraction: 0.2, stratify: ages}", "there is no target 'ages' with classes"),
        ("callbacks=[samples]", "samples needs a vae or gan"),
        ("data.transforms=[one_hot]", "one_hot needs one target: of several, list it under data.targets"),
    ],
)
def test_what_one_target_alone_can_have_is_refused_with_several(change: str, message: str) -> None:
    path = Path(__file__).parents[2] / "configs" / "posts_three_outputs.yaml"
    with pytest.raises(ConfigError, match=re.escape(message)):
        load(path, [change])


def test_a_single_output_has_nothing_to_be_weighed_against() -> None:
    path = Path(__file__).parents[2] / "configs" / "multilabel_texts.yaml"
    with pytest.raises(ConfigError, match="there is one output: nothing to weigh it against"):
        load(path, ["training.loss_weights={tags: 2.0}"])


def test_a_wrong_name_in_training_does_not_hide_mistakes_in_the_model() -> None:
    path = Path(__file__).parents[2] / "configs" / "posts_three_outputs.yaml"
    with pytest.raises(ConfigError) as raised:
        load(path, ["training.loss={agee: mse}", "model.layers.words.of=post"])
    assert "there is no output 'agee'" in str(raised.value)
    assert "there is no input or layer 'post'" in str(raised.value)
