"""First experiment files."""

import numpy as np
import pytest
from PIL import Image

from dlpy.cli.main import main
from dlpy.components.dataset import Dataset
from dlpy.components.model import Model
from dlpy.core.errors import ConfigError, DataError
from dlpy.experiment.experiment import load
from dlpy.starter import starter
from dlpy.training.pipeline import split, transform

pytestmark = pytest.mark.slow

TABLE = "id note,age,city,bought\n" + "".join(
    f"text {i},{'' if i == 3 else i},{'Rome' if i % 3 else 'Oslo'},{'yes' if i % 2 else 'no'}\n" for i in range(60)
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(TABLE)
    return tmp_path


def test_a_table_becomes_an_experiment_that_tells_what_was_found(folder, capsys):
    assert main(["new", "people.csv"]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "people.yaml",
        "  Predicts bought from the other columns of people.csv (60 rows).",
        "  With 60 rows, the scores of the held-out ones are rough, and dlpy kfold scores every row",
        "column   taken for  why                                              missing  distinct  becomes",
        "id note  text       60 different texts in 60 rows, such as 'text 0'  0              60  left out",
        "age      number     integers from 0 to 59                            1              59  input, standardized, median if missing",
        "city     category   2 different texts in 60 rows                     0               2  input, one-hot",
        "bought   2 classes  2 different texts in 60 rows                     0               2  target",
        "next: dlpy train people.yaml",
    ]
    text = (folder / "people.yaml").read_text()
    assert "# Predicts bought from the other columns of people.csv (60 rows)." in text
    assert "# age      number     integers from 0 to 59" in text
    assert "missing: median" in text
    assert "# 1 missing cell: age (1)" in text
    assert "# the last column; change it to predict another" in text
    experiment, _ = load(folder / "people.yaml")
    assert (experiment.data.target, experiment.data.task, experiment.data.ignore) == ("bought", "binary", ["id note"])


def test_what_was_written_loads_and_transforms(folder):
    assert main(["new", "people.csv", "--target", "age", "-o", "a.yaml"]) == 0
    dataset = load(folder / "a.yaml")[0].data
    assert dataset.missing_target == "drop"  # row 5 has no age
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert (data.task.output.kind, data.task.input.shape) == ("regression", (3,))  # bought is 0 or 1
    assert len(data.test) == 9


REVIEWS = "id,verdict,review\n" + "".join(
    f'{i},{"good" if i % 2 else "bad"},"It was, all in all, number {i}"\n' for i in range(40)
)


@pytest.mark.parametrize("arguments", [(), ("--target", "verdict")])
def test_a_column_of_sentences_becomes_an_experiment_on_texts(folder, arguments):
    (folder / "r.csv").write_text(REVIEWS)
    assert main(["new", "r.csv", *arguments]) == 0
    text = (folder / "r.yaml").read_text()
    assert "# Predicts verdict from the texts in review of r.csv (40 rows)." in text
    assert "# of 1 other column: id\n" in text
    dataset = load(folder / "r.yaml")[0].data
    assert (dataset.name, dataset.text, dataset.target, dataset.task) == ("text_csv", "review", "verdict", "binary")
    loaded = dataset.load()
    data, _ = transform(dataset, split(dataset, loaded), loaded.task)
    assert data.task.input.kind == "sparse"


def test_a_table_with_more_than_sentences_stays_a_table_and_uses_them(folder):
    (folder / "r.csv").write_text(REVIEWS.replace("id,", "price,").replace("1,good", "3,good"))
    assert main(["new", "r.csv", "--target", "verdict"]) == 0
    dataset = load(folder / "r.yaml")[0].data
    assert (dataset.name, dataset.ignore) == ("csv", [])
    assert dataset.inputs["text"].text == "review"
    (folder / "n.csv").write_text("id,verdict\n" + "".join(f"C{i},{'ab'[i % 2]}\n" for i in range(40)))
    with pytest.raises(DataError, match="has only names besides 'verdict'"):
        starter.experiment_for("n.csv", None, folder / "e.yaml")


def test_a_path_is_relative_to_the_experiment_file(folder):
    (folder / "data").mkdir()
    (folder / "data" / "on.csv").write_text(TABLE)
    assert main(["new", "data/on.csv"]) == 0
    assert "path: data/on.csv\n" in (folder / "on.yaml").read_text()
    assert load(folder / "on.yaml")[0].data.path == str(folder / "data" / "on.csv")


@pytest.mark.parametrize("name", ["null", "a: b", "# x", "1.5e3", "it's", 'say "x"', "Länge", "true", "- x"])
def test_any_column_name_survives_yaml(folder, name):
    quoted = name.replace('"', '""')
    (folder / "t.csv").write_text(f'x,"{quoted}"\n' + "".join(f"{i},{i / 7}\n" for i in range(30)))
    assert main(["new", "t.csv"]) == 0
    assert load(folder / "t.yaml")[0].data.target == name


def test_an_existing_file_is_replaced_only_by_force(folder, capsys):
    (folder / "people.yaml").write_text("mine")
    assert main(["new", "people.csv"]) == 2
    assert "people.yaml exists" in capsys.readouterr().err
    assert (folder / "people.yaml").read_text() == "mine"
    assert main(["new", "people.csv", "--force"]) == 0


def test_mistakes_are_one_line(folder):
    with pytest.raises(ConfigError, match=r"no column 'bougt'\. Did you mean 'bought'\?"):
        starter.experiment_for("people.csv", "bougt", folder / "e.yaml")
    with pytest.raises(ConfigError, match=r"'minst' is neither a dataset nor .* Did you mean 'mnist'\?"):
        starter.experiment_for("minst", None, folder / "e.yaml")
    with pytest.raises(ConfigError, match="--target needs a CSV file"):
        starter.experiment_for("mnist", "x", folder / "e.yaml")
    with pytest.raises(ConfigError, match="reads your own files"):
        starter.experiment_for("csv", None, folder / "e.yaml")
    with pytest.raises(DataError, match="there is no file"):
        starter.experiment_for("none.csv", None, folder / "e.yaml")


@pytest.mark.parametrize("name", ["questions", "posts", "listings", "tagged_texts"])
def test_a_dataset_with_several_inputs_or_outputs_has_no_standard_model(name, folder):
    with pytest.raises(ConfigError, match=f"'{name}' has no standard model: start from an experiment in configs/"):
        starter.experiment_for(name, None, folder / "e.yaml")


def test_other_delimiters_are_recognised(folder):
    (folder / "t.csv").write_text(TABLE.replace(",", ";"))
    assert main(["new", "t.csv"]) == 0
    assert load(folder / "t.yaml")[0].data.delimiter == ";"


@pytest.mark.parametrize(("shape", "dtype"), [((20,), np.float32), ((28, 28), np.uint8), ((32, 32, 3), np.uint8)])
def test_arrays_become_an_experiment_that_fits_them(folder, shape, dtype):
    np.savez(folder / "a.npz", x=np.ones((60, *shape), dtype), y=np.arange(60) % 3)
    assert main(["new", "a.npz"]) == 0
    experiment, _ = load(folder / "a.yaml")
    loaded = experiment.data.load()
    experiment.model.check(experiment.task(loaded.task))
    assert experiment.data.task == "multiclass"


def test_every_dataset_that_needs_no_file_gets_an_experiment(folder):
    done = []
    for name in Dataset.registry.names():
        try:
            draft = starter.experiment_for(name, None, folder / f"{name}.yaml")
        except ConfigError:  # it reads files of the user's own
            continue
        (folder / f"{name}.yaml").write_text(draft.text)
        experiment, _ = load(folder / f"{name}.yaml")
        assert experiment.model.name in Model.registry.names()
        done.append(name)
    assert "mnist" in done


def test_a_table_of_time_stamps_and_numbers_becomes_a_series(folder, capsys):
    times = np.datetime64("2020-01-01T00:00") + np.arange(900) * np.timedelta64(1, "h")
    wave = np.sin(np.arange(900) / 4).round(3)
    lines = [f"{time};{value};{value * 2}" for time, value in zip(times, wave, strict=True) if time != times[450]]
    (folder / "heat.csv").write_text("\n".join(["when;sun;heat", *lines]))
    assert main(["new", "heat.csv"]) == 0
    text = (folder / "heat.yaml").read_text()
    assert "# Predicts heat for the next 24 rows, 1 hour apart, from heat.csv (899 rows)." in text
    data = load(folder / "heat.yaml")[0].data
    assert (data.name, data.time, data.target, data.gaps, data.delimiter) == (
        "timeseries_csv",
        "when",
        ["heat"],
        "allow",
        ";",
    )
    assert (data.lookback, data.step, data.delay, data.horizon) == (48, 1, 0, 24)
    capsys.readouterr()
    assert main(["check", "heat.yaml", "--data"]) == 0
    out = capsys.readouterr().out
    assert "series: 899 rows 1 hour apart, 2020-01-01 00:00:00 to 2020-02-07 11:00:00" in out
    assert "one gap between 2020-01-19 17:00:00 and 2020-01-19 19:00:00 (row 450)" in out
    assert "targets in rows 48 to" in out


def picture(path, size):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path)


def test_a_folder_of_pictures_becomes_an_experiment_of_the_size_they_have(folder):
    for number in range(8):
        picture(folder / "pets" / "cats" / f"{number}.png", (40 + number, 30))
        picture(folder / "pets" / "dogs" / f"{number}.png", (500, 300))
    assert main(["new", "pets"]) == 0
    text = (folder / "pets.yaml").read_text()
    assert "# Classifies the images in pets (16 images)." in text
    assert "# images have 40 x 30 to 500 x 300 pixels" in text
    experiment, _ = load(folder / "pets.yaml")
    assert experiment.data.size == [30, 30]
    assert experiment.data.augmentation.flip == "horizontal"
    experiment.model.check(experiment.data.load().task)


def test_folders_of_parts_are_recognised(folder):
    for part in ("train", "val", "test"):
        for name in ("a", "b"):
            picture(folder / "set" / part / name / "1.png", (20, 20))
    assert main(["new", "set"]) == 0
    assert "parts: {train: train, validation: val, test: test}" in (folder / "set.yaml").read_text()
    dataset = load(folder / "set.yaml")[0].data
    parts = split(dataset, dataset.load())
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [2, 2, 2]


def test_a_folder_of_texts_becomes_an_experiment_on_texts(folder):
    for name in ("pos", "neg"):
        (folder / "reviews" / name).mkdir(parents=True)
        for number in range(10):
            (folder / "reviews" / name / f"{number}.txt").write_text(f"{name} {number}")
    assert main(["new", "reviews"]) == 0
    assert load(folder / "reviews.yaml")[0].data.name == "text_folder"


def test_a_folder_of_neither_is_told(folder, capsys):
    for name in ("a", "b"):
        (folder / "odd" / name).mkdir(parents=True)
        (folder / "odd" / name / "x.pdf").write_text("")
    assert main(["new", "odd"]) == 3
    assert "neither images" in capsys.readouterr().err
