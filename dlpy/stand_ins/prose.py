"""Generated stories, the stand-in for the language-modelling texts."""

from __future__ import annotations

import re

import numpy as np

PEOPLE = {
    "Marta": ("she", "her"), "Edith": ("she", "her"), "Clara": ("she", "her"), "Ottilie": ("she", "her"),
    "Jonas": ("he", "his"), "Tobias": ("he", "his"), "Quentin": ("he", "his"), "Felix": ("he", "his"),
}  # fmt: skip
GRAMMAR = {
    "sentence": (
        "{Subject} {act}.", "{Subject} {act}.", "{Subject} {act}, and {weather}.", "{Time} {subject} {act}.",
        "{Time} {weather}, but {subject} {act}.", "{Subject} {act} because {weather}.", "{speech}", "{speech}",
        "Nobody knew why {subject} {act}.", "{Plural} stood in {place}; {subject} {act}.",
    ),
    "speech": (
        '"{question}" asked {name}. "{answer}," said the {trade}.', '"{answer}," said {name}, and {they} {went}.',
        '"{question}" the {trade} wondered.', '{Time} the {trade} called: "{answer}!"',
    ),
    "question": ("Who {took} the {thing}?", "Where is the {quality} {thing}?", "Why are {plural} in {place}?"),
    "answer": ("It was {quality}", "The {thing} is in {place}", "I {took} it for {their} {kin}", "{Plural} are cold"),
    "subject": ("{name}", "{they}", "{they}", "the {trade}", "the {quality} {trade}", "{their} {kin}"),
    "act": (
        "{took} the {thing}", "{took} a {quality} {thing}", "{went}", "{went}", "{took} {plural} and {went}",
        "{took} {their} {thing} from the {trade}",
    ),
    "went": ("walked to {place}", "ran from {place}", "returned to {place}", "waited in {place}", "slept until noon"),
    "plural": ("two {thing}s", "three {quality} {thing}s", "many {trade}s", "all the {trade}s", "some {thing}s"),
    "weather": ("the rain fell", "the wind turned", "it was {quality}", "the river rose", "snow covered {place}"),
    "time": ("in the morning", "at dusk", "before noon", "that night", "after the fair", "on Sunday", "every year"),
    "place": (
        "the harbour", "the mill", "the market", "the orchard", "the chapel", "the town", "the kitchen", "the valley",
    ),
    "trade": ("miller", "sailor", "baker", "weaver", "teacher", "gardener", "fisher", "doctor", "painter", "judge"),
    "thing": (
        "lantern", "boat", "letter", "basket", "clock", "violin", "key", "book", "apple", "rope", "coin", "hammer",
        "mirror", "jug", "blanket", "map",
    ),
    "quality": (
        "quiet", "little", "heavy", "strange", "bright", "yellow", "broken", "cold", "quick", "empty", "dark", "fine",
    ),
    "took": ("carried", "found", "mended", "lost", "hid", "sold", "washed", "examined"),
    "kin": ("mother", "father", "sister", "brother", "daughter", "uncle"),
}  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")


def prose(seed: int, characters: int) -> str:
    """Return this many characters of stories, truncated at the end, in paragraphs of three to seven sentences.

    Each paragraph has one main character, whose pronouns match the name throughout; quotation marks are balanced. All
    choices are equally likely, with an entropy of 0.40 bits per character, the lowest possible loss of a model.
    """
    random, told, length = np.random.default_rng([seed, 13]), [], 0
    names = list(PEOPLE)
    while length < characters:
        name = names[random.integers(len(names))]
        they, their = PEOPLE[name]
        person = {"name": (name,), "they": (they,), "their": (their,)}
        sentences = [_expanded("{sentence}", GRAMMAR | person, random) for _ in range(random.integers(3, 8))]
        told.append(" ".join(sentences) + "\n\n")
        length += len(told[-1])
    return "".join(told)[:characters]


def _expanded(text: str, grammar: dict[str, tuple[str, ...]], random: np.random.Generator) -> str:
    """Return the text with a random choice for each name in braces; a capitalized name gives a capitalized choice."""

    def drawn(found: re.Match[str]) -> str:
        choices = grammar[found[1].lower()]
        spoken = _expanded(choices[random.integers(len(choices))], grammar, random)
        return spoken[0].upper() + spoken[1:] if found[1][0].isupper() else spoken

    return _PLACE.sub(drawn, text)
