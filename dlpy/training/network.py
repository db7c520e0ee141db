"""A family's network for a task: built, and checked against the shapes of rows and targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.components.model import GenerativeModel, Model
from dlpy.core import keras_backend
from dlpy.core.errors import ConfigError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.data.task import Input, Task
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.precision import Precision, check_outputs, layers_compute_in
from dlpy.models._outputs import in_ascending_order
from dlpy.models._sequences import on_differences
from dlpy.models._start import added_start

if TYPE_CHECKING:
    import keras


def new_model(family: Model, task: Task, seed: int, precision: Precision = "float32") -> keras.Model:
    """Return a new, uncompiled model of a family, its weights drawn from the seed.

    Args:
        precision: in which its layers compute.
    """
    keras_backend.start()
    import keras
    from keras.src.utils.naming import reset_uids

    if any(given.categories or given.whole for given in task.inputs.values()):  # maybe only known since the rows are
        family.check_codes(task)
        family.check_lengths(task)
        family.check(task)
    keras.utils.set_random_seed(seed)
    reset_uids()  # layers are called the same in every run, whatever was built before
    with layers_compute_in(precision):
        model = _fitting_model(family, task)
    check_outputs(model, family.name)
    return model


def _fitting_model(family: Model, task: Task) -> keras.Model:
    """Return a new model of the family.

    Raises:
        ConfigError: it does not take the task's rows, or its outputs do not have the shapes of the targets; Keras would
            broadcast them silently.
    """
    import keras

    inputs = {name: _input(given, name if family.takes_several else "input") for name, given in task.inputs.items()}
    try:
        model = family.build(task)
        if not isinstance(model, keras.Model):
            raise ConfigError(f"model '{family.name}': its build() returned {type(model).__name__}, not a keras.Model.")
        given: Any = _given(model, inputs, task)
    except (ValueError, TypeError) as error:
        hint = f"model '{family.name}' cannot be built for {task.rows}: {in_one_line(error)}"
        raise plugin_failure(error) or ConfigError(hint) from error
    if isinstance(family, GenerativeModel):
        if not isinstance(model, stepped_class()):
            raise ConfigError(f"model '{family.name}' has scores of its own: its build() must return stepped(...).")
        return model
    _check_outputs(family, task, given)
    is_wrapped = task.is_single and (task.output.from_last or task.output.quantiles)
    if is_wrapped or getattr(model, "inputs", None) is None:  # without inputs it is subclassed
        return keras.Model(inputs if len(inputs) > 1 else next(iter(inputs.values())), given)
    return model


def _input(given: Input, name: str) -> Any:
    import keras

    dtype = "int32" if given.kind == "sequence" else None
    return keras.Input(given.shape, sparse=given.kind == "sparse", dtype=dtype, name=name)


def _given(model: keras.Model, inputs: dict[str, Any], task: Task) -> Any:
    """Return what a model gives for symbolic inputs: a tensor, or several by output."""
    if len(inputs) > 1:
        return model(inputs)
    (x,) = inputs.values()
    if not task.is_single:
        return model(x)
    output = task.output
    if not output.quantiles:
        return on_differences(model, x, task.input, scaled=output.by_window) if output.from_last else model(x)
    begun = added_start(output.units or 1)

    def started(rows: Any) -> Any:
        return begun(model(rows))

    found = on_differences(started, x, task.input, scaled=output.by_window) if output.from_last else started(x)
    return in_ascending_order(found, len(output.quantiles))


def _check_outputs(family: Model, task: Task, given: Any) -> None:
    """Raise ConfigError unless a model gives predictions of the shapes that the targets need."""
    import keras

    if len(task.outputs) == 1:
        wanted, found = task.output.shape, getattr(given, "shape", None)
        if found != (None, *wanted):
            shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(given)]
            needed = f"the target needs (batch, {', '.join(map(str, wanted))}): see task.output.shape"
            raise ConfigError(f"model '{family.name}' gives {', '.join(map(str, shapes))}; {needed}.")
        return
    if not isinstance(given, dict) or given.keys() != task.outputs.keys():
        names = ", ".join(given) if isinstance(given, dict) else "no dict"
        raise ConfigError(f"model '{family.name}' gives {names}; expected a dict of {', '.join(task.outputs)}.")
    for name, output in task.outputs.items():
        shape = tuple(given[name].shape)
        if shape != (None, *output.shape):
            needed = f"target '{name}' needs (batch, {', '.join(map(str, output.shape))})"
            raise ConfigError(f"model '{family.name}' gives {shape}; {needed}.")
