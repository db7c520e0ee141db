"""Runs with damaged files, as a stranger, a full disk or a bad cable leaves them, through every command that reads runs.

A command may refuse a run, with an exit status that says so; it may not end with a traceback, write outside the run,
or call a run damaged that `dlpy runs --verify` calls intact.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.cli.main import main

from .files import damaged
from .monsters import flipped, misspelt, monster
from .trained import trained

MOST_SECONDS = 60  # TensorFlow builds graphs
MOST_MEGABYTES = 2000
_ALLOWED = {0, 2, 3, 4, 5, 6, 7}
_ID = "20200101-000000-theirs"
_EVIL = "import pathlib\npathlib.Path('EVIL').write_text('code of a run was executed')\n"
_OUTSIDE = "outside"
_NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "1" * 40,
    "1" * 5000,
    "-1",
    "1e308",
    "0.5",
    "[]",
    "null",
    '"\\ud800"',
]
# what reading an archive that is damaged already may raise
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError, RuntimeError)
_CELLS = ["", "nan", "inf", "1e999", "-1", "x", "1_000", "9" * 400, "0x10", "\x00", '"', "1e308", "2", " "]
_DEAR = ["evaluate", "predict", "resume", "explain", "generate"]
_PLOTS = {
    "metrics.csv": ["history", "folds", "seeds"],
    "summary.json": ["history", "folds", "seeds", "intervals"],
    "evaluation.json": ["intervals"],
    "predictions.npz": [
        "confusion",
        "roc",
        "precision_recall",
        "reliability",
        "regression",
        "forecast",
        "error_by_hour",
        "errors_together",
    ],
    "network.json": ["network"],
    "made.npz": ["made"],
    "attention.npz": ["attention"],
    "wrongest-validation.npz": ["wrongest"],
}


OWN = ("cache", "runs", "keras")  # folders that cases write into


def warm_up(folder: Path, *, dear: bool) -> None:
    """Import matplotlib, and TensorFlow for dear cases, and let them do what they do once, before they are watched."""
    os.chdir(folder)
    (folder / "cache").mkdir(exist_ok=True)
    tempfile.tempdir = str(folder / "cache")
    runs = trained(folder)
    for arguments in (("plot", runs["table"]), ("predict", runs["table"], "table.csv"))[: 2 if dear else 1]:
        assert _called(*map(str, arguments))[0] == 0


class Case:
    """One damaged run and the command that reads it, made from a seed and a number."""

    dear = 0.06  # share of commands that need TensorFlow

    def __init__(self, seed: int, number: int, folder: Path) -> None:
        rng = random.Random(f"{seed} {number}")
        self._folder, self._templates = folder, trained(folder)
        family = rng.choice(list(self._templates))
        self.path = folder / "runs" / _ID
        shutil.rmtree(folder / "runs", ignore_errors=True)
        shutil.copytree(self._templates[family], self.path, symlinks=True)
        (folder / _OUTSIDE).mkdir(exist_ok=True)
        names = [self._damage(rng) for _ in range(rng.choice([1, 1, 1, 2, 4]))]
        self.command = _command(rng, family, names[0], self.dear)
        if self.command[0] in ("compare", "ensemble"):
            self.command.append(str(self._templates[family]))  # the same run, whole
        if self.command[0] in _DEAR and rng.random() < 0.6:
            self._unfinish()
        self.about = f"{family}, {', '.join(names)}: {' '.join(self.command)}"

    def run(self) -> None:
        """Run the command, and ask what `runs` and `runs --verify` say of the same files."""
        listed, verdict = self._json("runs", str(self.path)), self._json("runs", str(self.path), "--verify")
        intact = bool(verdict) and not verdict[0]["damages"]
        if intact:
            assert listed[0]["status"] != "damaged", "runs calls damaged what --verify calls intact"
        assert _called("watch", "--once")[0] in (0, 7)
        command, *options = self.command
        if command != "runs":
            status, _, err = _called(command, str(self.path), *options)
            if intact and command == "plot":
                assert "damaged" not in err, f"plot calls damaged what --verify calls intact: {err}"
            assert status == 0 or err.strip(), f"{command} ended with {status} without a word"
        assert not list(self._folder.rglob("EVIL")), "code of the run was executed"
        assert not list((self._folder / _OUTSIDE).iterdir()), "something was written outside the run"

    def _json(self, *arguments: str) -> list[dict[str, Any]]:
        status, out, _ = _called(*arguments, "--json")
        return json.loads(out) if out.strip() and status in (0, 7) else []

    def _damage(self, rng: random.Random) -> str:
        """Damage one file, and return which and how."""
        files = [path for path in sorted(self.path.rglob("*")) if path.is_file() and not path.is_symlink()]
        chosen = [path for path in files if path.suffix in (".json", ".csv", ".npz", ".yaml", ".keras", ".png")]
        path = rng.choice(chosen or files)
        way = rng.choice([_changed, _changed, _changed, _changed, _changed, damage_bytes, self._swapped, _moved])
        way(rng, path)
        if path.parent.parent.name == "checkpoints" and path.name != "manifest.json" and rng.random() < 0.7:
            _sign(path)
        return f"{path.relative_to(self.path)} {way.__name__.strip('_')}"

    def _swapped(self, rng: random.Random, path: Path) -> None:
        """Put another file in its place: of the same name from another family, or any."""
        others = [file for run in self._templates.values() for file in run.rglob(path.name) if file.is_file()]
        if others:
            shutil.copyfile(rng.choice(others), path)
        else:  # a name that no other run has
            damage_bytes(rng, path)

    def _unfinish(self) -> None:
        """Let the run be one that was interrupted, so that `resume` goes on with it."""
        path = self.path / "run.json"
        with contextlib.suppress(ValueError, AttributeError, TypeError, RecursionError):
            if path.is_file():  # not a pipe, which would be waited for
                path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "interrupted"}))


class LightCase(Case):
    """The same without the commands that need TensorFlow."""

    dear = 0.0


def _command(rng: random.Random, family: str, name: str, dear: float) -> list[str]:
    """Return what reads the run."""
    drawn = rng.random()
    if drawn < 0.5:
        return ["runs"]
    if drawn < 0.6:
        return [rng.choice(["compare", "ensemble"])]
    if drawn < 0.7:
        return ["report"]
    if drawn < 1 - dear:
        known = _PLOTS.get(Path(name.split()[0]).name, ["history"])
        return ["plot", "--only", rng.choice(known)] if rng.random() < 0.8 else ["plot"]
    makes = {"prose": ["generate", "--length", "5"], "vae": ["generate", "--count", "4"]}
    reads = {"table": ["table.csv"], "numbers": ["plain.csv"], "texts": ["--text", "word 1"], "series": ["series.csv"]}
    likely = [["resume", "--quiet", "--allow-inexact"], ["evaluate"], makes.get(family, ["evaluate"])]
    likely += [["predict", *reads[family]]] * 3 if family in reads else []
    likely += [["explain", "photo.png", "--only", "activations"]] if family == "pictures" else []
    return rng.choice(likely)


def _called(*arguments: str) -> tuple[int, str, str]:
    """Run a command line in this process; return its status, what it printed and what it said of errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(list(arguments))
    told = err.getvalue()
    assert status in _ALLOWED, f"{' '.join(arguments)} ended with {status}: {told[-1500:]}"
    assert "Traceback" not in told, told[-1500:]
    return status, out.getvalue(), told


def _changed(rng: random.Random, path: Path) -> None:
    """Change what a file holds, so that it is still a file of its kind."""
    ways: dict[str, Callable[[random.Random, bytes], bytes]] = {
        ".json": _changed_json,
        ".csv": _changed_table,
        ".npz": _changed_arrays,
        ".yaml": _changed_experiment,
    }
    path.write_bytes(ways.get(path.suffix, flipped)(rng, path.read_bytes()))


def damage_bytes(rng: random.Random, path: Path) -> None:
    """Change its bytes."""
    content = path.read_bytes()
    try:
        path.write_bytes(damaged(rng, content))
    except _DAMAGED:
        path.write_bytes(flipped(rng, content))


def _moved(rng: random.Random, path: Path) -> None:
    """Take it away, or leave a folder, a link, a pipe or a file of a hostile name in its place."""
    outside = path.parents[len(path.parts) - 2] / "etc" / "hostname"
    path.unlink()
    match rng.randrange(6):
        case 0:
            path.mkdir()
        case 1:
            path.symlink_to(rng.choice([outside, path.parent / "nothing", path]))
        case 2:
            os.mkfifo(path)
        case 3:
            (path.parent / rng.choice(["a\nb.json", "\x1b]0;x\x07.npz", "x" * 200, "-o", "épäch-0001"])).touch()
        case _:
            pass


def _sign(path: Path) -> None:
    """Let the manifest of a checkpoint say that the file is what was written."""
    with contextlib.suppress(ValueError, OSError, TypeError, RecursionError):
        if not (path.is_file() and (path.parent / "manifest.json").is_file()):
            return
        manifest = json.loads((path.parent / "manifest.json").read_bytes())
        manifest[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        (path.parent / "manifest.json").write_text(json.dumps(manifest))


def _changed_json(rng: random.Random, content: bytes) -> bytes:
    try:
        tree = json.loads(content)
    except ValueError:
        return flipped(rng, content)
    for _ in range(rng.choice([1, 1, 2, 5])):
        places = list(_places(tree))
        if not places:
            break
        holder, key = rng.choice(places)
        match rng.randrange(8):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[misspelt(rng, str(key))] = holder.pop(key)
            case 2:
                holder[key] = [holder[key]]
            case 3:
                other, at = rng.choice(places)
                holder[key] = json.loads(json.dumps(other.get(at) if isinstance(other, dict) else None))
            case 4:
                holder[key] = "<number>"
            case _:
                holder[key] = monster(rng)
    text = json.dumps(tree, default=str).replace('"<number>"', rng.choice(_NUMBERS), 1)
    return text.replace('"<deep>"', "[" * 100_000).encode(errors="replace")


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Return every holder and key of a tree."""
    found, left = [], [tree]
    while left:
        holder = left.pop()
        items = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
        for key, value in items:
            found.append((holder, key))
            left.append(value)
    return found


def _changed_table(rng: random.Random, content: bytes) -> bytes:
    rows = [line.split(",") for line in content.decode(errors="replace").splitlines()] or [[""]]
    for _ in range(rng.choice([1, 1, 3])):
        row = rng.choice(rows)
        match rng.randrange(6):
            case 0:
                rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))
            case 1:
                row.append(rng.choice(_CELLS))
            case 2:
                del row[rng.randrange(len(row) or 1) :]
            case 3:
                rows.reverse()
            case _:
                row[rng.randrange(len(row) or 1) : len(row)] = [rng.choice(_CELLS)] * rng.choice([1, len(row)])
    return ("\n".join(",".join(row) for row in rows) + rng.choice(["\n", "\n", ""])).encode(errors="replace")


def _changed_arrays(rng: random.Random, content: bytes) -> bytes:
    """Return an npz file with arrays changed: other numbers, types, shapes or names, and headers that claim more."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except _DAMAGED:
        return flipped(rng, content)
    for name in rng.sample(list(members), min(len(members), rng.choice([1, 1, 2]))):
        match rng.randrange(8):
            case 0:
                members.pop(name)
            case 1:
                members[misspelt(rng, name)] = members.pop(name)
            case 2:
                members[name] = _claiming(rng)
            case 3:
                members[name] = members[rng.choice(list(members))]
            case _:
                members[name] = _other_array(rng, members[name])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, held in members.items():
            archive.writestr(name, held)
    return file.getvalue()


def _other_array(rng: random.Random, member: bytes) -> bytes:
    """Return an array of another type or shape, or with other numbers in it."""
    try:
        return _saved(_other(rng, np.load(io.BytesIO(member), allow_pickle=False)))
    except (ValueError, OverflowError, TypeError, MemoryError):  # it may be damaged already, and claim too much
        return flipped(rng, member)


def _saved(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _other(rng: random.Random, array: np.ndarray) -> np.ndarray:
    fills = [0, -1, 1, 1.5, np.nan, np.inf, 1e308, 2**40, 2**62, "a", "\x1b[31m", True]
    match rng.randrange(7):
        case 0:
            array = array.astype(rng.choice(["U9", "f2", "f8", "i1", "u8", "?", "c8", "M8[us]"]), casting="unsafe")
        case 1:
            array = array[..., None]
        case 2:
            array = array.reshape(-1)[: rng.randrange(array.size + 1)]
        case 3:
            array = np.concatenate([array.reshape(-1)] * 2)
        case 4:
            array = np.full(array.shape, rng.choice(fills))
        case 5:
            array = np.full(rng.choice([(), (0,), (1,), (2, 0, 3), (3, 3), (1, 1, 1, 1)]), rng.choice(fills))
        case _ if array.size and array.dtype.kind in "iuf":
            array = array.copy()
            with np.errstate(all="ignore"):
                array.flat[rng.randrange(array.size)] = (
                    rng.choice([0, 1, 127, 3]) if array.dtype.kind != "f" else np.nan
                )
    return array


def _claiming(rng: random.Random) -> bytes:
    """Return an array's header that claims far more numbers than follow."""
    shape = rng.choice([(2**40,), (2**40, 3), (0, 2**40), (2**62, 2**62), (10**30,), (-1,), (2**31,)])
    kind = rng.choice(["<f8", "<i8", "|O", "<U1000000000", "|V0", "<M8[us]"])
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n" + bytes(16)


def _changed_experiment(rng: random.Random, content: bytes) -> bytes:
    """Return config.yaml with lines changed, or with a plug-in that is not to be executed."""
    if rng.random() < 0.2:
        return content.replace(b"plugins: []", b"plugins: [evil.py]") + b"\n"
    lines = content.decode(errors="replace").splitlines()
    place = rng.randrange(len(lines))
    key, _, _ = lines[place].partition(":")
    lines[place] = f"{key}: {rng.choice([json.dumps(monster(rng), default=str), *_NUMBERS])}"
    return "\n".join(lines).encode(errors="replace")
