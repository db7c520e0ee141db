"""`dlpy schema`."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON Schema of experiment files, by which editors complete and check them.

    Example: dlpy schema > experiment.schema.json
    """
    from dlpy.config import Experiment
    from dlpy.option_help import describe

    document = Experiment.model_json_schema()
    document["properties"]["extends"] = {"type": "string", "description": "An experiment file that this one changes."}
    describe(document)
    print(json.dumps(document, indent=2))
