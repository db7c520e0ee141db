"""dlpy speaks plain English: phrases that must not come back, and a gallery that leaves out no experiment."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "configs/README.md", "runs/README.md", "dlpy/README.md", "tests/README.md"]
EXPERIMENTS = sorted((ROOT / "configs").glob("*.yaml"))
FILES = [*sorted((ROOT / "dlpy").rglob("*.py")), *EXPERIMENTS, *map(ROOT.joinpath, READMES)]
INSTEAD = {  # what must not come back -> what to write
    "anew": "again, or restart",
    "go on with": "resume, or continue",
    "goes on with": "resumes, or continues",
    "going on with": "resuming, or continuing",
    "gone on with": "resumed, or continued",
    "begins again": "restarts",
    "otherwise than": "differently from",
    "split otherwise": "change the split",
    "is told": "is reported",
    "are told": "are reported",
    "so many": "n, or that many",
    "laid over": "overlaid",
    "a guess without": "a baseline",
    "guess without learning": "baseline",
    "a person": "the user",
    "persons": "users",
    "people": "users",
    "what is said": "the message",
    "made of": "built from, or consisting of",
    "gone through": "processed",
    "by itself": "alone, or automatically",
    "pictures": "images",
    "does to its sums": "activation function",
    "do to their sums": "activation function",
    "left out in training": "dropout rate",
    "plug-ins are run": "plug-in code is executed",
}
_PROSE = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def found(text: str, phrases: Iterable[str] = INSTEAD) -> list[tuple[int, str]]:
    """Return the line and the phrase of each one in a text, also of those that a line break divides."""
    hits = []
    for phrase in phrases:
        pattern = r"(?<![\w/])" + r"\s+(?:#\s*)?".join(map(re.escape, phrase.split())) + r"(?![\w/])"  # no paths
        for match in re.finditer(pattern, text, re.IGNORECASE):
            hits.append((text.count("\n", 0, match.start()) + 1, phrase))
    return sorted(hits)


def prose(name: str, text: str) -> str:
    """Return what users read of a file, at its place: without `code`, {fields}, and all Python but comments and text."""
    if name.endswith(".py"):
        text = _comments_and_strings(text)
    return re.sub(r"`[^`\n]+`|\{[^{}\n]*\}", lambda span: " " * len(span[0]), text)


def _comments_and_strings(source: str) -> str:
    """Return Python source with everything blanked but comments and strings of several words."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    kept = list(re.sub(r"[^\n]", " ", source))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in _PROSE and re.search(r"\s", token.string):
            first, last = (starts[line - 1] + column for line, column in (token.start, token.end))
            kept[first:last] = source[first:last]
    return "".join(kept)


def test_phrases_are_found_in_prose_across_lines_and_not_in_code() -> None:
    source = '"""Trains\n\nanew."""\nanew = "anew"  # made\n# of `anew`\nsay(f"pictures {anew}")\n'
    phrases = ["anew", "made of", "pictures", "so many"]
    assert found(prose("x.py", source), phrases) == [(3, "anew"), (4, "made of"), (6, "pictures")]
    assert found(prose("x.yaml", "a: 1  # so\n#   many in cache/pictures\n"), phrases) == [(1, "so many")]


def test_no_phrase_comes_back() -> None:
    assert len(FILES) > 300
    hits = [
        f"{path.relative_to(ROOT)}:{line}: '{phrase}': write {INSTEAD[phrase]}"
        for path in FILES
        for line, phrase in found(prose(path.name, path.read_text(encoding="utf-8")))
    ]
    assert hits == []


def test_the_gallery_lists_every_experiment_once() -> None:
    gallery = (ROOT / "configs" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", gallery, re.MULTILINE)
    assert sorted(listed) == [path.stem for path in EXPERIMENTS]
