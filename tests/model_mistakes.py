"""The mistakes in the options of a model, without data."""

from __future__ import annotations

import re
from pathlib import Path

from dlpy.components.model import AnyModel
from dlpy.core.errors import ConfigError, ConfigErrors
from dlpy.core.options import Block
from dlpy.data.task import Task
from dlpy.experiment.document import read
from dlpy.experiment.messages import checked
from dlpy.experiment.yaml_reader import Mistake


class OfModel(Block):
    """An experiment file of nothing but a model."""

    name: str | None = None
    model: AnyModel


def mistakes_in(folder: Path, options: str, task: Task | None) -> list[str]:
    """Return the mistakes in a model's options, which begin in line 2, each from its line number on."""
    path = folder / "x.yaml"
    path.write_text(f"model:\n{options}")
    document = read(path)
    try:
        model = checked(OfModel, document).model
        if task is not None:
            model.check(task)
    except ConfigErrors as error:
        found = str(document.error([Mistake(("model", *keys), message) for keys, message in error.found]))
    except ConfigError as error:
        found = str(error)
    else:
        return []
    return [re.sub(r"^.*x\.yaml:", "", line) for line in found.splitlines()]
