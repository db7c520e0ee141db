"""`dlpy new` and `dlpy predict` with addresses of object storage, which fsspec's storage in memory stands for."""

import io

import fsspec
import pytest
from PIL import Image

import dlpy
from dlpy.experiment.experiment import load

pytestmark = pytest.mark.slow

ROWS = [(size, kind, 3 * size + (kind == "new")) for size in range(1, 41) for kind in ("old", "new")]
HOUSES = "memory://bucket/houses.csv"


def lines(rows) -> bytes:
    return "\n".join(["size,kind,price", *(",".join(map(str, row)) for row in rows)]).encode() + b"\n"


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    system.pipe("/bucket/houses.csv", lines(ROWS))
    return system


def test_new_writes_the_address_and_train_and_predict_read_it(bench, memory) -> None:
    status, out, err = bench.run("new", HOUSES, "--target", "price")
    assert (status, err) == (0, "")
    assert "next: dlpy train houses.yaml" in out
    text = (bench.folder / "houses.yaml").read_text()
    assert load(bench.folder / "houses.yaml")[0].data.path == HOUSES
    assert "/remote/" not in text + out  # the copy
    (bench.folder / "local.csv").write_bytes(lines(ROWS))
    assert bench.run("new", "local.csv", "--target", "price")[0] == 0
    local = (bench.folder / "local.yaml").read_text()
    assert text == local.replace("path: local.csv", f"path: {HOUSES}").replace("local", "houses")

    status, out, err = bench.run("train", "houses.yaml", "training.epochs=2", "--quiet")
    assert status == 0, err
    run = out.strip()
    memory.pipe("/bucket/new.csv", lines(ROWS[:3]))
    (bench.folder / "new.csv").write_bytes(lines(ROWS[:3]))
    status, out, err = bench.run("predict", run, "memory://bucket/new.csv")
    assert (status, out.count("\n")) == (0, 4), err
    assert (status, out, err) == bench.run("predict", run, "new.csv")
    assert dlpy.open_run(run).predict("memory://bucket/new.csv")["prediction"] == pytest.approx(
        [float(line.split(",")[0]) for line in out.splitlines()[1:]], rel=1e-6
    )


def test_mistakes_name_the_address(bench, memory) -> None:
    data = {"name": "csv", "path": HOUSES, "target": "price", "task": "regression", "transforms": ["standardize"]}
    run = bench.trained(bench.experiment("prices.yaml", data=data, training={"epochs": 1}))
    memory.pipe("/bucket/bad.csv", b"size,kind\nbig,old\n")
    memory.pipe("/bucket/other.csv", b"rooms\n3\n")
    memory.pipe("/bucket/broken.npz", b"x")
    for arguments, exit_status, said in [
        (["predict", run.path, "memory://bucket/none.csv"], 3, "there is nothing at memory://bucket/none.csv."),
        (["predict", run.path, "memory://bucket/bad.csv"], 3, "bad.csv:2: column 'size': 'big' is not"),
        (["predict", run.path, "memory://bucket/other.csv"], 3, "other.csv"),
        (["predict", run.path, "memroy://bucket/x.csv"], 2, "memroy://bucket/x.csv: unknown scheme 'memroy'. Did you"),
        (["new", "memory://bucket/none.csv"], 3, "there is nothing at memory://bucket/none.csv."),
        (["new", "memory://bucket/broken.npz"], 3, "broken.npz"),
        (["new", HOUSES, "--target", "prise"], 2, "prise"),
        (["new", "s3://bucket/houses.csv"], 3, "s3://bucket/houses.csv: DLPY_OFFLINE forbids the network."),
    ]:
        status, out, err = bench.run(*arguments)
        assert (status, out) == (exit_status, ""), err
        assert err.startswith("error: ")
        assert said in err
        assert err.count("\n") == 1
        assert "/remote/" not in err
    assert not list(bench.folder.glob("houses*.yaml"))
    status, _, err = bench.run("predict", run.path, HOUSES, "-o", "s3://bucket/out.csv")
    assert status == 2
    assert "s3://bucket/out.csv is an address; files are" in " ".join(err.replace("│", " ").split())


def test_a_folder_of_images_is_copied(bench, memory) -> None:
    for number in range(24):
        image = io.BytesIO()
        Image.new("RGB", (8, 8), (10 * number, 0, 200 * (number % 2))).save(image, "PNG")
        memory.pipe(f"/bucket/pets/{('cat', 'dog')[number % 2]}/{number}.png", image.getvalue())
    status, _, err = bench.run("new", "memory://bucket/pets/")
    assert (status, err) == (0, "")
    data = load(bench.folder / "pets.yaml")[0].data
    assert (data.name, data.path) == ("image_folder", "memory://bucket/pets")
    assert bench.run("train", "pets.yaml", "--smoke")[0] == 0
