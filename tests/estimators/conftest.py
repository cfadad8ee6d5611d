"""Both classifiers, small enough to learn digits at once."""

from __future__ import annotations

import pytest

from fernet import FERCNNClassifier, FERMLPClassifier

SMALL = {
    "mlp": (FERMLPClassifier, {"hidden_layer_sizes": (32,)}),
    "cnn": (
        FERCNNClassifier,
        {"filters": ((6, 1), (12, 1)), "hidden_layer_sizes": (24,), "dropout": 0.0},
    ),
}
SAME = {"solver": "sgd", "learning_rate_init": 0.01, "max_iter": 5, "random_state": 0}


@pytest.fixture(params=list(SMALL))
def make(request):
    """Make a classifier, with some parameters of one's own."""
    cls, small = SMALL[request.param]
    return lambda **kwargs: cls(**SAME | small | kwargs)
