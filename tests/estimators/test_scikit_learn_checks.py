"""scikit-learn's own checks for estimators."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fernet import FERCNNClassifier, FERMLPClassifier

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "compares to seven digits; a weighted and a repeated row add up in another order in "
        "float32 (test_data.py checks the equivalence to float32's precision)"
    ),
}


expected_failures = {"expected_failed_checks": lambda estimator: EXPECTED_FAILURES}


@parametrize_with_checks(
    [
        FERMLPClassifier((32,)),
        FERMLPClassifier((16,), solver="adam", dropout=0.1, ema_decay=0.9),
        FERCNNClassifier(
            filters=((4, 1), (8, 1)), hidden_layer_sizes=(16,), dropout=0.0, learning_rate_init=0.01
        ),
        FERCNNClassifier(
            filters=((8, 1),),
            hidden_layer_sizes=(16,),
            dropout=0.1,
            batch_norm=True,
            ema_decay=0.9,
            learning_rate_init=0.02,
        ),
        FERCNNClassifier("resnet18", width=4, dropout=0.0, learning_rate_init=0.01, max_iter=25),
    ],
    **expected_failures,
)
def test_a_small_network_passes(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        FERMLPClassifier(),
        # The default's first group: all four take minutes.
        FERCNNClassifier(filters=((32, 2),)),
    ],
    **expected_failures,
)
def test_the_default_network_passes(estimator, check):
    check(estimator)
