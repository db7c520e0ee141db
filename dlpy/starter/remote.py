"""Experiment files for data at an address: its copy on this machine is inspected, and the file names the address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dlpy.core.errors import ConfigError
from dlpy.starter import starter
from dlpy.starter.columns import Choices
from dlpy.starter.overview import Draft
from dlpy.starter.wording import relative
from dlpy.storage.fetched import here
from dlpy.storage.objects import is_remote


def experiment_for(source: str, target: str | None, output: Path, choices: Choices, base: str | None) -> Draft:
    """Return an experiment file that trains on `source`, which may be an address such as s3://bucket/houses.csv.

    The arguments are those of `dlpy.starter.starter.experiment_for`.

    Raises:
        DlpyError: as that function does, or since the storage cannot be reached.
    """
    if not is_remote(source):
        return starter.experiment_for(source, target, output, choices, base)
    address = source.rstrip("/")
    with here(address) as copy:
        draft = starter.experiment_for(str(copy), target, output, choices, base)
    text = draft.text.replace(relative(copy, output), address)
    if f"path: {address}" not in text:
        raise ConfigError(f"{source}: dlpy new cannot write this name into an experiment file: rename it.")
    return replace(draft, text=text, notes=tuple(note.replace(str(copy), address) for note in draft.notes))
