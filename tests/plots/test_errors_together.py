import numpy as np
import pytest

from dlpy.drawing.figures import style
from dlpy.plots.errors_together import ErrorsTogether, errors_of, shared
from dlpy.runs.results import stored_predictions

BINARY = {"kind": "binary", "classes": ["no", "yes"]}
LABELS = {"kind": "multilabel", "units": 2, "classes": ["garden", "lift"]}


@pytest.fixture
def run(make_run):
    files = make_run().outputs(price={"kind": "regression"}, sold=BINARY, tags=LABELS)
    files.predictions([1.0, 2.0, 3.0, 4.0], [[1.0], [2.5], [4.0], [8.0]], "test-price")
    files.predictions([0, 1, 1], [[0.2], [0.6], [0.1]], "test-sold", index=np.array([0, 1, 3]))
    chances = [[0.9, 0.9], [0.2, 0.4], [0.8, 0.3], [0.7, 0.6]]
    files.predictions([[1, 1], [0, 0], [1, 1], [0, 0]], chances, "test-tags", index=np.array([3, 1, 2, 0]))
    return files.run


def test_errors_are_absolute_or_cross_entropies_and_wrong_is_told_for_each_kind(run):
    price, sold, tags = map(errors_of, stored_predictions(run))
    assert price.error.tolist() == [0, 0.5, 1, 4]
    assert price.wrong.tolist() == [False, False, False, True]  # above the mean of 1.375
    assert sold.error == pytest.approx(-np.log([0.8, 0.6, 0.1]))
    assert sold.wrong.tolist() == [False, False, True]
    assert tags.error == pytest.approx(-np.log([0.9 * 0.9, 0.8 * 0.6, 0.8 * 0.3, 0.3 * 0.4]) / 2)
    assert tags.wrong.tolist() == [False, False, True, True]


def test_only_rows_that_all_outputs_have_are_compared_and_in_one_order(run):
    price, sold, tags = shared([errors_of(stored) for stored in stored_predictions(run)])
    assert price.index.tolist() == sold.index.tolist() == tags.index.tolist() == [0, 1, 3]
    assert price.error.tolist() == [0, 0.5, 4]
    assert tags.wrong.tolist() == [True, False, False]


def test_rows_without_a_finite_prediction_are_left_out(make_run):
    files = make_run().outputs(one=BINARY, other=BINARY)
    files.predictions([0, 1], [[np.nan], [0.4]], "test-one").predictions([0, 1], [[0.1], [0.4]], "test-other")
    assert errors_of(stored_predictions(files.run)[0]).index.tolist() == [1]


def test_the_matrix_tells_correlations_and_shares_of_wrong_rows(run):
    with style():
        figures = ErrorsTogether().draw([run])
    assert list(figures) == ["test"]
    (axes,) = figures["test"].axes
    # of rows 0, 1 and 3, price: F, F, T, sold: F, F, T, tags: T, F, F are wrong
    assert axes.get_title(loc="left") == "wrong in all 3 outputs: 0 of 3 rows (0.0%; 3.7% if independent)"
    texts = [text.get_text() for text in axes.texts]
    assert texts[0::2] == ["1.00", "-0.80", "-1.00", "25.0%", "33.3%", "50.0%"]
    assert texts[1] == "both wrong 33.3%\nif independent 11.1%\n3 rows"
    assert texts[3] == "both wrong 0.0%\nif independent 12.5%\n4 rows"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["price", "sold", "tags"]


def test_outputs_without_a_common_row_have_no_correlation(make_run):
    files = make_run().outputs(one=BINARY, other=BINARY)
    files.predictions([0], [[0.2]], "test-one").predictions([0], [[0.1]], "test-other", index=np.array([5]))
    with style():
        axes = ErrorsTogether().draw([files.run])["test"].axes[0]
    assert axes.get_title(loc="left") == "wrong in all 2 outputs: no row has all targets"
    assert [text.get_text() for text in axes.texts][:2] == ["-", "no rows"]


def test_many_outputs_have_the_numbers_alone(make_run):
    outputs = {f"output_number_{number}_of_a_long_name": BINARY for number in range(8)}
    files = make_run().outputs(**outputs)
    for name in outputs:
        files.predictions([0, 1], [[0.2], [0.3]], f"validation-{name}")
    with style():
        axes = ErrorsTogether().draw([files.run])["validation"].axes[0]
    assert {text.get_text() for text in axes.texts[1::2]} == {""}


def test_a_run_with_one_output_has_no_such_plot(make_run, draw_parts):
    files = make_run().task("binary").predictions([0, 1], [[0.2], [0.3]], "test")
    assert draw_parts("errors_together", files.run) == []
