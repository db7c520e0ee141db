"""Text generation with a run's language model."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlpy.core.errors import ConfigError
from dlpy.runs import checkpoints
from dlpy.runs.directory import Run
from dlpy.sampling.text import Continuation, Manner
from dlpy.sampling.text_memory import Memory
from dlpy.sampling.text_steps import reads_tokens
from dlpy.training import evaluate
from dlpy.training.estimators import network_of


@dataclass(frozen=True)
class Request:
    """Which text to generate.

    seed_text: the start of the text; None for a window of the training text, chosen by the seed in `manner`.
    length: the number of tokens to generate after it.
    manner: how tokens are sampled, with a single temperature.
    """

    seed_text: str | None = None
    length: int = 1000
    manner: Manner = field(default_factory=lambda: Manner((0.5,)))


def write_text(run: Run, request: Request, which: checkpoints.Which = "best") -> str:
    """Return the seed text followed by the generated text; the training text itself is not needed.

    Raises:
        ConfigError: the seed text has tokens that are not in the vocabulary, or the model predicts no tokens.
    """
    memory = Memory.read(run)
    opening = memory.opening(request.manner.seed)
    if request.seed_text is not None:
        opening = memory.vocabulary.all_numbers(request.seed_text, "--seed-text")
    trained = evaluate.restore(run, which)
    network, family = network_of(trained.engine), trained.experiment.model.name
    if not reads_tokens(network):
        raise ConfigError(f"run {run.id}: {family} cannot generate text: use rnn or transformer.")
    continuation = Continuation(network, memory.vocabulary.writable())
    (tokens,) = continuation(opening, request.length, request.manner)
    return memory.vocabulary.text(opening) + memory.continued(opening, tokens)
