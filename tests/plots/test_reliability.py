import json

import numpy as np
import pytest

from dlpy.drawing.figures import draw, style
from dlpy.plots.reliability import Reliability

PROBABILITY = np.repeat([0.1, 0.6], 10)[:, None]
HAPPENED = [1] * 2 + [0] * 8 + [1] * 9 + [0]


def axes_of(run, key="test"):
    with style():
        return Reliability().draw([run])[key].axes


def labels(axes) -> list[str]:
    return axes.get_legend_handles_labels()[1]


def test_frequencies_stand_over_probabilities_with_the_number_of_rows(make_run) -> None:
    top, bottom = axes_of(make_run().task("binary", 1, ["no", "yes"]).predictions(HAPPENED, PROBABILITY, "test").run)
    assert top.get_ylabel() == "observed frequency of yes"
    assert labels(top) == ["exactly right", "as predicted: ece 0.2000 (2 bins of 10)"]
    (points,) = (line.get_xydata() for line in top.get_lines() if line.get_marker() == "o")
    assert points == pytest.approx(np.array([[0.1, 0.2], [0.6, 0.9]]))
    assert bottom.get_ylabel() == "rows"


def test_a_calibrated_run_has_a_second_curve(make_run) -> None:
    run = make_run().task("binary", 1, ["no", "yes"]).predictions(HAPPENED, PROBABILITY, "test").run
    record = {"epoch": 1, "on": ["validation"], "temperatures": {"target": 0.5}, "rows": {"target": 20}}
    (run.path / "calibration.json").write_text(json.dumps(record))
    top, _ = axes_of(run)
    assert [label.partition(":")[0] for label in labels(top)] == ["exactly right", "as predicted", "temperature 0.5"]
    points = [line.get_xdata() for line in top.get_lines() if line.get_marker() == "o"][1]
    assert points == pytest.approx([1 / 82, 9 / 13])  # odds of 1 / 9 and 3 / 2, squared


def test_of_several_classes_the_most_probable_one_counts_and_of_labels_each(make_run) -> None:
    several = np.tile([[0.6, 0.3, 0.1]], (20, 1))
    run = make_run().task("multiclass", 3, ["a", "b", "c"]).predictions([0] * 10 + [2] * 10, several, "test").run
    assert "ece 0.1000" in labels(axes_of(run)[0])[1]
    target, prediction = np.tile([[1, 0]], (10, 1)), np.tile([[0.9, 0.2]], (10, 1))
    run = make_run("20260101-120001-toy").task("multilabel", 2, ["a", "b"]).predictions(target, prediction, "test").run
    assert "ece 0.1500 (2 bins of 10)" in labels(axes_of(run)[0])[1]


def test_numbers_and_what_is_no_probability_have_no_diagram(make_run) -> None:
    run = make_run().task("regression").predictions([1.0, 2.0], [[1.0], [2.0]], "test").run
    assert Reliability().draw([run]) == {}
    run = make_run("20260101-120001-toy").task("binary").predictions([0, 1], [[-3.0], [2.0]], "test").run
    assert Reliability().draw([run]) == {}


def test_it_is_drawn_as_a_file(make_run) -> None:
    run = make_run().task("binary", 1, ["no", "yes"]).predictions(HAPPENED, PROBABILITY, "validation").run
    assert [path.name for path in draw([run], ["reliability"], run.plots)] == ["reliability-validation.png"]
