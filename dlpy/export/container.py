"""A run with dlpy in a folder from which `docker build` makes an image that serves it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE, STDOUT
from threading import Timer

import dlpy
from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import ConfigError, SetupError, shortened
from dlpy.export.formats import DOCKER
from dlpy.export.requirements import pinned
from dlpy.runs.directory import ENSEMBLE, Run, require_one_training
from dlpy.runs.lookup import final_model
from dlpy.runs.members import unchanged_members
from dlpy.serve.server import require_installed
from dlpy.storage.atomic import storage
from dlpy.training.evaluate import read_config

PORT = 8000
_LEFT_OUT = ("report.html", "model.keras", "log.txt", "splits.npz", "metrics.csv")
_SERVER = ("starlette", "uvicorn")
_CLASSIC = {"lightgbm": "lightgbm", "xgboost": "xgboost-cpu", "sklearn": "scikit-learn"}  # module: package
_SECONDS = 300  # for a server to start
_USER = 10001  # who may not change the files

_DOCKERFILE = """# Serves run {run}: docker build -t {tag} . && docker run --rm -p {port}:{port} {tag}
FROM python:{python}-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY dlpy dlpy
COPY runs runs
ENV DLPY_OFFLINE=1 MPLCONFIGDIR=/tmp PYTHONPATH=/app PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3
USER {user}
EXPOSE {port}
HEALTHCHECK --start-period=120s CMD \\
    ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:{port}/readyz')"]
CMD ["python", "-m", "dlpy", "serve", "runs/{run}", "--host", "0.0.0.0", "--port", "{port}"]
"""


@dataclass(frozen=True)
class Container:
    """A folder from which docker makes an image. size: of its files, in bytes. tag: a name for the image."""

    format: str
    folder: Path
    size: int
    tag: str


def write_container(run: Run, folder: Path, place: Path) -> Container:
    """Write a folder with a run, dlpy, the versions of all packages, and the Dockerfile that joins them.

    The server is started from the folder once, as the image would start it.

    Args:
        run: to serve.
        folder: to write.
        place: where the folder will be in the end.

    Raises:
        ConfigError: the run is none that one process serves, or members of an ensemble lie elsewhere.
        SetupError: the server does not start, or Starlette or uvicorn is missing.
    """
    require_installed()
    needed = _needed_runs(run)
    requirements = "".join(f"{line}\n" for line in pinned(_packages(needed)))
    root = _common_folder(needed)
    served = run.path.resolve().relative_to(root).as_posix()
    tag = re.sub(r"[^a-z0-9._-]+|^[^a-z0-9]+", "-", run.name.lower()).strip("-._") or "dlpy"
    with storage(folder):
        folder.mkdir()
        for one in needed:
            _copy_run(one, folder / "runs" / one.path.resolve().relative_to(root))
        shutil.copytree(Path(dlpy.__file__).parent, folder / "dlpy", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "requirements.txt").write_text(requirements, "utf-8")
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        text = _DOCKERFILE.format(run=served, tag=tag, port=PORT, python=python, user=_USER)
        (folder / "Dockerfile").write_text(text, "utf-8")
    _require_answers(folder, served)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Container(DOCKER, place, size, tag)


def _needed_runs(run: Run) -> list[Run]:
    """Return the run, the members of an ensemble, and the final models of these."""
    if run.record().kind == ENSEMBLE:
        found = [run, *unchanged_members(run)]
    else:
        require_one_training(run)
        found = [run]
    finals = [final_model(one) for one in found]
    return [*found, *(final for final in finals if final is not None)]


def _packages(runs: list[Run]) -> list[str]:
    """Return the packages that dlpy itself does without, and that it needs to serve these runs."""
    found = [*_SERVER]
    for run in runs:
        experiment, _ = read_config(run)
        is_classic = isinstance(experiment.model, EstimatorModel)
        found += [name for module, name in _CLASSIC.items() if is_classic and find_spec(module)]
        found += ["holidays"] if any(getattr(one, "holidays", None) for one in experiment.all_transforms()) else []
    return list(dict.fromkeys(found))


def _common_folder(runs: list[Run]) -> Path:
    """Return the folder in which all runs lie.

    Raises:
        ConfigError: the members of an ensemble lie apart from it.
    """
    root = runs[0].path.resolve().parent
    apart = next((run for run in runs if not run.path.resolve().is_relative_to(root)), None)
    if apart is not None:
        raise ConfigError(f"member {apart.path} does not lie in {root}, beside the ensemble: move it there.")
    return root


def _copy_run(run: Run, folder: Path) -> None:
    """Copy what a run needs to predict: of its checkpoints, the best."""
    files = [path for path in run.path.iterdir() if path.is_file()]
    kept = [path for path in files if path.name not in _LEFT_OUT and not path.name.startswith(".")]  # nor locks
    folder.mkdir(parents=True, exist_ok=True)
    for path in kept:
        shutil.copyfile(path, folder / path.name)
    best = run.checkpoints / "best"
    if best.is_dir():
        shutil.copytree(best, folder / "checkpoints" / "best", symlinks=False)


def _require_answers(folder: Path, run: str) -> None:
    """Start the server from the folder, as the image would, until it says that it is ready.

    Raises:
        SetupError: it ends before.
    """
    program = [sys.executable, "-u", "-B", "-m", "dlpy", "serve", f"runs/{run}", "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(folder), "DLPY_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(program, cwd=folder, env=environment, stdout=PIPE, stderr=STDOUT, text=True) as server:
        late = Timer(_SECONDS, server.kill)
        late.start()
        try:
            lines = list(_until_ready(server.stdout or []))
        finally:
            late.cancel()
            server.terminate()
    if not lines or not lines[-1].startswith("ready"):
        told = shortened(lines[-1], 300) if lines else "it says nothing"
        raise SetupError(f"the server does not start from the folder: {told}")


def _until_ready(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines up to that of a server that is ready."""
    for line in lines:
        yield line.strip()
        if line.startswith("ready"):
            return
