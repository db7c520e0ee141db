"""What the families for sequences share: an embedding, a head, and the file that vectors come from."""

import json
from pathlib import Path

import pytest
from every import names

from dlpy.components.model import Model, PretrainedModel
from dlpy.runs.lookup import find_run

OTHER = ("realmlp", "tabm", "seq2seq")  # the embeddings of these are of numbers, or of the words of both texts
FAMILIES = {name: Model.registry.get(name) for name in names("models") if name not in OTHER}
EMBEDDED = [name for name, family in FAMILIES.items() if "embedding" in family.model_fields]
TEXTS = ["good film", "bad film", "good end", "bad end"] * 6
VECTORS = "good 1.0 0.5\nbad -1.0 0.25\nfilm 0.0 0.1\n"


@pytest.mark.parametrize("name", EMBEDDED)
def test_every_family_with_an_embedding_names_the_file_of_its_vectors(name: str) -> None:
    family = Model.registry.get(name).model_validate({"name": name, "embedding": {"path": "glove.txt"}})
    assert isinstance(family, PretrainedModel)
    assert family.outside_files() == {"model.embedding.path": Path("glove.txt")}


def test_there_are_families_with_an_embedding() -> None:
    assert {"conv1d", "dense", "rnn"} <= set(EMBEDDED)


def test_options_come_in_the_order_in_which_rows_pass_them() -> None:
    dumped = Model.registry.get("conv1d").model_validate({"name": "conv1d"}).model_dump()
    assert list(dumped)[:3] == ["name", "embedding", "filters"]
    assert list(dumped)[-3:] == ["head", "head_dropout", "output_activation"]


@pytest.mark.slow
def test_a_dense_run_is_not_resumed_with_other_vectors_unless_it_is_from_before_they_were_noted(bench) -> None:
    lines = [f"{text},{number % 2}" for number, text in enumerate(TEXTS)]
    Path("texts.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    Path("vectors.txt").write_text(VECTORS)
    path = bench.experiment(
        data={
            "name": "text_csv", "path": "texts.csv", "text": "text", "target": "label",
            "transforms": ["tokenize", {"name": "pad", "length": 2}],
        },
        model={"name": "dense", "units": [2], "embedding": {"path": "vectors.txt"}},
        training={"epochs": 1},
    )  # fmt: skip
    assert bench.run("train", path)[0] == 0
    run = find_run("latest")
    assert list(run.read("run.json")["files"]) == ["model.embedding.path"]
    run.update(status="interrupted")
    Path("vectors.txt").write_text(VECTORS.replace("0.5", "0.75"))
    status, _, err = bench.run("resume", run.id)
    assert (status, "model.embedding.path: " in err and "vectors.txt" in err) == (7, True), err
    record = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(record | {"files": {}}))
    assert bench.run("resume", run.id)[0] == 0
