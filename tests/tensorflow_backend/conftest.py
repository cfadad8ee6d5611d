"""Where TensorFlow is not installed, the tests that are marked with it are skipped."""

from __future__ import annotations

import importlib.util
import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
INSTALLED = importlib.util.find_spec("tensorflow") is not None


@pytest.fixture(autouse=True)
def _skip_without_tensorflow(request):
    if request.node.get_closest_marker("tensorflow") and not INSTALLED:
        pytest.skip('TensorFlow is not installed: pip install "fernet-emotion[tensorflow]"')


@pytest.fixture
def keras():
    from fernet.tensorflow_backend.imports import import_keras

    return import_keras()


@pytest.fixture
def rng():
    return np.random.default_rng(0)
