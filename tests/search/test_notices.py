"""What a user is told of a search before its trials."""

from pathlib import Path

import pytest

from dlpy.experiment.document import read
from dlpy.experiment.search_checks import search_of
from dlpy.search.notices import notices

PENALTY = "model.regularizer.l2={search: [0.0, 0.1]}"
OPTIONAL = "model.regularizer={search: {choices: [null, {l2: 0.1}]}}"
OPTIMIZERS = "training.optimizer={search: {choices: [adam, sgd]}}"


def lines(*overrides: str, monitor: str = "val_loss") -> list[str]:
    Path("x.yaml").write_text("data: boston_housing\nmodel: {name: dense, units: [8]}\n")
    space, experiment = search_of(read(Path("x.yaml"), list(overrides)))
    return [*notices(space, experiment, monitor)]


@pytest.mark.parametrize(("override", "name"), [(PENALTY, "model.regularizer.l2"), (OPTIONAL, "model.regularizer")])
def test_a_loss_that_contains_a_searched_penalty_is_a_warning(override: str, name: str) -> None:
    (line,) = lines(override, OPTIMIZERS)
    assert line == (
        f"warning: val_loss includes the penalty that {name} sets, so that small penalties look better: "
        "use 'monitor: val_data_loss' in the block search, or a metric"
    )
    assert lines(override, monitor="val_data_loss") == lines(override, monitor="val_mae") == []


def test_other_ranges_are_no_penalties() -> None:
    assert lines(OPTIMIZERS, "model.dropout={search: [0.0, 0.5]}") == []


def test_tpe_in_a_small_space_ends_early() -> None:
    pytest.importorskip("optuna")
    tpe = "search={sampler: tpe, trials: 9}"
    assert lines(OPTIMIZERS, tpe) == ["the space has 2 points: the search ends after 2 trials, not 9"]
    assert lines(OPTIMIZERS, "search={sampler: tpe, trials: 2}") == []
