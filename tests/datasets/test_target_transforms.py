"""`target_transforms` of datasets with one target: fitted on the training rows, scores in the target's own unit."""

import numpy as np
import pytest

from dlpy.cli.main import main
from dlpy.data.units import own_numbers
from dlpy.datasets.csv import Csv
from dlpy.datasets.text_csv import TextCsv
from dlpy.datasets.timeseries_csv import TimeseriesCsv
from dlpy.training.pipeline import split, transform


def test_the_target_of_a_table_is_standardized_on_the_training_rows(tmp_path):
    (tmp_path / "t.csv").write_text("x,price\n" + "".join(f"{i},{10 * (1 + i % 2)}\n" for i in range(8)) + "9,500\n")
    dataset = Csv(path=str(tmp_path / "t.csv"), target="price", target_transforms=["standardize"], test=1)
    parts = split(dataset, loaded := dataset.load())
    data, _ = transform(dataset, parts, loaded.task)
    own = [np.round(own_numbers(rows.y, data.task.output), 3).tolist() for rows in (data.train, data.validation)]
    assert own == [parts.train.y.tolist(), parts.validation.y.tolist()]
    assert abs(float(data.train.y.mean())) < 1e-6
    assert float(data.train.y.std()) == pytest.approx(1)
    assert loaded.task.output.kind == "regression"  # numbers of few values, which would be classes without transforms
    assert loaded.resolved["task"] == "regression"


def test_the_target_of_texts_is_transformed(tmp_path):
    (tmp_path / "t.csv").write_text("text,label\n" + "".join(f"word {i},{10 ** (i % 3)}\n" for i in range(9)))
    transforms = ["log", "standardize"]
    dataset = TextCsv(
        path=str(tmp_path / "t.csv"), target_transforms=transforms, transforms=["tokenize", "multi_hot"], test=0.2
    )
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert sorted({*np.round(own_numbers(data.train.y, data.task.output), 3).tolist()}) == [1, 10, 100]
    assert data.task.output.log_of_sum == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": {"cost": {"column": "price"}}}, "each has its own: data.targets.cost.transforms"),
        ({"target": "price", "target_transforms": ["standardize", "log"]}, "log must be the first transform"),
    ],
)
def test_transforms_that_cannot_be_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        Csv.model_validate({"path": str(tmp_path / "t.csv"), "target_transforms": ["standardize"], **options})


def test_a_series_has_none_of_its_own(tmp_path):
    with pytest.raises(ValueError, match="'transforms' apply to the whole series, its target included"):
        TimeseriesCsv(path="s.csv", time="t", target="y", lookback=4, delay=0, target_transforms=["standardize"])


def test_transforms_of_a_target_that_cannot_have_them_are_found_before_training(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, message in {
        "mnist": "data.target_transforms.0: standardize transforms numbers; target 'target' is multiclass.",
        "listings": "data.target_transforms: list them for one target, such as data.targets.price.transforms.",
    }.items():
        text = f"data: {{name: {name}, target_transforms: [standardize]}}\nmodel: {{name: combined}}\n"
        (tmp_path / "e.yaml").write_text(text)
        assert main(["check", "e.yaml"]) == 2
        assert message in capsys.readouterr().out
