"""scikit-learn's own checks for estimators."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fernet import FERMLPClassifier

EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "compares to seven digits; a weighted and a repeated row add up in another order in "
        "float32 (test_mlp.py checks the equivalence to float32's precision)"
    ),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn")
@parametrize_with_checks(
    [FERMLPClassifier(), FERMLPClassifier((16,), solver="adam", early_stopping=True)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
    xfail_strict=False,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)
