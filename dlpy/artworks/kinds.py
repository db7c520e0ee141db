"""The kinds of experiment files: without `kind` a file trains a model; dream and style optimize an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlpy.core.errors import did_you_mean
from dlpy.experiment.document import Document, read
from dlpy.experiment.experiment import Experiment, experiment_of
from dlpy.experiment.messages import checked
from dlpy.experiment.range_mistakes import has_ranges, require_values
from dlpy.experiment.search_checks import search_of
from dlpy.experiment.yaml_reader import Mistake

if TYPE_CHECKING:
    from dlpy.artworks.base import Artwork


def artworks() -> dict[str, type[Artwork]]:
    """Return the classes of experiments that make an image, by kind; they are imported for these alone."""
    from dlpy.artworks.dream_options import Dream
    from dlpy.artworks.style_options import Style

    return {"dream": Dream, "style": Style}


def load_any(path: Path, overrides: list[str] | None = None) -> tuple[Experiment | Artwork, Document]:
    """Return the checked experiment of a file of any kind, and its document with line numbers.

    Raises:
        ConfigError: lists every mistake, one per line.
    """
    document = read(path, overrides)
    return experiment_of_any(document), document


def load_or_try(path: Path, overrides: list[str] | None = None) -> tuple[Experiment | Artwork, Document]:
    """Return what `load_any` does; of a file with ranges the experiment at its first point, after many were tried.

    Raises:
        ConfigError: lists every mistake, one per line.
    """
    document = read(path, overrides)
    if "kind" in document.values or not has_ranges(document):
        return experiment_of_any(document), document
    space, experiment = search_of(document)
    return experiment, space.document(space.completed({}))


def experiment_of_any(document: Document) -> Experiment | Artwork:
    """Return the checked experiment of a document of any kind, with one value for each option."""
    kind = document.values.get("kind")
    if "kind" not in document.values:
        return experiment_of(document)
    require_values(document)
    known = artworks()
    if not isinstance(kind, str) or kind not in known:
        message = f"there is no kind '{kind}'.{did_you_mean(str(kind), known)} Omit 'kind' to train a model."
        raise document.error([Mistake(("kind",), message)])
    artwork = checked(known[kind], document)
    mistakes = artwork.mistakes()
    if mistakes:
        raise document.error(mistakes)
    return artwork


def schema() -> dict[str, Any]:
    """Return the JSON Schema of experiment files of every kind."""
    from pydantic.json_schema import models_json_schema

    from dlpy.components.option_docs import describe
    from dlpy.core.json_schema import compact
    from dlpy.experiment.range_schema import accept_ranges

    known = artworks()
    classes = [Experiment, *known.values()]
    references, document = models_json_schema([(cls, "validation") for cls in classes])
    for reference in references.values():
        _let_extend(document["$defs"][reference["$ref"].rpartition("/")[2]])
    document["properties"] = {"kind": {"enum": list(known)}}
    document["if"] = {"required": ["kind"]}
    document["then"] = {"allOf": [_where(kind, references[cls, "validation"]) for kind, cls in known.items()]}
    document["else"] = references[Experiment, "validation"]
    describe(document)
    accept_ranges(document, Experiment.__name__, without={cls.__name__ for cls in known.values()})
    return {"$schema": "http://json-schema.org/draft-07/schema#", **compact(document)}


def _let_extend(options: dict[str, Any]) -> None:
    """Add `extends` to the schema of a kind of file; a file that extends another need not give required options."""
    options["properties"]["extends"] = {
        "type": "string",
        "description": "Path of the experiment file that this one is based on.",
    }
    options |= {"if": {"required": ["extends"]}, "else": {"required": options.pop("required", [])}}


def _where(kind: str, reference: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that applies `reference` to files of this kind."""
    return {"if": {"properties": {"kind": {"const": kind}}}, "then": reference}
