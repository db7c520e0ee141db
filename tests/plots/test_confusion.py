import numpy as np
import pytest

from dlpy.drawing.figures import draw, style
from dlpy.plots.confusion import Confusion, confusion_matrix
from dlpy.runs.results import Predictions, predictions_of
from dlpy.scores.class_scores import class_probabilities


def test_matrix_has_a_row_for_each_true_class():
    probability = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])
    counts = confusion_matrix(Predictions("test", np.array([0, 0, 2, 2]), probability, 0))
    assert counts.tolist() == [[1, 1, 0], [0, 0, 0], [1, 0, 1]]


def test_probability_of_exactly_one_half_is_the_first_of_two_classes():
    prediction = np.array([[0.5], [0.51], [0.2]])
    assert class_probabilities(prediction).argmax(axis=1).tolist() == [0, 1, 0]
    assert confusion_matrix(Predictions("test", np.array([1, 1, 0]), prediction, 0)).tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize(("classes", "written"), [(2, True), (10, True), (46, False)])
def test_counts_are_written_where_they_fit(make_run, classes, written):
    target = np.arange(classes)
    names = [f"topic_{number}_of_$many$ with a long name" for number in range(classes)]
    files = make_run().task("multiclass", classes, names).predictions(target, np.eye(classes), "validation")
    with style():
        axes = Confusion().draw([files.run])["validation"].axes[0]
    assert [text.get_text() for text in axes.texts] == (["1"] * classes if written else [])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == classes
    assert labels[1].startswith("topic_1")
    assert draw([files.run], ["confusion"], files.run.plots)[0].name == "confusion-validation.png"


def test_rows_whose_prediction_is_not_finite_are_left_out_and_counted(make_run):
    files = make_run().predictions([0, 1, 1], [[0.1], [np.nan], [0.9]], "test")
    (given,) = predictions_of(files.run)
    assert given.target.tolist() == [0, 1]
    assert given.heading == "test rows (1 with non-finite predictions left out)"


def test_parts_are_drawn_apart(make_run, draw_parts):
    files = make_run().task("binary").predictions([0, 1], [[0.1], [0.9]], "validation")
    files.predictions([0, 1], [[0.1], [0.9]], "test")
    assert draw_parts("confusion", files.run) == ["validation", "test"]
