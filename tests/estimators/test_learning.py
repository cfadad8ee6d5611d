"""How classifiers learn: validation, stopping, going on, reproducibility, callbacks."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fernet.augmentation import Augmentation
from fernet.callbacks import Callback

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS * 15.9).astype(np.uint8)
X, X_TEST, Y, Y_TEST = train_test_split(DIGITS, LABELS, random_state=0, stratify=LABELS)


def weights(model):
    return model.network_.params


# -- early stopping, validation, continuing -----------------------------------------------------


def test_early_stopping_stops_and_keeps_the_best_epoch(make):
    model = make(early_stopping=True, n_iter_no_change=3, max_iter=200).fit(X, Y)
    scores = model.validation_scores_
    assert model.n_iter_ < 200
    assert model.best_validation_score_ == max(scores)
    assert len(scores) - 1 - int(np.argmax(scores)) == 3


def test_validation_data_of_ones_own_take_the_place_of_the_split(make):
    model = make(early_stopping=True).fit(X, Y, X_val=X_TEST, y_val=Y_TEST)
    assert model.score(X_TEST, Y_TEST) == model.best_validation_score_
    assert len(model.history_.iterations["loss"]) == model.n_iter_ * -(-len(X) // 100)


def test_validation_data_without_early_stopping_are_watched_only(make):
    watched = make().fit(X, Y, X_val=X_TEST.reshape(-1, 8, 8), y_val=Y_TEST)
    np.testing.assert_array_equal(weights(watched), weights(make().fit(X, Y)))
    assert watched.validation_scores_[-1] == watched.score(X_TEST, Y_TEST)


def test_the_scaling_is_learnt_without_the_validation_rows(make):
    model = make(early_stopping=True, validation_fraction=0.5).fit(X, Y)
    assert not np.array_equal(model.scaling_.offset_, X.mean(axis=0, dtype=np.float64).astype("f"))


def test_warm_start_goes_on_where_the_last_fit_ended(make):
    model = make(warm_start=True, max_iter=3).fit(X, Y)
    first = weights(model).copy()
    loss = model.loss_curve_[-1]
    model.fit(X, Y)
    assert model.n_iter_ == 6
    assert model.history_.epochs["epoch"] == [1, 2, 3, 4, 5, 6]
    assert model.loss_curve_[3] < loss
    assert (weights(model) != first).any()


def test_without_warm_start_fit_begins_anew(make):
    model = make().fit(X, Y)
    first = weights(model).copy()
    np.testing.assert_array_equal(weights(model.fit(X, Y)), first)
    assert model.n_iter_ == 5


@pytest.mark.parametrize("parameters", [{}, {"solver": "adam"}, {"ema_decay": 0.9}])
def test_partial_fits_are_the_epochs_of_one_fit(make, parameters):
    kwargs = {"learning_rate_decay": 0.9, "dropout": 0.1, "max_iter": 4, **parameters}
    whole = make(**kwargs).fit(X, Y)
    parts = make(**kwargs)
    for _ in range(4):
        parts.partial_fit(X, Y)
    np.testing.assert_array_equal(weights(parts), weights(whole))
    assert parts.n_iter_ == 4


def test_partial_fit_may_go_beyond_max_iter_and_through_a_pickle(make):
    model = make(max_iter=1)
    for _ in range(3):
        model = copy.deepcopy(model.partial_fit(X, Y))
    assert model.n_iter_ == 3


def test_partial_fit_goes_on_from_weights_that_were_written_to(make):
    parameters = [{}, {"solver": "adam"}, {"ema_decay": 0.9}, {"freeze": "backbone"}]
    for changes in parameters:
        model = make().fit(X, Y).set_params(**changes).partial_fit(X, Y)
        model.coefs_[-1][...] = 0
        model.intercepts_[-1][...] = 0
        model.set_params(learning_rate_init=1e-30, momentum=0.0).partial_fit(X, Y)
        assert abs(model.coefs_[-1]).max() < 1e-20


@pytest.mark.parametrize(("first", "then"), [("sgd", "muon"), ("muon", "sgd"), ("adam", "sgd")])
def test_a_new_solver_begins_without_momentum(make, first, then):
    model = make(solver=first, learning_rate_init=0.01)
    for _ in range(2):
        model.partial_fit(X, Y)
    before = weights(model).copy()
    model.set_params(solver=then, learning_rate_init=1e-9).partial_fit(X, Y)
    np.testing.assert_allclose(weights(model), before, atol=1e-5)


def test_a_new_solver_counts_its_own_steps(make):
    model = make(solver="sgd", batch_size=len(X))
    for _ in range(4):
        model.partial_fit(X, Y)
    before = weights(model).copy()
    model.set_params(solver="adam", learning_rate_init=1e-3).partial_fit(X, Y)
    # Adam's first step is as long as the rate, wherever there is a gradient.
    assert abs(weights(model) - before).max() == pytest.approx(1e-3, rel=0.02)


def test_partial_fit_learns_though_a_callback_has_asked_to_stop(make):
    model = make(callbacks=Count())
    for n_done in (1, 2, 3):
        assert model.partial_fit(X, Y).n_iter_ == n_done


def test_partial_fit_warns_once_a_schedule_has_come_to_its_end(make):
    model = make(schedule="cosine", max_iter=2)
    for _ in range(2):
        model.partial_fit(X, Y)
    with pytest.warns(UserWarning, match="max_iter=2 epochs, and this is number 3; expected a"):
        model.partial_fit(X, Y)
    model.set_params(max_iter=10).partial_fit(X, Y)


def test_partial_fit_is_told_of_classes_to_come(make):
    few = Y < 4
    model = make().partial_fit(X[few], Y[few], classes=np.arange(10))
    assert model.predict_proba(X).shape == (len(X), 10)
    model.partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"classes are \[0, 1\]"):
        model.partial_fit(X, Y, classes=[0, 1])


def test_partial_fit_ignores_early_stopping(make):
    assert make(early_stopping=True).partial_fit(X, Y).validation_scores_ is None


# -- reproducibility ----------------------------------------------------------------------------


def test_the_seed_decides_every_bit(make):
    kwargs = {"dropout": 0.3, "augmentation": "standard", "early_stopping": True}
    a, b = (make(**kwargs).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(weights(a), weights(b))
    assert (weights(make(**kwargs | {"random_state": 1}).fit(X, Y)) != weights(a)).any()


def test_a_random_state_may_be_a_generator_or_global(make):
    model = make(random_state=np.random.RandomState(0), max_iter=1).fit(X, Y)
    np.testing.assert_array_equal(weights(model), weights(make(max_iter=1).fit(X, Y)))
    np.random.seed(0)  # noqa: NPY002 - the global generator is what is tested
    model = make(random_state=None, max_iter=1).fit(X, Y)
    np.testing.assert_array_equal(weights(model), weights(make(max_iter=1).fit(X, Y)))


# -- callbacks and progress -----------------------------------------------------------------------


class Count(Callback):
    epochs = 0

    def on_epoch_end(self, trainer):
        self.epochs += 1
        trainer.stop = self.epochs == 2


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: (c,)])
def test_callbacks_are_called_and_may_stop(make, wrap):
    callback = Count()
    assert make(callbacks=wrap(callback)).fit(X, Y).n_iter_ == 2
    assert callback.epochs == 2


def test_verbose_prints_a_line_an_epoch(make, capsys):
    make(verbose=1).fit(X, Y)
    assert len(capsys.readouterr().out.splitlines()) == 5
    make().fit(X, Y)
    assert capsys.readouterr().out == ""


def test_cloning_takes_the_parameters_and_nothing_else(make):
    model = make(augmentation=Augmentation(shift=1), callbacks=[Callback()]).fit(X, Y)
    twin = clone(model)
    assert not hasattr(twin, "network_")
    assert twin.get_params().keys() == model.get_params().keys()
    assert twin.augmentation == model.augmentation
