import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpy.core.errors import ConfigError
from dlpy.data.task import Input, Output, Task
from dlpy.models._image_layers import image_shape
from dlpy.models._video_blocks import same_size_filters
from dlpy.models.combined import Combined
from dlpy.models.conv1d import Conv1D
from dlpy.models.convnet import Convnet
from dlpy.models.graph import Graph
from dlpy.models.pretrained import Pretrained
from dlpy.models.video import Video

pytestmark = pytest.mark.slow

CLASSES = Output("multiclass", 3)


def videos(*shape: int | None) -> Task:
    return Task.single(Input("array", shape), CLASSES)


TASK = videos(6, 8, 8, 2)


def video(**options) -> Video:
    return Video.model_validate({"filters": [3, 4], **options})


def predictions(network: keras.Model, x: np.ndarray) -> np.ndarray:
    return np.asarray(network(x))


def test_the_kinds_differ_in_their_windows() -> None:
    windows = {
        kind: [layer.kernel_size for layer in video(kind=kind).build(TASK).layers if hasattr(layer, "kernel_size")]
        for kind in ("conv3d", "conv2plus1d", "conv2d")
    }
    assert windows == {
        "conv3d": [(3, 3, 3)] * 2,
        "conv2plus1d": [(1, 3, 3), (3, 1, 1)] * 2,
        "conv2d": [(1, 3, 3)] * 2,
    }


def test_between_both_convolutions_of_2plus1d_are_as_many_filters_as_weights_need() -> None:
    # 3 * 9 * 64 * 64 weights in three dimensions; 144 filters between: 9 * 64 * 144 + 3 * 144 * 64, the same number
    assert same_size_filters((3, 3, 3), 64, 64) == 144
    assert same_size_filters((3, 7, 7), 3, 64) == 83  # 28,224 / 339 = 83.3
    assert same_size_filters((1, 1, 1), 1, 1) == 1


@pytest.mark.parametrize(("recurrent", "matters"), [(None, False), ({"cell": "gru", "units": 4}, True)])
def test_convolutions_over_each_frame_see_an_order_only_with_recurrent_layers(recurrent, matters: bool) -> None:
    x = np.random.default_rng(0).normal(size=(4, 6, 8, 8, 2)).astype(np.float32)
    network = video(kind="conv2d", recurrent=recurrent).build(TASK)
    assert np.allclose(predictions(network, x), predictions(network, x[:, ::-1]), atol=1e-6) is not matters


@pytest.mark.parametrize("kind", ["conv3d", "conv2plus1d"])
def test_convolutions_over_frames_see_their_order(kind: str) -> None:
    x = np.random.default_rng(0).normal(size=(4, 6, 8, 8, 2)).astype(np.float32)
    network = video(kind=kind).build(TASK)
    assert not np.allclose(predictions(network, x), predictions(network, x[:, ::-1]), atol=1e-4)


def test_recurrent_layers_get_flat_frames_unless_they_are_pooled() -> None:
    shapes = {
        pooling: next(
            layer.input.shape
            for layer in video(recurrent={"units": 5}, **pooling_of(pooling)).build(TASK).layers
            if isinstance(layer, keras.layers.LSTM)
        )
        for pooling in ("auto", "max", "average")
    }
    assert shapes == {"auto": (None, 6, 2 * 2 * 4), "max": (None, 6, 4), "average": (None, 6, 4)}


def pooling_of(pooling: str) -> dict:
    return {"global_pooling": pooling}


def test_a_residual_block_adds_its_own_input() -> None:
    network = video(filters=[2], pooling=1, residual=True, global_pooling=None).build(TASK)
    (joined,) = [layer for layer in network.layers if isinstance(layer, keras.layers.Add)]
    assert joined.input[1] is network.inputs[0]
    other = video(filters=[5], pooling_frames=2, residual=True).build(videos(5, 7, 9, 2))
    (joined,) = [layer for layer in other.layers if isinstance(layer, keras.layers.Add)]
    assert joined.output.shape == (None, 3, 4, 5, 5)  # both paths keep the odd frame, row and column


def test_dropout_drops_whole_channels_and_normalization_replaces_the_bias() -> None:
    network = video(batch_normalization=True, block_dropout=0.2, dropout=0.5, head=[6]).build(TASK)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert [kinds.count(kind) for kind in ("BatchNormalization", "SpatialDropout3D", "Dropout", "Dense")] == [
        2,
        2,
        1,
        2,
    ]
    assert all(not layer.use_bias for layer in network.layers if isinstance(layer, keras.layers.Conv3D))


@settings(max_examples=25)
@given(
    st.tuples(st.integers(1, 9), st.integers(2, 9), st.integers(2, 9)),
    st.sampled_from(["conv3d", "conv2plus1d", "conv2d"]),
    st.sampled_from(["same", "valid"]),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.booleans(),
)
def test_sizes_are_checked_as_keras_computes_them(sizes, kind, padding, pools, residual) -> None:
    model = video(
        filters=[[2, 2], [2]],
        kind=kind,
        padding=padding,
        pooling=pools[0],
        pooling_frames=pools[1],
        residual=residual and padding == "same",
        global_pooling=None,
    )
    expected = [*sizes]
    for block in model.blocks():
        expected = block.sizes_behind(expected)
    try:
        model.check(videos(*sizes, 1))
    except ConfigError:
        assert min(expected) < 1
        return
    x = keras.Input((*sizes, 1))
    for block in model.blocks():
        y = x = block.build(x)
    assert list(y.shape[1:4]) == expected


MISTAKES = {
    "images": (videos(8, 8, 1), {}, "use convnet for images, or add {name: reshape, shape: [8, 8, 1, 1]} for videos"),
    "vectors": (videos(8), {}, r"video needs videos (frames, height, width, channels), not array rows of shape (8)."),
    "frames": (videos(3, 8, 8, 1), {"pooling_frames": 2}, "no frames are left after block 2: use more frames"),
    "window": (videos(3, 8, 8, 1), {"padding": "valid"}, "no frames are left after block 2"),
    "sides": (videos(9, 2, 8, 1), {}, "nothing is left of each frame after block 2: use fewer blocks, larger frames"),
    "list": (TASK, {"pooling_frames": [1, 2, 2]}, "pooling_frames has 3 values for 2 blocks of filters"),
    "residual": (TASK, {"padding": "valid", "residual": True}, "residual adds what has one size"),
    "recurrent": (TASK, {"recurrent": {"units": [3, 3, 3], "activation": ["tanh", "relu"]}}, "2 entries for 3 layers"),
}


@pytest.mark.parametrize(("task", "options", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_found_before_keras(task: Task, options: dict, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        video(**options).check(task)
    assert message in str(error.value)


def test_sizes_that_only_the_data_decides_are_not_checked() -> None:
    video().check(videos(4, None, None, 3))


def test_families_for_images_name_the_one_for_videos() -> None:
    with pytest.raises(ConfigError, match=r"convnet needs images, not videos .*: use the model family video\."):
        Convnet().check(TASK)
    with pytest.raises(ConfigError, match="needs images, not videos"):
        image_shape(TASK)
    with pytest.raises(ConfigError, match=r"pretrained needs images .*: use video for videos"):
        Pretrained.model_validate({"base": "vgg16"}).check(TASK)
    with pytest.raises(ConfigError, match="conv1d needs sequences"):
        Conv1D().check(TASK)


def test_a_combined_model_reads_videos_with_this_family() -> None:
    assert isinstance(Combined().families(TASK.inputs)["input"], Video)
    assert Combined().build(TASK).output_shape == (None, 3)


def test_graphs_of_three_dimensional_layers_are_checked_without_keras() -> None:
    layers = {
        "each": {"layer": "TimeDistributed", "wrapped": {"layer": "Conv2D", "filters": 4, "kernel_size": 3}},
        "spatial": {"layer": "Conv3D", "filters": 4, "kernel_size": [1, 3, 3]},
        "pooled": {"layer": "MaxPooling3D", "pool_size": [2, 2, 2]},
        "whole": {"layer": "GlobalAveragePooling3D"},
    }
    Graph.model_validate({"layers": layers}).check(TASK)
    layers["pooled"]["pool_size"] = [7, 2, 2]
    with pytest.raises(ConfigError, match="nothing is left of a side of 6 behind a window of 7"):
        Graph.model_validate({"layers": layers}).check(TASK)
