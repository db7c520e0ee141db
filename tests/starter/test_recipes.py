"""The model that `dlpy new` writes for a table, and how it is trained."""

from pathlib import Path

import numpy as np
import pytest

from dlpy.experiment.experiment import load
from dlpy.models.dense import Dense
from dlpy.models.tabm import TabM
from dlpy.starter.recipes import Width, recipe_for_table
from dlpy.starter.starter import experiment_for
from dlpy.starter.wording import meant


@pytest.mark.parametrize(
    ("rows", "members", "batch", "epochs", "patience"),
    [(1_000, 32, 32, 100, 16), (4_999, 32, 64, 100, 16), (50_000, 8, 256, 40, 6), (200_000, 8, 512, 40, 6)],
)
def test_larger_tables_get_fewer_members_and_epochs(rows, members, batch, epochs, patience) -> None:
    recipe = recipe_for_table(rows, Width(10, 5), "val_auc")
    assert meant(recipe.model) == {"name": "tabm", "members": members, "linear": True}
    training = meant(recipe.training)
    assert (training["epochs"], training["batch_size"]) == (epochs, batch)
    assert meant(recipe.callbacks) == [{"name": "early_stopping", "monitor": "val_auc", "patience": patience}]


@pytest.mark.parametrize(("rows", "numbers"), [(999, 3), (5_000, 101)])
def test_numbers_of_few_rows_or_many_columns_are_not_encoded(rows, numbers) -> None:
    assert meant(recipe_for_table(rows, Width(numbers), "val_loss").model)["bins"] is None


@pytest.mark.parametrize(
    ("rows", "fewest", "networks"),
    [
        (999, 500, None),
        (1_000, 500, 5),
        (1_000, 4, None),
        (19_999, 5, 5),
        (20_000, 3, 3),
        (99_999, 2, None),
        (100_000, 9, None),
    ],
)
def test_tables_of_middle_size_get_a_final_model_of_several_networks(rows, fewest, networks) -> None:
    assert meant(recipe_for_table(rows, Width(10), "val_loss", fewest).training).get("refit") == networks


@pytest.mark.parametrize(
    ("rows", "width", "linear"),
    [
        (999, Width(7), True),  # 7 weights: numbers are not encoded
        (300, Width(50, 10), True),
        (300, Width(50, 11), None),
        (1_182, Width(10, 0, 4), None),  # 8 for each of 10 numbers and 4 classes
        (2_798, Width(12, 4, 4), True),
        (1_797, Width(64, 0, 10), None),
        (5_000, Width(101, 899), True),  # too many numbers to encode each
        (500, Width(), None),
    ],
)
def test_a_linear_function_is_added_where_it_has_few_weights_for_each_row(rows, width, linear) -> None:
    assert meant(recipe_for_table(rows, width, "val_loss").model).get("linear") == linear


def test_file_asks_for_a_final_model_and_says_what_it_is() -> None:
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{b:.3f},{a * b:.3f}" for a, b in rng.normal(size=(1_200, 2))]
    Path("t.csv").write_text("\n".join(["a,b,product", *lines]))
    text = experiment_for("t.csv", None, Path("t.yaml")).text
    Path("t.yaml").write_text(text)
    assert load(Path("t.yaml"))[0].training.refit == 5
    assert "their mean predicts" in text


def test_the_file_for_a_table_loads() -> None:
    rng = np.random.default_rng(0)
    lines = [f"{a:.3f},{b:.3f},{a * b:.3f}" for a, b in rng.normal(size=(60, 2))]
    Path("t.csv").write_text("\n".join(["a,b,product", *lines]))
    Path("t.yaml").write_text(experiment_for("t.csv", None, Path("t.yaml")).text)
    experiment, _ = load(Path("t.yaml"))
    assert experiment.model == TabM(members=32, bins=None, linear=True)
    assert experiment.training.optimizer.name == "adamw"


@pytest.mark.parametrize(("width", "family"), [(20, TabM), (300, Dense)])
def test_arrays_of_few_numbers_are_learnt_as_tables_are(width: int, family: type) -> None:
    rng = np.random.default_rng(0)
    np.savez("t.npz", x=rng.normal(size=(60, width)).astype(np.float32), y=np.arange(60) % 2)
    Path("t.yaml").write_text(experiment_for("t.npz", None, Path("t.yaml")).text)
    assert isinstance(load(Path("t.yaml"))[0].model, family)
