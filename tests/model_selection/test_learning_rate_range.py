"""The learning rate range test."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet.datasets import make_faces
from fernet.model_selection import learning_rate_range
from fernet.model_selection.learning_rate_range import _steepest

X, Y = make_faces(150, random_state=0, return_X_y=True)
MODEL = FERMLPClassifier((8,), batch_size=50, random_state=0)


def test_rates_rise_by_one_factor_from_low_to_high():
    found = learning_rate_range(MODEL, X, Y, low=1e-6, high=1e-2, n_steps=20)
    np.testing.assert_allclose(found.rates, np.geomspace(1e-6, 1e-2, 20), rtol=1e-9)
    assert len(found.losses) == len(found.smoothed) == 20
    assert found.suggestion in found.rates


def test_the_first_loss_is_that_of_the_first_step_of_a_fit():
    found = learning_rate_range(MODEL, X, Y, low=0.01, high=0.1, n_steps=5)
    model = FERMLPClassifier((8,), batch_size=50, random_state=0, max_iter=1).fit(X, Y)
    assert found.losses[0] == found.smoothed[0] == model.history_.iterations["loss"][0]


def test_the_test_ends_where_the_loss_explodes():
    found = learning_rate_range(MODEL, X, Y, low=1e-4, high=1e6, n_steps=60)
    assert 2 <= len(found.rates) < 60
    assert found.suggestion < found.rates[-1]
    assert np.isfinite(found.losses).all()


def test_batches_that_weigh_much_do_not_end_the_test():
    rng = np.random.default_rng(1)
    is_rare = rng.random(1000) < 0.02
    x = rng.normal(size=(1000, 8)) + 2 * is_rare[:, None]
    model = FERMLPClassifier((8,), batch_size=8, class_weight="balanced", random_state=1)
    found = learning_rate_range(model, x, is_rare, low=1e-8, high=1e-6, n_steps=100)
    assert len(found.rates) == 100
    assert found.losses.max() > 8 * np.median(found.losses)
    assert found.smoothed[20:].max() < 2 * found.smoothed[20:].min()


def test_the_suggestion_learns_better_than_the_ends():
    found = learning_rate_range(MODEL, X, Y, low=1e-6, high=10.0, n_steps=60)
    losses = {
        rate: FERMLPClassifier(
            (8,), batch_size=50, random_state=0, max_iter=3, learning_rate_init=rate
        )
        .fit(X, Y)
        .loss_
        for rate in (1e-6, found.suggestion, found.rates[-1])
    }
    assert min(losses, key=losses.get) == found.suggestion


@pytest.mark.parametrize("batch_size", [8, 30])
def test_what_single_batches_are_like_does_not_decide(batch_size):
    faces = make_faces(400, random_state=0)
    for seed in range(6):
        model = FERMLPClassifier((16,), batch_size=batch_size, random_state=seed)
        found = learning_rate_range(model, faces.data, faces.target)
        lowest = found.rates[found.smoothed[25:].argmin() + 25]
        assert 3e-5 < found.suggestion < lowest


def test_the_suggestion_is_where_a_line_through_the_losses_is_steepest():
    rates, losses = np.geomspace(1e-5, 1.0, 40), np.ones(40)
    losses[20:30] = np.linspace(0.9, 0.0, 10)
    losses[:5] = [1.0, 1.4, 0.6, 1.1, 0.9]
    assert _steepest(rates, losses, np.ones(40), losses) in rates[23:27]
    # A batch of little weight says little.
    smoothed, weights = losses.copy(), np.ones(40)
    weights[3:5] = 1e-6
    losses[3:5] = 30e-6, -30e-6
    assert _steepest(rates, losses, weights, smoothed) in rates[23:27]


def test_the_estimator_is_left_as_it_is(tmp_path):
    model = FERMLPClassifier((8,), checkpoint=tmp_path / "run", max_iter=1).fit(X, Y)
    before = model.get_params(), model.network_.values.copy(), (tmp_path / "run").read_bytes()
    learning_rate_range(model, X, Y, n_steps=3)
    assert model.get_params() == before[0]
    np.testing.assert_array_equal(model.network_.values, before[1])
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run").read_bytes() == before[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 0}, "low is 0 and high is 1.0; expected 0 < low < high"),
        ({"low": 2.0}, "low is 2.0"),
        ({"high": float("nan")}, "high is nan"),
        ({"n_steps": 1}, "n_steps is 1; expected a whole number, 2 or more"),
        ({"n_steps": 10.5}, r"n_steps is 10\.5; expected a whole number"),
    ],
)
def test_senseless_ranges_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        learning_rate_range(MODEL, X, Y, **options)


def test_faults_of_the_data_come_through():
    with pytest.raises(ValueError, match="inconsistent"):
        learning_rate_range(MODEL, X, Y[:-1])
