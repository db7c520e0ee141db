"""The options of one of several inputs, and of one of several targets."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import model_validator

from dlpy.components.transform import AnyTransform, Transform
from dlpy.core.errors import did_you_mean
from dlpy.core.options import Block
from dlpy.data.augmentation import Augmentation


class InputOptions(Block):
    """The options of one of several inputs."""

    transforms: list[AnyTransform] = []
    """Transforms of this input, in order, such as [standardize]; fitted on training rows only."""
    augmentation: Augmentation | None = None
    """Random changes of training images, such as {rotation: 40, flip: horizontal}; none by default."""
    like: str | None = None
    """Name of another input of the same kind, such as left: its transforms, fitted on the rows of both, apply here too,
    so that both texts of a pair have one vocabulary. Default: transforms of its own."""

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order, including those that the dataset itself needs."""
        return self.transforms


class TargetOptions(Block):
    """The options of one of several targets."""

    transforms: list[AnyTransform] = []
    """Transforms of this target, in order, such as [log, standardize]; predictions and scores are turned back."""

    def all_transforms(self) -> list[Transform]:
        """Return the transforms in order."""
        return self.transforms

    @model_validator(mode="after")
    def _in_order(self) -> TargetOptions:
        check_first(self.transforms)
        return self


def check_first(transforms: list[Transform]) -> None:
    """Raise ValueError if a transform that must be the first one of a target follows another."""
    for transform in transforms[1:]:
        if transform.comes_first:
            raise ValueError(f"{transform.name} must be the first transform of a target")


def wrong_like(name: str, option: InputOptions, options: Mapping[str, InputOptions]) -> str:
    """Return what is wrong with the option `like` of an input, or the empty text."""
    others = [other for other in options if other != name]
    if option.like not in others:
        return f"there is no other input '{option.like}' with options.{did_you_mean(str(option.like), others)}"
    if options[option.like].like is not None:
        return f"'{option.like}' is itself like '{options[option.like].like}': name that one"
    if option.transforms:
        return f"it has the transforms of '{option.like}': remove its own"
    if option.all_transforms():
        return "columns of a table have transforms of their own: remove this option"
    return ""
