"""A text that a run's model goes on with."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlpy.core.errors import ConfigError
from dlpy.models.rnn import Rnn
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.sampling.text import Continuation, Manner
from dlpy.sampling.text_memory import Memory
from dlpy.training import evaluate


@dataclass(frozen=True)
class Wish:
    """What is to be written.

    seed_text: what is gone on with; a window of the training text, chosen by the manner's seed, where it is None.
    length: how many tokens are written behind it.
    manner: how they are drawn; its one temperature.
    """

    seed_text: str | None = None
    length: int = 1000
    manner: Manner = field(default_factory=lambda: Manner((0.5,)))


def write_text(run: Run, wish: Wish, which: checkpoints.Which = "best") -> str:
    """Return the seed text and how a run's model goes on with it; the text it has learnt from need not be there.

    Raises:
        ConfigError: the seed text holds what the training text lacks, or the model is of a family without a memory.
    """
    memory = Memory.read(run)
    opening = memory.opening(wish.manner.seed)
    if wish.seed_text is not None:
        opening = memory.vocabulary.all_numbers(wish.seed_text, "--seed-text")
    trained = evaluate.restore(run, which)
    if not isinstance(trained.experiment.model, Rnn):
        family = trained.experiment.model.name
        raise ConfigError(f"run {run.id}: {family} keeps no memory of a text from token to token, as rnn does.")
    continuation = Continuation(trained.engine.model, memory.vocabulary.writable())
    (tokens,) = continuation(opening, wish.length, wish.manner)
    return memory.vocabulary.text(opening) + memory.continued(opening, tokens)
