"""Generated stories and questions about them, in the manner of bAbI (Weston et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.data.features import Sequences, splits_of

SENTENCES = (5, 9)  # fewest and most of a story
LENGTH = 72  # most tokens of a story
BEST_SCORE = 1.0
_MOVERS = ("anna", "paul", "ball")
_PLACES = (
    ("kitchen", "attic", "cellar", "hallway"),
    ("station", "market", "school", "harbour"),
    ("garden", "park", "beach", "yard"),
)
_OTHERS = (".", "?", "the", "to", "went", "sent", "saw", "where", "is", "now", "please", "tell", "me")
WORDS = ("", *_OTHERS, *_MOVERS, *(place for places in _PLACES for place in places))  # 0 is for padding
_NUMBER = {word: number for number, word in enumerate(WORDS)}
_NEUTRAL = 0.2  # share of sentences that tell no place


@dataclass(frozen=True)
class Stories:
    """Stories, questions and answers. answer: (rows,) int64 numbers in `answers`."""

    text: Sequences
    question: Sequences
    answer: np.ndarray


def answers(*, shared_places: bool) -> tuple[str, ...]:
    """Return the places that may be asked for, in the order of their class numbers."""
    return _PLACES[0] if shared_places else tuple(place for places in _PLACES for place in places)


def questions(seed: int, part: int, count: int, *, shared_places: bool) -> Stories:
    """Return stories of 5 to 9 sentences, each with a question such as "where is anna".

    In a story, Anna and Paul go from place to place, and one of them sends the ball somewhere; a fifth of the sentences
    tells no place. The answer is where the one asked for went last, so the best possible accuracy is 1.0. Who is asked
    for is drawn from those who moved.

    Args:
        part: number of the split; each number gives different stories for the same seed.
        shared_places: whether all three move among the same four places, or each among four of its own.
    """
    random = np.random.default_rng([seed, 60 + part])
    low, high = SENTENCES
    told = np.arange(high) < random.integers(low, high + 1, count)[:, None]  # (rows, sentences)
    mover = random.integers(len(_MOVERS), size=(count, high))
    place = random.integers(len(_PLACES[0]), size=(count, high))
    moves = told & (random.random((count, high)) >= _NEUTRAL)
    moves[:, 0] = True
    asked = _asked(random, mover, moves)
    last = high - 1 - (moves & (mover == asked[:, None]))[:, ::-1].argmax(axis=1)
    group = np.zeros(count, np.int64) if shared_places else asked
    answer = place[np.arange(count), last] + group * len(_PLACES[0])
    shown = np.zeros_like(mover) if shared_places else mover
    text = _ragged(_stories(random, mover, place + shown * len(_PLACES[0]), moves) * told[:, :, None])
    return Stories(text, _ragged(_asking(random, asked)), answer)


def _asked(random: np.random.Generator, mover: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return who is asked for, among those who move in each story: (rows,) int64."""
    moved = np.stack([(moves & (mover == who)).any(axis=1) for who in range(len(_MOVERS))], axis=1)
    return (moved * (1 + random.random(moved.shape))).argmax(axis=1)


def _numbers(*words: str) -> np.ndarray:
    return np.array([_NUMBER[word] for word in words])


def _stories(random: np.random.Generator, mover: np.ndarray, place: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Return the integers of each sentence, with 0 for words that it lacks: (rows, sentences, 8).

    "anna went to the attic .", "paul sent the ball to the park .", "anna saw the ball ."
    """
    ball = mover == len(_MOVERS) - 1
    subject = np.where(ball, random.integers(len(_MOVERS) - 1, size=mover.shape), mover)
    where = _numbers(*answers(shared_places=False))[place]
    words = np.zeros((*mover.shape, 8), np.int64)
    words[..., 0] = _numbers(*_MOVERS)[subject]
    words[..., 1] = np.where(moves, np.where(ball, _NUMBER["sent"], _NUMBER["went"]), _NUMBER["saw"])
    words[..., 2:4] = _numbers("the", "ball") * (ball | ~moves)[..., None]
    words[..., 4:6] = _numbers("to", "the") * moves[..., None]
    words[..., 6] = where * moves
    words[..., 7] = _NUMBER["."]
    return words


def _asking(random: np.random.Generator, asked: np.ndarray) -> np.ndarray:
    """Return the integers of each question, with 0 for words that it lacks: (rows, 9).

    "please tell me where is the ball now ?", "where is anna ?"
    """
    ball = asked == len(_MOVERS) - 1
    polite, now = random.random((2, len(asked))) < 0.5
    words = np.zeros((len(asked), 9), np.int64)
    words[:, :3] = _numbers("please", "tell", "me") * polite[:, None]
    words[:, 3:5] = _numbers("where", "is")
    words[:, 5] = _NUMBER["the"] * ball
    words[:, 6] = _numbers(*_MOVERS)[asked]
    words[:, 7] = _NUMBER["now"] * now
    words[:, 8] = _NUMBER["?"]
    return words


def _ragged(words: np.ndarray) -> Sequences:
    """Return rows of integers without their zeros."""
    words = words.reshape(len(words), -1)
    return Sequences(words[words > 0].astype(np.int32), splits_of((words > 0).sum(axis=1)))
