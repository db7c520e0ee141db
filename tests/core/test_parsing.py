"""JSON parsed into dataclasses: what fits, what is damage, and how it is told."""

import json
import math
from pathlib import Path

import pytest

from dlpy.core.errors import RunError
from dlpy.core.parsing import UnexpectedError, parse, read_json
from dlpy.data.task import Task
from dlpy.runs.record import FoldRecord, Record, Summary

RECORD = {
    "kind": "train",
    "status": "completed",
    "smoke": False,
    "data": {"source": "file", "description": "rows.csv", "sha256": "ab"},
}


def test_a_record_of_an_earlier_version_has_defaults_for_what_it_lacks_and_what_is_unknown_is_ignored() -> None:
    record = parse(RECORD | {"added_later": {"a": [1]}, "seconds": 3}, Record)
    assert (record.kind, record.data.sha256, record.seconds) == ("train", "ab", 3)
    assert (record.versions, record.resumes, record.folds, record.test_looks) == ({}, [], None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"smoke": 1}, "'smoke' is invalid. Expected true or false"),
        ({"data": {"source": "file", "description": "x"}}, "entry 'data.sha256' is missing"),
        ({"data": [1]}, "'data' is invalid. Expected a mapping"),
        ({"seconds": True}, "'seconds' is invalid. Expected a finite number"),
        ({"seconds": 10**30}, "'seconds' is invalid. Expected a finite number"),
        ({"test_looks": 2**63}, "'test_looks' is invalid. Expected a whole number"),
        ({"test_looks": 1.0}, "'test_looks' is invalid. Expected a whole number"),
        ({"versions": {"keras\x1b": 3}}, "'versions.keras\\x1b' is invalid. Expected a text"),
        ({"folds": {"jobs": "2"}}, "'folds.jobs' is invalid. Expected a whole number"),
    ],
    ids=str,
)
def test_an_entry_of_another_kind_is_named(change: dict, said: str) -> None:
    with pytest.raises(UnexpectedError) as caught:
        parse(RECORD | change, Record)
    assert str(caught.value) == said


def test_undefined_scores_are_none_and_other_entries_than_numbers_are_no_scores() -> None:
    best = {"epoch": 2, "loss": math.inf, "val_auc": None, "val_loss": 0.5, "per_class": {"a": 1}}
    summary = parse({"best": best, "mean": {"auc": None, "loss": math.nan}}, Summary)
    assert summary.best is not None
    assert summary.best.scores == {"loss": None, "val_auc": None, "val_loss": 0.5}
    assert summary.mean == {"auc": None, "loss": None}
    with pytest.raises(UnexpectedError, match=r"'best.loss' is invalid"):
        parse({"best": {"epoch": 2, "loss": "0.5"}}, Summary)


def test_a_fold_needs_an_execution_that_there_is() -> None:
    fold = {"scores": {}, "baseline": {}, "epochs": 3, "execution": {"mode": "steps", "jit_compile": False}}
    assert parse(fold, FoldRecord).execution.mode == "steps"
    with pytest.raises(UnexpectedError, match=r"'execution.mode' is invalid"):
        parse(fold | {"execution": {"mode": "evil"}}, FoldRecord)


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"a": ' * 50_000, '{"best": ' + "9" * 5000 + "}", "\xff{"])
def test_what_is_no_mapping_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / "summary.json").write_text(text, encoding="latin-1")
    with pytest.raises(RunError, match=r"summary.json is damaged: "):
        read_json(tmp_path / "summary.json", Summary)


def test_a_task_is_read_as_it_was_written() -> None:
    output = {"kind": "multiclass", "units": 3, "classes": ["a", "b", "c"]}
    given = {
        "inputs": {"input": {"kind": "array", "shape": [4, None], "span": [0.0, 1]}},
        "outputs": {"target": output},
    }
    task = Task.from_record(given)
    assert (task.input.shape, task.input.span, task.output.classes) == ((4, None), (0.0, 1), ("a", "b", "c"))
    assert Task.from_record(json.loads(json.dumps(task.to_record()))) == task


@pytest.mark.parametrize(
    "given",
    [
        None,
        {"inputs": {}, "outputs": {}},
        {"inputs": {"input": {"shape": [2**16, 2**16]}}, "outputs": {"target": {"kind": "binary"}}},
        {"inputs": {"input": {"shape": [-1]}}, "outputs": {"target": {"kind": "binary"}}},
        {"inputs": {"input": {}}, "outputs": {"target": {"kind": "evil"}}},
        {"inputs": {"input": {}}, "outputs": {"a": {"kind": "binary"}, "../b": {"kind": "binary"}}},  # files bear it
    ],
)
def test_a_task_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        Task.from_record(given)
