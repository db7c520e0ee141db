from dlpy.search.directory import Result
from dlpy.search.monitor import Monitored
from dlpy.search.scored import scored_trial

WHERE = ({"rate": 0.1}, {"rate": 0.1})


def test_one_training_gives_the_scores_of_its_best_epoch() -> None:
    result = Result({"val_loss": 0.25, "loss": 0.5}, 2, 3, [0.5, 0.25, 0.75], seconds=1.5)
    trial = scored_trial(7, WHERE, [result], Monitored("val_loss", "min"))
    assert (trial.number, trial.status, trial.score, trial.epoch, trial.epochs) == (7, "completed", 0.25, 2, 3)
    assert (trial.scores, trial.curve, trial.seconds) == ({"val_loss": 0.25, "loss": 0.5}, [0.5, 0.25, 0.75], 1.5)


def test_the_score_of_folds_is_the_mean_of_their_best_and_the_epoch_that_of_the_mean_curve() -> None:
    first = Result({"val_accuracy": 0.75, "auc": None}, 1, 3, [0.75, 0.5, 0.0], seconds=1.0)
    second = Result({"val_accuracy": 1.0, "auc": 0.5}, 2, 2, [0.0, 1.0], seconds=2.0)
    trial = scored_trial(1, WHERE, [first, second], Monitored("val_accuracy", "max"))
    assert (trial.score, trial.scores) == (0.875, {"val_accuracy": 0.875, "auc": None})
    assert (trial.curve, trial.epoch, trial.epochs, trial.seconds) == ([0.375, 0.75], 2, 2, 3.0)


def test_a_pruned_training_makes_a_pruned_trial() -> None:
    result = Result({"val_loss": 0.25}, 1, 1, [0.25], is_pruned=True)
    assert scored_trial(1, WHERE, [result], Monitored("val_loss", "min")).status == "pruned"
