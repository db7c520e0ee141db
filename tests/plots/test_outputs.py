"""Plots of runs with several outputs, of labels and of ordered classes."""

import numpy as np
import pytest

from dlpy.components.plot import Plot
from dlpy.drawing.figures import draw, style
from dlpy.plots.confusion import label_matrices
from dlpy.plots.roc import counted, names_of, one_against_rest
from dlpy.runs.results import Predictions, predictions_of

THREE = {
    "price": {"kind": "regression", "unit": "EUR"},
    "sold": {"kind": "binary", "classes": ["no", "yes"]},
    "tags": {"kind": "multilabel", "units": 2, "classes": ["garden", "lift"]},
}
LABELS = [[1, 0], [0, 1], [1, 1], [0, 0]]
CHANCES = [[0.9, 0.2], [0.4, 0.3], [0.3, 0.6], [0.6, 0.1]]


def drawn(name, run):
    with style():
        return Plot.registry.get(name)(name=name).draw([run])


@pytest.fixture
def run(make_run):
    files = make_run().outputs(**THREE)
    for part in ("validation", "test"):
        files.predictions([1.0, 2.0, 4.0], [[1.5], [2.0], [3.0]], f"{part}-price")
        files.predictions([0, 1, 1], [[0.2], [0.7], [0.4]], f"{part}-sold")
        files.predictions(LABELS, CHANCES, f"{part}-tags")
    return files.run


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("regression", ["price"]),
        ("confusion", ["sold", "tags"]),
        ("roc", ["sold", "tags"]),
        ("precision_recall", ["sold", "tags"]),
    ],
)
def test_each_part_and_output_has_a_figure_named_by_both(run, name, outputs):
    figures = drawn(name, run)
    assert list(figures) == [f"{part}-{output}" for part in ("validation", "test") for output in outputs]
    for key, figure in figures.items():
        part, _, output = key.partition("-")
        assert f"{output}, {part} rows of {run.id}" in figure.get_suptitle()
    paths = draw([run], [name], run.plots)
    assert [path.name for path in paths] == [f"{name}-{key}.png" for key in figures]


def test_axes_have_the_unit_of_their_output(run):
    axes = drawn("regression", run)["test-price"].axes[0]
    assert (axes.get_xlabel(), axes.get_title(loc="left")) == ("true value (EUR)", "mae 0.5, rmse 0.6455")


def test_the_most_wrong_images_of_each_output_are_drawn(make_run):
    outputs = {name: {"kind": "binary", "classes": ["no", "yes"]} for name in ("sold", "new")}
    files = make_run().outputs(**outputs)
    images = np.zeros((2, 4, 4), np.uint8)
    files.wrongest(images, [0, 1], np.array([[0.9], [0.2]]), "test-new")
    figures = drawn("wrongest", files.run)
    assert list(figures) == ["test-new"]
    assert figures["test-new"].get_suptitle() == f"Most wrong predictions, new, test rows of {files.run.id}"


def test_forecasts_of_each_output_have_their_own_baseline(make_run):
    hours = np.arange(5) * 3_600_000_000
    files = make_run().outputs(heat={"kind": "regression", "unit": "K"}, wind={"kind": "regression", "unit": "m/s"})
    for name in ("heat", "wind"):
        arrays = {"baseline": np.zeros((5, 1)), "time": hours}
        files.predictions(np.arange(5.0), np.ones((5, 1)), f"test-{name}", **arrays)
    files.summary(baseline={"on": "test", "guess": "both", "guesses": {"heat": "the last value", "wind": "calm"}})
    for name in ("forecast", "error_by_hour"):
        figures = drawn(name, files.run)
        assert list(figures) == ["test-heat", "test-wind"]
        legend = [text.get_text() for text in figures["test-wind"].legends[0].get_texts()]
        assert "baseline: calm" in legend
        assert "(m/s)" in figures["test-wind"].axes[0].get_ylabel()


def test_a_matrix_for_each_label_counts_rows_where_it_is_true_and_predicted():
    given = Predictions("test", np.array(LABELS), np.array(CHANCES), 0)
    assert label_matrices(given).tolist() == [[[1, 1], [1, 1]], [[2, 0], [1, 1]]]


def test_labels_stand_beside_each_other_in_one_figure(run):
    garden, lift = drawn("confusion", run)["test-tags"].axes
    assert garden.get_title(loc="left") == "garden\n50.00% correct"
    assert [text.get_text() for text in lift.texts] == ["2", "1", "1"]


def test_of_very_many_labels_the_most_frequent_are_drawn(make_run):
    labels = np.zeros((4, 40), int)
    labels[:2, 5:35] = 1
    labels[:, 39] = 1
    names = [f"label {number}" for number in range(40)]
    files = make_run().task("multilabel", 40, names).predictions(labels, labels * 0.8, "test")
    figure = drawn("confusion", files.run)["test"]
    titles = [axes.get_title(loc="left").split("\n")[0] for axes in figure.axes]
    assert titles == [*(f"label {number}" for number in range(5, 34)), "label 39"]
    assert "(30 most frequent of 40 labels)" in figure.get_suptitle()


def test_every_label_has_a_curve_and_all_are_pooled(run):
    (_, _, tags, *_) = predictions_of(run)
    names = names_of(tags)
    assert (names, counted(tags)) == (["garden", "lift"], "labels")
    garden, lift, (label, positive, score) = one_against_rest(tags, names)
    assert (garden[0], garden[1].tolist(), garden[2].tolist()) == (
        "garden", [True, False, True, False], [0.9, 0.4, 0.3, 0.6],
    )  # fmt: skip
    assert lift[1].tolist() == [False, True, True, False]
    assert label == "micro-average"
    assert positive.tolist() == [True, False, False, True, True, True, False, False]
    assert score.tolist() == [0.9, 0.2, 0.4, 0.3, 0.3, 0.6, 0.6, 0.1]
    legend = [text.get_text() for text in drawn("roc", run)["test-tags"].legends[0].get_texts()]
    # garden: of four pairs, 0.9 is above both, 0.3 below both; lift: 0.3 and 0.6 are above 0.2 and 0.1
    assert legend[:2] == ["garden: 0.5000", "lift: 1.0000"]
    assert "macro-average: 0.7500" in legend


def test_a_single_label_is_not_pooled():
    given = Predictions("test", np.array([[1], [0]]), np.array([[0.9], [0.2]]), 0)
    ((name, positive, score),) = one_against_rest(given, ["new"])
    assert (name, positive.tolist(), score.tolist()) == ("new", [True, False], [0.9, 0.2])


def test_labels_that_no_row_has_have_no_curve_and_are_counted(make_run):
    labels = [[1, 0, 0], [0, 1, 0]]
    files = make_run().task("multilabel", 3, ["a", "b", "c"]).predictions(labels, np.eye(2, 3), "test")
    legend = [text.get_text() for text in drawn("roc", files.run)["test"].legends[0].get_texts()]
    assert "macro-average of 2 labels: 1.0000" in legend


def test_ordered_classes_stand_in_their_order_and_neighbours_are_counted(make_run):
    sizes = ["small", "medium", "large"]
    predicted = np.eye(3)[[0, 1, 2, 0, 1]]
    files = make_run().task("ordinal", 3, sizes).predictions([0, 1, 2, 2, 0], predicted, "test")
    axes = drawn("confusion", files.run)["test"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == sizes
    assert axes.get_title(loc="left") == "3 of 5 rows correct (60.00%)\n80.00% at most one class off"


def test_counts_are_drawn_as_numbers(make_run, draw_parts):
    files = make_run().outputs(target={"kind": "regression", "is_count": True})
    assert draw_parts("regression", files.predictions([0.0, 3.0], [[0.5], [2.5]], "test").run) == ["test"]
