"""A client that writes its calls as lines of JSON into the file that the address names.

`broken:` and `hangs:` before the file's name make a tracker that fails at each call, and one that never answers.
"""

import json
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace


class MlflowClient:
    def __init__(self, tracking_uri):
        kind, _, path = tracking_uri.rpartition(":")
        self._path = Path(path)
        if kind == "hangs":
            time.sleep(1000)
        if kind == "broken":
            raise ConnectionError("nobody answers\nat this address")
        sys.stdout.write("what a library prints\n")  # must not reach the user

    def _write(self, call, **given):
        light = "tensorflow" not in sys.modules and "keras" not in sys.modules
        with self._path.open("a") as file:
            file.write(json.dumps({"call": call, "light": light, **given}) + "\n")

    def get_experiment_by_name(self, name):
        return None

    def create_experiment(self, name):
        self._write("experiment", name=name)
        return "1"

    def create_run(self, number, start_time, tags, run_name):
        self._write("create", name=run_name)
        return SimpleNamespace(info=SimpleNamespace(run_id="abc"))

    def update_run(self, run_id, status):
        self._write("update", id=run_id)

    def log_batch(self, run_id, metrics=(), params=()):
        self._write("log", metrics=[vars(item) for item in metrics], params={item.key: item.value for item in params})

    def log_artifact(self, run_id, path, folder):
        self._write("file", name=f"{folder}/{Path(path).name}" if folder else Path(path).name)

    def log_artifacts(self, run_id, path, folder):
        kept = self._path.parent / "received"
        shutil.copytree(path, kept / folder, dirs_exist_ok=True)
        self._write("model", files=sorted(str(file.relative_to(path)) for file in Path(path).rglob("*.*")))

    def set_terminated(self, run_id, status, end_time):
        self._write("end", status=status)
