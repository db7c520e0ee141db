import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.components.plot import Plot
from dlpy.drawing.figures import style
from dlpy.runs.directory import Run


@dataclass(frozen=True)
class RunMaker:
    """Writes run directories by hand: the files that plots read, with the values a test gives."""

    folder: Path
    made: list[Run] = field(default_factory=list)

    def __call__(self, name: str = "20260101-120000-toy", **record: Any) -> "RunFiles":
        path = self.folder / name
        path.mkdir(parents=True)
        content = {"id": name, "kind": "train", "status": "completed", "smoke": False}
        content["data"] = {"source": "file", "description": "toy.npz", "sha256": "", **record.pop("data", {})}
        (path / "run.json").write_text(json.dumps(content | record))
        return RunFiles(Run(path))


@dataclass(frozen=True)
class RunFiles:
    run: Run

    def task(self, kind: str, units: int = 1, classes: Sequence[str] = ()) -> "RunFiles":
        return self.outputs(target={"kind": kind, "units": units, "classes": list(classes), "one_hot": False})

    def outputs(self, **outputs: dict) -> "RunFiles":
        task = {"inputs": {"input": {}}, "outputs": outputs}
        self.run.update(raw_task=task, task=task)
        return self

    def metrics(self, scores: dict[str, Sequence[float]], file: str = "metrics.csv") -> "RunFiles":
        path = self.run.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = zip(*scores.values(), strict=True)
        with path.open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["epoch", "seconds", *scores])
            writer.writerows([number, number * 0.5, *row] for number, row in enumerate(rows, start=1))
        return self

    def summary(self, **content: Any) -> "RunFiles":
        (self.run.path / "summary.json").write_text(json.dumps(content))
        return self

    def predictions(
        self, target: Sequence | np.ndarray, prediction: Sequence | np.ndarray, part: str, **arrays: Any
    ) -> "RunFiles":
        """Add predictions of a part, or of a part and an output, such as "test-price"."""
        old = dict(np.load(self.run.predictions)) if self.run.predictions.exists() else {}
        new = {"target": np.asarray(target), "prediction": np.asarray(prediction), "index": np.arange(len(target))}
        new |= arrays
        np.savez(self.run.predictions, **old, **{f"{part}.{key}": array for key, array in new.items()})
        return self

    def wrongest(self, image: np.ndarray, target: Sequence, prediction: np.ndarray, part: str) -> "RunFiles":
        path = self.run.path / "samples" / f"wrongest-{part}.npz"
        path.parent.mkdir(exist_ok=True)
        np.savez(path, image=image, target=np.asarray(target), prediction=prediction, index=np.arange(len(image)))
        return self


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


@pytest.fixture
def draw_parts():
    def parts(name: str, run: Run) -> list[str]:
        with style():
            return list(Plot.registry.get(name)(name=name).draw([run]))

    return parts
