"""The figure of scores draws each series by itself."""

import numpy as np

from dlpy.anomalies.figure import anomaly_figure, series_rows
from dlpy.anomalies.limits import Limits
from dlpy.anomalies.score import Scored
from dlpy.data.rows import Rows
from dlpy.data.windows import Windows


def scored(names: list[str] | None) -> Scored:
    count = 6 if names is None else len(names)
    ids, owner = (), None
    if names is not None:
        ids, owner = np.unique(names, return_inverse=True)
    windows = Windows(np.zeros((count, 1)), np.arange(count), np.zeros(1, np.int64), owner=owner, ids=tuple(ids))
    rows = Rows({"input": windows}, {}, np.arange(count))
    value = np.arange(count, dtype=float)[:, None]
    return Scored(rows, value, value + 1, np.arange(count) / 2, Limits(np.zeros(1), np.ones(1), 2.0, 10), None)


def test_no_line_leads_from_one_series_to_another() -> None:
    figure = anomaly_figure(scored(["b", "a", "b", "a", "a", "b"]), "two", "")
    assert [axes.get_title(loc="left") for axes in figure.axes[::2]] == ["a", "b"]
    assert [axes.lines[1].get_xdata().tolist() for axes in figure.axes[::2]] == [[1, 3, 4], [0, 2, 5]]
    assert [axes.lines[2].get_xdata().tolist() for axes in figure.axes[::2]] == [[], [5]]  # scores above 2
    assert [axes.lines[0].get_xdata().tolist() for axes in figure.axes[1::2]] == [[1, 3, 4], [0, 2, 5]]


def test_one_series_has_two_panels_without_a_name() -> None:
    figure = anomaly_figure(scored(None), "one", "bar")
    assert len(figure.axes) == 2
    assert figure.axes[0].get_title(loc="left") == ""
    assert figure.axes[0].get_ylabel() == "bar"


def test_of_many_series_four_are_drawn_and_the_others_counted() -> None:
    many = scored([f"series {number}" for number in range(6)])
    figure = anomaly_figure(many, "many", "")
    assert len(series_rows(many)) == 6
    assert len(figure.axes) == 8
    assert figure.axes[0].get_title(loc="left") == "series 0"
    assert figure.get_suptitle() == "many (2 more series are not drawn)"
