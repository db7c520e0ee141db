"""Pipes and devices never end: whatever is read refuses them at once, whatever is written leaves them alone."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

TABLE = "data: {name: csv, path: t.csv, target: b}\nmodel: {name: dense, units: [2]}\ntraining: {epochs: 1}\n"
REFUSED = "is a pipe or a device; expected a file."
FILES = ("p.yaml", "p.csv", "p.tsv", "p.npz", "p.txt", "p.png", "p.py")


@pytest.fixture(autouse=True)
def _pipes(workplace: Path) -> Iterator[None]:
    """Pipes to which nobody writes; a read of one ends in SIGALRM's own end of the test."""
    Path("t.csv").write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(60)))
    for name in FILES:
        os.mkfifo(name)
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("the command waits for a pipe"))
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("command", [["check"], ["train"], ["kfold"], ["show", "data"]])
@pytest.mark.parametrize("path", ["p.yaml", "/dev/zero", "/dev/tty"])
def test_an_experiment_file_is_a_file(bench, command: list[str], path: str) -> None:
    status, out, err = bench.run(*command, path)
    assert status == 2
    assert (out + err).removeprefix("error: ") == f"{path} {REFUSED}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"extends: p.yaml\n{TABLE}", f"p.yaml {REFUSED}"),
        (f"plugins: [p.py]\n{TABLE}", "plugins.0: there is no plug-in file"),
        (TABLE.replace("t.csv", "p.csv"), f"p.csv {REFUSED}"),
        (TABLE.replace("csv, path: t.csv, target: b", "npz, path: p.npz"), "p.npz is damaged"),
        (
            TABLE.replace(
                "csv, path: t.csv, target: b", "mnist, path: p.npz, transforms: [{name: reshape, shape: [-1]}]"
            ),
            REFUSED,
        ),
        ("data: {name: language_model, path: p.txt}\nmodel: rnn\n", f"p.txt {REFUSED}"),
        ("data: {name: image_folder, path: p.txt, size: 20}\nmodel: convnet\n", f"p.txt {REFUSED}"),
    ],
)
def test_what_an_experiment_names_is_a_file(bench, text: str, message: str) -> None:
    status, out, err = bench.run("check", "--data", bench.write(text))
    assert status in (2, 3)
    assert message in out + err


@pytest.mark.parametrize("source", ["p.csv", "p.tsv", "p.npz", "p.txt", "p.yaml"])
def test_new_reads_files_only(bench, source: str) -> None:
    assert bench.run("new", source, "-o", "o.yaml")[0] in (2, 3)
    assert not Path("o.yaml").exists()


@pytest.mark.slow
def test_predict_reads_and_writes_files_only(bench) -> None:
    assert bench.run("train", bench.write(TABLE), "data.validation=null")[0] == 0
    for path in ("p.csv", "p.npz", "p.txt", "p.png", "/dev/zero"):
        assert bench.run("predict", "latest", path)[2] == f"error: {path} {REFUSED}\n"
    for path in ("p.csv", "/dev/null"):
        kind = Path(path).stat().st_mode
        assert bench.run("predict", "latest", "t.csv", "-o", path)[2].startswith(f"error: cannot write {path}: it is")
        assert Path(path).stat().st_mode == kind
    Path("link.csv").symlink_to("kept.csv")
    assert bench.run("predict", "latest", "t.csv", "-o", "link.csv")[0] == 0
    assert Path("link.csv").is_symlink()
    assert Path("kept.csv").read_text().startswith("prediction,")
