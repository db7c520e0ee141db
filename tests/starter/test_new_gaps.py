"""What `dlpy new` writes for series with gaps, and the next rows of series of which one ends across a gap."""

from pathlib import Path

import numpy as np
import pytest

from dlpy.experiment.experiment import load
from dlpy.starter.starter import experiment_for

DAYS = np.arange("2023-01-01", "2023-10-28", dtype="M8[D]")


def written(folder: Path, gone: list[int], series: tuple[str, ...] = ()) -> str:
    """Return the experiment for a daily series, or several of which the last one lacks these rows."""
    lines = ["day,shop,sold" if series else "day,sold"]
    for name in series or ("",):
        own = [] if series and name != series[-1] else gone
        for row, day in enumerate(DAYS):
            value = 20 + 3 * np.sin(row * 2 * np.pi / 7) + row % 5
            if row not in own:
                lines.append(f"{day},{name + ',' if name else ''}{value:.3f}")
    path = folder / "sold.csv"
    path.write_text("\n".join(lines) + "\n")
    return experiment_for(str(path), "sold", folder / "sold.yaml").text


def option(text: str, key: str) -> tuple[str, str]:
    """Return the value of an option and its comment; empty if it is not there."""
    line = next((line for line in text.splitlines() if line.strip().startswith(f"{key}:")), ":#")
    value, _, comment = line.partition("#")
    return value.partition(":")[2].strip(), comment.strip()


def test_one_gap_that_costs_few_windows_is_allowed_and_the_share_is_told(tmp_path: Path) -> None:
    text = written(tmp_path, [20])
    assert option(text, "gaps") == ("allow", "1 gap: no window crosses one, 92% are kept")  # 279 - 34 of 299 - 34
    assert "# 2023-01-01 to 2023-10-27" in text


def test_rows_are_inserted_where_gaps_would_cost_many_windows(tmp_path: Path) -> None:
    text = written(tmp_path, [60, 120, 180])
    value, comment = option(text, "gaps")
    assert value == "fill"
    assert comment.startswith("3 gaps: 3 missing rows inserted, no targets; allow would keep ")
    assert option(text, "missing")[0] == "previous"


def test_rows_are_inserted_where_the_last_window_would_cross_a_gap(tmp_path: Path) -> None:
    value, comment = option(written(tmp_path, [295]), "gaps")
    assert value == "fill"
    assert comment.endswith("no targets; with allow, the next rows of a series could not be predicted")


def test_long_gaps_are_not_filled(tmp_path: Path) -> None:
    assert option(written(tmp_path, [*range(100, 160)]), "gaps")[0] == "allow"


def test_a_file_with_inserted_rows_passes_its_check(tmp_path: Path) -> None:
    text = written(tmp_path, [60, 120, 295])
    (tmp_path / "sold.yaml").write_text(text)
    loaded = load(tmp_path / "sold.yaml")[0].data.load()
    assert len(loaded.train) > 100


@pytest.fixture
def shops(bench) -> Path:
    text = written(bench.folder, [295], ("a", "b")).replace("gaps: fill", "gaps: allow")
    return bench.write(text, "sold.yaml")


@pytest.mark.slow
def test_other_series_are_predicted_where_one_ends_across_a_gap(bench, shops: Path) -> None:
    status, _, _ = bench.run("train", shops, "training.epochs=1", "--quiet")
    assert status == 0
    status, out, err = bench.run("predict", "latest", "--ahead", 2)
    assert status == 0
    assert [line.split(",")[0] for line in out.split("\n")[1:-1]] == ["a", "a"]
    assert err.count("\n") == 1
    assert "not predicted: the last 28 rows of series 'b' cross a gap" in err
    only = [line for line in Path("sold.csv").read_text().split("\n") if ",a," not in line]
    bench.write("\n".join(only), "b.csv")
    status, out, err = bench.run("predict", "latest", "b.csv", "--ahead", 2)
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert "the last 28 rows of series 'b' cross a gap" in err
