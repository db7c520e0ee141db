"""Files that blocks of a graph name are found beside the experiment file."""

from pathlib import Path

from dlpy.experiment.experiment import load


def test_files_of_blocks_are_found_beside_the_experiment_file(bench) -> None:
    folder = bench.folder / "experiments"
    folder.mkdir()
    (folder / "base.h5").write_bytes(b"")
    (folder / "vectors.txt").write_text("")
    path = folder / "x.yaml"
    path.write_text(
        "data: {name: npz, path: rows.npz}\nmodel:\n  name: graph\n  layers:\n"
        "    seen: {family: pretrained, base: vgg16, weights: base.h5}\n"
        "    heard: {family: rnn, embedding: {path: vectors.txt}}\n    joined: {layer: Add, of: [seen, heard]}\n"
    )
    experiment, _ = load(path)
    assert experiment.model.outside_files() == {
        "model.layers.seen.weights": Path(folder / "base.h5").resolve(),
        "model.layers.heard.embedding.path": Path(folder / "vectors.txt").resolve(),
    }
