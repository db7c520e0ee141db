import re
from pathlib import Path

import pytest

from dlpy.core.errors import ConfigError
from dlpy.experiment.document import read
from dlpy.experiment.yaml_reader import Mistake


def write(text: str, name: str = "x.yaml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def values(text: str, *overrides: str) -> dict:
    return read(write(text), list(overrides)).values


def refusal(text: str | bytes) -> str:
    path = Path("x.yaml")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as error:
        read(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 0.0001),
        ("1.0e-16", 1e-16),
        ("2E3", 2000.0),
        (".5", 0.5),
        ("7", 7),
        ("-3", -3),
        ("1_000", 1000),
        ("on", "on"),
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("", None),
        ("12:30", "12:30"),
        ("2024-01-02", "2024-01-02"),
        ("'12'", "12"),
        ("'012'", "012"),
        ("1.2.3", "1.2.3"),
        ("nan", "nan"),
    ],
)
def test_plain_values_are_what_they_look_like(text: str, value: object) -> None:
    assert values(f"a: {text}") == {"a": value}


def test_a_leading_zero_is_refused_with_its_line() -> None:
    assert (
        refusal("a: 1\nb: 012\n") == "x.yaml:2: b: 012 starts with 0: write the number without it, or quote the text."
    )


def test_a_key_given_twice_is_refused_at_any_depth() -> None:
    assert refusal("a:\n  b: 1\n  c: 2\n  b: 3\n") == "x.yaml:4: a.b: given twice: remove one."


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    assert "too many values (aliases are expanded)" in refusal("\n".join(lines))


def test_an_alias_of_itself_is_refused() -> None:
    assert "nested too deeply" in refusal("a: &a [*a]")


def test_deep_nesting_is_refused() -> None:
    assert "nested too deeply" in refusal("a: " + "[" * 900 + "]" * 900)


def test_a_large_file_is_refused() -> None:
    assert "at most 1,000,000" in refusal("a: " + "x" * 1_000_001)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "x.yaml:1: the file is empty."),
        ("# only a comment\n", "x.yaml:1: the file is empty."),
        ("- 1\n- 2\n", "x.yaml:1: expected 'key: value' lines"),
        ("a: [1, 2\nb: 3\n", "x.yaml:2: not YAML:"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "is not a text file (UTF-8)"),
        ("a: \x00b", "not YAML:"),
        ("? [1, 2]\n: 3\n", "x.yaml:1: a key must be a word."),
    ],
)
def test_what_is_no_experiment_file_is_told_in_one_line(content: str | bytes, message: str) -> None:
    text = refusal(content)
    assert message in text
    assert "\n" not in text


def test_a_missing_file_suggests_one_that_is_there() -> None:
    write("a: 1", "imdb_dense.yaml")
    with pytest.raises(ConfigError, match=r"there is no file imdb_dens\.yaml\. Did you mean 'imdb_dense\.yaml'\?"):
        read(Path("imdb_dens.yaml"))


def test_a_folder_is_refused() -> None:
    Path("folder").mkdir()
    with pytest.raises(ConfigError, match="folder is a folder"):
        read(Path("folder"))


def test_overrides_win_and_lists_take_positions() -> None:
    text = "training: {epochs: 5}\ncallbacks:\n  - {name: a, patience: 1}\n"
    assert values(text, "training.epochs=3", "callbacks.0.patience=9", "model.units=[1, 2]") == {
        "training": {"epochs": 3},
        "callbacks": [{"name": "a", "patience": 9}],
        "model": {"units": [1, 2]},
    }


def test_an_override_gives_options_to_a_bare_name() -> None:
    text = "optimizer: rmsprop\n"
    assert values(text, "optimizer.rho=0.8") == {"optimizer": {"name": "rmsprop", "rho": 0.8}}


@pytest.mark.parametrize("override", ["epochs", "=3", "a..b=3", "callbacks.4.patience=1"])
def test_a_bad_override_is_named(override: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(override)):
        values("callbacks: [{name: a}]", override)


def test_mistakes_in_an_override_name_it_instead_of_a_line() -> None:
    document = read(write("training: {epochs: 5}"), ["training.epohcs=3"])
    error = document.error([Mistake(("training", "epohcs"), "unknown option.")])
    assert str(error) == "training.epohcs=3: unknown option."


def test_mistakes_come_in_the_order_of_the_file() -> None:
    document = read(write("a: 1\nb:\n  - 2\n  - 3\n"))
    error = document.error([Mistake(("b", 1), "third."), Mistake(("a",), "first."), Mistake(("b", 0), "second.")])
    assert str(error).splitlines() == ["x.yaml:1: a: first.", "x.yaml:3: b.0: second.", "x.yaml:4: b.1: third."]


def test_a_missing_key_is_told_where_its_mapping_begins() -> None:
    document = read(write("a: 1\ndata:\n  x: 2\n"))
    assert str(document.error([Mistake(("data", "name"), "required.")])) == "x.yaml:2: data.name: required."


def test_extends_merges_mappings_and_replaces_lists() -> None:
    write("training: {epochs: 5, batch_size: 8}\nmodel: {name: dense, units: [1, 2]}\n", "base.yaml")
    text = "extends: base.yaml\ntraining: {epochs: 7}\nmodel: {units: [3]}\n"
    assert values(text) == {"training": {"epochs": 7, "batch_size": 8}, "model": {"name": "dense", "units": [3]}}


def test_extends_does_not_mix_the_options_of_two_components() -> None:
    write("model: {name: dense, units: [1, 2]}\n", "base.yaml")
    assert values("extends: base.yaml\nmodel: {name: convnet}\n") == {"model": {"name": "convnet"}}


def test_a_mistake_in_the_extended_file_names_that_file() -> None:
    write("a: 1\n\nb: 2\n", "base.yaml")
    document = read(write("extends: base.yaml\nc: 3\n"))
    lines = str(document.error([Mistake(("b",), "wrong."), Mistake(("c",), "wrong.")])).splitlines()
    assert lines == ["base.yaml:3: b: wrong.", "x.yaml:2: c: wrong."]


def test_extends_in_a_circle_is_refused() -> None:
    write("extends: x.yaml\n", "other.yaml")
    assert "extends this file in turn" in refusal("extends: other.yaml\n")


def test_a_path_is_taken_from_beside_the_file_that_gives_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "table.csv").write_text("")
    (tmp_path / "here.csv").write_text("")
    path = write("data:\n  path: table.csv\nother:\n  path: here.csv\nlast:\n  path: nowhere.csv\n", "folder/x.yaml")
    found = read(path).values
    assert found["data"]["path"] == str(tmp_path / "folder" / "table.csv")
    assert found["other"]["path"] == str(tmp_path / "here.csv")
    assert found["last"]["path"] == "nowhere.csv"
