"""A learning rate that falls where learning stalls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet import FERMLPClassifier
from fernet.callbacks import Callback, ReduceLearningRateOnPlateau
from fernet.callbacks.plateau import _plateaus
from fernet.checkpoint import Checkpoint


@pytest.mark.parametrize(
    ("values", "patience", "found"),
    [
        ([1, 2, 3, 4], 1, 0),
        ([1, 1, 1, 1], 1, 3),
        ([1, 1, 1, 1, 1], 2, 2),
        ([1, 0, 2, 0, 3, 0], 2, 0),
        ([3, 1, 2, 2.5], 3, 1),
        ([], 1, 0),
    ],
)
def test_plateaus_are_waits_without_a_better_value(values, patience, found):
    assert _plateaus(values, patience, 0.0) == found


@given(st.lists(st.integers(0, 5)), st.integers(1, 4), st.integers(0, 2))
def test_one_value_more_is_at_most_one_plateau_more(values, patience, min_delta):
    counts = [_plateaus(values[:n], patience, min_delta) for n in range(len(values) + 1)]
    assert set(np.diff(counts)) <= {0, 1}
    assert counts[-1] * patience <= max(len(values) - 1, 0)


def test_a_gain_below_the_least_one_is_none():
    assert _plateaus([1, 1.5, 2, 2.5], 1, 0.0) == 0
    assert _plateaus([1, 1.5, 2, 2.5], 1, 0.5) == 2


def test_the_rate_falls_beside_the_schedule_down_to_the_least(fit):
    stalled = ReduceLearningRateOnPlateau(
        0.1, patience=1, min_delta=100, min_factor=0.05, monitor="validation_loss"
    )
    model = fit(stalled, max_iter=5, learning_rate_init=0.1, learning_rate_decay=0.5)
    rates = np.array(model.history_.epochs["learning_rate"])
    np.testing.assert_allclose(rates, 0.1 * 0.5 ** np.arange(5) * [1, 1, 0.1, 0.05, 0.05])


def test_the_weights_learn_at_the_lower_rate(fit):
    unlike = [fit(callbacks, max_iter=3).coefs_[0] for callbacks in (None, _stalled())]
    assert not np.array_equal(*unlike)
    assert np.array_equal(fit(None, max_iter=2).coefs_[0], fit(_stalled(), max_iter=2).coefs_[0])


def _stalled():
    return ReduceLearningRateOnPlateau(0.5, patience=1, min_delta=100, monitor="accuracy")


class Killed(Callback):
    def on_epoch_begin(self, trainer):
        if trainer.epoch == 3:
            raise RuntimeError("killed")


def test_a_killed_training_goes_on_with_the_same_bits(fit, tmp_path):
    whole = fit(_stalled(), max_iter=6)
    checkpoint = Checkpoint(tmp_path / "run.checkpoint")
    with pytest.raises(RuntimeError, match="killed"):
        fit([_stalled(), Killed()], max_iter=6, checkpoint=checkpoint)
    again = fit(_stalled(), max_iter=6, checkpoint=checkpoint)
    assert again.history_.epochs["learning_rate"] == whole.history_.epochs["learning_rate"]
    assert all(map(np.array_equal, again.coefs_, whole.coefs_))


def test_a_training_that_goes_on_starts_at_the_whole_rate(fit):
    model = FERMLPClassifier((4,), max_iter=3, warm_start=True, random_state=0)
    for _ in range(2):
        fit(_stalled(), estimator=model, learning_rate_init=0.1)
    assert model.history_.epochs["learning_rate"] == [0.1, 0.1, 0.05] * 2


class Halving(Callback):
    def on_epoch_end(self, trainer):
        trainer.learning_rate_factor *= 0.5


@pytest.mark.parametrize("turn", [1, -1])
def test_all_callbacks_that_lower_the_rate_count(fit, turn):
    slow = ReduceLearningRateOnPlateau(0.1, patience=2, min_delta=100, monitor="loss")
    callbacks = [_stalled(), slow, Halving()][::turn]
    rates = fit(callbacks, max_iter=5, learning_rate_init=0.1).history_.epochs["learning_rate"]
    wanted = 0.1 * np.array([1, 0.5, 0.25 * 0.5, 0.125 * 0.25 * 0.1, 0.0625 * 0.125 * 0.1])
    np.testing.assert_allclose(rates, wanted)


def test_a_killed_training_with_two_of_them_goes_on_with_the_same_bits(fit, tmp_path):
    def both():
        return [
            ReduceLearningRateOnPlateau(f, patience=1, min_delta=100, monitor="loss")
            for f in (0.1, 0.3)
        ]

    whole = fit(both(), max_iter=6)
    checkpoint = Checkpoint(tmp_path / "run.checkpoint")
    with pytest.raises(RuntimeError, match="killed"):
        fit([*both(), Killed()], max_iter=6, checkpoint=checkpoint)
    again = fit(both(), max_iter=6, checkpoint=checkpoint)
    assert again.history_.epochs["learning_rate"] == whole.history_.epochs["learning_rate"]
    assert all(map(np.array_equal, again.coefs_, whole.coefs_))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"factor": 1}, "factor is 1; expected a number above 0 and below 1"),
        ({"factor": 0}, "factor is 0"),
        ({"factor": "0.1"}, "factor is '0.1'; expected a number above 0 and below 1"),
        ({"min_delta": None}, "min_delta is None; expected 0 or more"),
        ({"min_factor": "0"}, "min_factor is '0'; expected a number from 0 to 1"),
        ({"patience": 0}, "patience is 0; expected a whole number, 1 or more"),
        ({"patience": 1.5}, "patience is 1.5; expected a whole number"),
        ({"min_delta": -1}, "min_delta is -1; expected 0 or more"),
        ({"min_factor": 2}, "min_factor is 2; expected a number from 0 to 1"),
        ({"monitor": "f1"}, "monitor is 'f1'; expected one of validation_accuracy, "),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        ReduceLearningRateOnPlateau(**parameters)


def test_a_figure_that_will_never_be_there_is_refused(fit):
    with pytest.raises(ValueError, match="watches 'validation_accuracy', but there are no valid"):
        fit(ReduceLearningRateOnPlateau(), validation=False)
