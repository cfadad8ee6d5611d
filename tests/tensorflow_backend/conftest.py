"""Fixtures of the tests that need TensorFlow."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def keras():
    from fernet.tensorflow_backend.imports import import_keras

    return import_keras()


@pytest.fixture
def channels_first(keras):
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.fixture
def rng():
    return np.random.default_rng(0)
