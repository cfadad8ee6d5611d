"""A small model, faces for it, and axes that belong to no window."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.datasets import make_faces


@pytest.fixture(autouse=True, scope="session")
def _matplotlib():
    pytest.importorskip("matplotlib")


@pytest.fixture
def ax():
    from matplotlib.figure import Figure

    return Figure().subplots()


@pytest.fixture
def two_axes():
    from matplotlib.figure import Figure

    return Figure().subplots(2)


@pytest.fixture(scope="session")
def faces():
    """Drawn faces, cut to 16x16."""
    bunch = make_faces(120, random_state=0)
    return bunch.images[:, 8:40:2, 8:40:2].copy(), bunch.target


@pytest.fixture(scope="session")
def mlp(faces):
    X, y = faces
    return FERMLPClassifier((8,), max_iter=3, random_state=0).fit(X, y)


@pytest.fixture(scope="session")
def cnn(faces):
    X, y = faces
    options = {"filters": [(4, 1), (4, 1)], "hidden_layer_sizes": (8,), "batch_norm": True}
    return FERCNNClassifier(**options, max_iter=2, random_state=0).fit(X, y)


@pytest.fixture
def proba(mlp, faces):
    return np.array(mlp.predict_proba(faces[0]))
