"""Exports a trained run to files that work without dlpy, each checked in a process of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DlpyError, in_one_line
from dlpy.data.tables import parts_of_dates
from dlpy.data.text import unicode_words
from dlpy.export import prepare
from dlpy.export.checking import Ran, run_programs
from dlpy.export.container import Container, write_container
from dlpy.export.ensemble_job import EnsembleJob, ensemble_job_of
from dlpy.export.folders import folder_for, written
from dlpy.export.formats import DOCKER, Format, format_of
from dlpy.export.job import Job, job_of
from dlpy.export.programs import program
from dlpy.export.signature import signature_of
from dlpy.export.write import write_network
from dlpy.portable.network import Portable
from dlpy.portable.sources import rows_given
from dlpy.runs import checkpoints
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.storage.atomic import json_text, storage
from dlpy.training.evaluate import Tell, silent
from dlpy.transforms import _among_quantiles, _normal

_MOST_ROWS = 256  # that a file is checked with
_EXAMPLES = 4
AnyJob = Job | EnsembleJob
Folders = Mapping[str, Path]


@dataclass(frozen=True)
class Ask:
    """What to export.

    formats: names. quantize: the type of weights; None: float32. output: the folder; None: in the run. force: replace
    what is there. checkpoint: whose weights.
    """

    formats: tuple[str, ...]
    quantize: str | None = None
    output: Path | None = None
    force: bool = False
    checkpoint: checkpoints.Which = "best"


@dataclass(frozen=True)
class Exported:
    """A folder with a network that works without dlpy.

    size: of the network, in bytes. rows: that it was checked with, of this part. difference: the largest, see
    `Checked`. seconds: per row. before, after: scores on these rows of dlpy and of the file, where it is quantized.
    """

    format: str
    folder: Path
    size: int
    rows: int
    part: str
    difference: float
    seconds: float
    before: dict[str, float]
    after: dict[str, float]


def export(run: Run, ask: Ask, tell: Tell = silent) -> list[Exported | Container]:
    """Export a run to each of the formats.

    Raises:
        ConfigError: a format cannot hold the model, or its file predicts something else.
        SetupError: packages are missing, or a file does not run.
        DataError: the rows to check it with are missing.
    """
    names = list(dict.fromkeys(ask.formats))
    formats = [format_of(name, ask.quantize) for name in names if name != DOCKER]
    named = {name: name if ask.quantize is None else f"{name}-{ask.quantize}" for name in names}
    folders = {name: folder_for(run, folder, ask.output, force=ask.force) for name, folder in named.items()}
    if ask.output is not None and len(names) > 1:
        raise ConfigError("--output names one folder, for one format: leave it out, or give one --to.")
    if DOCKER in names and (ask.quantize is not None or ask.checkpoint != "best"):
        raise ConfigError("--to docker serves the best checkpoint as it is: leave --quantize and --checkpoint out.")
    return [*_networks(run, ask, formats, folders, tell), *_containers(run, folders)]


def _networks(run: Run, ask: Ask, formats: Sequence[Format], folders: Folders, tell: Tell) -> list[Exported]:
    if not formats:
        return []
    job = (ensemble_job_of if run.record().kind == ENSEMBLE else job_of)(run, ask.checkpoint, tell)
    for to in formats:
        _require_type(job, to)
    wanted = [(to, folders[to.name]) for to in formats]
    with written(run, {to.name: folder for to, folder in wanted}) as scratch:
        return _exported(job, wanted, ask.quantize, scratch)


def _require_type(job: AnyJob, to: Format) -> None:
    """Raise ConfigError for a run whose layers compute with 16 bits, for a format that computes otherwise."""
    mixed = sorted(job.precisions - {"float32"})
    if mixed and not to.mixed:
        raise ConfigError(
            f"{to.label} would not predict what this {job.family} does with training.precision {mixed[0]}: export it "
            "to keras or savedmodel, or train it with float32."
        )


def _containers(run: Run, folders: Folders) -> list[Container]:
    if DOCKER not in folders:
        return []
    with written(run, {DOCKER: folders[DOCKER]}) as scratch:
        return [write_container(run, scratch / DOCKER, folders[DOCKER])]


def _exported(job: AnyJob, wanted: list[tuple[Format, Path]], quantize: str | None, scratch: Path) -> list[Exported]:
    """Write and check each format in a folder of its name within `scratch`."""
    made: dict[bool, Portable] = {}
    for to, _ in wanted:
        if to.strings not in made:
            made[to.strings] = job.portable(strings=to.strings)
        _write(job, made[to.strings], to, scratch / to.name, quantize)
    given = rows_given(next(iter(made.values())).sources, job.raw.inputs)
    for to, _ in wanted:
        np.savez(scratch / to.name / "example_rows.npz", **{key: rows[:_EXAMPLES] for key, rows in given.items()})  # type: ignore[arg-type]
    ran = run_programs([scratch / to.name for to, _ in wanted], given, scratch)
    return [_judged(job, to, folder, one, (scratch, quantize)) for (to, folder), one in zip(wanted, ran, strict=True)]


def _write(job: AnyJob, portable: Portable, to: Format, folder: Path, quantize: str | None) -> None:
    with storage(folder):
        folder.mkdir()
        try:
            write_network(portable.network, to, folder / to.file, quantize)
        except (DlpyError, MemoryError, OSError):
            raise
        except Exception as error:  # of a converter
            raise ConfigError(f"{to.label} cannot hold this {job.family}: {_reason(error)}.") from error
        signature = signature_of(job.run, portable, job.told, to)
        (folder / "signature.json").write_text(json_text(signature), "utf-8")
        (folder / "example.py").write_text(program(to.name, to.file), "utf-8")
        shutil.copyfile(prepare.__file__, folder / "prepare.py")
        for module in _needed(signature):
            shutil.copyfile(module.__file__ or "", folder / Path(module.__file__ or "").name)


def _needed(signature: Mapping[str, Any]) -> list[ModuleType]:
    """Return the modules that prepare.py imports from its folder."""
    inputs = signature["inputs"]
    of_texts = any(spec["prepare"] == "texts" for spec in inputs)
    steps = {kind for spec in inputs for step in spec.get("steps", ()) for kind in step}
    found = [*[unicode_words] * of_texts, *[parts_of_dates] * ("dates" in steps)]
    return [*found, *[_normal, _among_quantiles] * bool(steps & {"ranks", "intervals"})]


def _reason(error: Exception) -> str:
    """Return why a converter fails: the first operation that its message names, or the message."""
    operation = re.search(r'fused\["(\w+):"', str(error))
    return f"its converter fails at {operation[1]}" if operation else in_one_line(error).removesuffix(".")


def _judged(job: AnyJob, to: Format, folder: Path, ran: Ran, how: tuple[Path, str | None]) -> Exported:
    """Return what to say of a file that ran.

    Raises:
        ConfigError: it predicts something else than dlpy.
    """
    scratch, quantize = how
    difference = job.checked.difference(ran.answers)
    if not (np.isfinite(difference) if quantize is not None else job.checked.agrees(ran.answers)):
        differs = f"predicts something else than dlpy: its answers differ by up to {difference:.2g}"
        raise ConfigError(f"{to.label} of this {job.family} {differs}. No file is left.")
    size = _size(scratch / to.name / to.file)
    found = Exported(to.name, folder, size, len(job.raw), job.part, difference, ran.seconds, {}, {})
    if quantize is None:
        return found
    scores = (job.checked.scores(job.checked.wanted), job.checked.scores(ran.answers))
    return replace(found, before=scores[0], after=scores[1])


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)
