"""What dlpy says of devices; GPUs are imitated by what TensorFlow says of them."""

import keras
import pytest
import tensorflow as tf

from dlpy.core.errors import SetupError
from dlpy.engine import devices

pytestmark = pytest.mark.slow


@pytest.fixture
def model() -> keras.Model:
    return keras.Sequential([keras.Input((100,)), keras.layers.Dense(1000), keras.layers.Dense(24)])


def message(model: keras.Model, error: tf.errors.OpError, batch_size: int = 4096) -> str:
    with pytest.raises(SetupError) as raised, devices.explained(model, batch_size):
        raise error
    return str(raised.value)


FULL = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")


def test_a_row_takes_its_activations_and_their_gradients(model: keras.Model) -> None:
    assert devices.bytes_in_training(model) == 8 * (100 + 1000 + 24)


def test_too_little_memory_is_said_with_a_batch_size_that_fits(
    model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = 101_000 + 24_024
    limit = (16 * weights + 8992 * 600) / 0.9  # room for 600 rows
    monkeypatch.setattr(devices, "memory", lambda: int(limit) + 1)
    expected = "the device's memory is too small for training.batch_size: 4096; by estimate, 512 would fit."
    assert message(model, FULL) == expected
    monkeypatch.setattr(devices, "memory", lambda: 1000)
    assert message(model, FULL).startswith("the device's memory is too small for this model, even with a batch of one")


def test_an_operation_that_a_device_lacks_is_named(model: keras.Model) -> None:
    text = "No OpKernel was registered to support Op 'MaxPool3D' used by {{node x}} with these attrs: [T=DT_HALF]"
    said = message(model, tf.errors.InvalidArgumentError(None, None, text))
    assert said == "training.precision: this device has no MaxPool3D for it: use another precision, such as float32."


def test_rows_stay_on_the_cpu_where_they_would_fill_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices.place_of_rows(10**12) is None
    monkeypatch.setattr(devices, "memory", lambda: 1000)
    assert [devices.place_of_rows(size) for size in (500, 501)] == [None, "CPU:0"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("training.devices=[0,0]", "training.devices=[0,0]: a GPU is listed twice: list each once."),
        ("training.devices=2", "training.devices=2: 2 names no devices: use all, the numbers of GPUs such as [0, 1]"),
        ("training.devices=[-1]", "training.devices=[-1]: [-1] names no devices"),
        ("training.devices=0 cpu", "names no devices"),
    ],
)
def test_a_wrong_list_of_devices_is_one_line(bench, given: str, message: str) -> None:
    status, out, error = bench.run("check", bench.experiment(), given)
    assert status == 2
    assert message in out + error


def test_devices_cannot_be_combined_with_what_needs_one(bench) -> None:
    path = bench.experiment(training={"devices": "4 cpu", "batch_size": 2, "jit_compile": True, "together": True})
    status, out, error = bench.run("check", path)
    assert status == 2
    for line in (
        "2 rows per step are fewer than the 4 devices that share them.",
        "XLA compiles for one device, and training.devices asks for several: use auto or false.",
        "trainings with devices: 4 cpu run one by one: use auto or false.",
    ):
        assert line in out + error


def test_a_gpu_that_does_not_exist_ends_before_training(bench) -> None:
    there = len(tf.config.list_physical_devices("GPU"))
    status, _, error = bench.run("train", bench.experiment(), f"training.devices=[{there}]")
    assert status == 4
    assert f"training.devices: there is no GPU {there};" in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rank", 0], "--rank numbers the processes of --workers: give both, or leave it out."),
        (["--workers", "a:1,b:2"], "--workers: this process needs its number: add --rank 0 here"),
        (["--workers", "a:1,b:2", "--rank", 5], "--rank: 5 is not one of the 2 workers, 0 to 1."),
        (["--workers", "a:1,b:2", "--rank", 0, "--seeds", 2], "--workers: train one run, without --seeds"),
    ],
)
def test_wrong_options_of_workers_are_one_line(bench, options: list[object], message: str) -> None:
    status, _, error = bench.run("train", bench.experiment(), *options)
    assert (status, error.count("\n")) == (2, 1)
    assert message in error
