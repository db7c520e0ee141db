"""What `dlpy new` takes for whole series: long and wide tables, and folders of files; and what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlpy.experiment.experiment import load
from dlpy.starter import starter

STEPS = 24


def series(seed: int, way: int, steps: int = STEPS) -> np.ndarray:
    """Return a slow wave, up first or down first, in a little noise."""
    return (1 - 2 * way) * np.sin(np.arange(steps) / 4) + 0.1 * np.random.default_rng(seed).normal(size=steps)


def long_table(path: Path, count: int = 20, label: Any = lambda number, step: "ab"[number % 2]) -> None:
    lines = ["trial,second,force,person,kind"]
    for number in range(count):
        values = series(number, number % 2, STEPS + number % 3)
        lines += [
            f"t{number},{step / 10},{value:.3f},p{number // 2},{label(number, step)}"
            for step, value in enumerate(values)
        ]
    path.write_text("\n".join(lines) + "\n")


def wide_table(path: Path, values: np.ndarray, marks: bool = False) -> None:
    names = ",".join(f"v{step + 1}" for step in range(values.shape[1]))
    lines = ["kind," + names + ",split" * marks]
    for number, row in enumerate(values):
        cells = ",".join("" if np.isnan(value) else f"{value:.3f}" for value in row)
        lines.append(f"{'ab'[number % 2]},{cells}" + f",{'test' if number % 4 == 3 else 'train'}" * marks)
    path.write_text("\n".join(lines) + "\n")


def waves(count: int = 20) -> np.ndarray:
    return np.stack([series(number, number % 2) for number in range(count)])


def written(source: str, target: str | None = "kind") -> tuple[Any, str]:
    text = starter.experiment_for(source, target, Path("e.yaml")).text
    Path("e.yaml").write_text(text)
    experiment, _ = load(Path("e.yaml"))
    return experiment, text


def test_rows_that_share_a_name_and_a_label_are_a_series(workplace: Path) -> None:
    long_table(Path("x.csv"))
    experiment, text = written("x.csv")
    data = experiment.data
    assert (data.name, data.id, data.time, data.group, data.columns) == (
        "whole_series", "trial", "second", "person", None,
    )  # fmt: skip
    assert "Classifies the series by kind in x.csv (20 series)." in text
    assert "They have 24 to 26 steps" in text
    loaded = data.load()
    assert loaded.task.input.columns == ("force",)
    experiment.model.check(loaded.task)
    experiment.model.check_lengths(loaded.task)


def test_numbered_columns_that_are_alike_are_a_series(workplace: Path) -> None:
    values = waves()
    values[3, 20:] = np.nan
    wide_table(Path("x.csv"), values, marks=True)
    experiment, text = written("x.csv")
    assert experiment.data.name == "whole_series"
    assert experiment.data.test.column == "split"
    assert "v1 to v24 follow each other" in text
    loaded = experiment.data.load()
    assert (loaded.task.input.shape, len(loaded.train), len(loaded.test)) == ((24, 1), 15, 5)


def test_numbers_of_the_rows_name_the_series_of_a_wide_table(workplace: Path) -> None:
    wide_table(Path("x.csv"), waves())
    header, *lines = Path("x.csv").read_text().splitlines()
    Path("x.csv").write_text("\n".join([f"id,{header}", *(f"{n},{line}" for n, line in enumerate(lines))]) + "\n")
    experiment, text = written("x.csv")
    assert (experiment.data.name, experiment.data.layout, experiment.data.id) == ("whole_series", "wide", "id")
    assert "v1 to v24 follow each other" in text
    assert experiment.data.load().task.input.shape == (24, 1)


@pytest.mark.parametrize("suffix", ["csv", "npy"])
def test_files_in_class_folders_are_series(workplace: Path, suffix: str) -> None:
    for number in range(20):
        path = Path("x") / "ab"[number % 2] / f"{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        own = series(number, number % 2)[:, None]
        np.save(path, own) if suffix == "npy" else np.savetxt(path, own, header="force", comments="", delimiter=",")
    experiment, text = written("x", None)
    assert experiment.data.name == "whole_series"
    assert "Classifies the series in x (20 files)." in text
    experiment.model.check(experiment.data.load().task)


@pytest.mark.parametrize("kind", ["noise", "pixels", "unnumbered", "labels differ", "few", "no order"])
def test_other_tables_are_no_series(workplace: Path, kind: str) -> None:
    random = np.random.default_rng(1)
    if kind == "noise":  # columns of measurements that are not alike
        wide_table(Path("x.csv"), random.normal(size=(40, 24)))
    elif kind == "pixels":
        smooth = np.repeat(random.integers(0, 256, (40, 16)), 4, axis=1)  # 8 x 8
        wide_table(Path("x.csv"), smooth.astype(float))
    elif kind == "unnumbered":
        wide_table(Path("x.csv"), waves())
        header, rest = Path("x.csv").read_text().split("\n", 1)
        Path("x.csv").write_text(header.replace("v12", "weight").replace("v6", "height") + "\n" + rest)
    elif kind == "labels differ":
        long_table(Path("x.csv"), label=lambda number, step: "ab"[(number + step) % 2])
    elif kind == "few":
        long_table(Path("x.csv"), count=4)
    else:
        long_table(Path("x.csv"))
        lines = [line.split(",") for line in Path("x.csv").read_text().splitlines()]
        Path("x.csv").write_text("\n".join(",".join([one[0], *one[2:]]) for one in lines) + "\n")
    assert written("x.csv")[0].data.name != "whole_series"
