"""First experiment files for pairs of texts and for words with tags."""

from pathlib import Path

import pytest

from dlpy.cli.main import main
from dlpy.experiment.experiment import load

pytestmark = pytest.mark.slow

COLOURS, THINGS = ("red", "blue", "green", "old"), ("house", "car", "dog", "tree", "boat")
FRENCH = dict(
    zip(
        (*COLOURS, *THINGS),
        ("rouge", "bleu", "vert", "vieux", "maison", "auto", "chien", "arbre", "bateau"),
        strict=True,
    )
)
NAMES, VERBS = ("Anna", "Boris", "Chen", "Dora"), ("sees", "hears", "likes")
CONLLU = "1\tThe\tthe\tDET\t_\t_\t0\t_\t_\t_\n2\tend\tend\tNOUN\t_\t_\t0\t_\t_\t_\n\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(name: str, *options: str) -> dict:
    """Return what `dlpy new` writes for a file, which `dlpy check` accepts."""
    assert main(["new", name, *options]) == 0
    made = f"{Path(name).stem}.yaml"
    assert main(["check", made]) == 0
    return load(Path(made))[1].values


def translations(rows: int = 40) -> list[tuple[str, str]]:
    words = [(COLOURS[row % 4], COLOURS[row // 4 % 4], THINGS[row % 5]) for row in range(rows)]
    return [
        (f"a {' '.join(own)} {row % 7}", f"{FRENCH[own[2]]} {FRENCH[own[0]]} {row}") for row, own in enumerate(words)
    ]


def test_two_columns_of_texts_are_to_be_written_one_from_the_other(folder: Path) -> None:
    lines = ["english,french", *(",".join(pair) for pair in translations())]
    (folder / "phrases.csv").write_text("\n".join(lines) + "\n")
    values = new("phrases.csv")
    assert values["model"]["name"] == "seq2seq"
    assert {key: values["data"][key] for key in ("name", "text", "target", "task")} == {
        "name": "text_csv", "text": "english", "target": "french", "task": "text",
    }  # fmt: skip
    back = new("phrases.csv", "--target", "english", "--force")
    assert (back["data"]["text"], back["data"]["target"]) == ("french", "english")


@pytest.mark.parametrize(
    ("option", "message"),
    [("--target", "phrases.csv has no column 'frensh'."), ("--ignore", "phrases.csv has no column 'frensh'.")],
)
def test_a_misspelled_column_of_texts_is_named(folder: Path, capsys, option: str, message: str) -> None:
    (folder / "phrases.csv").write_text("\n".join(["english,french", *(",".join(pair) for pair in translations())]))
    assert main(["new", "phrases.csv", option, "frensh"]) == 2
    assert f"{option}: {message} Did you mean 'french'?" in capsys.readouterr().err


@pytest.mark.parametrize(("first", "second"), [("question1", "question2"), ("left", "right"), ("text_a", "text_b")])
def test_pairs_of_texts_with_two_classes_are_compared(folder: Path, first: str, second: str) -> None:
    rows = [
        f"{row},the {COLOURS[row % 4]} {THINGS[row % 5]} is number {row},number {row + row % 2} is a {THINGS[row % 5]},"
        f"{'no' if row % 2 else 'yes'}"
        for row in range(60)
    ]
    (folder / "pairs.csv").write_text("\n".join([f"id,{first},{second},same", *rows]) + "\n")
    values = new("pairs.csv")
    assert values["model"]["name"] == "siamese"
    assert values["data"]["inputs"]["right"] == {"text": second, "like": "left"}
    assert values["data"]["inputs"]["left"]["text"] == first


@pytest.mark.parametrize("header", ["title,body,spam", "question1,answer2,spam"])
def test_texts_with_unlike_names_are_no_pairs(folder: Path, header: str) -> None:
    rows = [f"a title of number {row} here,some body of the text {row},{row % 2}" for row in range(60)]
    (folder / "mails.csv").write_text("\n".join([header, *rows]) + "\n")
    assert new("mails.csv")["model"]["name"] != "siamese"


def test_words_with_tags_of_names_are_scored_by_spans(folder: Path) -> None:
    sentences = [f"{NAMES[n % 4]} B-PER\n{VERBS[n % 3]} O\nBob B-PER\nSmith I-PER\n. O\n" for n in range(30)]
    (folder / "names.txt").write_text("\n".join(sentences))
    values = new("names.txt")
    assert (values["data"]["name"], values["model"]["name"]) == ("tagged_words", "rnn")
    assert values["training"]["metrics"] == ["accuracy", "span_f1"]
    assert "word" not in values["data"]


def test_the_words_and_parts_of_speech_of_conllu_are_found(folder: Path) -> None:
    (folder / "trees.conllu").write_text(f"# text = The end\n{CONLLU}" * 20)
    values = new("trees.conllu")
    assert (values["data"]["word"], values["data"]["tag"]) == (1, 3)
    assert "metrics" not in values["training"]


def test_prose_is_still_a_text_to_continue(folder: Path) -> None:
    verse = "the old king went home\nand slept until noon\n\nhe woke and saw the sea\n\n"
    (folder / "verse.txt").write_text(verse * 40)
    assert new("verse.txt")["data"]["name"] == "language_model"


def test_a_damaged_conll_file_is_one_line(folder: Path, capsys) -> None:
    (folder / "short.conll").write_text("Anna B-PER\nsees\n")
    assert main(["new", "short.conll"]) == 3
    assert "short.conll:2: 1 columns, and the lines above have 2." in capsys.readouterr().err
