"""Trains with real trackers and reads back, with their own clients, what they have received.

`python -m tests.benchmarks.trackers` needs `pip install 'dlpy[mlflow,wandb]'` and no network. It trains a small table
with MLflow on a database file, with wandb offline, and with an MLflow server that is killed during training, and
compares the weights with those of a training without a tracker.
"""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.runs.directory import Run
from dlpy.runs.history import read_history

_EXPERIMENT = """
data: {name: csv, path: rows.csv, target: y}
model: {name: dense, units: [16]}
training: {epochs: EPOCHS, metrics: [mae]}
"""
_BLOCK = 32768


def trained(folder: Path, name: str, epochs: int, callback: str = "") -> tuple[Run, str]:
    """Train in a fresh process; return the run and what was printed."""
    listed = f"callbacks: [{callback}]\n" if callback else ""
    (folder / f"{name}.yaml").write_text(_EXPERIMENT.replace("EPOCHS", str(epochs)) + listed)
    done = subprocess.run(started(folder, name), cwd=folder, capture_output=True, text=True, check=True)
    return newest(folder, name), done.stdout + done.stderr


def started(folder: Path, name: str) -> list[str]:
    return [sys.executable, "-m", "dlpy", "train", f"{name}.yaml"]


def newest(folder: Path, name: str) -> Run:
    return Run(max(folder.glob(f"runs/*-{name}")))


def digest(run: Run) -> str:
    """Return a checksum of all weights of the best model."""
    with np.load(run.checkpoints / "best" / "weights.npz") as arrays:
        return hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays.files))).hexdigest()[:12]


def of_mlflow(folder: Path, run: Run, uri: str) -> None:
    """Print what MLflow's client finds, and load the model with it."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    client: Any = mlflow.MlflowClient(uri)
    number = run.read("trackers/mlflow.json")["id"]
    found, history = client.get_run(number), read_history(run.metrics)
    received = [metric.value for metric in sorted(client.get_metric_history(number, "val_loss"), key=lambda m: m.step)]
    assert history is not None
    print(f"  status {found.info.status}, {len(found.data.params)} parameters, {len(received)} epochs")
    print(f"  val_loss as in metrics.csv: {received == history.curves['val_loss'].tolist()}")
    took = (found.info.end_time - found.info.start_time) / 1000
    print(f"  took {took:.1f} s there and {run.record().seconds} s in run.json")
    print(f"  files: {sorted(item.path for item in client.list_artifacts(number))}")
    model = mlflow.pyfunc.load_model(f"runs:/{number}/model")
    print(f"  signature: {model.metadata.signature}; prediction {model.predict(np.zeros((1, 4), np.float32))}")


def logged(content: bytes) -> list[bytes]:
    """Return the records of a file in LevelDB's log format, behind wandb's header of seven bytes."""
    at, part, found = 7, b"", []
    while at + 7 <= len(content):
        if _BLOCK - at % _BLOCK < 7:  # too little room for a header: the rest of the block is empty
            at += _BLOCK - at % _BLOCK
            continue
        size, kind = struct.unpack_from("<HB", content, at + 4)
        part += content[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # a whole record, or the last part of one
            found.append(part)
            part = b""
    return found


def of_wandb(folder: Path, run: Run) -> None:
    """Print what is in the file that wandb wrote, read by its own reader."""
    from wandb.proto import wandb_internal_pb2

    number = run.read("trackers/wandb.json")["id"]
    (path,) = folder.glob(f"wandb/offline-run-*-{number}/run-{number}.wandb")
    records = []
    for data in logged(path.read_bytes()):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        records.append(record)
    rows = [record.history for record in records if record.WhichOneof("record_type") == "history"]
    received = [
        float(item.value_json)
        for row in rows
        for item in row.item
        if item.key == "val_loss" or list(item.nested_key) == ["val_loss"]
    ]
    history = read_history(run.metrics)
    assert history is not None
    print(f"  val_loss as in metrics.csv: {received == history.curves['val_loss'].tolist()} ({len(received)} epochs)")
    kinds = [record.WhichOneof("record_type") for record in records]
    print(f"  records: { ({kind: kinds.count(kind) for kind in sorted(set(map(str, kinds)))}) }")


@contextmanager
def server(folder: Path, port: int) -> Iterator[str]:
    """Yield the address of an MLflow server, which is killed at the end."""
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///server.db"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        _wait(lambda: urllib.request.urlopen(f"{uri}/health", timeout=2).status == 200)
        yield uri
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def unplugged(folder: Path, port: int, epochs: int) -> Run:
    """Train with an MLflow server that is killed after a few epochs have arrived; return the run."""
    with server(folder, port) as uri:
        (folder / "unplugged.yaml").write_text(
            _EXPERIMENT.replace("EPOCHS", str(epochs)) + f"callbacks: [{{name: mlflow, uri: '{uri}'}}]\n"
        )
        command = started(folder, "unplugged")
        training = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        _wait(lambda: newest(folder, "unplugged").read("trackers/mlflow.json").get("epochs", 0) > 0)
    is_training = training.poll() is None
    out, _ = training.communicate()
    lines = [line for line in out.splitlines() if line.startswith("mlflow")]
    print(f"  killed while it trained: {is_training}; status {training.returncode}; {len(lines)} line: {lines}")
    print(f"  {newest(folder, 'unplugged').read('trackers/mlflow.json')['epochs']} epochs had arrived")
    return newest(folder, "unplugged")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(condition: Any, seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return
        except (OSError, ValueError):
            pass
        time.sleep(0.2)
    raise TimeoutError("nothing happened")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        rng = np.random.default_rng(1)
        x = rng.normal(size=(20000, 4))
        rows = np.c_[x, x @ [1, -2, 0.5, 3] + 0.1 * rng.normal(size=20000)]
        np.savetxt("rows.csv", rows, delimiter=",", header="a,b,c,d,y", comments="", fmt="%.5f")
        plain = {epochs: digest(trained(folder, f"plain{epochs}", epochs)[0]) for epochs in (8, 400)}
        print("MLflow, sqlite")
        run, _ = trained(folder, "sqlite", 8, "{name: mlflow, uri: 'sqlite:///mlflow.db'}")
        print(f"  same bits: {digest(run) == plain[8]}")
        of_mlflow(folder, run, "sqlite:///mlflow.db")
        print("wandb, offline")
        run, _ = trained(folder, "offline", 8, "{name: wandb, offline: true}")
        print(f"  same bits: {digest(run) == plain[8]}")
        of_wandb(folder, run)
        print("MLflow, server killed")
        port = free_port()
        run = unplugged(folder, port, 400)
        print(f"  same bits: {digest(run) == plain[400]}")
        with server(folder, port) as uri:
            subprocess.run(
                [sys.executable, "-m", "dlpy", "track", str(run.path), "--to", "mlflow", "--uri", uri], check=True
            )
            of_mlflow(folder, run, uri)


if __name__ == "__main__":
    main()
