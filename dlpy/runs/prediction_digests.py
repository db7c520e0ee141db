"""Digests of stored predictions, by which a plot tells whether its file shows them."""

from __future__ import annotations

import hashlib

from dlpy.core.environment import version_of
from dlpy.runs.arrays import read_arrays
from dlpy.runs.directory import Run


def digest_of_predictions(run: Run, key: str) -> str:
    """Return the sha256 of what a plot of predictions depends on.

    That is what predictions.npz holds of a part and output, the run's id, which plots show, and the version of dlpy.

    Args:
        run: the run.
        key: the part, and of several outputs the output: `validation`, `test-price`.

    Raises:
        RunError: predictions.npz is damaged.
    """
    digest = hashlib.sha256(f"{run.id}\n{version_of('dlpy')}".encode())
    for name, array in sorted(read_arrays(run.predictions).items()):
        if name.startswith(f"{key}."):
            digest.update(f"\n{name} {array.dtype} {array.shape}\n".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()
