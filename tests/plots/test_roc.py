import numpy as np
import pytest

from dlpy.components.plot import Plot
from dlpy.plots.precision_recall import precision_recall_curve
from dlpy.plots.roc import mean_label, one_against_rest, roc_curve
from dlpy.runs.results import Predictions
from dlpy.scores.class_scores import ranked_counts

# (true classes, scores, area under the ROC curve, average precision), each worked out by hand
CASES = {
    "one pair of four in the wrong order": ([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 3 / 4, 0.5 + 0.5 * 2 / 3),
    "a tie between the classes counts half": ([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1], 3.5 / 4, 0.5 + 0.5 * 2 / 3),
    "all scores equal": ([1, 0, 0, 0, 1], [0.3] * 5, 0.5, 2 / 5),
    "perfect": ([0, 1, 0, 1], [0.2, 0.7, 0.3, 0.9], 1.0, 1.0),
    "upside down": ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], 0.0, 0.5 / 3 + 0.5 * 2 / 4),
    "scores that are no probabilities": ([0, 1, 1], [-7.0, -7.5, 30.0], 0.5, 0.5 + 0.5 * 2 / 3),
}


@pytest.mark.parametrize(("target", "score", "area", "average"), CASES.values(), ids=CASES.keys())
def test_areas_are_those_worked_out_by_hand(target, score, area, average):
    positive, score = np.array(target) == 1, np.array(score)
    assert roc_curve(positive, score).area == pytest.approx(area, abs=1e-12)
    assert precision_recall_curve(positive, score).area == pytest.approx(average, abs=1e-12)


def test_order_of_tied_rows_changes_nothing():
    positive, score = np.array([1, 0, 0, 1, 1, 0], bool), np.array([0.5, 0.5, 0.5, 0.2, 0.9, 0.9])
    for order in ([5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 5, 3]):
        assert roc_curve(positive[order], score[order]).area == roc_curve(positive, score).area
        assert precision_recall_curve(positive[order], score[order]).area == pytest.approx(
            precision_recall_curve(positive, score).area, abs=1e-15
        )


def test_roc_area_is_the_share_of_pairs_in_the_right_order():
    generator = np.random.default_rng(3)
    positive, score = generator.random(300) < 0.3, generator.integers(0, 20, 300).astype(float)
    high, low = score[positive][:, None], score[~positive][None, :]
    assert roc_curve(positive, score).area == pytest.approx(np.mean((high > low) + 0.5 * (high == low)), abs=1e-12)


def test_curves_pass_through_the_points_counted_by_hand():
    positive, score = np.array([1, 0, 1, 0], bool), np.array([0.9, 0.5, 0.5, 0.1])
    found, mistaken = ranked_counts(positive, score)
    assert (found.tolist(), mistaken.tolist()) == ([0, 1, 2, 2], [0, 0, 1, 2])
    curve = precision_recall_curve(positive, score)
    assert curve.x.tolist() == [0, 0.5, 0.5, 1, 1, 1]
    assert curve.y.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 0.5, 0.5])


def test_rows_of_one_class_have_no_roc_curve():
    score = np.array([0.1, 0.2])
    assert roc_curve(np.array([True, True]), score) is None
    assert roc_curve(np.array([False, False]), score) is None
    assert precision_recall_curve(np.array([True, True]), score) is None  # it would be 1 for any scores
    assert precision_recall_curve(np.array([False, False]), score) is None


def test_the_mean_area_leaves_out_classes_without_a_curve():
    positive, score = np.array([True, False, True]), np.array([0.9, 0.5, 0.1])
    curve = roc_curve(positive, score)
    assert mean_label([curve, curve], 3) == "macro-average of 2 classes: 0.5000"
    assert mean_label([curve], 1) == "macro-average: 0.5000"
    assert mean_label([], 3) == "macro-average: -"


def test_pooled_curve_counts_every_row_once_for_each_class():
    given = Predictions("test", np.array([0, 2]), np.array([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1]]), 0)
    *each, (label, positive, score) = one_against_rest(given, ["a", "b", "c"])
    assert [name for name, _, _ in each] == ["a", "b", "c"]
    assert label == "micro-average"
    assert positive.tolist() == [True, False, False, False, False, True]
    assert score.tolist() == [0.5, 0.3, 0.2, 0.6, 0.3, 0.1]


def test_two_classes_are_drawn_once_and_regression_never(make_run, draw_parts):
    files = make_run().task("binary").predictions([0, 1, 1], [[0.2], [0.7], [0.1]], "validation")
    assert draw_parts("roc", files.run) == ["validation"]
    assert draw_parts("precision_recall", files.run) == ["validation"]
    files.task("regression")
    assert draw_parts("roc", files.run) == draw_parts("precision_recall", files.run) == []


def test_more_than_ten_classes_are_not_drawn(make_run, draw_parts):
    probability = np.full((3, 11), 1 / 11)
    files = make_run().task("multiclass", 11).predictions([0, 1, 2], probability, "test")
    assert draw_parts("roc", files.run) == []
    files = make_run("20260101-120000-ten").task("multiclass", 10)
    files.predictions([0, 1, 2], probability[:, :10], "validation")
    assert draw_parts("roc", files.run) == ["validation"]


def test_a_band_is_drawn_where_intervals_were_asked_for(make_run):
    files = make_run().task("binary").predictions([0, 1, 1, 0], [[0.2], [0.7], [0.1], [0.3]], "test")
    entry = {"rows": 4, "scores": {}, "baseline": {}}

    def labels() -> list[str]:
        figure = Plot.registry.get("roc")(name="roc").draw([files.run])["test"]
        return [text.get_text() for text in figure.legends[0].get_texts()]

    files.run.write("evaluation.json", {"test": entry})
    assert labels() == ["1: 0.5000", "chance level: 0.5"]
    files.run.write("evaluation.json", {"test": entry | {"intervals": {"level": 0.95, "unit": "rows"}}})
    assert labels() == ["1: 0.5000", "95 % of resamples, at each rate", "chance level: 0.5"]
