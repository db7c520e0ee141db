"""Histories, folds and comparisons of runs with several outputs."""

import numpy as np
import pytest

from dlpy.components.plot import Plot
from dlpy.drawing.figures import style
from dlpy.runs.results import baseline_name, baseline_of, is_weighted, score_caption, scores_by_output

OUTPUTS = {"price": {"kind": "regression"}, "price_class": {"kind": "binary", "classes": ["low", "high"]}}
SCORES = ("loss", "price_loss", "price_class_loss", "price_mae", "price_class_accuracy", "price_class_auc")


def drawn(name, *runs):
    with style():
        return Plot.registry.get(name)(name=name).draw([files.run for files in runs])


def curves(value=1.0, epochs=3, names=SCORES):
    return {f"{part}{name}": np.full(epochs, value) for part in ("", "val_") for name in names}


def titles(figure):
    return [axes.get_title("left") for axes in figure.axes]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def two_outputs(make_run, name="20260101-120000-two", file="metrics.csv", **record):
    return make_run(name, **record).outputs(**OUTPUTS).metrics(curves(), file)


def test_scores_belong_to_the_output_with_the_longest_name_that_fits():
    assert scores_by_output(SCORES, ["price", "price_class"]) == {
        "": ["loss"],
        "price": ["price_loss", "price_mae"],
        "price_class": ["price_class_loss", "price_class_accuracy", "price_class_auc"],
    }
    assert scores_by_output(["loss", "mae"], []) == {"": ["loss", "mae"]}


def test_each_output_begins_a_row_of_panels_below_the_loss(make_run):
    figure = drawn("history", two_outputs(make_run))[""]
    rows = {}
    for axes in figure.axes:
        spec = axes.get_subplotspec()
        rows.setdefault(spec.rowspan.start, []).append((spec.colspan.start, axes.get_title("left")))
    assert rows == {
        0: [(0, "loss")],
        1: [(0, "price_loss"), (1, "price_mae")],
        2: [(0, "price_class_loss"), (1, "price_class_accuracy"), (2, "price_class_auc")],
    }
    assert [axes.get_ylabel() for axes in figure.axes[1:3]] == ["loss", "mean absolute error"]


def test_more_than_four_scores_of_an_output_continue_in_the_next_row(make_run):
    names = ["loss", *(f"price_{number}" for number in range(5)), "price_class_loss"]
    files = make_run().outputs(**OUTPUTS).metrics(curves(names=names))
    places = [axes.get_subplotspec().num1 for axes in drawn("history", files)[""].axes]
    assert places == [0, 4, 5, 6, 7, 8, 12]


def test_each_output_has_the_line_of_its_own_baseline(make_run):
    guesses = {"price": "always the mean 3", "price_class": "always class low"}
    baseline = {"guess": "both", "guesses": guesses, "loss": 1.01, "price_mae": 1.02, "price_class_accuracy": 0.99}
    files = two_outputs(make_run).summary(baseline=baseline)
    figure = drawn("history", files)[""]
    assert [axes.get_title("right") for axes in figure.axes] == [
        "baseline 1.01", "", "baseline 1.02", "", "baseline 0.99", "",
    ]  # fmt: skip
    assert [label for label in legend(figure) if label.startswith("baseline")] == [
        "baseline of all outputs together",
        "baseline of price: always the mean 3",
        "baseline of price_class: always class low",
    ]
    assert baseline_name(files.run, "price") == "always the mean 3"
    assert baseline_name(files.run, "other") == ""


def test_the_baseline_of_the_rmse_of_an_output_is_the_root_of_that_of_its_mse(make_run):
    files = two_outputs(make_run).summary(baseline={"price_mse": 9.0, "price_mae": 2.5})
    assert [baseline_of(files.run, name) for name in ("price_rmse", "price_mae", "rmse")] == [3.0, 2.5, None]


def test_losses_that_are_weighted_by_class_are_marked_by_output(make_run):
    files = two_outputs(make_run, class_weighted=True, weighted_outputs=["price_class"])
    marked = {score: is_weighted(files.run, score) for score in SCORES}
    assert [score for score, weighted in marked.items() if weighted] == ["loss", "price_class_loss"]


def test_long_names_of_outputs_leave_the_name_of_the_score(make_run):
    name = "the_price_of_the_house_in_thousands"
    assert score_caption(f"{name}_mae", name) == "the_price_of_…usands_mae"
    assert score_caption("price_mae", "price") == "price_mae"
    assert score_caption("mae", "") == "mae"


def test_folds_have_a_figure_for_each_output(make_run):
    files = two_outputs(make_run, file="folds/01/metrics.csv", kind="kfold").metrics(curves(2), "folds/02/metrics.csv")
    figures = drawn(
        "folds",
        files.summary(mean={"val_price_mae": 1.5}, std={"val_price_mae": 0.7}, standard_error={"val_price_mae": 0.5}),
    )
    assert {name: titles(figure) for name, figure in figures.items()} == {
        "": ["validation loss"],
        "price": ["validation price_loss", "validation price_mae"],
        "price_class": [f"validation price_class_{name}" for name in ("loss", "accuracy", "auc")],
    }
    assert figures["price"].get_suptitle() == "price, 2 folds of 20260101-120000-two"
    assert "mean 1.5" in figures["price"].axes[1].get_xlabel()


def test_runs_are_compared_output_by_output(make_run):
    figures = drawn("comparison", two_outputs(make_run), two_outputs(make_run, "20260101-120001-other"))
    assert list(figures) == ["", "price", "price_class"]
    assert titles(figures["price"]) == [
        "training price_loss", "validation price_loss", "training price_mae", "validation price_mae",
    ]  # fmt: skip
    assert figures["price"].get_suptitle() == "Comparison of 2 runs, price"


@pytest.mark.parametrize("penalty", [False, True])
def test_a_run_with_one_of_the_outputs_is_compared_with_it(make_run, penalty):
    alone = make_run("20260101-120001-alone").outputs(price={"kind": "regression"})
    alone.metrics(curves(2, names=["loss", *["data_loss"] * penalty, "mae"]) | {"learning_rate": [1, 1, 1]})
    both = two_outputs(make_run)
    for files, name in ((alone, "mae"), (both, "price_mae")):
        files.summary(baseline={"on": "validation", name: 1.2})
    figures = drawn("comparison", both, alone)
    assert list(figures) == ["", "price", "price_class"]
    assert (legend(figures[""]), legend(figures["price"])) == (["two"], ["two", "alone", "baseline"])
    assert "training price_mae" in titles(figures["price"])
    assert figures["price"].axes[-1].get_title("right") == "baseline 1.2"
    assert len(figures["price"].axes) == 4
