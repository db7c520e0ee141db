"""Commands in messages can be pasted into a shell."""

import shlex
from pathlib import Path

import pytest

from dlpy.core.suggestions import command

NAMES = {
    "train plain.yaml": ("train", Path("plain.yaml")),
    "train 'train space name.yaml'": ("train", Path("train space name.yaml")),
    "train './-q $HOME.yaml'": ("train", Path("-q $HOME.yaml")),
    "resume 'a;b' --allow-inexact": ("resume", "a;b", "--allow-inexact"),
}


@pytest.mark.parametrize(("expected", "words"), NAMES.items())
def test_names_are_quoted_where_a_shell_needs_it(expected: str, words: tuple) -> None:
    assert command(*words) == f"dlpy {expected}"


def test_new_suggests_a_command_that_trains_its_file(bench) -> None:
    bench.write("a,b\n" + "1,2\n3,4\n" * 20, "it's a (table).csv")
    status, out, err = bench.run("new", "it's a (table).csv")
    assert (status, err) == (0, "")
    suggested = out.splitlines()[-1].removeprefix("next: ")
    assert shlex.split(suggested) == ["dlpy", "train", "it's a (table).yaml"]
    assert f"#   {suggested}\n" in Path("it's a (table).yaml").read_text()
