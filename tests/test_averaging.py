"""The mean of networks: of their weights, of networks that differ in nothing else."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.averaging import average_models
from fernet.datasets import make_faces

X, Y = make_faces(200, random_state=0, return_X_y=True)


def perceptron(**changes):
    return FERMLPClassifier(
        **{"hidden_layer_sizes": (8,), "max_iter": 1, "random_state": 0} | changes
    )


@pytest.fixture(scope="module")
def first():
    return perceptron(warm_start=True).fit(X, Y)


def gone_on(model, seed):
    return deepcopy(model).set_params(random_state=seed).fit(X, Y)


def values(model):
    return model._fitted.network.values


@pytest.mark.parametrize("n", [1, 2, 3])
def test_weights_are_the_means_of_the_weights(first, n):
    models = [gone_on(first, seed) for seed in range(n)]
    mean = average_models(models)
    np.testing.assert_allclose(
        values(mean), sum(values(model) for model in models) / n, rtol=1e-6, atol=1e-9
    )


def test_the_averages_of_batch_normalisations_are_means_too():
    model = FERCNNClassifier(
        filters=[(4, 1)], hidden_layer_sizes=(4,), batch_norm=True, max_iter=1, random_state=0,
        warm_start=True,
    ).fit(X, Y)  # fmt: skip
    other = gone_on(model, 1)
    state = average_models([model, other])._fitted.network.state
    np.testing.assert_allclose(
        state, (model._fitted.network.state + other._fitted.network.state) / 2, rtol=1e-6
    )


def test_models_are_left_as_they_are(first):
    other = gone_on(first, 1)
    before = values(first).copy(), values(other).copy()
    average_models([first, other]).fit(X, Y)
    np.testing.assert_array_equal(values(first), before[0])
    np.testing.assert_array_equal(values(other), before[1])


def test_the_mean_is_not_calibrated_and_learns_on_from_where_it_is(first):
    other = deepcopy(first).calibrate(X, Y)
    mean = average_models([other, first]).set_params(warm_start=False, learning_rate_init=1e-12)
    assert mean.temperature_ == 1
    np.testing.assert_allclose(values(mean.fit(X, Y)), values(first), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (lambda: perceptron(hidden_layer_sizes=(9,)).fit(X, Y), "layers"),
        (lambda: perceptron().fit(X[Y != 3], Y[Y != 3]), "classes"),
        (lambda: perceptron().fit(X, Y + 1), "classes"),
        (lambda: perceptron().fit(X // 2, Y), "scaling"),
    ],
)
def test_what_differs_in_more_than_weights_is_refused(first, other, what):
    with pytest.raises(ValueError, match=rf"models\[1\] has other {what} than models\[0\]"):
        average_models([first, other()])


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (lambda first: first, "models is of type FERMLPClassifier; expected a list"),
        (lambda _: "cnn", "models is of type str; expected a list"),
        (lambda first: [first, "cnn"], r"models\[1\] is of type str; expected .* load_model"),
    ],
)
def test_what_is_no_list_of_models_is_refused(first, models, message):
    with pytest.raises(TypeError, match=message):
        average_models(models(first))


def test_there_has_to_be_a_fitted_model(first):
    with pytest.raises(ValueError, match="models is empty"):
        average_models([])
    with pytest.raises(NotFittedError):
        average_models([first, perceptron()])
