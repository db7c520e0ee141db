"""`dlpy check` looks for the table that `labels_path` names, and for the columns that options name."""

from pathlib import Path

import pytest

from dlpy.core.errors import ConfigError
from dlpy.datasets.image_folder import ImageFolder
from dlpy.datasets.whole_series import WholeSeries


def _images(folder: Path, **options: object) -> ImageFolder:
    given = {"name": "image_folder", "path": str(folder), "labels_path": str(folder / "labels.csv")}
    return ImageFolder.model_validate(given | options)


def _series(folder: Path, **options: object) -> WholeSeries:
    given = {"name": "whole_series", "path": str(folder), "labels_path": str(folder / "labels.csv"), "target": "label"}
    return WholeSeries.model_validate(given | options)


@pytest.mark.parametrize("made", [_images, _series])
def test_a_missing_table_and_a_missing_column_are_named(tmp_path: Path, made) -> None:
    with pytest.raises(ConfigError, match=r"data.labels_path: .*labels.csv does not exist"):
        made(tmp_path).check()
    made(tmp_path, fallback="stand_in").check()
    (tmp_path / "labels.csv").write_text("file,lable\na.jpg,cat\nb.jpg,dog\n")
    with pytest.raises(ConfigError, match=r"labels.csv has no column 'label'. Did you mean 'lable'"):
        made(tmp_path).check()
    (tmp_path / "labels.csv").write_text("file,label\na.jpg,cat\nb.jpg,dog\n")
    made(tmp_path).check()
