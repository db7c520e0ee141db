import numpy as np
import pytest

from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.models.conv1d import Conv1D
from dlpy.models.convnet import Convnet

pytestmark = pytest.mark.slow

CLASSES = Output("multiclass", 10)
SMALL = {"filters": [[4, 4], [6]], "units": [], "padding": "same"}


def images(side: int, channels: int = 3) -> Task:
    return Task.single(Input("array", (side, side, channels)), CLASSES)


def convnet(**options) -> Convnet:
    return Convnet.model_validate(options)


def kinds(network) -> list[str]:
    return [type(layer).__name__ for layer in network.layers]


def test_separable_convnet_of_the_book_has_its_number_of_parameters() -> None:
    model = convnet(
        filters=[[32, 64], [64, 128], [64, 128]],
        block="separable",
        pooling=[2, 2, 1],
        global_pooling="average",
        units=[32],
    )
    network = model.build(images(64))
    assert network.count_params() == 38_949
    assert kinds(network).count("SeparableConv2D") == 6


def test_residual_block_of_one_shape_adds_its_own_input() -> None:
    network = convnet(filters=[[128, 128, 128]], block="residual", padding="same", pooling=1).build(images(8, 128))
    assert kinds(network).count("Conv2D") == 3
    (joined,) = [layer for layer in network.layers if type(layer).__name__ == "Add"]
    assert joined.input[1] is network.inputs[0]
    assert joined.output.shape == (None, 8, 8, 128)


def test_residual_block_of_another_shape_adds_a_linear_convolution() -> None:
    network = convnet(filters=[[128, 128]], block="residual", padding="same", pooling=2).build(images(9))
    (joined,) = [layer for layer in network.layers if type(layer).__name__ == "Add"]
    assert joined.output.shape == (None, 5, 5, 128)  # both paths keep the odd row
    shortcut = joined.input[1]._keras_history.operation
    assert (shortcut.kernel_size, shortcut.strides, shortcut.activation.__name__) == ((1, 1), (2, 2), "linear")


def test_what_a_residual_block_gives_is_the_sum_of_both_paths() -> None:
    import keras

    network = convnet(filters=[[4]], block="residual", padding="same", pooling=1, units=[]).build(images(6, 4))
    (joined,) = [layer for layer in network.layers if type(layer).__name__ == "Add"]
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 4)).astype(np.float32)
    branch, total = keras.Model(network.inputs, [joined.input[0], joined.output])([x])
    np.testing.assert_allclose(total, np.asarray(branch) + x, rtol=1e-6)


def test_inception_module_of_the_book_joins_four_branches_at_half_the_size() -> None:
    network = convnet(filters=[128], block="inception", padding="same", strides=2, pooling=1).build(images(32))
    (joined,) = [layer for layer in network.layers if type(layer).__name__ == "Concatenate"]
    assert [tensor.shape for tensor in joined.input] == [(None, 16, 16, 128)] * 4
    assert kinds(network).count("Conv2D") == 7
    assert kinds(network).count("AveragePooling2D") == 1


def test_each_block_may_be_of_its_own_kind() -> None:
    network = convnet(**SMALL, block=["plain", "separable"], pooling=[1, 2]).build(images(8))
    assert [kind for kind in kinds(network) if "Conv" in kind] == ["Conv2D", "Conv2D", "SeparableConv2D"]


SIDES = [(side, strides, pool) for side in (7, 8, 13) for strides in (1, 2) for pool in (1, 2, 3)]


@pytest.mark.parametrize("kind", ["plain", "separable", "residual", "inception"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_size_is_known_before_the_network_is_built(kind: str, padding: str) -> None:
    if padding == "valid" and kind in ("residual", "inception"):
        with pytest.raises(ConfigError, match=f"block: {kind} .* 'padding: same'"):
            convnet(block=kind, padding=padding).check(images(32))
        return
    compared = 0
    for side, strides, pool in SIDES:
        model = convnet(filters=[[2, 2]], block=kind, padding=padding, strides=strides, pooling=pool, units=[])
        (block,) = model.blocks()
        expected = block.side_behind(side)
        if expected < 1:
            with pytest.raises(ConfigError, match="nothing is left of the image after block 1"):
                model.check(images(side))
            continue
        model.check(images(side))
        assert model.build(images(side)).layers[-2].input.shape[1:3] == (expected, expected)
        compared += 1
    assert compared >= 12


def test_each_block_may_have_strides_of_its_own() -> None:
    network = convnet(filters=[2, 2, 2], padding="same", strides=[2, 1, 1], pooling=[1, 2, 1]).build(images(16))
    convolutions = [layer for layer in network.layers if type(layer).__name__ == "Conv2D"]
    assert [layer.strides for layer in convolutions] == [(2, 2), (1, 1), (1, 1)]
    assert [layer.output.shape[1] for layer in convolutions] == [8, 8, 4]


@pytest.mark.parametrize("option", [{"block": ["plain"] * 3}, {"pooling": [2, 2, 2]}, {"strides": [2, 1, 1]}])
def test_a_list_for_other_numbers_of_blocks_is_refused(option: dict) -> None:
    with pytest.raises(ConfigError, match=r"(block|pooling|strides) has 3 values for 2 blocks of filters: give one"):
        convnet(**SMALL, **option).check(images(16))


@pytest.mark.parametrize("family", [Convnet, Conv1D])
def test_the_old_spelling_is_answered_with_the_new_one(family) -> None:
    with pytest.raises(ValueError, match="block: separable"):
        family.model_validate({"separable": True})
