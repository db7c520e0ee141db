"""`dlpy show data`: what becomes of the rows, without training."""

import numpy as np
import pytest

from dlpy.data import preview
from dlpy.data.features import Padded, Sequences, Sparse, Table, Texts, Windows


def test_texts_are_followed_from_words_to_integers_and_back(bench) -> None:
    bench.write("text,label\n" + "Not bad at all!,yes\nSo bad.,no\n" * 10, "t.csv")
    transforms = "[{name: tokenize, rules: keras, vocabulary: 5}, {name: pad, length: 4}]"
    text = f"data: {{name: text_csv, path: t.csv, validation: 4, transforms: {transforms}}}\nmodel: rnn\n"
    path = bench.write(text)
    status, out, err = bench.run("show", "data", path, "--samples", 2)
    assert (status, err) == (0, "")
    assert out.splitlines()[1:] == [
        "train: 16 rows",
        "  from    texts of 7 to 15 characters",
        "  to      int32 (16, 4)",
        "  target  int64 (16,), 2 classes of 8 to 8 rows",
        "validation: 4 rows",
        "  from    texts of 7 to 15 characters",
        "  to      int32 (4, 4)",
        "  target  int64 (4,), 2 classes of 2 to 2 rows",
        "training row 4: class yes",
        "  text      Not bad at all!",
        "  integers  4 2 1 1",
        "  words     not bad [1] [1]",
        "training row 5: class no",
        "  text      So bad.",
        "  integers  0 0 3 2",
        "  words     so bad",
    ]
    assert "int32 (16, 9)" in bench.run("show", "data", path, "data.transforms.1.length=9")[1]
    assert not (bench.folder / "runs").exists()


def test_other_rows_and_mistakes(bench) -> None:
    status, out, _ = bench.run("show", "data", bench.experiment())
    assert status == 0
    assert "to      float32 (192, 4)" in out
    assert "  numbers " in out
    assert bench.run("show", "data") == (2, "", "error: show data: give an experiment file.\n")
    status, _, err = bench.run("show", "data", "none.yaml")
    assert (status, err.startswith("error: there is no file none.yaml")) == (2, True)
    assert "Did you mean 'data'?" in bench.run("show", "dat")[2]


FEATURES = {
    "sequences": (Sequences(np.array([3, 1, 2], np.int32), np.array([0, 1, 3])), "int32 sequences of 1 to 2 integers", "1 2"),
    "padded": (Padded(np.array([3, 1, 2]), np.array([0, 1, 3]), 3, True), "int32 (2, 3)", "0 1 2"),
    "sparse": (Sparse(np.array([1, 3]), np.array([0, 0, 2]), 4, np.array([2.0, 0.5])), "sparse float32 (2, 4), 25.00% not 0", "a=2 [3]=0.5"),
    "table": (Table(np.eye(2), ("x", "y"), np.array([["u"], ["v"]]), ("z",)), "2 numeric and 1 categorical columns", "x=0, y=1, z=v"),
    "windows": (Windows(np.arange(8.0).reshape(4, 2), np.arange(2), np.arange(3)), "float64 (2, 3, 2)", "2 3 4 5 6 7"),
    "texts": (Texts(np.array(["abc", "line\nbreak"], object)), "texts of 3 to 10 characters", "line break"),
    "pictures": (np.ones((2, 2, 2), np.uint8), "uint8 (2, 2, 2)", "1 1 1 1"),
}  # fmt: skip


@pytest.mark.parametrize(("features", "summary", "second"), FEATURES.values(), ids=FEATURES)
def test_every_kind_of_rows_is_put_into_words(features, summary: str, second: str) -> None:
    assert preview.summary(features) == summary
    assert next(iter(preview.row(features, 1, ("", "a", "b"))))[1] == second
