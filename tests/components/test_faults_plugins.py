"""Mistakes in plug-in files: one line that says which file, where and what, and no run that never trained."""

import json
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

HEAD = """\
from typing import Literal

import numpy as np

from dlpy.api import Callback, Dataset, Hooks, Input, Loaded, Model
from dlpy.api import Output, Rows, Source, Task, Transform

"""
MODEL = HEAD + 'class Own(Model):\n    name: Literal["NAME"] = "NAME"\n\n    def build(self, task):\n'
UNSCORED = {"name": "blobs", "validation": None}  # no rows to score in each epoch
SIMPLE = "import keras\ninputs = keras.Input(task.input.shape)\nreturn keras.Model(inputs, LAST)"


def model(body: str) -> str:
    return MODEL + "".join(f"        {line}\n" for line in body.splitlines())


def last(layer: str) -> str:
    return model(SIMPLE.replace("LAST", layer))


def plug_in(request) -> str:
    """Return a name that no other test gives to its component."""
    return "plug_" + "".join(letter if letter.isalnum() else "_" for letter in request.node.callspec.id)


def run(bench, request, text: str, **blocks: object) -> tuple[int, str, str]:
    """Train with a plug-in whose only component, NAME, has a name of its own in every test."""
    name = plug_in(request)
    Path(f"{name}.py").write_text(text.replace("NAME", name))
    blocks = {key: yaml_names(value, name) for key, value in ({"model": "NAME"} | blocks).items()}
    return bench.run("train", bench.experiment(plugins=[f"{name}.py"], **blocks))


def yaml_names(value: object, name: str) -> object:
    if isinstance(value, dict):
        return {key: yaml_names(item, name) for key, item in value.items()}
    return [yaml_names(item, name) for item in value] if isinstance(value, list) else name if value == "NAME" else value


def told(result: tuple[int, str, str], status: int) -> str:
    """Return the one line of the error; no run may be left."""
    assert result[0] == status, result[2]
    assert result[2].count("\n") == 1, result[2]
    assert not list(Path("runs").glob("*"))
    return result[2]


NONSENSE = {
    "raises": (model('raise ValueError("my own\\nmistake")'), r".py failed: ValueError: my own mistake (line 12)"),
    "none": (model("return None"), "its build() returned NoneType, not a keras.Model"),
    "too wide": (last("keras.layers.Dense(7)(inputs)"), "gives (None, 7); the target needs (batch, 3)"),
    "other rank": (last("keras.layers.Reshape((1, 4))(inputs)"), "gives (None, 1, 4); the target needs (batch, 3)"),
    "two": (last("[keras.layers.Dense(3)(inputs)] * 2"), "gives (None, 3), (None, 3); the target"),
    "in keras": (last("keras.layers.Conv2D(3, 3)(inputs)"), "ValueError: Input 0 with name"),
    "other input": (
        model("import keras\nreturn keras.Sequential([keras.Input((9,)), keras.layers.Dense(3)])"),
        "cannot be built for array rows of shape (4): ValueError: Exception encountered when calling Sequential.call(). Input 0",
    ),
    "no method": (HEAD + 'class Own(Model):\n    name: Literal["NAME"] = "NAME"\n', "has no build()"),
    "check": (
        MODEL + '        pass\n\n    def check(self, task):\n        return {}["no"]\n',
        ".py failed: KeyError: 'no' (line 15)",
    ),
    "no component": ("x = 3\n", "registers no component"),
    "scores without its kind": (
        MODEL + "        pass\n\n    def scores(self, task):\n        return {}\n",
        "model 'Own' defines scores(), which is only called on a GenerativeModel: derive the class from GenerativeModel",
    ),
    "weights without their kind": (
        MODEL + "        pass\n\n    def initialize(self, model):\n        pass\n",
        "defines initialize(), which is only called on a PretrainedModel: derive the class from PretrainedModel",
    ),
    "generative without scores": (
        model(SIMPLE.replace("LAST", "inputs"))
        .replace("import Callback", "import GenerativeModel, Callback")
        .replace("(Model)", "(GenerativeModel)"),
        "model 'NAME' has no scores() method; its class must define it",
    ),
}


@pytest.mark.parametrize("text", NONSENSE, ids=list(NONSENSE))
def test_a_model_that_cannot_be_trained_is_told(bench, request, text: str) -> None:
    plugin, message = NONSENSE[text]
    assert message.replace("NAME", plug_in(request)) in told(run(bench, request, plugin), 2)


@pytest.mark.parametrize("layers", ["[keras.layers.Dense(3)]", "[keras.Input((4,)), keras.layers.Dense(3)]"])
def test_a_sequential_model_trains_whether_it_knows_its_input_or_not(bench, request, layers: str) -> None:
    status, _, err = run(bench, request, model(f"import keras\nreturn keras.Sequential({layers})"), data=UNSCORED)
    assert (status, err) == (0, "")


SUBCLASSED = """\
import keras
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(3, activation="softmax")
    def call(self, x):
        return self.inner(x)
return Net()"""


@pytest.mark.parametrize("text", [SUBCLASSED], ids=["subclassed"])
def test_a_subclassed_model_trains_and_is_restored(bench, request, text: str) -> None:
    status, _, err = run(bench, request, model(text), data=UNSCORED)
    assert (status, err) == (0, "")
    assert bench.run("evaluate", "latest", "--split", "test")[0] == 0


CLOSURE = """\
import keras
class Twice(keras.layers.Layer):
    def __init__(self, how):
        super().__init__()
        self.how = how
    def call(self, x):
        return self.how(x)
inputs = keras.Input(task.input.shape)
return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(Twice(lambda x: x * 2)(inputs)))"""


@pytest.mark.parametrize("text", [CLOSURE], ids=["closure"])
def test_a_model_that_keras_cannot_save_is_trained_and_evaluated_all_the_same(bench, request, text: str) -> None:
    status, out, err = run(bench, request, model(text))
    assert (status, err) == (0, "")
    assert "model.keras is left out: Keras cannot save this model" in out
    assert bench.run("evaluate", "latest")[0] == 0


TRANSFORM = HEAD + 'class Own(Transform):\n    name: Literal["NAME"] = "NAME"\n\n'
DATASET = HEAD + 'class Own(Dataset):\n    name: Literal["NAME"] = "NAME"\n\n'
LOAD = "    def load(self):\n        return Loaded({}, None, TASK, Source('file', 'x'))\n".replace(
    "TASK", "Task.single(Input('array', (2,)), Output('binary', 1))"
)
OTHERS = {
    "transform gives none": (TRANSFORM + "    def apply(self, rows, state): return None\n", 2, "returned NoneType"),
    "transform without apply": (TRANSFORM, 2, "has no apply()"),
    "dataset gives none": (DATASET + "    def load(self): return None\n", 2, "returned NoneType"),
    "dataset without load": (DATASET, 2, "has no load()"),
    "lengths": (
        DATASET + LOAD.format("Rows.single(np.zeros((9, 2)), np.zeros(8))"),
        3,
        "9 rows of inputs, but 8 of target",
    ),
    "text": (
        DATASET + LOAD.format("Rows.single(np.full((9, 2), 'a'), np.arange(9) % 2)"),
        3,
        "contains <U1, expected numbers",
    ),
    "no columns": (DATASET + LOAD.format("Rows.single(np.zeros((9, 0)), np.arange(9) % 2)"), 3, "contain no numbers"),
}


@pytest.mark.parametrize("case", OTHERS, ids=list(OTHERS))
def test_a_transform_or_dataset_that_gives_nonsense_is_told(bench, request, case: str) -> None:
    text, status, message = OTHERS[case]
    blocks: dict = {"model": {"name": "dense", "units": [2]}}
    blocks["data"] = {"name": "blobs", "transforms": ["NAME"]} if "transform" in case else {"name": "NAME"}
    assert message in told(run(bench, request, text, **blocks), status)


@pytest.mark.parametrize(
    "text",
    [
        HEAD
        + 'class C(Callback):\n    name: Literal["NAME"] = "NAME"\n\n    def build(self, run, directions): return 3\n'
    ],
    ids=["number"],
)
def test_a_callback_that_builds_no_hooks_is_told(bench, request, text: str) -> None:
    line = told(run(bench, request, text, model="dense", callbacks=["NAME"]), 2)
    assert "its build() returned int, not Hooks or a keras.callbacks.Callback" in line


@pytest.mark.parametrize("status", ["0", "3", "143"])
def test_a_callback_that_calls_exit_has_failed(bench, request, status: str) -> None:
    text = (
        f"{HEAD}class Hook(Hooks):\n    def on_epoch_end(self, epoch, logs): raise SystemExit({status})\n\n"
        'class C(Callback):\n    name: Literal["NAME"] = "NAME"\n\n    def build(self, run, directions): return Hook()\n'
    )
    given, _, err = run(bench, request, text, model="dense", callbacks=["NAME"], data=UNSCORED)
    assert (given, err.count("\n")) == (2, 1)
    assert f".py failed: SystemExit: {status} (line 9)" in err
    (folder,) = Path("runs").glob("2*")
    assert json.loads((folder / "run.json").read_text())["status"] == "failed"


def test_settings_that_change_keras_are_told_before_the_data_is_read(bench, monkeypatch) -> None:
    np.savez("broken.npz")
    monkeypatch.setenv("KERAS_MAX_EPOCHS", "2")
    status, out, err = bench.run("train", bench.experiment(data={"name": "npz", "path": "broken.npz"}))
    assert (status, out) == (4, "")
    assert err.startswith("error: $KERAS_MAX_EPOCHS is set")
    assert not list(Path("runs").glob("*")) if Path("runs").exists() else True
