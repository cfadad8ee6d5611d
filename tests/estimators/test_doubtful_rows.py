"""Rows that seem to be colour images, or images and their labels."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.layers import Flatten, Linear

Y = np.arange(12) % 2
TINY = [Flatten(), Linear(2)]


def rows(n_features):
    return np.random.default_rng(0).integers(0, 256, (12, n_features), dtype=np.uint8)


def networks():
    return [
        FERMLPClassifier((2,), max_iter=1, random_state=0),
        FERCNNClassifier(TINY, max_iter=1, random_state=0),
    ]


@pytest.mark.parametrize("network", networks())
@pytest.mark.parametrize(("n_features", "size"), [(785, "28x28"), (2305, "48x48"), (3073, "32x32")])
def test_an_image_and_a_number_more_are_warned_of_at_the_users_line(network, n_features, size):
    with pytest.warns(UserWarning, match=f"one more than images of {size} pixels") as caught:
        network.fit(rows(n_features), Y)
    assert [warning.filename for warning in caught] == [__file__]


def test_rows_of_colour_images_are_warned_of_where_they_are_read_as_one_row():
    mlp, cnn = networks()
    with pytest.warns(UserWarning, match=r"as colour images of 32x32 .* \(n_samples, 32, 32, 3\)"):
        cnn.fit(rows(3072), Y)
    mlp.fit(rows(3072), Y)
    assert mlp.image_shape_ == (32, 32, 3)


@pytest.mark.parametrize("network", networks())
@pytest.mark.parametrize("n_features", [1, 2, 10, 48, 101, 192, 442, 2304, 2306])
def test_other_rows_are_not_warned_of(network, n_features):
    network.fit(rows(n_features), Y)


def test_images_are_not_warned_of():
    FERCNNClassifier(TINY, max_iter=1).fit(rows(3072).reshape(12, 32, 32, 3), Y)


def test_within_a_pipeline_and_a_search_the_users_line_is_shown():
    pipeline = make_pipeline(StandardScaler(), networks()[0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cross_val_score(pipeline, rows(785), Y, cv=2)
    assert {warning.filename for warning in caught} == {__file__}
