"""What changed since a run started, so that resuming it would not reproduce the uninterrupted run."""

from __future__ import annotations

from collections.abc import Iterable

from dlpy.core.environment import environment
from dlpy.core.errors import RunError
from dlpy.core.suggestions import command
from dlpy.engine.devices import prepare
from dlpy.engine.replicas import Peers, Replicas
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.training.record import config_digests, digests_of, file_digests, outside_files

_DECIDES = ("dlpy", "keras", "tensorflow", "tensorflow-cpu", "numpy")  # packages whose versions decide the numbers


def changed_surroundings(run: Run, plugins: list[str], packages: Iterable[str] = ()) -> list[str]:
    """Return a line for each change that affects a run's numbers, other than of the data.

    Args:
        plugins: the experiment's.
        packages: that its model needs besides Keras.
    """
    record, now = run.record(), environment()
    pairs = [(name, record.versions.get(name), now["versions"][name]) for name in (*_DECIDES, *packages)]
    pairs += [(name, getattr(record, name), now[name]) for name in ("threads", "device", "settings")]
    changes = [
        f"{name}: {then or 'none'} then, {present or 'none'} now" for name, then, present in pairs if then != present
    ]
    kept = record.config_sha256  # empty where it was killed before training started
    digests = config_digests(run, plugins) if record.kind != "search" else digests_of(run, list(kept or ()))
    changed = [name for name, digest in digests.items() if kept and kept.get(name) != digest]
    return changes + [f"{run.path / name} was edited or removed" for name in changed]


def changed_data(run: Run, sha256: str, description: str) -> list[str]:
    """Return a line where the data changed since the run started."""
    then = run.record().data
    if sha256 == then.sha256:
        return []
    return [f"data: {then.description} then, {description} now; its sha256 differs"]


def changed_files(run: Run, experiment: Experiment) -> list[str]:
    """Return a line for each file of weights or vectors that changed since the run started."""
    then, files = run.record().files, outside_files(experiment)
    known = {option: digest for option, digest in file_digests(experiment).items() if option in then}
    changed = [option for option, digest in known.items() if then[option] != digest]
    return [f"{option}: {files[option]} was changed or removed" for option in changed]


def refuse(run: Run, changes: list[str], *, allow_inexact: bool) -> None:
    """Raise RunError where something changed, unless that is allowed."""
    if not changes or allow_inexact:
        return
    anyway = command("resume", run.id, "--allow-inexact")
    raise RunError(
        f"error: resuming run {run.id} would not reproduce the uninterrupted run:",
        *(f"  {change}" for change in changes),
        f"Undo these changes, or use {anyway}: run.json then records the changes.",
    )


def changed_replicas(run: Run, experiment: Experiment, peers: Peers | None) -> list[str]:
    """Return a line where the run has other replicas than before."""
    then, devices = run.record().replicas, prepare(experiment.training.devices)
    if then is None and peers is None and len(devices) < 2:
        return []
    now = "1 x 1" if peers is None and not devices else Replicas(devices or ("",), peers).text
    if then == now or (then is None and not run.checkpoints.is_dir()):  # it had not begun
        return []
    return [f"replicas (workers x devices): {then or '1 x 1'} then, {now} now"]
