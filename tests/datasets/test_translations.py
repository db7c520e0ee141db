"""Datasets whose rows are pairs of texts."""

from datetime import datetime

import pytest

from dlpy.core.errors import DataError, UnavailableError
from dlpy.datasets.parallel_texts import ParallelTexts
from dlpy.datasets.text_csv import TextCsv
from dlpy.stand_ins.written import dates, reversed_words, translations

FORMS = ("%d %B %Y", "%B %d, %Y", "%d/%m/%Y", "%d.%m.%y", "%a %d %b %Y")


def test_every_written_date_means_its_target() -> None:
    sources, targets = dates(3, 0, 2_000)
    used = set()
    for source, target in zip(sources, targets, strict=True):
        found = []
        for form in FORMS:
            try:
                found.append((form, datetime.strptime(source, form)))
            except ValueError:
                continue
        ((form, read),) = found
        used.add(form)
        century = 100 if form == "%d.%m.%y" and read.year > 2049 else 0
        assert f"{read.year - century}-{read:%m-%d}" == target
        assert 1950 <= read.year - century <= 2049
    assert used == set(FORMS)


def test_no_date_of_the_test_rows_is_trained_on() -> None:
    parts = [dates(3, part, 5_000) for part in (0, 1)]
    assert not set(parts[0][1]) & set(parts[1][1])
    assert all(len(set(sources)) == 5_000 for sources, _ in parts)


def test_words_are_reversed() -> None:
    sources, targets = reversed_words(3, 0, 100)
    assert all(source == target[::-1] for source, target in zip(sources, targets, strict=True))
    assert {len(source) for source in sources} == set(range(4, 11))


def test_each_word_has_one_translation() -> None:
    sources, targets = translations(3, 0, 500)
    lexicon: dict[str, set[str]] = {}
    for source, target in zip(sources, targets, strict=True):
        for word, other in zip(source.split(), target.split()[::-1], strict=True):
            lexicon.setdefault(word, set()).add(other)
    assert len(lexicon) == 60
    assert all(len(others) == 1 for others in lexicon.values())


@pytest.fixture
def files(workplace):
    def write(source: str, target: str) -> ParallelTexts:
        (workplace / "a.txt").write_text(source)
        (workplace / "b.txt").write_text(target)
        return ParallelTexts(name="parallel_texts", source="a.txt", target="b.txt")

    return write


def test_lines_side_by_side_are_pairs(files) -> None:
    train = files("one\ntwo\n", "un\r\ndeux").load().train
    assert [train.inputs[name].values.tolist() for name in ("source", "decoder")] == [["one", "two"], ["un", "deux"]]


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("one\ntwo\n", "un\n", "a.txt has 2 lines, b.txt has 1. Each line of one is the translation of the same line"),
        ("one\n\nthree\n", "un\ndeux\ntrois\n", "a.txt, line 2: the text is empty."),
        ("", "", "a.txt, line 1: the text is empty."),
    ],
)
def test_files_that_do_not_fit_are_refused(files, source: str, target: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        files(source, target).load()
    assert message in str(caught.value)


def test_a_missing_file_can_have_a_stand_in(workplace) -> None:
    data = ParallelTexts(name="parallel_texts", source="a.txt", target="b.txt")
    with pytest.raises(UnavailableError, match=r"there is no file a\.txt"):
        data.load()


def test_two_columns_of_a_table_are_pairs(workplace) -> None:
    (workplace / "pairs.csv").write_text('en,fr\n"one, two","un, deux"\nthree,trois\n')
    options = {"name": "text_csv", "path": "pairs.csv", "text": "en", "target": "fr", "task": "text"}
    loaded = TextCsv.model_validate(options).load()
    assert loaded.task.translates
    assert loaded.train.inputs["decoder"].values.tolist() == ["un, deux", "trois"]
    assert loaded.train.targets == {}
    (workplace / "pairs.csv").write_text("en,fr\none,un\ntwo,\n")
    with pytest.raises(DataError, match=r"pairs\.csv:3: column 'fr': the text is empty"):
        TextCsv.model_validate(options).load()
