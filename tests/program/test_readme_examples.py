"""What dlpy/README.md shows works as it says: plug-ins, and dlpy from Python."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from dlpy.api import Callback, Dataset, Loss, Model, Plot, Transform
from dlpy.runs.lookup import find_run

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "dlpy" / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The examples as files in the test's folder, named after the component that each defines; forgotten afterwards."""
    for kind in (Callback, Dataset, Loss, Model, Plot, Transform):
        known = {name: kind.registry.get(name) for name in kind.registry.names()}
        monkeypatch.setattr(kind.registry, "_classes", known)
    files = []
    for code in BLOCK.findall(README.read_text("utf-8")):
        if code.startswith("import dlpy"):
            continue
        (name,) = re.findall(r'name: Literal\["(\w+)"\]', code)
        files.append(f"{name}.py")
        Path(files[-1]).write_text(code, "utf-8")
    return files


@pytest.mark.plots
def test_they_train_together(bench, plugins: list[str]) -> None:
    path = bench.experiment(
        plugins=plugins,
        data={"name": "blobs", "task": "regression", "transforms": [{"name": "clip", "percentile": 2}]},
        model={"name": "highway", "depth": 2},
        training={"phases": [{"freeze": "none", "epochs": 9}] * 2, "loss": {"name": "quantile", "quantile": 0.9}},
        callbacks=[{"name": "good_enough", "monitor": "val_mae", "value": 1e9}],
    )
    status, out, err = bench.run("train", path)
    assert (status, err) == (0, "")
    assert "epoch 1: val_mae is good enough" in out
    run = find_run("latest")
    assert (run.plots / "gap.png").is_file()
    run.update(status="running")
    (run.path / "summary.json").unlink()
    assert bench.run("resume", "latest")[0] == 0
    assert len(run.metrics.read_text().splitlines()) == 2  # one epoch, in both sittings


def test_what_comes_from_json_lines_is_predicted(bench, plugins: list[str]) -> None:
    rng = np.random.default_rng(0)
    lines = [{"x": [float(rng.normal(n % 2)), n % 2], "y": ["lily", "rose"][n % 2]} for n in range(60)]
    Path("flowers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    data = {"name": "json_lines", "path": "flowers.jsonl"}
    assert bench.run("train", bench.experiment(plugins=plugins, data=data, training={"epochs": 30}))[0] == 0
    Path("new.jsonl").write_text('{"x": [0.0, 0]}\n{"x": [1.0, 1]}\n')
    status, out, _ = bench.run("predict", "latest", "new.jsonl")
    assert status == 0
    assert [line.split(",")[0] for line in out.splitlines()] == ["prediction", "lily", "rose"]


def test_self_attention_takes_texts_and_windows(bench, plugins: list[str]) -> None:
    x = np.random.default_rng(0).normal(size=(40, 6, 3)).astype(np.float32)
    np.savez("windows.npz", x=x, y=x[:, :, 0].mean(axis=1))
    path = bench.experiment(
        plugins=plugins, data={"name": "npz", "path": "windows.npz"}, model={"name": "attention", "blocks": 2}
    )
    assert bench.run("train", path)[0] == 0


@pytest.mark.filterwarnings("ignore:.*far outside the training range")
def test_the_program_runs(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{rooms},{town},{rooms * 100 + number}" for number in range(120) for rooms, town in ((3, "Bern"), (5, "Basel"))
    ]
    Path("houses.csv").write_text("\n".join(["rooms,town,price", *rows]))
    Path("new_houses.csv").write_text("rooms,town\n3,Bern\n5,Basel\n")
    Path("houses.yaml").write_text(
        "data: {name: csv, path: houses.csv, target: price, task: regression, transforms: [standardize], test: 0.2}\n"
        "model: {name: dense, units: [4]}\n"
    )
    (code,) = (code for code in BLOCK.findall(README.read_text("utf-8")) if code.startswith("import dlpy"))
    found: dict[str, object] = {}
    exec(code, found)
    told = capsys.readouterr().out
    assert "'mae':" in told
    assert np.shape(found["prices"]["prediction_low"]) == (2,)
