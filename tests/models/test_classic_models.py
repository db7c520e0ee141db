"""Classic families beside the libraries that they use: the same numbers, and the same bits from their files."""

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.svm import SVC, SVR, LinearSVC

from dlpy.components.estimator import EstimatorModel, Fitted, Job, Round
from dlpy.components.model import Model
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.task import Input, Kind, Output, Task
from dlpy.models._support_vectors import platt

pytestmark = pytest.mark.slow

ROWS, COLUMNS, CLASSES = 90, 5, 3
RNG = np.random.default_rng(3)
X = RNG.normal(size=(ROWS, COLUMNS)).astype(np.float32)
HELD_OUT = RNG.normal(size=(20, COLUMNS)).astype(np.float32)
NUMBER = X @ np.array([1.0, -2.0, 0.5, 3.0, 0.0]) + RNG.normal(scale=0.3, size=ROWS)
LABELS = {
    "binary": (NUMBER > 0).astype(np.int64),
    "multiclass": np.digitize(NUMBER, [-1.0, 1.0]),
}
COUNTS = csr_matrix(RNG.poisson(0.7, size=(ROWS, 8)).astype(np.float32))
WEIGHT = RNG.uniform(0.5, 2, ROWS)
OUTPUTS = {
    "regression": Output("regression"),
    "binary": Output("binary", 1, ("no", "yes")),
    "multiclass": Output("multiclass", CLASSES, ("a", "b", "c")),
}


def family(name: str, **options: object) -> EstimatorModel:
    found = Model.registry.get(name).model_validate({"name": name, **options})
    assert isinstance(found, EstimatorModel)
    return found


def job(kind: Kind, x: Any = X, weight: np.ndarray | None = None, held_out: Any = None) -> Job:
    return Job(x, LABELS.get(kind, NUMBER), weight, OUTPUTS[kind], 4, 1, held_out)


def last(model: EstimatorModel, given: Job) -> Round:
    return list(model.rounds(given))[-1]


def near(found: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(found, wanted.reshape(len(wanted), -1), rtol=2e-6, atol=1e-6)


def come_back(model: EstimatorModel, fitted: Fitted, output: Output, path: Path) -> Fitted:
    fitted.save(path / fitted.file)
    return model.read(path / fitted.file, output)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["even", "weighted"])
def test_ridge_regression_is_that_of_scikit_learn(weight: np.ndarray | None) -> None:
    found = last(family("linear", penalty=3.0), job("regression", weight=weight, held_out=HELD_OUT))
    wanted = Ridge(alpha=3.0).fit(X.astype(np.float64), NUMBER, sample_weight=weight)
    near(found.train, wanted.predict(X))
    assert found.held_out is not None
    near(found.held_out, wanted.predict(HELD_OUT))


def test_ridge_regression_predicts_several_numbers() -> None:
    both = np.stack([NUMBER, -2 * NUMBER], axis=1)
    found = last(family("linear"), Job(X, both, None, Output("regression", 2), 0, 1))
    near(found.train, Ridge().fit(X.astype(np.float64), both).predict(X))


@pytest.mark.parametrize("x", [X, COUNTS], ids=["numbers", "sparse"])
def test_logistic_regression_is_that_of_scikit_learn(x: Any) -> None:
    wanted = LogisticRegression(C=2.0, max_iter=1000).fit(x.astype(np.float64), LABELS["binary"])
    near(last(family("linear", penalty=0.5), job("binary", x)).train, wanted.predict_proba(x)[:, 1])
    wanted = LogisticRegression(max_iter=1000).fit(x.astype(np.float64), LABELS["multiclass"], WEIGHT)
    near(last(family("linear"), job("multiclass", x, WEIGHT)).train, wanted.predict_proba(x))


def test_logistic_regression_that_does_not_converge_is_told() -> None:
    assert "converge" in last(family("linear", iterations=2), job("multiclass")).note


@pytest.mark.parametrize(
    ("kind", "x", "wanted"),
    [
        ("gaussian", X, GaussianNB()),
        ("multinomial", COUNTS, MultinomialNB()),
        ("bernoulli", COUNTS, BernoulliNB()),
        ("bernoulli", X, BernoulliNB()),
        ("auto", COUNTS, MultinomialNB()),
        ("auto", X, GaussianNB()),
    ],
)
def test_naive_bayes_is_that_of_scikit_learn(kind: str, x: Any, wanted: Any) -> None:
    model = family("naive_bayes", kind=kind)
    wanted.fit(x.astype(np.float64), LABELS["binary"])
    near(last(model, job("binary", x)).train, wanted.predict_proba(x)[:, 1])
    wanted.fit(x.astype(np.float64), LABELS["multiclass"], WEIGHT)
    near(last(model, job("multiclass", x, WEIGHT)).train, wanted.predict_proba(x))


def test_naive_bayes_of_counts_refuses_negative_numbers() -> None:
    with pytest.raises(DataError, match="below 0: use gaussian"):
        last(family("naive_bayes", kind="multinomial"), job("binary"))


def test_a_forest_votes_as_that_of_scikit_learn() -> None:
    found = last(family("random_forest", trees=7), job("regression"))
    near(found.train, RandomForestRegressor(7, random_state=4).fit(X, NUMBER).predict(X))
    model = family("random_forest", trees=7, depth=4, leaf_rows=3, columns=0.5)
    options: Any = {"max_depth": 4, "min_samples_leaf": 3, "max_features": 0.5, "random_state": 4}
    for kind in ("binary", "multiclass"):
        wanted = RandomForestClassifier(7, **options).fit(X, LABELS[kind], WEIGHT).predict_proba(X)
        near(last(model, job(kind, weight=WEIGHT)).train, wanted if kind == "multiclass" else wanted[:, 1])


def test_a_forest_of_sparse_rows_is_that_of_their_array() -> None:
    model = family("random_forest", trees=5)
    sparse, full = (last(model, job("multiclass", x)).train for x in (COUNTS, COUNTS.toarray()))
    near(sparse, full)


def test_an_rbf_machine_decides_as_that_of_scikit_learn() -> None:
    machine = SVC(C=2.0).fit(X.astype(np.float64), LABELS["binary"])
    fitted: Any = last(family("svm", penalty=2.0), job("binary")).fitted
    near(fitted.decisions(X), machine.decision_function(X.astype(np.float64)))
    numbers = SVR(C=2.0, gamma=0.3, epsilon=0.2).fit(X.astype(np.float64), NUMBER, WEIGHT)
    found = last(family("svm", penalty=2.0, gamma=0.3, tolerance=0.2), job("regression", weight=WEIGHT))
    near(found.train, numbers.predict(X.astype(np.float64)))


def test_a_linear_machine_decides_as_that_of_scikit_learn_for_each_class() -> None:
    fitted: Any = last(family("svm", kernel="linear"), job("multiclass", COUNTS)).fitted
    for number in range(CLASSES):
        y = (LABELS["multiclass"] == number).astype(np.int64)
        machine = LinearSVC(random_state=4, max_iter=20_000).fit(COUNTS.astype(np.float64), y)
        near(fitted.decisions(COUNTS)[:, [number]], machine.decision_function(COUNTS.astype(np.float64)))


def test_platts_sigmoid_is_that_of_scikit_learn() -> None:
    from sklearn.calibration import _SigmoidCalibration

    decisions = NUMBER + np.random.default_rng(0).normal(size=ROWS)
    wanted = _SigmoidCalibration().fit(decisions, LABELS["binary"])
    slope, offset = platt(decisions, LABELS["binary"])
    np.testing.assert_allclose([slope, offset], [-wanted.a_, -wanted.b_], rtol=1e-4, atol=1e-4)


def test_probabilities_of_a_machine_sum_to_one() -> None:
    for kernel in ("linear", "rbf"):
        found = last(family("svm", kernel=kernel), job("multiclass")).train
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)
        assert (found.argmax(axis=1) == LABELS["multiclass"]).mean() > 0.8


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_lightgbm_grows_the_trees_that_it_grows_by_itself(kind: Kind) -> None:
    objective = {"regression": "regression", "binary": "binary", "multiclass": "multiclass"}[kind]
    options = {"objective": objective, "learning_rate": 0.2, "max_depth": 3, "num_leaves": 31, "min_data_in_leaf": 5}
    options |= {"num_class": CLASSES} if kind == "multiclass" else {}
    options |= {"seed": 4, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}
    labels = LABELS.get(kind, NUMBER)
    wanted = lightgbm.train(options, lightgbm.Dataset(X, labels, weight=WEIGHT), 12)
    model = family("boosting", trees=12, learning_rate=0.2, depth=3, leaf_rows=5)
    found = last(model, job(kind, weight=WEIGHT, held_out=HELD_OUT))
    assert found.held_out is not None
    near(found.train, np.asarray(wanted.predict(X)))
    near(found.held_out, np.asarray(wanted.predict(HELD_OUT)))
    near(found.fitted.predict(HELD_OUT), np.asarray(wanted.predict(HELD_OUT)))


@pytest.mark.parametrize("kind", ["regression", "binary", "multiclass"])
def test_xgboost_grows_the_trees_that_it_grows_by_itself(kind: Kind) -> None:
    objective = {"regression": "reg:squarederror", "binary": "binary:logistic", "multiclass": "multi:softprob"}[kind]
    options = {"objective": objective, "learning_rate": 0.2, "max_depth": 3, "seed": 4, "nthread": 1}
    options |= {"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31}
    options |= {"num_class": CLASSES} if kind == "multiclass" else {}
    wanted = xgboost.train(options, xgboost.DMatrix(X, LABELS.get(kind, NUMBER), weight=WEIGHT), 12)
    model = family("boosting", library="xgboost", trees=12, learning_rate=0.2, depth=3)
    found = last(model, job(kind, weight=WEIGHT, held_out=HELD_OUT))
    assert found.held_out is not None
    near(found.train, wanted.predict(xgboost.DMatrix(X)))
    near(found.held_out, wanted.predict(xgboost.DMatrix(HELD_OUT)))


def test_a_round_of_boosting_is_its_first_trees() -> None:
    for library in ("lightgbm", "xgboost"):
        model = family("boosting", library=library, trees=9, leaf_rows=5)
        rounds = list(model.rounds(job("multiclass", held_out=HELD_OUT)))
        assert len(rounds) == 9
        third = rounds[2]
        assert third.held_out is not None
        near(third.fitted.predict(HELD_OUT), third.held_out)
        near(third.train, list(model.model_copy(update={"trees": 3}).rounds(job("multiclass")))[-1].train)


def test_boosting_of_constant_rows_predicts_the_mean() -> None:
    for library in ("lightgbm", "xgboost"):
        given = Job(np.zeros((ROWS, 2), np.float32), NUMBER, None, OUTPUTS["regression"], 0, 1)
        found = last(family("boosting", library=library, trees=5), given).train
        np.testing.assert_allclose(found, NUMBER.mean(), rtol=1e-4)


def test_boosting_predicts_the_expected_count() -> None:
    counts = np.random.default_rng(1).poisson(np.exp(X[:, 0])).astype(np.float64)
    output = Output("regression", is_count=True)
    for library in ("lightgbm", "xgboost"):
        found = last(family("boosting", library=library, trees=30), Job(X, counts, None, output, 0, 1)).train
        assert (found > 0).all()
        assert abs(found.mean() - counts.mean()) < 0.2 * counts.mean()


MADE = {
    "linear": {},
    "naive_bayes": {},
    "random_forest": {"trees": 5},
    "svm": {},
    "svm linear": {"kernel": "linear"},
    "boosting": {"trees": 5},
    "boosting xgboost": {"library": "xgboost", "trees": 5},
}


@pytest.mark.parametrize("what", MADE)
def test_an_estimator_comes_back_from_its_file_to_the_bit(what: str, tmp_path: Path) -> None:
    model = family(what.split()[0], **MADE[what])
    for kind in [kind for kind in ("regression", "binary", "multiclass") if kind in model.targets]:
        for x in (X, COUNTS):
            fitted = last(model, job(kind, x)).fitted
            again = come_back(model, fitted, OUTPUTS[kind], tmp_path)
            prediction = fitted.predict(x)
            assert prediction.dtype == np.float32
            assert prediction.shape == (ROWS, OUTPUTS[kind].units)
            assert again.predict(x).tobytes() == prediction.tobytes()
            assert again.parameters == fitted.parameters > 0
            assert last(model, job(kind, x)).fitted.predict(x).tobytes() == prediction.tobytes()


@pytest.mark.parametrize("what", MADE)
def test_a_file_of_another_model_is_refused(what: str, tmp_path: Path) -> None:
    model = family(what.split()[0], **MADE[what])
    fitted = last(model, job("multiclass")).fitted
    with pytest.raises(ValueError, match=r".+"):
        fitted.predict(X[:, :3])
    with pytest.raises((ValueError, LookupError)):
        come_back(model, fitted, Output("multiclass", 5), tmp_path).predict(X)
    path = tmp_path / fitted.file
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises((ValueError, LookupError, OSError)):
        model.read(path, OUTPUTS["multiclass"])


@pytest.mark.parametrize("what", MADE)
def test_tasks_that_do_not_fit_are_refused(what: str) -> None:
    model = family(what.split()[0], **MADE[what])
    for given, wanted, message in [
        (Input("sequence", (9,), 30), OUTPUTS["binary"], "add 'multi_hot' to data.transforms"),
        (Input("text"), OUTPUTS["binary"], "'tokenize' and 'multi_hot'"),
        (Input("array", (8, 8, 1)), OUTPUTS["binary"], "reshape"),
        (Input("array", (8,)), Output("multilabel", 3), "does not fit a multilabel target"),
        (Input("array", (8,)), Output("binary", has_missing=True), "target of every row"),
    ]:
        with pytest.raises(ConfigError, match=message):
            model.check(Task.single(given, wanted))
    model.check(Task.single(Input("sparse", (8,)), OUTPUTS["multiclass"]))
