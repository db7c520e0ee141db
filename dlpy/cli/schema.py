"""`dlpy schema`."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of experiment files, which editors use to complete and check them.

    VS Code's YAML extension reads it where a file's first line is
    `# yaml-language-server: $schema=experiment.schema.json`.

    Example: dlpy schema > experiment.schema.json
    """
    import json

    from dlpy.artworks import kinds
    from dlpy.cli.lines import say

    say(json.dumps(kinds.schema(), separators=(",", ":")))  # on one line: editors load the whole file
