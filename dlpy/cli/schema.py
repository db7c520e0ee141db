"""`dlpy schema`."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON Schema of experiment files, by which editors complete and check them.

    Example: dlpy schema > experiment.schema.json
    """
    from dlpy import kinds

    print(json.dumps(kinds.schema(), indent=2))
