"""Rows of a user's table that are left out: those without a target, and copies of earlier rows."""

import numpy as np
import pytest

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.tables import csv_file
from dlpy.data.tables.chosen_rows import rows_of
from dlpy.datasets.csv import Csv
from dlpy.datasets.text_csv import TextCsv

TABLE = "id,age,city,price\n1,30,Rome,5\n2,,Oslo,\n3,30,Rome,5\n4,30,Rome,6\n5,,Oslo,7\n6,,Oslo,7\n7,41,Bari,NA\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    return path


def loaded(path, **options):
    given = {"target": "price", "missing": "median", "ignore": ["id"], "task": "regression", **options}
    return Csv(path=str(path), **given).load()


def test_rows_without_a_target_are_an_error_unless_they_are_dropped(table):
    with pytest.raises(DataError, match=r"t\.csv:3: column 'price': the target is missing"):
        loaded(table)
    found = loaded(table, missing_target="drop")
    assert found.train.index.tolist() == [0, 2, 3, 4, 5]
    assert found.train.y.tolist() == [5, 5, 6, 7, 7]
    assert found.train.x.categorical.tolist() == [["Rome"], ["Rome"], ["Rome"], ["Oslo"], ["Oslo"]]
    assert found.source.description == f"{table} (2 missing cells filled, 2 rows without a target dropped)"
    assert found.notes[-1] == "dropped: 2 rows without a target (data.missing_target: drop)"


def test_rows_that_equal_an_earlier_row_in_every_column_are_dropped(table):
    table.write_text("age,city,price\n30,Rome,5\n30,Rome,5\n,Oslo,7\n30,Rome,6\n,Oslo,7\n30.0,Rome,5\n")
    found = loaded(table, duplicates="drop", ignore=[])
    assert found.train.index.tolist() == [0, 2, 3]
    assert found.notes[-1] == "dropped: 3 copies of earlier rows (data.duplicates: drop)"
    table.write_text("text,age,label\nit is,1,5.5\nit is,1,5.5\nit is,2,5.5\nit is,3,\n")
    found = TextCsv(path=str(table), missing_target="drop", duplicates="drop").load()
    assert found.train.index.tolist() == [0, 2]
    assert found.source.description.endswith("(1 row without a target dropped, 1 copy of an earlier row dropped)")


def test_a_column_of_texts_stays_one_although_its_first_texts_are_dropped(tmp_path):
    rows = [f"{'word' if i < 60 else i},{'' if i < 40 else i % 2}" for i in range(100)]
    (tmp_path / "t.csv").write_text("\n".join(["x,price", *rows]) + "\n")
    found = loaded(tmp_path / "t.csv", task="binary", ignore=[], missing_target="drop")
    assert found.train.x.categorical_names == ("x",)
    assert len(found.train) == 60


def test_a_table_in_which_no_row_has_a_target_is_an_error(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n1,\n2,\n")
    with pytest.raises(DataError, match=r"t\.csv: column 'y' is empty: no row has a target"):
        loaded(tmp_path / "t.csv", target="y", ignore=[], missing_target="drop")
    (tmp_path / "t.csv").write_text("x,y\n1,3\n2,\n")
    with pytest.raises(DataError, match="has a single row left: training needs at least two"):
        loaded(tmp_path / "t.csv", target="y", ignore=[], missing_target="drop")


@pytest.mark.parametrize("quoted", [False, True])
def test_messages_name_the_line_in_the_file(tmp_path, quoted):
    path = tmp_path / "t.csv"
    path.write_text(TABLE.replace("Rome", '"Rome"') if quoted else TABLE)
    file = rows_of(csv_file.read(path), np.array([1, 3, 6]))
    assert len(file) == 3
    assert file.where(2, "price") == "t.csv:8: column 'price'"
    assert file.texts("id") == ["2", "4", "7"]
    values, odd = file.body.numbers()
    assert values.shape == (3, 4)
    assert odd[3].texts[-1] == "NA"
    assert odd[3].rows[-1] == 2


def test_columns_that_identify_rows_are_kept_for_predictions_and_not_learnt_from(table):
    dataset = Csv(path=str(table), target="price", keep=["id"], missing="median", missing_target="drop")
    assert dataset.load().train.x.numeric_names == ("age",)
    assert dataset.usually_carried() == ["id"]
    assert dataset.carried(table, ["city"])["id"] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [*dataset.carried(table, ["city"])] == ["id", "city"]
    table.write_text("age,city\n1,Rome\n")
    assert dataset.carried(table, []) == {}
    with pytest.raises(ConfigError, match="--keep id"):
        dataset.carried(table, ["id"])
    with pytest.raises(ValueError, match="column 'price' cannot be both target and keep"):
        Csv(path=str(table), target="price", keep=["price"])


def test_a_file_to_predict_may_lack_some_targets(table):
    dataset = Csv(
        path=str(table), target="price", ignore=["id"], missing="median", missing_target="drop", numeric=["age"],
        categorical=["city"], task="regression",
    )  # fmt: skip
    task = dataset.load().task
    assert dataset.read(table, task).targets == {}
    table.write_text("age,city,price\n1,Rome,5\n")
    assert dataset.read(table, task).y.tolist() == [5]
