"""`dlpy export`: files that predict without dlpy what the run predicts, and mistakes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlpy.export import export as exporting
from dlpy.export.checking import Ran
from dlpy.export.formats import FORMATS
from dlpy.runs.directory import Run

pytestmark = pytest.mark.slow  # trains, and starts processes

CITIES = ["Bern", "Oslo", "Rome", ""]
MISSING = {"area": "median", "city": "unknown"}


def houses() -> str:
    """Return a table with missing cells of both kinds, whose price depends on all columns."""
    rng, lines = np.random.default_rng(3), ["year,area,city,price"]
    for row in range(120):
        year, area, city = rng.integers(1950, 2020), rng.normal(100, 20), CITIES[row % 4]
        price = 2000 * area + 500 * (year - 1950) + (30_000 if city == "Rome" else 0)
        lines.append(f"{year},{'' if row % 17 == 0 else f'{area:.1f}'},{city},{price:.0f}")
    return "\n".join(lines)


@pytest.fixture
def run(bench) -> Run:
    return trained(bench)


def trained(bench, **training: object) -> Run:
    bench.write(houses(), "houses.csv")
    price = {"price": {"column": "price", "transforms": ["standardize"]}}
    transforms = ["missing_indicators", "standardize"]
    data = {"name": "csv", "path": "houses.csv", "targets": price, "missing": MISSING, "transforms": transforms}
    options = {"training": training} if training else {}
    return bench.trained(bench.experiment(data=data | {"validation": 0.3}, **options))


def left(run: Run) -> list[str]:
    folder = run.path / "exports"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_table_is_exported_with_its_preprocessing_and_in_its_unit(bench, run: Run) -> None:
    status, out, err = bench.run("export", run.path, "--to", "savedmodel", "--to", "keras", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)["exports"]
    assert [(one["format"], one["rows"], one["part"]) for one in told] == [
        ("savedmodel", 36, "validation"), ("keras", 36, "validation"),
    ]  # fmt: skip
    assert all(one["difference"] < 1e-5 for one in told)
    folder = run.path / "exports" / "savedmodel"
    signature = json.loads((folder / "signature.json").read_text())
    numbers, categories = signature["inputs"]
    assert (numbers["columns"], numbers["dtype"], numbers["missing"]) == (["year", "area"], "float32", "NaN")
    assert categories["categories"] == {"city": ["", "Bern", "Oslo", "Rome", "unknown"]}
    assert signature["outputs"][0]["name"] == "price"
    with np.load(run.predictions) as stored, np.load(folder / "example_rows.npz") as rows:
        assert len(rows["numbers"]) == 4
        wanted = stored["validation.prediction"][:4, 0]  # in dollars
    shutil.copytree(folder, "elsewhere")
    ended = subprocess.run([sys.executable, "-I", "elsewhere/example.py"], capture_output=True, text=True, check=True)
    found = json.loads(ended.stdout.removeprefix("price").strip())
    np.testing.assert_allclose(np.array(found)[:, 0], wanted, rtol=1e-5)


@pytest.mark.parametrize("to", ["onnx", "litert"])
def test_other_formats_take_the_numbers_of_categories(bench, run: Run, to: str) -> None:
    for package in FORMATS[to].needs:
        pytest.importorskip(package)
    status, out, err = bench.run("export", run.path, "--to", to)
    assert (status, err) == (0, "")
    assert f"{to}: runs/{run.id}/exports/{to} (" in out
    signature = json.loads((run.path / "exports" / to / "signature.json").read_text())
    assert signature["inputs"][1]["prepare"] == "codes"


def test_weights_of_16_bits_cost_little_and_the_price_keeps_its_own_mean(bench) -> None:
    pytest.importorskip("ai_edge_litert")
    bench.write(houses(), "houses.csv")
    data = {"name": "csv", "path": "houses.csv", "target": "price", "task": "regression", "missing": MISSING}
    wide = {
        "data": data | {"transforms": ["standardize"], "validation": 0.3},
        "model": {"name": "dense", "units": [64, 64]},
    }
    run = bench.trained(bench.experiment(**wide))
    whole, half = (exported(bench, run, *options) for options in ([], ["--quantize", "float16"]))
    assert (whole["before"], Path(half["folder"]).name) == ({}, "litert-float16")
    assert half["size"] < 0.7 * whole["size"]
    assert 1e-7 < half["difference"] < 2e-3  # of the spread: 11 bits are 5e-4 of a number
    assert half["after"]["mae"] == pytest.approx(half["before"]["mae"], rel=1e-2)


def exported(bench, run: Run, *options: str) -> dict:
    status, out, err = bench.run("export", run.path, "--to", "litert", "--json", *options)
    assert (status, err) == (0, "")
    return json.loads(out)["exports"][0]


def test_a_missing_extra_is_named(bench, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert bench.run("export", run.path, "--to", "onnx") == (
        4, "", "error: --to onnx needs tf2onnx, onnx, onnxruntime: pip install 'dlpy[onnx]'.\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--to", "kers"],
            "--to kers: there is no such format. Did you mean 'keras'? Known: docker, keras, litert",
        ),
        (["--to", "keras", "--quantize", "int8"], "--quantize applies to --to litert, not to keras: leave it out."),
        (["--to", "litert", "--quantize", "int"], "--quantize int: expected float16 or int8. Did you mean 'int8'?"),
        (["--to", "keras", "-o", "houses.csv"], "--output houses.csv: there is a file of that name. Give a folder."),
        (["--to", "keras", "-o", "."], "--output .: this folder has other files than those of an export. Give another"),
        (["--to", "keras", "-o", ".", "--force"], "--output .: this folder has other files than those of an export."),
        (["--to", "keras", "--to", "savedmodel", "-o", "x"], "--output names one folder, for one format"),
        (["--to", "keras", "--checkpoint", "first"], "--checkpoint first: expected best or last."),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(bench, run: Run, options: list[str], line: str) -> None:
    before = sorted(path.name for path in Path().iterdir())
    status, out, err = bench.run("export", run.path, *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {line}")
    assert (left(run), sorted(path.name for path in Path().iterdir())) == ([], before)


def test_a_file_that_predicts_something_else_is_not_left(bench, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(folders: list[Path], rows: dict[str, np.ndarray], scratch: Path) -> list[Ran]:
        return [Ran({"price": np.zeros((36, 1), np.float32)}, 0.0) for _ in folders]

    monkeypatch.setattr(exporting, "run_programs", wrong)
    status, _, err = bench.run("export", run.path, "--to", "keras")
    assert status == 2
    assert err.startswith("error: a Keras file of this dense predicts something else than dlpy: its answers differ by")
    assert left(run) == []


@pytest.mark.parametrize("to", ["onnx", "litert"])
def test_a_precision_that_a_format_lacks_is_named(bench, to: str) -> None:
    for package in FORMATS[to].needs:
        pytest.importorskip(package)
    run = bench.trained(bench.experiment(training={"epochs": 1, "precision": "mixed_bfloat16"}))
    status, _, err = bench.run("export", run.path, "--to", to)
    assert (status, "with training.precision mixed_bfloat16: export it to keras or savedmodel" in err) == (2, True), err
    assert left(run) == []


def test_a_classic_model_is_refused(bench) -> None:
    run = bench.trained(bench.experiment(model={"name": "linear"}, training={}))
    status, _, err = bench.run("export", run.path, "--to", "keras")
    assert (status, err) == (2, "error: linear is no network: of the formats, docker alone holds it.\n")


def test_a_run_of_several_seeds_says_what_can_be_exported(bench) -> None:
    assert bench.run("train", bench.experiment(), "--seeds", "2")[0] == 0
    (run,) = Path("runs").glob("2*")
    status, _, err = bench.run("export", run, "--to", "keras")
    several = f"error: run {run.name} has a model for each seed: name one of them, such as {run.name}/seeds/1, or dlpy"
    assert (status, err) == (7, f"{several} ensemble {run.name}.\n")


def test_an_export_is_replaced_only_by_force(bench, run: Run) -> None:
    there = run.path / "exports" / "keras"
    there.mkdir(parents=True)
    (there / "signature.json").write_text("{}")
    status, _, err = bench.run("export", run.path, "--to", "keras")
    assert status == 2
    assert err.startswith(f"error: {there} has an export: --force replaces it")
    assert bench.run("export", run.path, "--to", "keras", "--force")[::2] == (0, "")
    assert (there / "model.keras").is_file()
    assert left(run) == ["keras"]


SALES = {
    "name": "csv", "path": "sales.csv", "target": "price", "task": "regression", "dates": ["sold"], "categorical": ["open"],
    "missing": {"area": "median"}, "transforms": [{"name": "quantile", "quantiles": 10}], "validation": 0.3,
}  # fmt: skip


def sales() -> str:
    """Return a table with dates, truth values and missing cells."""
    rng, lines = np.random.default_rng(5), ["sold,open,area,price"]
    for row in range(90):
        day, area = np.datetime64("2020-01-01T10:00") + 2220 * row, rng.normal(100, 20)
        lines.append(f"{day},{row % 3 == 0},{'' if row % 17 == 0 else f'{area:.1f}'},{area * 10 + row:.0f}")
    return "\n".join(lines)


@pytest.fixture
def members(bench) -> list[Run]:
    bench.write(sales(), "sales.csv")
    several = [bench.experiment(f"{n}.yaml", data=SALES, model={"name": "dense", "units": [n]}) for n in (3, 9)]
    return [bench.trained(path) for path in several]


def test_dates_and_other_spellings_of_truth_values_are_prepared_beside_the_network(bench, members: list[Run]) -> None:
    status, _, err = bench.run("export", members[0].path, "--to", "keras")
    assert (status, err) == (0, "")
    folder = members[0].path / "exports" / "keras"
    numbers, categories = json.loads((folder / "signature.json").read_text())["inputs"]
    assert numbers["dates"] == {"columns": ["sold"], "unit": "seconds since 1970-01-01"}
    assert [next(iter(step)) for step in numbers["steps"]] == ["fill", "dates", "ranks"]
    assert set(categories["categories"]["open"]) >= {"True", "true", "False", "false"}
    assert {"parts_of_dates.py", "_normal.py", "_among_quantiles.py"} <= {path.name for path in folder.iterdir()}


def test_an_ensemble_is_one_network_of_all_members(bench, members: list[Run]) -> None:
    assert bench.run("ensemble", *(run.path for run in members), "--weights", "greedy")[0] == 0
    run = Run(max(Path("runs").glob("*-ensemble")))
    status, out, err = bench.run("export", run.path, "--to", "keras", "--json")
    assert (status, err) == (0, "")
    (told,) = json.loads(out)["exports"]
    assert (told["rows"], told["part"]) == (27, "validation")
    assert told["difference"] < 1e-5
    signature = json.loads((run.path / "exports" / "keras" / "signature.json").read_text())
    assert [spec["name"] for spec in signature["inputs"]] == ["numbers", "categories"]


def test_a_member_that_is_no_network_is_named(bench, members: list[Run]) -> None:
    other = bench.trained(bench.experiment("linear.yaml", data=SALES, model={"name": "linear"}, training={}))
    assert bench.run("ensemble", members[0].path, other.path)[0] == 0
    status, _, err = bench.run("export", max(Path("runs").glob("*-ensemble")), "--to", "keras")
    wanted = f"error: member {other.id}: linear is no network: of the formats, docker alone holds it.\n"
    assert (status, err) == (2, wanted)


def test_a_folder_for_docker_serves_the_run_with_its_final_model(bench) -> None:
    run = trained(bench, epochs=2, refit=True)
    status, out, err = bench.run("export", run.path, "--to", "docker", "-o", "image")
    assert (status, err) == (0, "")
    assert "docker build -t experiment image && docker run --rm -p 8000:8000 experiment" in out
    made = Path("image")
    lines = (made / "Dockerfile").read_text().splitlines()
    assert lines[-1] == (
        f'CMD ["python", "-m", "dlpy", "serve", "runs/{run.id}", "--host", "0.0.0.0", "--port", "8000"]'
    )
    assert lines[1] == f"FROM python:{sys.version_info.major}.{sys.version_info.minor}-slim"
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert sorted(copied) == sorted(path.name for path in made.iterdir() if path.name != "Dockerfile")
    assert lines.index("RUN pip install --no-cache-dir -r requirements.txt") < lines.index("COPY dlpy dlpy")
    assert lines.index("COPY requirements.txt .") < lines.index("USER 10001")
    pinned = dict(line.split("==") for line in (made / "requirements.txt").read_text().split())
    assert {"tensorflow", "keras", "numpy", "starlette", "uvicorn", "pydantic-core"} <= set(pinned)
    assert "dlpy" not in pinned
    within = made / "runs" / run.id
    for model in (within, within / "refit"):
        assert (model / "checkpoints" / "best" / "weights.npz").is_file()
    assert not (within / "report.html").exists()
    assert (made / "dlpy" / "cli" / "serve.py").is_file()
    options = ["--to", "docker", "-o", "image"]
    assert "has an export: --force replaces it" in bench.run("export", run.path, *options)[2]
