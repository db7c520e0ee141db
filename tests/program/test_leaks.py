"""Nothing but training rows decides what is learnt: for every dataset, transform and model family that fit each other.

Other test rows change no bit of the weights, of what the transforms learnt and of the validation scores; other
validation rows change no bit of the weights. The components come from the registries, so that a new one is covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from every import REQUIRED, names
from held_out import bits, learnt, numbers, otherwise, with_other_test, with_other_validation
from pydantic import ValidationError

from dlpy.components.dataset import Dataset
from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import Model
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Data, Loaded
from dlpy.data.splits import KFold
from dlpy.data.task import Task
from dlpy.engine.engine import Engine
from dlpy.experiment.cross_checks import misfits
from dlpy.experiment.experiment import Experiment, load
from dlpy.training.callbacks import built_callbacks, checkpoint_of, directions
from dlpy.training.compile import choose_execution, engine_for, fresh_model
from dlpy.training.estimators import fit_rounds
from dlpy.training.fit import Training, fit
from dlpy.training.pipeline import Split, split
from dlpy.training.record import Options, begin
from dlpy.training.reporter import Reporter
from dlpy.training.train import train

pytestmark = pytest.mark.slow

LIMIT = 48  # rows
SMALL = {  # options that make components quick, or that decide what a test is about
    "jena_climate": {"lookback": 48, "step": 8},
    "image_folder": {"size": 8},
    "cats_vs_dogs": {"size": 8},
    "language_model": {"window": 8},
    "nietzsche": {"window": 8},
    "tokenize": {"vocabulary": 40},
    "fill_missing": {"rule": "mean"},
    "log": {"add": 1000},
    "convnet": {"filters": [4], "units": [4]},
    "video": {"filters": [4]},
    "dense": {"units": [4]},
    "pretrained": {"base": {"name": "convnet", "filters": [4]}, "weights": None, "units": [4]},
    "rnn": {"units": 4, "cell": "simple", "embedding": 4},
    "conv1d": {"filters": [4], "kernel": 3, "embedding": 4},
    "transformer": {"size": 4},
    "boosting": {"trees": 5, "leaf_rows": 2},
    "random_forest": {"trees": 5},
    "vae": {"encoder": [{"filters": 4, "stride": 2}], "units": [4]},
    "gan": {
        "latent": 4,
        "generator": {"start": 4, "layers": [{"filters": 4, "kernel": 4, "stride": 2}], "kernel": 3},
        "discriminator": {"layers": [{"filters": 4, "kernel": 4, "stride": 2}]},
    },
}
BEFORE: list[list[dict[str, Any]]] = [  # what a transform may need before it
    [],
    [{"name": "hash_words", "size": 40}],
    [{"name": "tokenize", "vocabulary": 40}],
    [{"name": "pad", "length": 6}],
    [{"name": "tokenize", "vocabulary": 40}, {"name": "pad", "length": 6}],
]
# where a family is trained: the dataset, its transforms and other options of the family
TRAINED: dict[str, tuple[str, str, list[Any], dict[str, Any]]] = {
    "dense on a table": ("dense", "csv", ["standardize"], {}),
    "dense with embeddings": ("dense", "csv", ["standardize", {"name": "tabulate", "embed": 0}], {}),
    "dense on bags of words": ("dense", "text_csv", [{"name": "tokenize", "vocabulary": 40}, "tf_idf"], {}),
    "convnet": ("convnet", "image_folder", ["rescale"], {}),
    "video": ("video", "video_folder", ["rescale"], {}),
    "conv1d on texts": ("conv1d", "text_csv", [{"name": "hash_words", "size": 40}, {"name": "pad", "length": 6}], {}),
    "rnn on texts": ("rnn", "text_csv", [{"name": "tokenize", "vocabulary": 40}, {"name": "pad", "length": 6}], {}),
    "rnn on a series": ("rnn", "timeseries_csv", ["standardize"], {}),
    "rnn on running text": ("rnn", "language_model", [], {}),
    "transformer on texts": (
        "transformer",
        "text_csv",
        [{"name": "tokenize", "vocabulary": 40}, {"name": "pad", "length": 6}],
        {},
    ),
    "transformer on running text": ("transformer", "language_model", [], {}),
    "baseline": ("baseline", "timeseries_csv", ["standardize"], {}),
    "pretrained, its features": (
        "pretrained",
        "image_folder",
        [],
        {"weights": "run:source", "train": "features", "units": [4]},
    ),
    "pretrained, all of it": ("pretrained", "image_folder", ["rescale"], {"train": "all"}),
    "graph": ("graph", "csv", ["standardize"], {}),
    "combined": ("combined", "csv", ["standardize"], {}),
    "dlinear": ("dlinear", "timeseries_csv", ["standardize"], {}),
    "tsmixer": ("tsmixer", "timeseries_csv", ["standardize"], {}),
    "siamese": ("siamese", "sentence_pairs", [], {}),
    "embedding": ("embedding", "npz", ["standardize"], {"encoder": "dense"}),
    "seq2seq": ("seq2seq", "reversed_words", [], {}),
    "tabm": ("tabm", "csv", ["standardize"], {}),
    "realmlp": ("realmlp", "csv", ["robust_scale"], {}),
    "vae": ("vae", "image_folder", ["rescale"], {}),
    "gan": ("gan", "image_folder", ["rescale"], {}),
}
DATASETS, TRANSFORMS, FAMILIES = names("datasets"), names("transforms"), names("models")
CLASSIC = [name for name in FAMILIES if issubclass(Model.registry.get(name), EstimatorModel)]


def options(name: str) -> dict[str, Any]:
    return {"name": name, **REQUIRED.get(name, {}), **SMALL.get(name, {})}


def dataset(name: str, transforms: list[Any] | None = None, of: str | None = None) -> Dataset:
    """Return a dataset with these transforms, of one of its inputs if it has several."""
    cls = Dataset.registry.get(name)
    held = {"test": 0.25} if "test" in cls.model_fields and cls.model_fields["test"].default is None else {}
    listed = {"inputs": {of: {"transforms": transforms}}} if of else {"transforms": transforms}
    given = options(name) | held | (listed if transforms else {})
    return cls.model_validate(given)


@lru_cache
def rows_of(name: str) -> Loaded:
    loaded = dataset(name).stand_in(1, LIMIT)
    assert loaded.test is not None
    return loaded


def chains(task: Task, transform: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the ways in which a transform fits a dataset: by itself, or behind others that it needs."""
    for before in BEFORE:
        chain, outlined = [*before, options(transform)], task
        try:
            for step in chain:
                outlined = Transform.registry.get(step["name"]).model_validate(step).outline(outlined)
        except ConfigError:
            continue
        yield chain


@lru_cache
def fitting(name: str) -> list[tuple[Dataset, Split, Data, dict[str, Any]]]:
    """Return a dataset with every transform that fits it: its parts, its rows and what is learnt of them."""
    loaded, found = rows_of(name), []
    views = {of: loaded.task.of_input(of) for of in loaded.task.inputs}
    every = [(of, chain) for of, view in views.items() for step in TRANSFORMS for chain in chains(view, step)]
    for of, chain in [(None, []), *every]:
        try:
            given = dataset(name, chain, of if len(views) > 1 else None)
            parts = split(given, loaded)
            found.append((given, parts, *learnt(given, parts, loaded.task)))
        except (ConfigError, ValidationError):
            continue  # a second tabulate behind that of the dataset; a text that takes no transforms
    return found


@pytest.mark.parametrize("name", DATASETS)
def test_no_transform_learns_from_other_rows_than_the_training_rows(name: str) -> None:
    task = rows_of(name).task
    for given, parts, data, before in fitting(name):
        steps = [transform.name for transform in given.all_transforms()]
        other, after = learnt(given, with_other_test(parts, task), task)
        assert after == before, steps
        assert bits(numbers(other.validation)) == bits(numbers(data.validation)), steps
        assert bits(numbers(other.test)) != bits(numbers(data.test)), steps
        other, after = learnt(given, with_other_validation(parts, task), task)
        assert after == before, steps
        assert bits(numbers(other.validation)) != bits(numbers(data.validation)), steps


def test_every_transform_is_among_them() -> None:
    given = [given for name in DATASETS for given, *_ in fitting(name)]
    found = {transform.name for dataset in given for transform in dataset.all_transforms()}
    assert found == set(TRANSFORMS)


def experiment(given: Dataset, family: str, **more: Any) -> Experiment:
    model = {"name": family, **more} if "weights" in more else options(family) | more
    training = {"epochs": 1, "batch_size": 8, "jit_compile": False}
    return Experiment.model_validate({"data": given, "model": model, "training": training})


@pytest.mark.parametrize("family", FAMILIES)
def test_no_model_family_learns_of_the_rows_from_others_than_the_training_rows(family: str) -> None:
    fits = 0
    for name in DATASETS:
        task = rows_of(name).task
        for given, parts, *_ in fitting(name):
            chosen = experiment(given, family)
            if misfits(chosen, task):
                continue
            if chosen.model.transforms():  # else its rows are those of the test above
                try:
                    _, before = learnt(chosen, parts, task)
                except ConfigError:  # the rows show only now that the family does not fit them
                    continue
                assert learnt(chosen, with_other_test(parts, task), task)[1] == before
                assert learnt(chosen, with_other_validation(parts, task), task)[1] == before
            fits += 1
    assert fits


class Lab:
    """Trains an experiment on several parts; the graph is traced once."""

    def __init__(self, chosen: Experiment, loaded: Loaded, folder: Path) -> None:
        self.experiment, self.loaded, self.folder = chosen, loaded, folder
        self._engine: Engine | None = None

    def trained(self, parts: Split) -> tuple[str, str, dict[str, list[str]]]:
        """Return the bits of the weights after the last epoch, of what the transforms learnt, and the scores."""
        data, state = learnt(self.experiment, parts, self.loaded.task)
        chosen = self.experiment.resolved(data.task, {})
        chosen = chosen.model_copy(update={"model": chosen.model.resolved(data.task)})
        run = begin(chosen, self.loaded, data.task, Options(self.folder))
        model = fresh_model(chosen, data.task)
        callbacks = built_callbacks(chosen, run, data)
        if self._engine is None:
            execution = choose_execution(chosen, model, len(data.train), list(callbacks.values()))
            self._engine = engine_for(model, chosen, data.task, execution)
        else:
            self._engine.restart(model)
        keeper = checkpoint_of(chosen).build(run, directions(chosen, data))
        fit(Training(run, self._engine, chosen, data), callbacks, keeper, Reporter(), None)
        header, *lines = [line.split(",") for line in run.metrics.read_text().splitlines()]
        scores = {title: [line[i] for line in lines] for i, title in enumerate(header) if title != "seconds"}
        return bits([np.asarray(value) for value in self._engine.model.get_weights()]), state["states"], scores


def train_source(name: str, folder: Path) -> None:
    """Train a convnet whose layers another run takes over."""
    data = options(name) | {"transforms": ["rescale"], "fallback": "stand_in"}
    blocks = {"name": "source", "data": data, "model": options("convnet"), "training": {"epochs": 1}}
    (folder / "source.yaml").write_text(yaml.safe_dump(blocks))
    train(*load(folder / "source.yaml"), Options(Path("runs"), smoke=True), Reporter())


@pytest.mark.parametrize("case", TRAINED)
def test_weights_and_validation_scores_do_not_depend_on_rows_that_are_held_out(case: str, tmp_path: Path) -> None:
    family, name, chain, more = TRAINED[case]
    if more.get("weights") == "run:source":
        train_source(name, tmp_path)
    given, task = dataset(name, chain), rows_of(name).task
    parts = split(given, rows_of(name))
    lab = Lab(experiment(given, family, **more), rows_of(name), tmp_path)
    before = lab.trained(parts)
    assert lab.trained(with_other_test(parts, task)) == before
    weights, states, scores = lab.trained(with_other_validation(parts, task))
    assert (weights, states) == before[:2]
    held_out = {title for title in scores if title.startswith("val_")}
    assert {title: scores[title] for title in scores.keys() - held_out} == {
        title: before[2][title] for title in scores.keys() - held_out
    }
    if held_out:
        assert scores != before[2]


def test_every_family_is_trained_among_them() -> None:
    assert {family for family, *_ in TRAINED.values()} == set(FAMILIES) - set(CLASSIC)
    assert len(CLASSIC) >= 5


@pytest.mark.parametrize("family", CLASSIC)
def test_a_classic_model_does_not_depend_on_rows_that_are_held_out(family: str, tmp_path: Path) -> None:
    given, loaded = dataset("csv", ["standardize"]), rows_of("csv")
    parts, chosen = split(given, loaded), experiment(given, family)

    def fitted(parts: Split) -> tuple[bytes, dict[str, float]]:
        data, _ = learnt(chosen, parts, loaded.task)
        last = fit_rounds(None, chosen.resolved(data.task, {}), data, Reporter()).last
        last.fitted.save(tmp_path / "model")
        return (tmp_path / "model").read_bytes(), last.scores

    file, before = fitted(parts)
    assert fitted(with_other_test(parts, loaded.task)) == (file, before)
    again, after = fitted(with_other_validation(parts, loaded.task))
    assert again == file
    assert {name for name in before if after[name] != before[name]} >= {"val_loss"}
    assert {name for name in before if after[name] != before[name]} <= {name for name in before if "val_" in name}


def test_a_folds_transforms_learn_nothing_of_its_own_validation_rows() -> None:
    for name in ("csv", "text_csv", "image_folder"):
        loaded = rows_of(name)
        for given, *_ in fitting(name):
            train, held = next(KFold(folds=2).split(loaded.train, loaded.task, 0))
            validation = loaded.train.take(held)
            other, (trained,) = otherwise(validation, [loaded.train.take(train)], loaded.task)
            before = learnt(given, Split(trained, validation, None), loaded.task)[1]
            assert learnt(given, Split(trained, other, None), loaded.task)[1] == before
