"""Data that can only be read as a whole is refused before it fills the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError
from dlpy.datasets import _memory_option
from dlpy.datasets.text_folder import TextFolder
from dlpy.datasets.whole_series import WholeSeries


def _texts(folder: Path) -> TextFolder:
    for name in ("good", "bad"):
        (folder / name).mkdir()
        (folder / name / "1.txt").write_text("x" * 300)
    return TextFolder(path=str(folder))


def _series(folder: Path) -> WholeSeries:
    path = folder / "s.csv"
    path.write_text("a,b,label\n" + "1,2,x\n" * 40)
    return WholeSeries.model_validate({"name": "whole_series", "path": str(path), "target": "label"})


@pytest.mark.parametrize(
    ("make", "needed", "hint"),
    [
        (_texts, "0.6 KB", "write them into one CSV file for text_csv"),
        (_series, "1.25 KB", "A row is a whole series"),
    ],
)
def test_what_needs_more_memory_than_is_free_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make, needed: str, hint: str
) -> None:
    data: Dataset = make(tmp_path)
    data.check()
    monkeypatch.setattr(_memory_option, "free_memory", lambda: 500)
    with pytest.raises(ConfigError) as caught:
        data.check()
    assert f"needs about {needed} of memory, and 0.5 KB is free. " in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize(("classes", "other"), [(None, "unsup"), (["good", "bad"], "ugly")])
def test_files_that_are_not_read_need_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classes: list[str] | None, other: str
) -> None:
    data = _texts(tmp_path).model_copy(update={"classes": classes})
    (tmp_path / other).mkdir()
    for name in ("all.tar", "good/words.feat", "all.txt", f"{other}/1.txt"):
        (tmp_path / name).write_text("x" * 300)
    monkeypatch.setattr(_memory_option, "free_memory", lambda: 700)
    data.check()
