"""A short training to hang callbacks on."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERMLPClassifier


@pytest.fixture(scope="session")
def features():
    """Numbers of which two classes can be told."""
    X = np.random.default_rng(0).standard_normal((60, 4), dtype=np.float32)
    return X, (X[:, 0] > 0).astype(int)


@pytest.fixture
def fit(features):
    """Fit an estimator with callbacks; keywords are its parameters."""

    def fit(callbacks, *, estimator=None, validation=True, **parameters):
        X, y = features
        model = estimator or FERMLPClassifier((4,), max_iter=4, batch_size=20, random_state=0)
        model.set_params(callbacks=callbacks, **parameters)
        return model.fit(X, y, **({"X_val": X, "y_val": y} if validation else {}))

    return fit
