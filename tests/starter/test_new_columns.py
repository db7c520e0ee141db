"""The table of columns that `dlpy new` prints, and what becomes of rows and columns that are no plain inputs."""

import json
from pathlib import Path

import numpy as np
import pytest

from dlpy.cli.main import main
from dlpy.experiment.experiment import load

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def new(capsys):
    """Write a table, let `dlpy new` write an experiment on it and check that; return the screen and the data block."""

    def run(header, rows, *options):
        Path("t.csv").write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
        capsys.readouterr()
        assert main(["new", "t.csv", "-o", "t.yaml", "--force", *options]) == 0, capsys.readouterr()
        out = capsys.readouterr().out
        assert main(["check", "t.yaml", "--data"]) == 0, capsys.readouterr()
        return [line.rstrip() for line in out.splitlines()], load(Path("t.yaml"))[0]

    return run


def rows_of(count):
    """Return rows of: customerId, rooms, city, remark, place, price."""
    return [
        [f"C{i:04d}", i % 7 + i / 100, ("Rome", "Oslo")[i % 2], f"r{i}", "Earth", "" if i == 3 else 100 + 3 * (i % 7)]
        for i in range(count)
    ]


def test_every_column_is_listed_with_what_becomes_of_it(new):
    out, experiment = new("customerId,rooms,city,remark,place,price", rows_of(120))
    assert out == [
        "t.yaml",
        "  Predicts price from the other columns of t.csv (119 rows).",
        "  1 row without price: dropped",
        "column      taken for   why                                             missing  distinct  becomes",
        "customerId  identifier  a different code in every row, such as 'C0000'  0             119  kept for predictions",
        "rooms       number      numbers from 0 to 7.18                          0             119  input, standardized",
        "city        category    2 different texts in 119 rows                   0               2  input, one-hot",
        "remark      text        119 different texts in 119 rows, such as 'r0'   0             119  left out",
        "place       text        'Earth' in every row                            0               1  left out",
        "price       7 classes   7 different whole numbers in 119 rows           0               7  target",
        "next: dlpy train t.yaml",
    ]
    text = Path("t.yaml").read_text()
    assert all(f"# {line.strip()}\n" in text for line in out[1:-1])
    assert "  missing_target: drop            # 1 row without a target\n" in text
    data = experiment.data
    assert (data.keep, data.ignore, data.missing_target) == (["customerId"], ["remark", "place"], "drop")


def test_json_has_every_column(new, capsys):
    new("customerId,rooms,city,remark,place,price", rows_of(120))
    capsys.readouterr()
    assert main(["new", "t.csv", "-o", "j.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["output"], found["notes"][1]) == ("j.yaml", "1 row without price: dropped")
    assert found["columns"][1] == {
        "column": "rooms", "taken_for": "number", "why": "numbers from 0 to 7.18", "missing": "0", "distinct": 119,
        "becomes": "input, standardized",
    }  # fmt: skip
    assert len(found["columns"]) == 6


def test_a_wide_table_names_the_columns_that_are_no_inputs(new):
    header = ",".join(["id", *(f"x{i}" for i in range(60)), "y"])
    out, _ = new(header, [[row, *((row * 7 + i * i) % 13 for i in range(60)), "ab"[row % 2]] for row in range(100)])
    text = Path("t.yaml").read_text()
    assert "# id      identifier  a row number, such as '0'" in text
    assert "# and 60 columns that are inputs; dlpy new --json lists them\n" in text
    assert sum(line.startswith("x") for line in out) == 60  # the screen has them all


def test_a_last_column_that_cannot_be_predicted_is_passed_over(new):
    rows = [[i / 7, "ab"[i % 2], i % 5, f"name{i}"] for i in range(60)]
    out, experiment = new("x,label,y,who", rows)
    why = "the last column, who, has 60 different texts in 60 rows"
    assert f"  The target is y: {why}. --target names another" in out
    assert experiment.data.target == "y"  # a customary name goes before the position
    _, experiment = new("x,first,second,when", [[*row[:3], "2012-01-01"] for row in rows], "--target", "first")
    assert experiment.data.target == "first"
    out, experiment = new("x,label,z,count", [[*row[:3], 1] for row in rows])
    assert "  The target is label: the last column, count, has a single value. --target names another" in out


def test_copies_of_rows_that_are_no_coincidence_are_dropped(new):
    rows = [[i / 7, i % 3, "ab"[i % 2]] for i in range(100)]
    out, experiment = new("x,n,y", [*rows, *rows[:5]])
    assert "  5 rows are copies of earlier rows: dropped, so that no row is both trained on and tested on" in out
    assert experiment.data.duplicates == "drop"
    assert len(experiment.data.load().train) == 85
    out, experiment = new("sex,class,survived", [["mf"[i % 2], i % 3, i % 5 // 3] for i in range(120)])
    told = "  108 rows are copies of earlier rows: kept, since few values make equal rows likely; duplicates: drop leaves them out"
    assert told in out
    assert experiment.data.duplicates == "keep"


def test_a_target_of_numbers_is_standardized_and_its_log_learnt_where_that_helps(new):
    x = np.random.default_rng(0).normal(size=(300, 3)).round(3)
    straight = [[*row, round(float(row.sum()), 3)] for row in x]
    _, experiment = new("a,b,c,y", straight)
    assert [one.name for one in experiment.data.target_transforms] == ["standardize"]
    skewed = [[*row, round(float(np.exp(row.sum())), 3)] for row in x]
    out, experiment = new("a,b,c,y", skewed)
    assert [one.name for one in experiment.data.target_transforms] == ["log", "standardize"]
    line = next(line for line in out if "is skewed" in line)
    assert (
        "so its log is learnt: ridge regressions on held-out training rows have an r2 of 1.00 with log and 0." in line
    )
    against = [[*np.exp(2 * row).round(3), round(float(np.exp(2 * row).sum()), 3)] for row in x]
    out, experiment = new("a,b,c,y", against)
    assert any("but log does not help: ridge regressions on held-out training rows" in line for line in out)
    assert [one.name for one in experiment.data.target_transforms] == ["standardize"]


def test_a_rare_class_gets_scores_that_show_it(new):
    x = np.random.default_rng(1).normal(size=(400, 2)).round(3)
    found = [[*row, "sick" if row[0] > 1.1 else "well"] for row in x]
    out, experiment = new("a,b,health", found)
    assert (
        "  Class sick is rare (37 of 400 rows): always predicting well has an accuracy of 0.907, so auc and f1 are "
        "reported too"
    ) in out
    text = Path("t.yaml").read_text()
    assert "  metrics: [accuracy, auc, {name: f1, class_id: 0}] # f1 is that of sick\n" in text
    assert "  # class_weight: balanced        # finds more rows of small classes, at the cost of accuracy\n" in text
    assert experiment.training.class_weight is None
    hidden = [[*row, "sick" if row[0] + np.sin(40 * i) * 2 > 2.2 else "well"] for i, row in enumerate(x)]
    out, experiment = new("a,b,health", hidden)
    assert experiment.training.class_weight == "balanced"
    assert experiment.callbacks[0].monitor == "val_auc"
    assert any("class_weight is balanced: a logistic regression on held-out training rows has" in line for line in out)


def test_classes_of_one_or_two_rows_are_named(new):
    rows = [[i / 7, "ab"[i % 2]] for i in range(60)]
    out, _ = new("x,y", [*rows, [9, "c"], [1, "d"], [2, "d"]])
    assert any(
        line.startswith("  Classes c (1 row, 1 in training), d (2 rows, 2 in training): too few rows") for line in out
    )


@pytest.mark.parametrize("count", [3, 4, 7, 15, 30])
def test_few_rows_are_split_with_a_row_in_each_part(new, count):
    out, _ = new("x,y", [[i * i, i / 7] for i in range(count)])
    assert f"  With {count} rows, the scores of the held-out ones are rough, and dlpy kfold scores every row" in out


def test_too_few_rows_are_refused(capsys):
    Path("t.csv").write_text("x,y\n1,2\n2,3\n")
    assert main(["new", "t.csv"]) == 3
    assert "t.csv has 2 rows: training, validation and test rows need at least 3." in capsys.readouterr().err


def test_a_column_of_numbers_alone_is_a_series(new):
    out, experiment = new("id,x", [[i, round(np.sin(i), 3)] for i in range(18)])
    assert "  There is no other column to predict it from: the rows are taken for a series, in their order" in out
    assert (experiment.data.name, experiment.data.test.fraction) == ("timeseries_csv", 0.25)


def test_a_series_with_missing_cells_repeats_the_value_before(new):
    rows = [[f"2012-{1 + i // 28:02d}-{1 + i % 28:02d}", "" if i in (30, 31) else i / 7] for i in range(300)]
    _, experiment = new("day,x", rows)
    assert (experiment.data.name, experiment.data.missing) == ("timeseries_csv", "previous")


def test_names_of_several_words_are_an_input_if_nothing_else_is_there(new):
    rows = [[f"{('Chrome', 'Firefox', 'Opera')[i % 3]} version {i}", round(1 / (1 + i % 3), 3)] for i in range(90)]
    out, experiment = new("browser,share", rows)
    assert (experiment.data.name, experiment.data.text) == ("text_csv", "browser")
    assert any(line.startswith("browser  text       several words: 90 different texts") for line in out)


def test_names_alone_are_an_input_as_letters(new):
    _, experiment = new("name,kind", [[f"{'ab'[i % 2]}x{i}", "ab"[i % 2]] for i in range(80)])
    assert (experiment.data.name, experiment.data.text) == ("text_csv", "name")
    assert (experiment.data.transforms[0].by, experiment.data.transforms[0].ngrams) == ("character", 3)


def test_predictions_have_the_identifiers(new, capsys):
    rows = [[f"C{i}", i * 1.5, "up" if i % 3 else "down"] for i in range(60)]
    new("customer_id,x,y", rows)
    assert main(["train", "t.yaml", "training.epochs=1", "-q"]) == 0
    capsys.readouterr()
    assert main(["predict", "latest", "t.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "customer_id,prediction,probability_down,probability_up"
    assert lines[60].startswith("C59,")
    Path("n.csv").write_text("x\n3\n")
    assert main(["predict", "latest", "n.csv"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("prediction,")
    assert "n.csv has no column 'customer_id' to keep (data.keep)." in err


def test_a_series_of_amounts_states_how_they_are_written(new):
    rows = [[f"2012-{1 + i // 28:02d}-{1 + i % 28:02d}", "oops" if i == 9 else f"${i}.5"] for i in range(300)]
    _, experiment = new("day,price", rows)
    assert (experiment.data.name, experiment.data.missing) == ("timeseries_csv", "previous")
    assert (experiment.data.formats["price"].unit, experiment.data.formats["price"].missing) == ("$", ["oops"])
