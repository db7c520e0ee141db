"""The files that make a directory within a run, of a seed or a fold, a run of its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.storage.atomic import storage
from dlpy.training.record import write_config

_OF_THE_WHOLE = ("seeds", "folds", "given", "resumes", "config_sha256")


def write_part_record(folder: Run, run: Run, experiment: Experiment, own: dict[str, Any]) -> None:
    """Write config.yaml, the plug-ins and run.json of a part of a run; its data is that of the whole run.

    Args:
        folder: of the part.
        run: that it belongs to.
        experiment: with the seed of the part.
        own: entries of run.json in which the part differs from the whole.
    """
    told = run.read("run.json")
    record = {key: value for key, value in told.items() if key not in _OF_THE_WHOLE}
    data = told["data"] if told["data"]["source"] == "file" else {**told["data"], "seed": told["seed"]}
    with storage(folder.path):
        for plugin in experiment.plugins:
            shutil.copyfile(plugin, folder.path / Path(plugin).name)
    write_config(folder, experiment)
    folder.write("run.json", {**record, "id": folder.id, "seed": experiment.seed, "data": data, "test_looks": 0, **own})
