"""The JSON Schema of experiment files: small, complete, and of the same opinion as dlpy about right and wrong files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dlpy.artworks import kinds
from dlpy.components import catalogue
from dlpy.components.model import Model
from dlpy.components.option_docs import option_help
from dlpy.core.errors import ConfigError
from dlpy.core.json_schema import compact
from dlpy.core.options import Block
from dlpy.experiment.yaml_reader import values_of
from tests.every import names

DRAFTS = [jsonschema.Draft7Validator, jsonschema.Draft202012Validator]
FILES = sorted((Path(__file__).parents[2] / "configs").rglob("*.yaml"))
COMPONENTS = [
    (kind, name) for kind in catalogue.kinds() if kind != "plots" for name in names(kind)
]  # plots are named on the command line

WRONG = {
    "an unknown option": "{data: mnist, model: dense, epochs: 3}",
    "an unknown option of a component": "{data: mnist, model: {name: dense, unit: [3]}}",
    "an option of another component": "{data: mnist, model: {name: dense, filters: [3]}}",
    "an unknown component": "{data: mnist, model: dens}",
    "no model": "{data: mnist}",
    "a text in place of a number": "{data: mnist, model: dense, training: {epochs: ten}}",
    "a number out of range": "{data: mnist, model: dense, training: {optimizer: {name: adam, learning_rate: -1}}}",
    "an unknown word": "{data: mnist, model: {name: dense, activation: relo}}",
    "a missing option": "{data: {name: csv, path: a.csv}, model: dense}",
    "a number in place of a list": "{data: mnist, model: {name: dense, units: 3}}",
    "an unknown callback": "{data: mnist, model: dense, callbacks: [{name: early_stoping}]}",
    "an unknown kind": "{kind: drem}",
    "an option of another kind": "{kind: dream, content: a.jpg}",
    "a mistake in a shared block": "{data: {name: mnist, validation: {fractoin: 0.2}}, model: dense}",
    "a range without ends": "{data: mnist, model: {name: dense, dropout: {search: 0.5}}}",
    "a range with three ends": "{data: mnist, model: {name: dense, dropout: {search: [0.1, 0.2, 0.3]}}}",
    "a range with an unknown scale": "{data: mnist, model: {name: dense, dropout: {search: [0.1, 0.2], scale: lin}}}",
    "one choice": "{data: mnist, model: {search: {choices: [dense]}}}",
    "a range of seeds": "{data: mnist, model: dense, seed: {search: [1, 9]}}",
    "a range of trials": "{data: mnist, model: dense, search: {trials: {search: [1, 9]}}}",
    "a range in a dream": "{kind: dream, path: a.jpg, steps: {search: [1, 9]}}",
    "a mistake beside `extends`": "{extends: mnist_dense.yaml, model: {name: dense, unit: [3]}}",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return kinds.schema()


def as_json(values: Any) -> Any:
    return json.loads(json.dumps(values))


def parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from parts(value)


def at(schema: dict[str, Any], reference: str) -> Any:
    """Return what a JSON pointer leads to; KeyError or IndexError where it leads nowhere."""
    found: Any = schema
    for key in reference.removeprefix("#/").split("/"):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return at(schema, found["$ref"]) if "$ref" in found else found


def test_editors_need_not_read_much(bench) -> None:
    status, out, _ = bench.run("schema")
    assert status == 0
    assert len(out) < 275_000
    assert json.loads(out)["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_reference_leads_to_a_schema(schema) -> None:
    references = [part["$ref"] for part in parts(schema) if isinstance(part.get("$ref"), str)]
    assert len(references) > 300
    assert all(isinstance(at(schema, reference), dict) for reference in references)


@pytest.mark.parametrize("draft", DRAFTS)
def test_it_is_a_schema(draft, schema) -> None:
    draft.check_schema(schema)


@pytest.mark.slow
def test_every_config_is_right_as_written_and_with_every_default(schema) -> None:
    editor, validator = (draft(schema) for draft in DRAFTS)
    assert len(FILES) >= 70
    for path in FILES:
        editor.validate(as_json(values_of(path.read_text())))
        if "{search: " not in path.read_text():  # a range has no value yet
            validator.validate(as_json(kinds.load_any(path)[0].model_dump()))


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_wrong_files_are_found(text, schema, tmp_path) -> None:
    for draft in DRAFTS:
        assert not draft(schema).is_valid(values_of(text))
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        kinds.load_any(path)


def test_a_class_of_the_same_name_takes_no_help_away() -> None:
    class Dense(Block):
        width: int = 1
        """Not an option of the model of this name."""

    assert Dense().width == 1
    options = at(kinds.schema(), "#/$defs/Dense")["properties"]
    assert options["units"]["description"] == option_help(Model.registry.get("dense"))["units"]


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_every_option_has_its_help_and_its_default(kind, name, schema) -> None:
    cls = catalogue.kinds()[kind].get(name)
    options = at(schema, f"#/$defs/{cls.__name__}")["properties"]
    texts = option_help(cls)
    assert list(options) == list(cls.model_fields)
    assert texts.keys() == cls.model_fields.keys() - {"name"}
    for option, field in cls.model_fields.items():
        if option == "name":
            continue
        found = (
            options[option]
            if "$ref" not in options[option]
            else {**at(schema, options[option]["$ref"]), **options[option]}
        )
        assert found["description"] == texts[option]
        assert ("default" in found) != field.is_required()


def test_a_component_may_be_given_by_any_of_its_names(schema) -> None:
    validator = DRAFTS[0](schema)
    for name in ("acc", "accuracy", "r2_score", "bpc"):
        for metric in (name, {"name": name}):
            validator.validate({"data": "mnist", "model": "dense", "training": {"metrics": [metric]}})


@pytest.mark.parametrize("draft", DRAFTS)
def test_ranges_are_right_wherever_an_option_is(draft, schema, tmp_path) -> None:
    text = """\
data: {name: boston_housing, transforms: [{search: {choices: [standardize, robust_scale]}}]}
model: {name: dense, units: [{search: [16, 64]}, 32], dropout: {search: [0.0, 0.5], step: 0.1}}
training:
  epochs: {search: [5, 50], scale: log}
  loss: {search: {choices: [mse, {name: huber, delta: {search: [0.5, 2.0]}}]}}
  optimizer: {name: adam, learning_rate: {search: [1e-4, 1e-1], scale: log}}
callbacks: [{name: early_stopping, patience: {search: [1, 9]}}]
search: {trials: 60, sampler: tpe, monitor: val_mae}
"""
    draft(schema).validate(values_of(text))
    path = tmp_path / "ranges.yaml"
    path.write_text(text)
    kinds.load_or_try(path)
    draft(schema).validate(
        values_of("{data: {search: {choices: [imdb, reuters]}}, model: {search: {choices: [rnn, dense]}}}")
    )


def test_parts_that_occur_again_refer_to_where_they_occur_first() -> None:
    rate = {"type": "number", "minimum": 0, "description": "Share of each hidden layer's outputs that is dropped."}
    options = {"a": rate, "title": {"type": "string", "title": "Title"}, "b": {**rate, "title": "B"}, "c": rate}
    assert compact({"title": "Net", "properties": options, "additionalProperties": False}) == {
        "properties": {
            "a": rate,
            "title": {"type": "string"},
            "b": {"$ref": "#/properties/a"},
            "c": {"$ref": "#/properties/a"},
        },
        "additionalProperties": False,
    }
