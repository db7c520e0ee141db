"""The kinds of experiment files: those that train a model, which say no `kind`, and those that make a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlpy.artworks.base import Artwork
from dlpy.artworks.dream_options import Dream
from dlpy.artworks.style_options import Style
from dlpy.components.option_docs import describe
from dlpy.core.errors import did_you_mean
from dlpy.experiment.document import Document, read
from dlpy.experiment.experiment import Experiment, experiment_of
from dlpy.experiment.messages import checked
from dlpy.experiment.yaml_reader import Mistake

ARTWORKS: dict[str, type[Artwork]] = {"dream": Dream, "style": Style}


def load_any(path: Path, overrides: list[str] | None = None) -> tuple[Experiment | Artwork, Document]:
    """Return the checked experiment of a file of any kind, and where everything in it was written.

    Raises:
        ConfigError: names every mistake, a line each.
    """
    document = read(path, overrides)
    kind = document.values.get("kind")
    if "kind" not in document.values:
        return experiment_of(document), document
    if not isinstance(kind, str) or kind not in ARTWORKS:
        message = f"there is no kind '{kind}'.{did_you_mean(str(kind), ARTWORKS)} Leave it out to train a model."
        raise document.error([Mistake(("kind",), message)])
    artwork = checked(ARTWORKS[kind], document)
    mistakes = artwork.mistakes()
    if mistakes:
        raise document.error(mistakes)
    return artwork, document


def schema() -> dict[str, Any]:
    """Return the JSON Schema of experiment files of every kind."""
    kinds = {"": Experiment, **ARTWORKS}
    schemas = {kind: cls.model_json_schema() for kind, cls in kinds.items()}
    blocks = {name: block for found in schemas.values() for name, block in found.pop("$defs", {}).items()}
    for found in schemas.values():
        found["properties"]["extends"] = {"type": "string", "description": "An experiment file that this one changes."}
    document: dict[str, Any] = {"$defs": {**blocks, **{found["title"]: found for found in schemas.values()}}}
    document["properties"] = {"kind": {"enum": list(ARTWORKS)}}
    document["if"] = {"required": ["kind"]}
    document["then"] = {"allOf": [_where(kind, schemas[kind]["title"]) for kind in ARTWORKS]}
    document["else"] = {"$ref": "#/$defs/Experiment"}
    describe(document)
    return document


def _where(kind: str, title: str) -> dict[str, Any]:
    """Return the schema that holds where a file is of this kind."""
    return {"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{title}"}}
