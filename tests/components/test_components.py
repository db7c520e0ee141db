"""What holds for every component of every kind, and for whatever is added."""

import pytest
from every import REQUIRED, made, names
from pydantic import TypeAdapter

from dlpy.components.callback import AnyCallback
from dlpy.components.catalogue import component_help, kinds
from dlpy.components.dataset import AnyDataset
from dlpy.components.model import AnyModel
from dlpy.components.objectives import AnyLoss, AnyMetric, AnyOptimizer, AnySchedule
from dlpy.components.option_docs import option_help
from dlpy.components.transform import AnyTransform
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.task import Input, Output, Task

pytestmark = pytest.mark.slow

SLOTS = {
    "datasets": AnyDataset, "transforms": AnyTransform, "models": AnyModel, "callbacks": AnyCallback,
    "optimizers": AnyOptimizer, "schedules": AnySchedule, "losses": AnyLoss, "metrics": AnyMetric,
}  # fmt: skip


def blocks() -> list[tuple[str, type[Block]]]:
    """Return every class whose fields are options of experiment files."""
    return [(name, kinds()[kind].get(name)) for kind in kinds() for name in names(kind)]


@pytest.mark.parametrize(("name", "cls"), blocks())
def test_every_component_and_option_says_what_it_does(name: str, cls: type[Block]) -> None:
    assert len((vars(cls)["__doc__"] or "").partition("\n")[0]) > 10
    texts = option_help(cls)
    for option in cls.model_fields:
        assert option == "name" or texts.get(option), f"{name}.{option} has no docstring"


@pytest.mark.parametrize("kind", SLOTS)
def test_every_component_can_be_called_by_name_and_written_back(kind: str) -> None:
    adapter = TypeAdapter(SLOTS[kind])
    for name in names(kind):
        component = adapter.validate_python({"name": name, **REQUIRED.get(name, {})})
        assert adapter.validate_python(adapter.dump_python(component)) == component


def test_a_component_whose_required_options_are_not_known_is_named() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"transform 'reshape' needs other options \(shape\)"):
        made("transforms", "reshape", required={})


def test_a_plot_must_not_need_options_since_nothing_gives_it_any(bench) -> None:
    code = "from typing import Literal\nfrom dlpy.api import Plot\n\n\nclass Needy(Plot):\n"
    bench.write(f'{code}    name: Literal["needy"] = "needy"\n    bins: int\n', "needy.py")
    status, _, err = bench.run("show", "plots", "--plugin", "needy.py")
    assert (status, err.count("\n")) == (2, 1)
    assert "plot 'Needy': give these options a default: bins" in err


@pytest.mark.parametrize("kind", SLOTS)
def test_every_component_refuses_options_it_does_not_have(kind: str) -> None:
    for name in names(kind):
        with pytest.raises(ValueError, match="unknown option"):
            kinds()[kind].get(name).model_validate({"name": name, **REQUIRED.get(name, {}), "no_such_option": 1})


def test_show_tells_the_options_of_blocks_within_a_component(bench) -> None:
    status, out, _ = bench.run("show", "models", "gan")
    assert status == 0
    assert "discriminator.dropout: number >= 0 < 1  = 0.3\n    Dropout rate behind the last convolution." in out
    assert "generator.layers.stride: whole number > 0  = 1\n" in out
    assert "validation.take: first | last | random or null  = null\n" in bench.run("show", "datasets", "mnist")[1]


def test_show_tells_the_options_of_the_parts_of_an_experiment(bench) -> None:
    status, out, _ = bench.run("show", "training")
    assert status == 0
    assert "training.batch_size: whole number > 0  = 32\n    Number of rows per step.\n" in out
    assert "training.phases.epochs: whole number > 0  = required\n" in out
    assert "training.optimizer: optimizer  = rmsprop\n" in out
    assert "kfold.folds: whole number >= 2  = 5\n" in bench.run("show", "kfold")[1]
    assert "search.trials: " in bench.run("show", "search")[1]
    assert bench.run("show", "training", "epochs")[::2] == (
        2,
        "error: show training: unexpected argument 'epochs'; all its options are shown at once.\n",
    )


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in kinds() for name in names(kind)])
def test_every_component_can_be_shown(kind: str, name: str) -> None:
    assert f"File: {kinds()[kind].get(name).__module__.rpartition('.')[2]}"[6:] in component_help(kinds()[kind], name)


def fits_labels(name: str) -> bool:
    """Return whether a callback has something to do with a model that learns labels."""
    task = Task.single(Input("array", (4,)), Output("multiclass", 3))
    try:
        made("callbacks", name).check(task)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("name", names("callbacks"))
def test_every_callback_runs_in_a_training(name: str, bench) -> None:
    if not fits_labels(name):
        pytest.skip("it has nothing to do with labels")
    callback = {"name": name, **REQUIRED.get(name, {})}
    status, _, err = bench.run("train", bench.experiment(callbacks=[callback], training={"epochs": 2}), "--quiet")
    assert (status, err) == (0, "")
