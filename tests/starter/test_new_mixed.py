"""First experiment files for tables with texts or images beside numbers and categories."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy.cli.main import main
from dlpy.data.features import Texts
from dlpy.data.images.rows import Pictures
from dlpy.experiment.experiment import load
from dlpy.training.pipeline import split, transform

pytestmark = pytest.mark.slow

ROWS = 40
TABLE = """\
column  taken for  why                                                                                missing  distinct  becomes
price   number     integers from 100 to 139                                                           0              40  input, standardized
city    category   2 different texts in 40 rows                                                       0               2  input, one-hot
story   text       40 different texts in 40 rows, such as 'a bright flat with 0 rooms…ew of river 0'  0              40  input text
photo   text       40 different texts in 40 rows, such as 'photos/0.png'                              0              40  input image
sold    2 classes  2 different texts in 40 rows                                                       0               2  target
"""
HEADER = "price,city,story,photo,sold\n"


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Return a function that writes homes.csv with these columns, and its photos, into the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for row in range(ROWS):
        Image.fromarray(np.full((8, 6, 3), row, np.uint8)).save(tmp_path / "photos" / f"{row}.png")

    def write(empty_text: int | None = None, *, photos: bool = True) -> None:
        lines = [HEADER if photos else HEADER.replace(",photo", "")]
        for row in range(ROWS):
            story = "" if row == empty_text else f"a bright flat with {row} rooms and a view of river {row}"
            photo = f",photos/{row}.png" if photos else ""
            lines.append(f"{100 + row},{'Rome' if row % 3 else 'Oslo'},{story}{photo},{'yes' if row % 2 else 'no'}\n")
        (tmp_path / "homes.csv").write_text("".join(lines))

    return write


def test_texts_and_photos_beside_numbers_become_inputs_of_their_own(table, capsys):
    table()
    assert main(["new", "homes.csv"]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "homes.yaml",
        "  Predicts sold from the other columns of homes.csv (40 rows).",
        "  With 40 rows, the scores of the held-out ones are rough, and dlpy kfold scores every row",
        *TABLE.splitlines(),
        "next: dlpy train homes.yaml",
    ]
    experiment, document = load(Path("homes.yaml"))
    assert experiment.model.name == "combined"
    assert document.values["data"]["inputs"] == {
        "facts": {"columns": "rest", "missing": "median", "transforms": ["standardize"]},
        "text": {"text": "story", "transforms": [{"name": "tokenize", "vocabulary": 10000}, "multi_hot"]},
        "image": {"image": "photo", "size": [64, 64], "transforms": ["rescale"]},
    }
    loaded = experiment.data.load()
    assert isinstance(loaded.train.inputs["text"], Texts)
    assert isinstance(loaded.train.inputs["image"], Pictures | np.ndarray)
    data, _ = transform(experiment, split(experiment.data, loaded), loaded.task)
    assert data.task.inputs["facts"].shape == (3,)  # the price, and a column for each city
    assert data.task.inputs["image"].shape == (64, 64, 3)


def test_a_column_with_an_empty_text_is_left_out(table, capsys):
    table(empty_text=7, photos=False)
    assert main(["new", "homes.csv"]) == 0
    told = capsys.readouterr().out
    assert "; a text input needs one in every row" in next(line for line in told.splitlines() if "story" in line)
    assert load(Path("homes.yaml"))[0].model.name == "tabm"


def test_missing_cells_and_chosen_categories_belong_to_the_facts(table, capsys):
    table(photos=False)
    text = Path("homes.csv").read_text().replace("\n103,", "\n,", 1)
    Path("homes.csv").write_text(text)
    assert main(["new", "homes.csv", "--categorical", "city"]) == 0
    experiment, document = load(Path("homes.yaml"))
    assert document.values["data"]["inputs"]["facts"] == {
        "columns": "rest", "categorical": ["city"], "missing": "median",
        "transforms": ["missing_indicators", "standardize"],
    }  # fmt: skip
    assert len(experiment.data.load().train) == 34  # of 40, without 15% test rows


def test_the_experiment_trains(table, bench):
    table(photos=False)
    assert main(["new", "homes.csv"]) == 0
    status, output, error = bench.run("train", "homes.yaml", "training.epochs=1")
    assert status == 0, error
    assert "val_accuracy" in output
