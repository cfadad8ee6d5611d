"""Numbers, weights and sizes beyond what can be computed: an error, never a confident class."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import FERCNNClassifier, FERMLPClassifier

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 64)), np.arange(40) % 3


@pytest.fixture(scope="module", params=["mlp", "cnn"])
def model(request):
    if request.param == "mlp":
        return FERMLPClassifier((8, 8), max_iter=1, random_state=0).fit(X, Y)
    layers = {"filters": [(4, 1), (4, 1)], "hidden_layer_sizes": (4,)}
    return FERCNNClassifier(**layers, max_iter=1, random_state=0).fit(X, Y)


@pytest.mark.filterwarnings("ignore:X spans")
@given(st.floats(-1e300, 1e300), st.integers(0, 63))
@settings(max_examples=100, deadline=None)
def test_an_answer_is_finite_or_an_error(model, number, place):
    row = X[:1].copy()
    row[0, place] = number
    try:
        probabilities = model.predict_proba(row)
    except ValueError as error:
        assert abs(number) > 1e20
        assert "float32" in str(error)
    else:
        assert np.isfinite(probabilities).all()
        np.testing.assert_allclose(probabilities.sum(), 1, rtol=1e-5)


@pytest.mark.parametrize("number", [1e39, -1e39])
def test_what_float32_has_no_place_for_is_refused_wherever_it_comes_in(number):
    huge = X.copy()
    huge[3, 5] = number
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, Y)
    for call in (
        lambda: model.predict(huge),
        lambda: FERMLPClassifier((4,)).fit(huge, Y),
        lambda: model.partial_fit(huge, Y),
        lambda: model.fit(X, Y, X_val=huge, y_val=Y),
    ):
        with pytest.raises(ValueError, match=r"holds numbers of size 1e\+39; expected at most"):
            call()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_weights_that_overflow_predict_with_an_error(method):
    model = FERMLPClassifier((4, 4), max_iter=1, random_state=0).fit(X, Y)
    model.network_.values[...] = 1e30
    with pytest.raises(ValueError, match=r"X\[\d+\] is more than the network can compute"):
        getattr(model, method)(np.abs(X))


@pytest.mark.parametrize(
    ("estimator", "named"),
    [
        (FERMLPClassifier(2**31), "hidden_layer_sizes is 2147483648"),
        (FERMLPClassifier((8, 2**31)), "hidden_layer_sizes is"),
        (FERMLPClassifier((2**20, 2**20)), "hidden_layer_sizes=.* makes a network of"),
        (FERCNNClassifier(hidden_layer_sizes=2**31), "hidden_layer_sizes is 2147483648"),
        (FERCNNClassifier("compact", width=2**31), "width=2147483648.* makes a network of"),
        (FERCNNClassifier(filters=[(2**31, 1)]), "filters=.* makes a network of"),
        (FERCNNClassifier(filters=[(2, 2**31)]), "filters is .*expected at most 256 convolutions"),
    ],
    ids=str,
)
def test_sizes_that_no_memory_has_are_refused_before_any_of_it_is_taken(estimator, named):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=named):
            estimator.fit(X, Y)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
