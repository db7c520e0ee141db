"""The targets that a run's seq2seq model writes for a user's sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.rows import Rows
from dlpy.data.task import SOURCE
from dlpy.data.unfamiliar import Unfamiliar
from dlpy.datasets._prose import read_text
from dlpy.datasets._texts import checked
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.sampling.translation import Search
from dlpy.training import evaluate
from dlpy.training.predict import texts_for


def write_targets(
    run: Run, sources: list[str], search: Search, where: str, which: checkpoints.Which = "best"
) -> tuple[list[str], list[Unfamiliar]]:
    """Return the text that a run writes for each source, and what in the sources no training row held.

    Args:
        where: the option or the file with the sources, for messages.

    Raises:
        DataError: a source is empty.
    """
    texts = checked(sources, lambda row: where if len(sources) == 1 else f"{where}, line {row + 1}")
    trained = evaluate.restore(run, which)
    rows = Rows({SOURCE: texts}, {}, np.arange(len(texts)))
    return texts_for(trained, rows, search), trained.pipeline.unfamiliar(rows)


def sources_of(source: str | None, source_file: Path | None) -> tuple[list[str], str]:
    """Return the sources that the command line names, and the option they are from.

    Raises:
        ConfigError: there are none, or both options are given.
    """
    if (source is None) == (source_file is None):
        raise ConfigError('give either --source "TEXT" or --source-file FILE.')
    if source is not None:
        return [source], "--source"
    lines = read_text(Path(str(source_file))).removesuffix("\n").split("\n")
    if lines == [""]:
        raise DataError(f"--source-file {source_file}: the file is empty.")
    return lines, f"--source-file {source_file}"
