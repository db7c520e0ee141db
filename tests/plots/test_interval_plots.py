import json

import pytest

from dlpy.drawing.figures import style
from dlpy.plots.intervals import Intervals

pytestmark = pytest.mark.slow  # draws


def test_each_score_has_a_panel_with_point_interval_and_baseline(make_run, draw_parts) -> None:
    run = make_run().task("binary", 1, ["no", "yes"]).run
    told = {"rows": 100, "epoch": 3, "scores": {"loss": 0.4, "accuracy": 0.8}, "baseline": {"accuracy": 0.5}}
    (run.path / "evaluation.json").write_text(json.dumps({"test": told}))
    assert draw_parts("intervals", run) == []
    told["intervals"] = {"level": 0.95, "scores": {"loss": [0.3, 0.5], "accuracy": [0.71, 0.87]}}
    (run.path / "evaluation.json").write_text(json.dumps({"test": told}))
    with style():
        figure = Intervals().draw([run])[""]
    loss, accuracy = figure.axes
    assert [axes.get_title("left") for axes in figure.axes] == ["loss", "accuracy"]
    assert [list(line.get_xdata()) for line in accuracy.lines] == [[0.71, 0.87], [0.8], [0.5]]
    assert [list(line.get_xdata()) for line in loss.lines] == [[0.3, 0.5], [0.4]]
