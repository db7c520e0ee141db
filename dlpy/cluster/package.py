"""Packs what workers need of a run that they cannot see: its experiment, its plug-ins and the files that it names.

The files that the experiment names are packed with it; a worker keeps a package in its cache, by the sha256 of its
content, with an experiment that names the files there. What comes back names the files of the run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dlpy.cluster.archive import packed, packed_paths, unpacked
from dlpy.experiment.yaml_reader import values_of
from dlpy.runs.directory import Run
from dlpy.storage.atomic import sha256, write_whole

_EXPERIMENTS = ("config.yaml", "search.yaml")
_NAMES = "files.json"  # in the package: where each file was


def package(run: Run) -> bytes:
    """Return what workers need of a run as an archive."""
    files = {f"files/{number}/{Path(path).name}": path for number, path in enumerate(_files_of(run), 1)}
    of_run = [path for path in run.path.iterdir() if path.is_file() and _is_needed(path)]
    texts = {f"run/{path.name}": path for path in of_run}
    names = run.path / f".{_NAMES}"
    write_whole(names, lambda path: path.write_text(json.dumps(files, sort_keys=True), encoding="utf-8"))
    try:
        return packed_paths({**texts, **{name: Path(path) for name, path in files.items()}, _NAMES: names})
    finally:
        names.unlink(missing_ok=True)


def _is_needed(path: Path) -> bool:
    return path.suffix == ".py" or path.name in (*_EXPERIMENTS, "run.json")


def _files_of(run: Run) -> list[str]:
    """Return the absolute paths of files and folders that the run's experiment names."""
    found = []
    for path in map(run.path.joinpath, _EXPERIMENTS):
        if path.is_file():
            found += _paths_in(values_of(path.read_text(encoding="utf-8")))
    return sorted({path for path in found if Path(path).exists()})


def _paths_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _paths_in(item)
    elif isinstance(value, str) and value.startswith("/"):
        yield value


def is_packaged(run: Run) -> bool:
    """Return whether a run is that of a package: its data must be that of the machine that packed it."""
    return (run.path.parent / _NAMES).is_file()


def run_of_package(content: bytes) -> Run:
    """Return the run of a package, unpacked into this machine's cache, whose experiment names the files there."""
    folder = unpacked(content)
    run = Run(folder / "run")
    for path in map(run.path.joinpath, _EXPERIMENTS):
        if path.is_file():
            _rename_files(path, {old: str(folder / name) for name, old in _names(folder).items()})
    return run


def folders_of_package(run: Run, names: Iterable[str]) -> bytes:
    """Return folders of a package's run as an archive, in which experiments name the files of the run again."""
    back = {str(run.path.parent / new): old for new, old in _names(run.path.parent).items()}
    names = list(names)
    for name in names:
        for path in (run.path / name).rglob("config.yaml"):
            _rename_files(path, back)
            _settle(Run(path.parent))
    return packed(run.path, names)


def _names(folder: Path) -> Mapping[str, str]:
    return json.loads((folder / _NAMES).read_text(encoding="utf-8"))


def _rename_files(path: Path, names: Mapping[str, str]) -> None:
    """Replace the paths of files in an experiment file."""
    before = path.read_text(encoding="utf-8")
    text = before
    for old in sorted(names, key=len, reverse=True):
        text = text.replace(old, names[old])
    if text != before:
        write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def _settle(run: Run) -> None:
    """Write the sha256 of a changed experiment into run.json."""
    digests = run.read("run.json").get("config_sha256")
    if digests and run.config.name in digests:
        run.update(config_sha256={**digests, run.config.name: sha256(run.config)})
