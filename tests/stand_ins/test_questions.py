import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from dlpy.core.errors import ConfigError
from dlpy.data.features import Sequences
from dlpy.data.rows import Rows
from dlpy.datasets.questions import Questions
from dlpy.stand_ins.questions import BEST_SCORE, LENGTH, WORDS

COUNT = 4_000


@pytest.fixture(scope="module")
def own() -> Rows:
    return Questions(rows=COUNT).load().train


def words(given: object, row: int) -> list[str]:
    assert isinstance(given, Sequences)
    return [WORDS[number] for number in given.row(row)]


def counts(given: object) -> np.ndarray:
    assert isinstance(given, Sequences)
    bags = np.zeros((len(given), len(WORDS)))
    np.add.at(bags, (np.repeat(np.arange(len(given)), np.diff(given.splits)), given.values), 1)
    return bags


def reader(text: list[str], question: list[str]) -> str:
    """Return where the one asked for went last."""
    (asked,) = {"anna", "paul", "ball"} & set(question)
    found = ""
    for sentence in " ".join(text).split(" ."):
        spoken = sentence.split()
        mover = spoken[3] if "sent" in spoken else spoken[0] if "went" in spoken else ""
        found = spoken[-1] if mover == asked else found
    return found


def accuracy_of_a_linear_model(x: np.ndarray, y: np.ndarray) -> float:
    half = COUNT // 2
    model = RidgeClassifier().fit(x[:half], y[:half])
    return float(model.score(x[half:], y[half:]))


def test_stories_have_at_most_72_tokens_and_questions_at_most_9(own: Rows) -> None:
    text, question = own.inputs["text"], own.inputs["question"]
    assert isinstance(text, Sequences)
    assert isinstance(question, Sequences)
    assert (text.values.dtype, question.values.dtype, own.targets["answer"].dtype) == (np.int32, np.int32, np.int64)
    assert (text.values.min(), text.values.max()) == (1, len(WORDS) - 1)
    assert LENGTH == 72
    assert 25 <= np.diff(text.splits).min() < np.diff(text.splits).max() <= 72
    assert (np.diff(question.splits).min(), np.diff(question.splits).max()) == (4, 9)


def test_the_task_names_words_and_answers() -> None:
    task = Questions().outline()
    assert list(task.inputs) == ["text", "question"]
    assert (task.inputs["text"].vocabulary, task.inputs["text"].words[14]) == (29, "anna")
    answer = task.outputs["answer"]
    assert (answer.kind, answer.units, answer.classes[4]) == ("multiclass", 12, "station")
    assert Questions(places="shared").outline().outputs["answer"].classes == ("kitchen", "attic", "cellar", "hallway")


@pytest.mark.parametrize("places", ["own", "shared"])
def test_a_reader_answers_all_questions(places) -> None:
    dataset = Questions(rows=1_000, places=places)
    rows, classes = dataset.load().train, dataset.outline().outputs["answer"].classes
    answers = [reader(words(rows.inputs["text"], row), words(rows.inputs["question"], row)) for row in range(1_000)]
    right = [classes[number] for number in rows.targets["answer"]]
    assert np.mean([a == b for a, b in zip(answers, right, strict=True)]) == BEST_SCORE == 1.0


def test_one_input_alone_and_bags_of_words_are_clearly_worse(own: Rows) -> None:
    text, question, y = counts(own.inputs["text"]), counts(own.inputs["question"]), own.targets["answer"]
    assert accuracy_of_a_linear_model(text, y) < 0.35
    assert accuracy_of_a_linear_model(question, y) < 0.3
    assert 0.5 < accuracy_of_a_linear_model(np.hstack([text, question]), y) < 0.75


def test_a_seed_gives_the_same_stories_and_another_seed_others() -> None:
    first = Questions(generator_seed=7, rows=50).load().fingerprint()
    assert Questions(generator_seed=7, rows=50).load().fingerprint() == first
    assert Questions(generator_seed=8, rows=50).load().fingerprint() != first
    assert Questions(rows=50).stand_in(7, None).fingerprint() == first


def test_the_limit_caps_both_parts() -> None:
    loaded = Questions().stand_in(1, 30)
    assert loaded.test is not None
    assert (len(loaded.train), len(loaded.test), loaded.source.kind) == (30, 30, "stand-in")


def test_a_path_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.path: questions is generated and reads no file: remove 'path'"):
        Questions(path="stories.csv").check()
