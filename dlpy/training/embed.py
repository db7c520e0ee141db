"""Codes of a user's rows: what goes into the last layer, as files for TensorBoard's projector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import ConfigError, on_a_line
from dlpy.data.features import Texts
from dlpy.data.validate import check_rows
from dlpy.engine.engine import Engine
from dlpy.engine.mean_of_networks import networks_of
from dlpy.models._one_encoder import OneEncoder
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.storage.atomic import number_text, storage, write_whole
from dlpy.training.evaluate import Tell, Trained, restore, silent
from dlpy.training.given import Ask, Given, rows_of_file, rows_of_texts

if TYPE_CHECKING:
    import keras

_PROJECTOR = """embeddings {
  tensor_name: "codes"
  tensor_path: "vectors.tsv"
  metadata_path: "metadata.tsv"
}
"""
_LONGEST = 200  # characters of a text beside its code


@dataclass(frozen=True)
class Codes:
    """Codes of rows, and what is written beside each: (rows, size) float32, and a column of cells by name."""

    vectors: np.ndarray
    beside: dict[str, list[str]]

    def write(self, folder: Path) -> None:
        """Write vectors.tsv, metadata.tsv and projector_config.pbtxt, which `tensorboard --logdir` shows.

        Raises:
            StorageError: they cannot be written.
        """
        lines = ("\t".join(map(number_text, row)) for row in self.vectors.tolist())
        told = ["\t".join(self.beside), *map("\t".join, zip(*self.beside.values(), strict=True))]
        told = told[1:] if len(self.beside) == 1 else told  # the projector takes a single column without its name
        with storage(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("vectors.tsv", "\n".join(lines) + "\n"),
            ("metadata.tsv", "\n".join(told) + "\n"),
            ("projector_config.pbtxt", _PROJECTOR),
        ):
            write_whole(folder / name, lambda path, text=text: path.write_text(text, encoding="utf-8"))


def embed(run: Run, given: Path | list[str], ask: Ask, tell: Tell = silent) -> Codes:
    """Return a run's codes of the rows of a file, or of texts; of several inputs with one encoder, those of each.

    Raises:
        ConfigError: the run's model has no code.
        DataError: the file cannot be read, or does not fit the run.
    """
    if run.record().kind == ENSEMBLE:
        raise ConfigError(f"--embed: {run.id} is an ensemble: name one of its members.")
    trained = restore(run, ask.checkpoint, tell)
    if isinstance(trained.experiment.model, EstimatorModel | GenerativeModel):
        raise ConfigError(f"--embed: {trained.experiment.model.name} has no last layer whose input could be a code.")
    read = rows_of_texts(run, trained, given) if isinstance(given, list) else rows_of_file(trained, given, ask, tell)
    return _codes(trained, read)


def _codes(trained: Trained, given: Given) -> Codes:
    rows = trained.applied(given.inputs)
    check_rows(rows, given.what.removeprefix("the rows of "), trained.task)
    network = _network(trained)
    network.compile("sgd")  # an engine takes no other; nothing is trained
    found = Engine(network).predict_all(rows, trained.experiment.training.batch_size)
    count, names = len(rows), sorted(found, key=list(trained.task.inputs).index) if len(found) > 1 else list(found)
    flat = [found[name].reshape(count, -1) for name in names]
    beside = {"row": [str(row) for row in range(count)] * len(names)}
    if len(names) > 1:
        beside["input"] = [name for name in names for _ in range(count)]
    beside |= _texts(given, names)
    beside |= {name: [on_a_line(cell) for cell in cells] * len(names) for name, cells in given.kept.items()}
    return Codes(np.concatenate(flat), beside)


def _texts(given: Given, names: list[str]) -> dict[str, list[str]]:
    """Return the texts beside their codes; nothing if the rows are no texts."""
    inputs = given.inputs.inputs
    sources = [inputs[name] for name in names] if names[0] in inputs else list(inputs.values())[:1]
    texts = [text for x in sources if isinstance(x, Texts) for text in x.values.tolist()]
    return {"text": [on_a_line(text[:_LONGEST]) for text in texts]} if texts else {}


def _network(trained: Trained) -> keras.Model:
    """Return the network from the inputs to the code; of a family with one encoder, to the code of each input."""
    import keras

    engine: Any = trained.engine
    model = engine.model
    family = trained.experiment.model
    if isinstance(family, OneEncoder):
        coded = family.coded(model)
        return keras.Model(model.inputs, coded if len(coded) > 1 else next(iter(coded.values())))
    if networks_of(model):
        raise ConfigError("--embed: the final model is the mean of several networks, each with codes of its own.")
    if len(trained.task.outputs) > 1:
        raise ConfigError("--embed: the run has several outputs, each with a last layer and a code of its own.")
    return keras.Model(model.inputs, _before_the_last(model, family.name))


def _before_the_last(model: keras.Model, family: str) -> Any:
    """Return what goes into the last layer that has weights."""
    operation, number, _ = model.outputs[0]._keras_history
    while not getattr(operation, "weights", ()):
        if not operation._inbound_nodes or not operation._inbound_nodes[number].input_tensors:
            raise ConfigError(f"--embed: {family} has no last layer whose input could be a code.")
        operation, number, _ = operation._inbound_nodes[number].input_tensors[0]._keras_history
    return operation._inbound_nodes[number].input_tensors[0]
