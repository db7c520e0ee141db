import csv

import pytest

pytestmark = pytest.mark.slow


def read(folder) -> dict[str, list[tuple[int, float]]]:
    """Return what TensorBoard's own reader finds in a folder of event files: (step, value) by tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return {
        tag: [(event.step, tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
    }


@pytest.fixture
def run(bench):
    callback = {"name": "tensorboard", "histogram_freq": 2}
    return bench.trained(bench.experiment(callbacks=[callback], training={"epochs": 4})).path


def test_tensorboard_reads_the_scores_of_metrics_csv(run) -> None:
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    train, validation = read(run / "tensorboard" / "train"), read(run / "tensorboard" / "validation")
    assert set(validation) == {"epoch_loss", "epoch_accuracy"}
    for column, found in {
        "loss": train["epoch_loss"],
        "accuracy": train["epoch_accuracy"],
        "learning_rate": train["epoch_learning_rate"],
        "val_loss": validation["epoch_loss"],
        "val_accuracy": validation["epoch_accuracy"],
    }.items():
        assert [step for step, _ in found] == [0, 1, 2, 3]
        assert [value for _, value in found] == pytest.approx([float(row[column]) for row in rows], rel=1e-6)


def test_histograms_hold_every_weight_of_every_second_epoch(run) -> None:
    train = read(run / "tensorboard" / "train")
    histograms = {tag: values for tag, values in train.items() if tag.endswith("/histogram")}
    assert len(histograms) == 4  # two dense layers, each with a kernel and a bias
    assert all([step for step, _ in values] == [1, 3] for values in histograms.values())
    # a histogram is (bins, 3): left edge, right edge, count
    assert sorted(values[0][1][:, 2].sum() for values in histograms.values()) == [3, 8, 24, 32]


def test_without_histograms_only_scores_are_written(bench) -> None:
    data = {"name": "blobs", "validation": None}
    folder = bench.trained(bench.experiment(callbacks=["tensorboard"], training={"epochs": 1}, data=data)).path
    assert set(read(folder / "tensorboard" / "train")) == {"epoch_loss", "epoch_accuracy", "epoch_learning_rate"}


def test_the_projector_finds_a_vector_and_a_word_for_each_integer(bench) -> None:
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    lines = [f"{'good' if i % 2 else 'bad'} film number {i},{i % 2}" for i in range(40)]
    (bench.folder / "films.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    data = {"name": "text_csv", "path": "films.csv", "transforms": ["tokenize", {"name": "pad", "length": 5}]}
    path = bench.experiment(
        data=data | {"validation": None},
        model={"name": "conv1d", "embedding": 3, "filters": [4], "kernel": 2},
        training={"epochs": 1},
        callbacks=[{"name": "tensorboard", "embeddings": True}],
    )
    assert bench.run("train", path)[0] == 0
    (run,) = bench.folder.glob("runs/2*")
    folder = run / "tensorboard"
    (entry,) = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig()).embeddings
    vectors = [line.split("\t") for line in (folder / entry.tensor_path).read_text().splitlines()]
    words = (folder / entry.metadata_path).read_text().splitlines()
    assert len(words) == len(vectors) > 10
    assert {len(vector) for vector in vectors} == {3}
    assert {"good", "bad", "film"} <= set(words)
