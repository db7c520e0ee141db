"""Scores of a run of several seeds: those of each, their means, and how far they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlpy.core.errors import ConfigError, RunError
from dlpy.core.suggestions import command
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run, count_look
from dlpy.runs.lookup import seed_runs
from dlpy.training.evaluate import Tell, read_config, score_run, silent
from dlpy.training.loaded_rows import raw_parts
from dlpy.training.seed_summary import spread_by_name
from dlpy.training.split_names import Part


def evaluate_seeds(
    run: Run, parts: list[Part], which: checkpoints.Which = "best", tell: Tell = silent, *, strict: bool = False
) -> dict[str, Any]:
    """Score the model of each seed on parts of the data, write evaluation.json, and return the means by part.

    All seeds together are one look at the test rows.

    Args:
        parts, which, tell, strict: as of `evaluate`.

    Raises:
        RunError: not all seeds are trained.
        DataError: the data is missing or has changed, has no such part, or is refused by `strict`.
    """
    if run.record().status != "completed":
        raise RunError(f"run {run.id} is not complete: `{command('resume', run.id)}` first.")
    seeds = seed_runs(run)
    experiment, _ = read_config(seeds[0])
    raw = raw_parts(seeds[0], experiment)
    found = [score_run(seed, raw, parts, (which, tell), strict=strict) for seed in seeds]
    numbers = [seed.read("run.json")["seed"] for seed in seeds]
    results = {part: _together(numbers, [each[part] for each in found]) for part in found[0]}
    if "test" in results:
        count_look(run)
    run.change("evaluation.json", lambda before: before | results)
    return results


def refuse_for_seeds(run: Run, given: Mapping[str, object]) -> None:
    """Raise ConfigError if an option is given that is for the run of one seed."""
    for option, value in given.items():
        if value not in (None, False):
            one = f"{run.id}/seeds/1"
            raise ConfigError(f"{option} is for a single model, and run {run.id} has several: give one, such as {one}.")


def _together(numbers: Sequence[int], found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the entry of a part in evaluation.json: means, spread, and the scores of each seed."""
    first = found[0]
    each = [
        {"seed": number, "epoch": own["epoch"], "scores": own["scores"]}
        for number, own in zip(numbers, found, strict=True)
    ]
    same = {name: first[name] for name in ("rows", "baseline", "checkpoint", "unfamiliar")}
    result = {**same, **_spread([own["scores"] for own in found]), "seeds": each}
    if "in_unit" in first:
        result["in_unit"] = _in_unit([own["in_unit"] for own in found])
    if "outputs" in first:
        result["outputs"] = {name: _of_output([own["outputs"][name] for own in found]) for name in first["outputs"]}
    return result


def _of_output(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    own = {"in_unit": _in_unit([each["in_unit"] for each in found])} if "in_unit" in found[0] else {}
    return {"rows": found[0]["rows"], **own}


def _in_unit(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return means and spread of the scores in the target's own unit; the baseline is that of all seeds."""
    return {**found[0], **_spread([each["scores"] for each in found])}


def _spread(scores: Sequence[dict[str, float | None]]) -> dict[str, dict[str, float]]:
    spread = spread_by_name(scores)
    return {"scores": spread["mean"], "std": spread["std"], "standard_error": spread["standard_error"]}
