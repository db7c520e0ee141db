"""The devices that a training runs on, and what an error of a device says to the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlpy.core import keras_backend
from dlpy.core.errors import SetupError

if TYPE_CHECKING:
    import keras

Devices = str | list[int]  # "all", the numbers of GPUs, or such as "4 cpu"; see `training.devices`

_SHARE_OF_ROWS = 0.5  # of a GPU's memory, which the rows may take; the model, its gradients and a batch need the rest
_CPUS = re.compile(r"([1-9][0-9]?) cpu")


def parsed(given: Any) -> Devices:
    """Return the option `training.devices`.

    Raises:
        ValueError: it has none of the three forms.
    """
    if given == "all" or (isinstance(given, str) and _CPUS.fullmatch(given)):
        return given
    if isinstance(given, list) and given and all(type(number) is int and number >= 0 for number in given):
        if len(set(given)) < len(given):
            raise ValueError("a GPU is listed twice: list each once")
        return given
    raise ValueError(f"{given!r} names no devices: use all, the numbers of GPUs such as [0, 1], or such as '4 cpu'")


def count(given: Devices | None) -> int | None:
    """Return the number of devices, as far as the option says it; None for `all`."""
    if given is None:
        return 1
    if isinstance(given, list):
        return len(given)
    found = _CPUS.fullmatch(given)
    return int(found[1]) if found else None


def prepare(given: Devices | None) -> tuple[str, ...]:
    """Return the names of the devices, which TensorFlow then has; none where the option is not given.

    Parts of the CPU must be made before TensorFlow computes anything.

    Raises:
        SetupError: a device does not exist.
    """
    if given is None:
        return ()
    keras_backend.start()
    if isinstance(given, str) and given != "all":
        return _parts_of_cpu(count(given) or 1)
    return _gpus(None if given == "all" else list(given))


def _gpus(numbers: list[int] | None) -> tuple[str, ...]:
    import tensorflow as tf

    there = len(tf.config.list_physical_devices("GPU"))
    if numbers is None:
        return tuple(f"GPU:{number}" for number in range(there)) or ("CPU:0",)
    for number in numbers:
        if number >= there:
            found = f"this machine has {there} of them" if there else "TensorFlow finds none on this machine"
            hint = "use all, or such as '2 cpu' to try it without"
            raise SetupError(f"training.devices: there is no GPU {number}; {found}: {hint}.")
    return tuple(f"GPU:{number}" for number in numbers)


def _parts_of_cpu(parts: int) -> tuple[str, ...]:
    import tensorflow as tf

    (cpu, *_) = tf.config.list_physical_devices("CPU")
    made = tf.config.get_logical_device_configuration(cpu)
    if made is None or len(made) != parts:
        try:
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * parts)
        except RuntimeError:
            hint = "run the command in a process of its own"
            raise SetupError(f"training.devices: TensorFlow runs already, and cannot divide the CPU: {hint}.") from None
    return tuple(f"CPU:{number}" for number in range(parts))


@contextmanager
def explained(model: keras.Model, batch_size: int) -> Iterator[None]:
    """Turn errors of a device, on which a model is trained with this batch size, into errors that the user can fix."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        fitting = _fitting(batch_size, bytes_in_training(model), model.count_params())
        raise SetupError(_out_of_memory(batch_size, fitting)) from error
    except tf.errors.OpError as error:
        missing = re.search(r"No OpKernel was registered to support Op '(\w+)'.*T=DT_(HALF|BFLOAT16)", str(error), re.S)
        if missing is None:
            raise
        hint = f"this device has no {missing[1]} for it: use another precision, such as float32"
        raise SetupError(f"training.precision: {hint}.") from error


def _out_of_memory(batch_size: int, fitting: int) -> str:
    if fitting < 1:
        return "the device's memory is too small for this model, even with a batch of one row: use a smaller model."
    return f"the device's memory is too small for training.batch_size: {batch_size}; by estimate, {fitting} would fit."


def _fitting(batch_size: int, row_bytes: int, weights: int) -> int:
    """Return the largest power of two that fits by estimate, and that is smaller than what did not fit."""
    limit, size = memory(), 1
    if limit is None:
        return batch_size // 2
    free = 0.9 * limit - 16 * weights  # the weights, their gradients, and two numbers of the optimizer for each
    while 2 * size < batch_size and 2 * size * row_bytes <= free:
        size *= 2
    return size if size < batch_size and size * row_bytes <= free else 0


def place_of_rows(size: int) -> str | None:
    """Return the device on which rows of this many bytes stay: the CPU where they would fill a GPU; None: the first."""
    limit = memory()
    return "CPU:0" if limit is not None and size > _SHARE_OF_ROWS * limit else None


def memory() -> int | None:
    """Return the bytes that TensorFlow may use of the first GPU; None where there is none."""
    import tensorflow as tf
    from tensorflow.python.client import device_lib

    if not tf.config.list_physical_devices("GPU"):
        return None
    limits = [device.memory_limit for device in device_lib.list_local_devices() if device.device_type == "GPU"]
    return limits[0] if limits else None


def bytes_in_training(model: keras.Model) -> int:
    """Return what a row takes in training, by estimate: what each layer gives for it, and the gradients of that."""
    numbers = 0
    for layer in model._flatten_layers(include_self=False):
        for node in layer._inbound_nodes:
            for tensor in node.output_tensors:
                size = 1
                for length in tensor.shape[1:]:
                    size *= length or 1
                numbers += size
    return 8 * numbers
