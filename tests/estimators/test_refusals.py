"""What classifiers refuse, and that it leaves them as they were."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS * 15.9).astype(np.uint8)
X, X_TEST, Y, Y_TEST = train_test_split(DIGITS, LABELS, random_state=0, stratify=LABELS)


SENSELESS = [
    {"hidden_layer_sizes": (32, 0)},
    {"hidden_layer_sizes": (32, 1.5)},
    {"dropout": 1.0},
    {"weight_decay": -1},
    {"solver": "lbfgs"},
    {"learning_rate_init": 0},
    {"learning_rate_decay": 1.5},
    {"learning_rate_decay": 0.0},
    {"schedule": "linear"},
    {"momentum": 1.0},
    {"batch_size": 0},
    {"max_iter": 0},
    {"validation_fraction": 1.0},
    {"n_iter_no_change": 0},
    {"monitor": "acuracy"},
    {"monitor": 3},
    {"label_smoothing": 1},
    {"clip_norm": 0.0},
    {"ema_decay": 1.0},
    {"augmentation": "heavy"},
    {"augmentation": {"turn": 3}},
    {"augmentation": {"shift": -3}},
    {"scaling": "some"},
    {"scaled_std": 0},
    {"class_weight": "even"},
    {"class_weight": {11: 1.0}},
    {"class_weight": {3: -1.0}},
    {"callbacks": [print]},
    {"callbacks": 3},
    {"checkpoint": 3},
]


@pytest.mark.parametrize("parameters", SENSELESS, ids=str)
def test_senseless_parameters_are_refused_by_name_when_fitting(make, parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match="shift" if "shift" in str(parameters) else name):
        make(**parameters).fit(X, Y)


BAD_DATA = {
    "sizes": ((X, Y[:-1]), "inconsistent"),
    "features": ((X, Y, None, X_TEST[:, :9], Y_TEST), "9 features"),
    "half of the validation data": ((X, Y, None, X_TEST), "y_val is missing"),
    "validation label": ((X, Y, None, X_TEST, Y_TEST + 1), r"y_val holds labels \[10\]"),
    "nan": ((np.full((3, 4), np.nan), [0, 1, 2]), "NaN"),
    "weights": ((X, Y, -np.ones(len(X))), "[Nn]egative"),
    "weights of zero": ((X, Y, np.zeros(len(X))), "zero"),
    "continuous labels": ((X, Y + 0.5), "continuous"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_refused_and_leave_a_fitted_model_as_it_was(make, case):
    data, message = BAD_DATA[case]
    model = make(max_iter=1).fit(X // 2, Y)
    before, proba = dict(vars(model)), model.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        model.fit(*data)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    np.testing.assert_array_equal(model.predict_proba(X), proba)


def test_bad_data_leave_an_unfitted_model_unfitted(make):
    model = make()
    with pytest.raises(ValueError, match="validation_fraction"):
        model.set_params(early_stopping=True).fit(X[:3], [0, 1, 2])
    assert vars(model).keys() == vars(make()).keys()


def test_augmentation_needs_square_images(make):
    with pytest.raises(ValueError, match="50 features are no square image"):
        make(augmentation="flip").fit(X[:, :50], Y)
    assert make(augmentation="flip", max_iter=1).fit(X[:, :40].reshape(-1, 8, 5), Y).n_iter_ == 1


def test_divergence_leaves_a_warm_model_as_it_was(make):
    model = make(warm_start=True).fit(X, Y)
    proba = model.predict_proba(X)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="learning rate of 1e"):
        model.set_params(learning_rate_init=1e30).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), proba)


VALIDATION = {
    "features": ((X_TEST[:, :9], Y_TEST), "9 features"),
    "sizes": ((X_TEST, Y_TEST[:-1]), "inconsistent"),
    "nan": ((np.full((3, 64), np.nan), [0, 1, 2]), "NaN"),
    "none": ((X_TEST[:0], Y_TEST[:0]), "0 sample"),
}


@pytest.mark.parametrize("case", VALIDATION)
def test_data_to_validate_with_are_refused_as_those(make, case):
    data, message = VALIDATION[case]
    with pytest.raises(ValueError, match=f"^X_val, y_val: .*{message}"):
        make(max_iter=1, early_stopping=True).fit(X, Y, None, *data)
    with pytest.raises(ValueError, match=f"^X_val, y_val: .*{message}"):
        make(max_iter=1).fit(X, Y).calibrate(*data)
