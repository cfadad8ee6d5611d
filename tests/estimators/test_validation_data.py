"""What a training is validated on, how much each sample counts, and by which distributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss

from fernet import FERMLPClassifier
from fernet.datasets import make_faces

X, Y = make_faces(150, random_state=0, return_X_y=True)
X_VAL, Y_VAL = make_faces(90, random_state=1, return_X_y=True)
WEIGHT = np.random.default_rng(0).integers(0, 4, 90).astype(float)


SHARES = 0.7 * np.eye(7)[Y_VAL] + 0.3 * np.eye(7)[(Y_VAL + 2) % 7]


def train(X_val=X_VAL, y_val=Y_VAL, weight=WEIGHT, shares=None, **parameters):
    settings = {"max_iter": 5, "learning_rate_init": 0.1, "random_state": 0} | parameters
    model = FERMLPClassifier((6,), **settings)
    return model.fit(
        X,
        Y,
        X_val=X_val,
        y_val=y_val,
        sample_weight_val=weight,
        label_distribution_val=shares,
    )


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


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_the_loss_is_by_the_distributions_and_the_accuracy_by_the_labels(weight):
    model = train(max_iter=1, learning_rate_init=0.01, weight=weight, shares=SHARES)
    epoch = {name: values[-1] for name, values in model.history_.epochs.items()}

    losses = -(SHARES * np.log(model.predict_proba(X_VAL))).sum(axis=1)
    accuracy = accuracy_score(Y_VAL, model.predict(X_VAL), sample_weight=weight)
    assert epoch["validation_loss"] == pytest.approx(np.average(losses, weights=weight), rel=1e-5)
    assert epoch["validation_accuracy"] == pytest.approx(accuracy, rel=1e-5)


def test_named_columns_may_be_in_any_order():
    frame = pd.DataFrame(SHARES[:, ::-1], columns=range(7)[::-1])
    by_name, by_place = (train(shares=given).history_.epochs for given in (frame, SHARES))
    assert by_name["validation_loss"] == by_place["validation_loss"]


def test_columns_that_fit_the_labels_far_better_in_another_order_are_told_of():
    with pytest.warns(UserWarning, match="label_distribution_val's largest share is the label's"):
        train(shares=np.roll(SHARES, 1, axis=1))


REFUSED = {
    "without images": ((None, None, WEIGHT), "sample_weight_val was given without X_val"),
    "length": ((X_VAL, Y_VAL, WEIGHT[1:]), r"sample_weight_val has shape \(89,\)"),
    "negative": ((X_VAL, Y_VAL, -WEIGHT), "sample_weight_val holds a negative number"),
    "zero": ((X_VAL, Y_VAL, 0 * WEIGHT), "sample_weight_val is zero"),
    "not finite": (
        (X_VAL, Y_VAL, np.full(90, np.inf)),
        "sample_weight_val contains infinity",
    ),
    "shares without images": (
        (None, None, None, SHARES),
        "label_distribution_val was given without X_val",
    ),
    "shares of others": (
        (X_VAL, Y_VAL, None, SHARES[1:]),
        r"label_distribution_val has shape \(89, 7\)",
    ),
    "votes": ((X_VAL, Y_VAL, None, 10 * SHARES), r"label_distribution_val\[0\] sums to 10"),
    "negative shares": (
        (X_VAL, Y_VAL, None, np.hstack([SHARES[:, :5], -SHARES[:, 5:]])),
        r"label_distribution_val\[\d+\] is .*; expected numbers from 0 to 1",
    ),
    "twice": (
        (X_VAL, Y_VAL, None, pd.DataFrame(SHARES, columns=[0, 1, 2, 3, 4, 5, 5])),
        "label_distribution_val has two columns 5",
    ),
    "names": (
        (X_VAL, Y_VAL, None, pd.DataFrame(SHARES, columns=[0, 1, 2, 3, 4, 5, 9])),
        r"label_distribution_val has columns \[0, 1, 2, 3, 4, 5, 9\]; expected the classes",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_is_refused_by_its_name(case):
    given, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        train(*given)
