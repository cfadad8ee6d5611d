"""What a training is validated on, and how much each sample of it counts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss

from fernet import FERMLPClassifier
from fernet.datasets import make_faces

X, Y = make_faces(150, random_state=0, return_X_y=True)
X_VAL, Y_VAL = make_faces(90, random_state=1, return_X_y=True)
WEIGHT = np.random.default_rng(0).integers(0, 4, 90).astype(float)


def train(X_val=X_VAL, y_val=Y_VAL, weight=WEIGHT, **parameters):
    settings = {"max_iter": 5, "learning_rate_init": 0.1, "random_state": 0} | parameters
    model = FERMLPClassifier((6,), **settings)
    return model.fit(X, Y, X_val=X_val, y_val=y_val, sample_weight_val=weight)


def f1(model):
    return f1_score(Y_VAL, model.predict(X_VAL), average="macro", sample_weight=WEIGHT)


def balanced(model):
    return balanced_accuracy_score(Y_VAL, model.predict(X_VAL), sample_weight=WEIGHT)


def test_accuracy_and_loss_are_means_by_the_weights():
    model = train(max_iter=1, learning_rate_init=0.01)
    epoch = {name: values[-1] for name, values in model.history_.epochs.items()}

    accuracy = accuracy_score(Y_VAL, model.predict(X_VAL), sample_weight=WEIGHT)
    loss = log_loss(Y_VAL, model.predict_proba(X_VAL), sample_weight=WEIGHT)
    assert epoch["validation_accuracy"] == pytest.approx(accuracy, rel=1e-5)
    assert epoch["validation_loss"] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("monitor", ["accuracy", "loss", "macro_f1"])
def test_a_weight_of_two_is_the_sample_twice(monitor):
    rows = np.repeat(np.arange(90), WEIGHT.astype(int))
    weighted = train(monitor=monitor, early_stopping=True)
    repeated = train(X_VAL[rows], Y_VAL[rows], None, monitor=monitor, early_stopping=True)
    np.testing.assert_array_equal(weighted.network_.values, repeated.network_.values)
    assert weighted.history_.epochs["validation_accuracy"] == pytest.approx(
        repeated.history_.epochs["validation_accuracy"], rel=1e-5
    )


def test_what_weighs_nothing_is_as_good_as_absent():
    present = WEIGHT > 0
    whole, part = train(), train(X_VAL[present], Y_VAL[present], WEIGHT[present])
    assert whole.history_.epochs["validation_loss"] == part.history_.epochs["validation_loss"]


@pytest.mark.parametrize(("monitor", "figure"), [("macro_f1", f1), ("balanced_accuracy", balanced)])
def test_named_scorers_count_the_weights(monitor, figure):
    model = train(monitor=monitor, early_stopping=True)
    best = max(model.history_.epochs["validation_score"])
    assert figure(model) == pytest.approx(best)


def test_named_scorers_count_the_weights_of_what_is_held_out():
    settings = {"learning_rate_init": 1e-3, "max_iter": 3, "random_state": 0}
    model = FERMLPClassifier((6,), monitor="neg_log_loss", early_stopping=True, **settings)
    history = model.fit(X, Y, sample_weight=np.where(Y == 3, 9.0, 1.0)).history_.epochs
    losses = [-loss for loss in history["validation_loss"]]
    assert history["validation_score"] == pytest.approx(losses, rel=1e-5)


@pytest.mark.parametrize("monitor", ["adjusted_rand_score", "roc_auc_ovo"])
def test_named_scorers_that_take_no_weights_do_without(monitor):
    weighted, plain = (
        train(weight=weight, monitor=monitor, early_stopping=True).history_.epochs
        for weight in (np.where(Y_VAL == 3, 2.0, 1.0), None)
    )
    assert weighted["validation_score"] == plain["validation_score"]
    assert weighted["validation_loss"] != plain["validation_loss"]


def test_a_scorer_of_ones_own_need_take_no_weights():
    def errors(model, X, y):
        return -np.count_nonzero(model.predict(X) != y)

    scores = train(monitor=errors, early_stopping=True).history_.epochs["validation_score"]
    assert all(float(score).is_integer() for score in scores)


REFUSED = {
    "without images": ((None, None, WEIGHT), "sample_weight_val was given without X_val"),
    "length": ((X_VAL, Y_VAL, WEIGHT[1:]), r"sample_weight_val has shape \(89,\)"),
    "negative": ((X_VAL, Y_VAL, -WEIGHT), "sample_weight_val holds a negative number"),
    "zero": ((X_VAL, Y_VAL, 0 * WEIGHT), "sample_weight_val is zero"),
    "not finite": (
        (X_VAL, Y_VAL, np.full(90, np.inf)),
        "sample_weight_val contains infinity",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_senseless_weights_are_refused_by_their_name(case):
    given, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        train(*given)
