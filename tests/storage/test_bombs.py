"""Files that would fill the memory, never end, or lead out of their folder."""

import gzip
import io
import os
import tarfile
import time
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import ConfigError, DataError
from dlpy.data import archives
from dlpy.data.archives import read_cifar, read_idx
from dlpy.data.tables import csv_file
from dlpy.datasets.image_folder import ImageFolder
from dlpy.experiment.experiment import load
from dlpy.pretrained.weights import read_weights

HEAD = "data: {name: blobs}\nmodel: "


@pytest.mark.parametrize(
    "text",
    [
        "[" * 500_000,
        "{" * 500_000,
        "- " * 400_000,
        "? " * 400_000,
        "[" + "a," * 450_000 + "]",
        "&a [*a]",
        "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(9)),
        "x" * 1_000_001,
    ],
    ids=["[", "{", "-", "?", "wide", "itself", "aliases", "large"],
)
def test_yaml_that_unfolds_without_end_is_refused_at_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    began = time.process_time()
    tracemalloc.start()
    with pytest.raises(ConfigError, match=r"nested too deeply, or too many values|is too large"):
        load(tmp_path / "a.yaml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < 2  # of this process: whatever else the machine does
    assert peak < 50_000_000


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="/dev/zero is a pipe or a device"):
        load(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"seed: {'9' * 5000}", "a.yaml:3: seed: a number with 5,000 digits"),
        ('plugins: ["a\\0b.py"]', "a.yaml:3: plugins.0: not a valid path: it contains a NUL"),
        (f"plugins: [{'a' * 300}.py]", "a.yaml:3: plugins.0: not a valid path: File name too long"),
        ("plugins: [~nobody-at-all/a.py]", "a.yaml:3: plugins.0: not a valid path: Could not determine home directory"),
    ],
)
def test_monsters_of_values_are_told(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(f"data: {{name: blobs}}\nmodel: dense\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "a.yaml")
    assert message in str(caught.value)


def test_pipes_and_devices_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    for path in (tmp_path / "a.csv", Path("/dev/zero")):
        with pytest.raises(DataError, match="is a pipe or a device; expected a file"):
            csv_file.read(path)


def test_a_table_of_too_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",".join(f"c{n}" for n in range(200_000)) + "\n")
    with pytest.raises(DataError, match="200,000 columns; at most 100,000 are supported"):
        csv_file.read(tmp_path / "a.csv")


def test_a_quoted_cell_has_an_end(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text\n"' + "x" * 10_000_001 + '"\n')
    with pytest.raises(DataError, match="not valid CSV: field larger than field limit"):
        csv_file.read(tmp_path / "a.csv")


def test_archives_that_unfold_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    with gzip.open(tmp_path / "a.gz", "wb") as file:
        file.write(bytes([0, 0, 8, 1]) + (2_000_000).to_bytes(4, "big") + bytes(2_000_000))
    with pytest.raises(DataError, match="its shape is"):
        read_idx(tmp_path / "a.gz", 1)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", pax_headers={"comment": "x" * 2_000_000}) as archive:
        archive.addfile(tarfile.TarInfo("data_batch_1"), io.BytesIO())
    with pytest.raises(DataError, match="it would unpack to more than 1,000,000 bytes"):
        read_cifar(tmp_path / "a.tar.gz", ["data_batch_1"], b"labels")


def test_weights_that_unfold_or_lie_elsewhere_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "never_written.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", (10_000, 10_000), "f4")
    with pytest.raises(DataError, match=r"float32, 400,000,000 bytes"):
        read_weights(tmp_path / "never_written.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["dense/kernel"] = np.ones(3)
        file["dense"].attrs["weight_names"] = ["kernel"]
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file.attrs["layer_names"] = ["dense"]
        file["dense"] = h5py.ExternalLink("other.h5", "/dense")
    assert read_weights(tmp_path / "linked.h5") == {}


def save_pictures(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    return folder


def test_links_out_of_a_folder_of_pictures_are_not_followed(tmp_path: Path) -> None:
    outside = save_pictures(tmp_path / "outside")
    root = tmp_path / "pictures"
    for name in ("a", "b"):
        save_pictures(root / name)
    (root / "c").symlink_to(outside)
    (root / "a" / "link.png").symlink_to(outside / "0.png")
    loaded = ImageFolder(path=str(root)).load()
    assert (len(loaded.train), loaded.task.output.classes) == (8, ("a", "b"))
    for classes in (["a", "c"], ["a", "../outside"], ["a", str(outside)]):
        with pytest.raises(DataError, match="has no folder"):
            ImageFolder(path=str(root), classes=classes).load()


def test_a_table_of_pictures_names_none_outside_the_folder(tmp_path: Path) -> None:
    outside = save_pictures(tmp_path / "outside")
    root = save_pictures(tmp_path / "pictures")
    (root / "link.png").symlink_to(outside / "0.png")
    (root / "parts").symlink_to(outside)
    for name in ("link.png", "../outside/0.png", str(outside / "0.png"), "parts/0.png", "a\0b"):
        (tmp_path / "labels.csv").write_bytes(f"file,label\n0.png,a\n{name},b\n".encode())
        with pytest.raises(DataError, match=r"not found in|not a text file"):
            ImageFolder(path=str(root), labels_path=str(tmp_path / "labels.csv")).load()
    dataset = {"name": "image_folder", "path": str(root), "parts": {"train": "parts"}}
    with pytest.raises(DataError, match="links that lead outside are not followed"):
        ImageFolder.model_validate(dataset).load()
