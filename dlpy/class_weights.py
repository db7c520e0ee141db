"""How much each class counts in training: whether what an experiment says fits the target."""

from __future__ import annotations

from dlpy.data import Task
from dlpy.errors import ConfigError, did_you_mean


def check_class_weight(weight: str | dict[str, float] | None, task: Task) -> None:
    """Raise ConfigError where the weights' classes are not the target's."""
    if weight is None:
        return
    if task.output.kind == "regression":
        raise ConfigError("class_weight fits classes; this target is a number.")
    if task.output.kind == "tokens":
        raise ConfigError("class_weight fits classes; a text's tokens all count the same.")
    number = len(task.output.classes) if task.output.kind == "binary" else task.output.units  # 0: the file must tell
    known = {*task.output.classes, *map(str, range(number or 0))}
    unknown = [name for name in weight if name not in known] if isinstance(weight, dict) and number else []
    if unknown:
        raise ConfigError(f"there is no class '{unknown[0]}'.{did_you_mean(unknown[0], known)}")
    if isinstance(weight, dict) and min(weight.values(), default=0) < 0:
        raise ConfigError("a class cannot count less than 0.")
