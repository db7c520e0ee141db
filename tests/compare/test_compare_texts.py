"""Comparisons of runs that write texts: exact match of each row, with counts worked out by hand."""

import numpy as np
import pytest

from dlpy.compare.compare import Choice, compare
from dlpy.compare.sides import common_part, side_of
from dlpy.core.errors import ConfigError, RunError
from dlpy.runs.arrays import read_arrays
from dlpy.runs.directory import Run
from dlpy.runs.written import read_written
from dlpy.scores.weighted_texts import counts_of_texts
from dlpy.storage.atomic import write_arrays

ROWS = np.arange(200)
ARRAYS = ("index", "reference", "written")


def writer(make_run, name: str, right: np.ndarray, rows: np.ndarray = ROWS, *, units: int = 30) -> Run:
    """Return a run that wrote texts for rows; the text of row 7 has the checksum 7, a wrong one another."""
    made = make_run(f"20260101-120000-{name}").task("tokens", units)
    task = {"inputs": {"source": {}, "decoder": {}}, "outputs": made.run.record().task["outputs"]}
    made.run.update(raw_task=task, task=task)
    arrays = {"index": rows[::-1], "reference": rows[::-1], "written": np.where(right, rows, 999)[::-1]}
    write_arrays(made.run.written, {f"validation.{key}": array for key, array in arrays.items()})
    return made.run


def compared(*runs: Run) -> dict:
    return compare([side_of(run.name, [run], common_part(runs, None)) for run in runs], Choice())


def test_texts_are_compared_by_exact_match_of_the_same_rows(make_run) -> None:
    bad = writer(make_run, "bad", (ROWS >= 60) | (ROWS < 5), units=20)
    good = writer(make_run, "good", ROWS >= 20)
    record = compared(bad, good)
    assert list(record["differences"]) == ["exact_match"]
    assert [run["scores"]["exact_match"]["value"] for run in record["runs"]] == [0.725, 0.9]
    difference = record["differences"]["exact_match"]["good"]
    assert difference["value"] == pytest.approx(0.175)
    assert difference["verdict"].startswith("better by 0.1750 (0.1")
    told = record["mcnemar"]["target"]["good"]
    assert (told["only_to"], told["only_this"]) == (5, 40)


def test_bleu_chrf_and_token_accuracy_are_compared_where_runs_have_their_counts(make_run) -> None:
    sides = []
    for name, wrong in (("bad", 80), ("good", 20)):
        run = writer(make_run, name, wrong <= ROWS)
        texts = ["one two three four five" if row >= wrong else "one two other four five" for row in ROWS[::-1]]
        right = np.where(ROWS[::-1] >= wrong, 6, 5)
        counts = counts_of_texts(texts, ["one two three four five"] * 200, np.stack([right, np.full(200, 6)], axis=1))
        write_arrays(run.written, read_arrays(run.written) | {"validation.counts": counts})
        sides.append(run)
    record = compared(*sides)
    assert list(record["differences"]) == ["exact_match", "bleu", "chrf", "token_accuracy"]
    accuracy = record["differences"]["token_accuracy"]["good"]
    assert accuracy["value"] == pytest.approx(60 / 1200)
    assert accuracy["low"] == pytest.approx(60 / 1200 - 0.013, abs=0.004)  # 2 standard errors of 0.3 +- 0.0325 a row
    assert record["differences"]["bleu"]["good"]["verdict"].startswith("better by")
    # 1-grams: 980 and 920 of 1,000; 2-grams 760 and 640 of 800; 3-grams 540 and 360 of 600; 4-grams 360 and 240 of 400
    good = 100 * (980 / 1000 * 760 / 800 * 540 / 600 * 360 / 400) ** 0.25
    assert record["runs"][1]["scores"]["bleu"]["value"] == pytest.approx(good)
    older = writer(make_run, "older", ROWS >= 20)
    assert list(compared(older, sides[1])["differences"]) == ["exact_match"]


def test_a_run_that_scored_the_first_rows_only_is_compared_on_these(make_run) -> None:
    some = ROWS[:50]
    record = compared(writer(make_run, "all", ROWS >= 20), writer(make_run, "some", some >= 10, some))
    assert record["rows"] == {"": 50}
    assert [run["scores"]["exact_match"]["value"] for run in record["runs"]] == [0.6, 0.8]


def test_texts_of_other_rows_or_with_other_references_are_refused(make_run) -> None:
    first = writer(make_run, "first", ROWS >= 20)
    with pytest.raises(ConfigError, match="scored on different rows"):
        compared(first, writer(make_run, "moved", ROWS >= 20, ROWS + 100))
    other = writer(make_run, "other", ROWS >= 20)
    write_arrays(other.written, {f"validation.{key}": ROWS * (key != "reference") for key in ARRAYS})
    with pytest.raises(ConfigError, match="targets differ"):
        compared(first, other)


def test_a_run_that_stores_no_predictions_is_refused_with_the_reason(make_run) -> None:
    model = make_run("20260101-120000-language").task("tokens", 30).run
    with pytest.raises(ConfigError, match="language is generative: it predicts no targets"):
        common_part([writer(make_run, "writer", ROWS >= 20), model], None)


def test_a_damaged_file_of_texts_is_one_line(make_run) -> None:
    run = writer(make_run, "short", ROWS >= 20)
    write_arrays(run.written, {f"validation.{key}": ROWS[: 100 + len(key)] for key in ARRAYS})
    with pytest.raises(RunError, match=r"written\.npz is damaged: its arrays of the validation rows have different"):
        read_written(run.written, {})
