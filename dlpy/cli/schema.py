"""`dlpy schema`."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of experiment files, by which editors complete and check them.

    Example: dlpy schema > experiment.schema.json
    """
    from dlpy.artworks import kinds
    from dlpy.cli.lines import say_json

    say_json(kinds.schema())
