"""Names come from the folders of dlpy, from installed packages and from plug-in files, and never from two places."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from machine import seconds

from dlpy.components.catalogue import kinds
from dlpy.components.model import Model
from dlpy.core import registry
from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.core.registry import load_plugin
from tests.commands import interpreted

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]

MODEL = '''
from __future__ import annotations

from typing import Literal

from dlpy.api import Model


class Pyramid(Model):
    """Layers that halve."""

    name: Literal["{name}"] = "{name}"
    widest: int = 8
    """Size of the first layer."""

    def build(self, task):
        import keras

        layers, size = [keras.Input(task.input.shape)], self.widest
        while size > 1:
            layers.append(keras.layers.Dense(size, activation="relu"))
            size //= 2
        layers.append(keras.layers.Dense(task.output.units, activation=task.output.activation))
        return keras.Sequential(layers)
'''
ODD = MODEL.format(name="odd").replace("widest: int", "widest: {}")
EXPERIMENT = """data: blobs
model: {{name: {name}, widest: 16}}
training: {{epochs: 1}}
plugins: [{plugins}]
"""


def test_every_kind_has_components() -> None:
    assert set(kinds()) == {
        "datasets", "transforms", "models", "callbacks", "plots", "optimizers", "schedules", "losses", "metrics",
    }  # fmt: skip
    assert all(registry.names() for registry in kinds().values())


@pytest.mark.parametrize("kind", ["datasets", "transforms", "models", "callbacks", "plots"])
def test_the_folder_is_the_registry(kind: str) -> None:
    registry = kinds()[kind]
    files = [file.stem for file in (REPOSITORY / "dlpy" / kind).glob("[!_]*.py")]
    classes = {name: registry.get(name) for name in registry.names()}
    own = {name: cls for name, cls in classes.items() if cls.__module__.startswith(f"dlpy.{kind}.")}
    assert len(own) >= 2
    assert {name: cls.__module__ for name, cls in own.items()} == {name: f"dlpy.{kind}.{name}" for name in files}
    assert not any(cls.aliases for cls in own.values())  # they would be found only after their name


def test_an_unknown_name_suggests_the_closest() -> None:
    with pytest.raises(ConfigError, match=r"unknown model 'convnets'\. Did you mean 'convnet'\? Known: .*dense"):
        Model.registry.get("convnets")
    with pytest.raises(ConfigError) as error:
        Model.registry.get("qqqq")
    assert "Did you mean" not in str(error.value)


def test_of_very_many_names_only_the_closest_is_told() -> None:
    names = [f"class {number}" for number in range(101)]
    assert did_you_mean("clas 17", names) == " Did you mean 'class 17'?"
    assert did_you_mean("clas 17", names[:100]).endswith(", class 98, class 99.")
    assert did_you_mean("qqqq", names) == ""


def test_a_plug_in_is_told_of_trains_and_is_evaluated_from_the_run_directory_alone(
    bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = bench.write(MODEL.format(name="pyramid"), "my_model.py")
    path = bench.write(EXPERIMENT.format(name="pyramid", plugins="my_model.py"))
    told = []
    monkeypatch.setattr(registry, "announcers", [told.append])
    status, _, err = bench.run("train", path)
    assert status == 0, err
    assert set(told) == {plugin}
    (run,) = bench.folder.glob("runs/2*")
    # 16, 8, 4, 2 and 3 units over 4 numbers: 80 + 136 + 36 + 10 + 9 weights
    assert json.loads((run / "summary.json").read_text())["parameters"] == 271
    assert (run / "my_model.py").read_text() == plugin.read_text()
    plugin.write_text("raise RuntimeError('the original was run')")
    assert bench.run("evaluate", "latest")[0] == 0
    moved = bench.folder / "elsewhere"
    shutil.move(run, moved)
    plugin.unlink()
    path.unlink()
    status, out, err = bench.run("evaluate", moved, "--json")
    assert status == 0, err
    assert set(json.loads(out)) == {"validation", "test"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "failed: ZeroDivisionError: division by zero"),
        ("def broken(:\n", "failed: SyntaxError"),
        ("import no_such_package", "failed: ModuleNotFoundError: No module named 'no_such_package'"),
        ("import sys; sys.exit(3)", "failed: SystemExit: 3"),
        (MODEL.format(name="dense"), "registers model 'dense', but dlpy.models.dense already uses this name"),
        (ODD.format("Size"), "failed: PydanticUndefinedAnnotation: name 'Size'"),
        (ODD.format("range"), "failed: PydanticSchemaGenerationError: Unable to generate"),
    ],
)
def test_the_mistakes_of_a_plug_in_are_named_with_its_file(bench, code: str, message: str) -> None:
    plugin = bench.write(code, "my_model.py")
    status, _, err = bench.run("train", bench.write(EXPERIMENT.format(name="dense", plugins="my_model.py")))
    assert status == 2
    assert str(plugin) in err
    assert message in err
    assert err.count("\n") == 1


def test_a_plug_in_that_fails_leaves_no_component(bench) -> None:
    with pytest.raises(ConfigError, match="division by zero"):
        load_plugin(bench.write(MODEL.format(name="half") + "\n1 / 0\n", "half.py"))
    assert Model.registry.find("half") is None


def test_a_missing_plug_in_is_named(bench) -> None:
    status, _, err = bench.run("train", bench.write(EXPERIMENT.format(name="dense", plugins="nowhere.py")))
    assert status == 2
    assert "no plug-in file nowhere.py" in err


def test_a_name_of_dlpy_cannot_be_taken_by_a_plug_in(bench) -> None:
    dense = Model.registry.get("dense")
    with pytest.raises(
        ConfigError, match=r"mine\.py registers model 'dense', but dlpy\.models\.dense already uses this name"
    ):
        load_plugin(bench.write(MODEL.format(name="dense"), "mine.py"))
    assert Model.registry.get("dense") is dense


def test_the_plug_in_is_blamed_even_if_it_is_the_first_to_be_loaded(bench) -> None:
    bench.write(MODEL.format(name="dense"), "mine.py")
    checked = fresh(bench.folder, "check", bench.write(EXPERIMENT.format(name="dense", plugins="mine.py")))
    assert checked.returncode == 2
    assert (
        "mine.py registers model 'dense', but dlpy.models.dense already uses this name."
        in checked.stdout + checked.stderr
    )


def test_two_plug_ins_cannot_have_the_same_name(bench) -> None:
    first = bench.write(MODEL.format(name="twice"), "first.py")
    second = bench.write(MODEL.format(name="twice"), "second.py")
    load_plugin(first)
    load_plugin(first)
    with pytest.raises(
        ConfigError, match=r"second\.py registers model 'twice', but .*first\.py already uses this name"
    ):
        load_plugin(second)


def test_two_plug_in_files_of_the_same_name_are_refused(bench) -> None:
    for folder, name in (("one", "left"), ("two", "right")):
        Path(folder).mkdir()
        bench.write(MODEL.format(name=name), f"{folder}/mine.py")
    path = bench.write(EXPERIMENT.format(name="left", plugins="one/mine.py, two/mine.py"))
    status, _, err = bench.run("train", path)
    assert status == 2
    assert "experiment.yaml:4: plugins.1: two plug-ins are named mine.py" in err


def test_a_plug_in_shows_its_options(bench) -> None:
    plugin = bench.write(MODEL.format(name="pyramid"), "my_model.py")
    status, out, _ = bench.run("show", "models", "pyramid", "--plugin", plugin)
    assert status == 0
    assert "Layers that halve." in out
    assert "Size of the first layer." in out
    assert str(plugin) in out


USES_NUMPY = """
import importlib.util
from numpy.exceptions import AxisError
import numpy as np
try:
    np.zeros(3).sum(axis=4)
except AxisError:  # the same class
    np.mark = "set"
import numpy.random
assert np.random is numpy.random and numpy.mark == "set" and "arange" in dir(np) and importlib.util.find_spec("numpy")
"""


def test_a_plug_in_has_the_whole_of_numpy_while_it_is_checked(bench) -> None:
    bench.write(USES_NUMPY + MODEL.format(name="mine").replace("from __future__ import annotations\n", ""), "mine.py")
    path = bench.write("data: boston_housing\nmodel: mine\nplugins: [mine.py]\n")
    checked = fresh(bench.folder, "check", path)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture
def installed(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like site-packages with one installed package, which offers a model and a transform."""
    site = workplace / "site"
    (site / "sandpit-1.0.dist-info").mkdir(parents=True)
    (site / "sandpit-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: sandpit\nVersion: 1.0\n")
    entry_points = "[dlpy.models]\ncastle = sandpit:Pyramid\n"
    (site / "sandpit-1.0.dist-info" / "entry_points.txt").write_text(entry_points)
    (site / "sandpit.py").write_text(MODEL.format(name="castle"))
    return site


ONE = "import sys; from dlpy.cli.main import run; sys.argv[0] = 'dlpy'; run()"
ALL = "import sys; from dlpy.cli.main import main; sys.exit(max(main(line.split()) for line in sys.argv[1:]))"


def fresh(site: Path, *arguments: object, code: str = ONE) -> subprocess.CompletedProcess[str]:
    """Run a command line, or with ALL one in each argument, in a new interpreter, which finds the packages in `site`."""
    path = os.pathsep.join([str(REPOSITORY), str(site), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "COLUMNS": "200"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds(60), check=False)


def test_an_installed_package_adds_models(bench, installed: Path) -> None:
    shown = fresh(installed, "show", "models")
    assert shown.returncode == 0, shown.stderr
    assert [line.split() for line in shown.stdout.splitlines() if "castle" in line] == [
        ["models", "castle", "Layers", "that", "halve."]
    ]
    text = "data: boston_housing\nmodel: {name: castle, widest: 4}\n"
    bench.write(text)
    scored = fresh(installed, "train experiment.yaml --smoke --quiet", "evaluate latest --json", code=ALL)
    assert scored.returncode == 0, scored.stderr
    (run,) = bench.folder.glob("runs/2*")
    checked = fresh(installed, "check", run / "config.yaml")
    assert checked.returncode == 0, checked.stderr
    _, _, answer = scored.stdout.partition("\n")  # the first line is that of the training
    assert json.loads(answer)["validation"]["scores"].keys() == {"loss", "mae"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise RuntimeError('no licence')", "sandpit:Pyramid failed: RuntimeError: no licence"),
        ("", "sandpit:Pyramid failed: AttributeError: "),
        (MODEL.format(name="dense"), "sandpit registers model 'dense', but dlpy.models.dense already uses this name"),
    ],
)
def test_a_package_that_fails_is_named(installed: Path, code: str, message: str) -> None:
    (installed / "sandpit.py").write_text(code)
    shown = fresh(installed, "show", "models")
    assert shown.returncode in (2, 4)
    assert message in shown.stderr
    assert "Traceback" not in shown.stderr


METRIC = '''

from dlpy.api import Metric


class Pebbles(Metric):
    """A score."""

    name: Literal["pebbles"] = "pebbles"
    direction = "min"
'''


def test_a_package_may_offer_components_of_several_kinds_and_be_imported_by_a_plug_in(bench, installed: Path) -> None:
    entry_points = "[dlpy.models]\ncastle = sandpit:Pyramid\n[dlpy.metrics]\npebbles = sandpit:Pebbles\n"
    (installed / "sandpit-1.0.dist-info" / "entry_points.txt").write_text(entry_points)
    (installed / "sandpit.py").write_text(MODEL.format(name="castle") + METRIC)
    text = "data: boston_housing\nmodel: {name: castle, widest: 4}\ntraining: {metrics: [pebbles]}\n"
    bench.write(
        MODEL.format(name="mine").replace("from dlpy.api import", "import sandpit\nfrom dlpy.api import"), "mine.py"
    )
    alone, beside = bench.write(text, "alone.yaml"), bench.write(text + "plugins: [mine.py]\n", "beside.yaml")
    for arguments in (
        ["check", alone],
        ["show", "metrics", "pebbles"],
        ["show", "models", "castle"],
        ["check", beside],
    ):
        done = fresh(installed, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_that_fails_is_named_for_each_file(bench, installed: Path) -> None:
    (installed / "sandpit.py").write_text("import sys; sys.exit(3)")
    first, second = (bench.write("data: boston_housing\nmodel: castle\n", name) for name in ("1.yaml", "2.yaml"))
    checked = fresh(installed, "check", first, second)
    assert checked.returncode == 4
    assert checked.stdout.splitlines() == ["sandpit: its entry point sandpit:Pyramid failed: SystemExit: 3"] * 2


def test_a_plug_in_is_blamed_for_a_component_that_it_imports(bench, installed: Path) -> None:
    (installed / "sandpit.py").write_text(MODEL.format(name="castle").replace("widest: int", "widest: Size"))
    (installed / "sandpit-1.0.dist-info" / "entry_points.txt").unlink()
    plugin = bench.write(
        "import sandpit\n" + MODEL.format(name="mine").replace("from __future__ import annotations\n", ""), "mine.py"
    )
    path = bench.write("data: boston_housing\nmodel: castle\nplugins: [mine.py]\n")
    checked = fresh(installed, "check", path)
    assert checked.returncode == 2
    assert f"plug-in {plugin} failed: PydanticUndefinedAnnotation: name 'Size' is not defined" in checked.stdout


OPTIMIZER = '''
from __future__ import annotations

from typing import Literal

from dlpy.api import Optimizer


class Plain(Optimizer):
    """Small steps downhill."""

    name: Literal["plain"] = "plain"
    step: float = 0.01
    """Size of a step."""

    def build(self):
        import keras

        return keras.optimizers.SGD(self.step)
'''


def test_an_optimizer_of_ones_own_works_beside_callbacks_that_set_its_rate(bench) -> None:
    bench.write(OPTIMIZER, "plain.py")
    text = "data: {name: blobs, validation: null}\nmodel: {name: dense, units: [4]}\nplugins: [plain.py]\n"
    text += "training: {epochs: 2, optimizer: {name: plain, step: 0.25}}\n"
    text += "callbacks: [{name: learning_rate_schedule, rates: {2: 0.125}}]\n"
    status, _, err = bench.run("train", bench.write(text))
    assert (status, err) == (0, "")
    (run,) = bench.folder.glob("runs/2*")
    rows = (run / "metrics.csv").read_text().splitlines()
    assert [row.split(",")[2] for row in rows[1:]] == ["0.25", "0.125"]


def test_a_name_imports_its_own_module_only() -> None:
    code = (
        "import sys; from dlpy.components.model import Model; Model.registry.get('dense');"
        "print([name for name in ('dense', 'vae', 'rnn') if f'dlpy.models.{name}' in sys.modules]);"
        "print(Model.registry.find('_outputs'), Model.registry.find('models.dense'), 'vae' in Model.registry.names());"
        "print([name for name in sys.modules if name.startswith(('dlpy.models.vae', 'dlpy.models.rnn'))])"
    )
    assert interpreted(code) == ["['dense']", "None None True", "[]"]
