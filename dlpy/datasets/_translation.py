"""Base class of the datasets whose rows are pairs of texts, a source and its target."""

from __future__ import annotations

import numpy as np
from pydantic import model_validator

from dlpy.components.dataset import Dataset
from dlpy.components.transform import Transform
from dlpy.data.features import Texts
from dlpy.data.rows import Rows
from dlpy.data.splits import Holdout
from dlpy.data.task import DECODER, SOURCE, Task
from dlpy.datasets._generated import Generated
from dlpy.datasets._texts import STAND_IN_ROWS
from dlpy.stand_ins.written import translations
from dlpy.transforms.token_pairs import RAW_TASK, AnySideTokens, SideTokens, TokenPairs

_UNUSED = ("transforms", "target_transforms", "augmentation", "only", "inputs", "targets")


class Translation(Dataset):
    """Pairs of texts: a model learns to write the target of a source."""

    source_tokens: AnySideTokens = SideTokens()
    """How source texts are split into tokens: word, character, or a mapping such as {by: word, vocabulary: 8000}."""
    target_tokens: AnySideTokens = SideTokens()
    """How target texts are split into tokens: word, character, or a mapping such as {by: word, lower: true}."""

    @model_validator(mode="after")
    def _texts_alone(self) -> Translation:
        refuse_unused(self)
        return self

    def outline(self) -> Task:
        return RAW_TASK

    def all_transforms(self) -> list[Transform]:
        return [token_pairs(self.source_tokens, self.target_tokens)]


class SpelledPairs(Translation, Generated):
    """Generated pairs of texts that are read and written character by character."""

    source_tokens: AnySideTokens = SideTokens(by="character")
    """How source texts are split into tokens: word, character, or a mapping such as {by: character, lower: true}."""
    target_tokens: AnySideTokens = SideTokens(by="character")
    """How target texts are split into tokens: word, character, or a mapping."""


def token_pairs(source: SideTokens | None, target: SideTokens | None) -> TokenPairs:
    """Return the transform of pairs of texts; None: their tokens are words."""
    return TokenPairs(source=source or SideTokens(), target=target or SideTokens())


def refuse_unused(data: Dataset) -> None:
    """Raise ValueError for options that pairs of texts do not use."""
    for name, value in data:
        if name in _UNUSED and value:
            raise ValueError(f"{name}: not supported for pairs of texts (set source_tokens, target_tokens); remove it")


def pairs(sources: Texts, targets: Texts | None) -> Rows:
    """Return pairs of texts as rows, numbered from 0; rows to predict have no targets."""
    inputs = {SOURCE: sources} | ({} if targets is None else {DECODER: targets})
    return Rows(dict(inputs), {}, np.arange(len(sources)))


def generated_pairs(seed: int, limit: int | None, test: Holdout | None) -> Rows:
    """Return generated sentences and their translations, in place of a user's own."""
    count = limit or STAND_IN_ROWS + ((test.count or 0) if test else 0)
    sources, targets = translations(seed, 0, count)
    return pairs(Texts(sources), Texts(targets))
