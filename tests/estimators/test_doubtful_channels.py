"""Channels that tell a network nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.layers import Flatten, Linear

Y = np.arange(300) % 2
NETWORKS = [
    FERMLPClassifier((2,), max_iter=1, random_state=0),
    FERCNNClassifier([Flatten(), Linear(2)], max_iter=1, random_state=0),
]


def images(channels, dtype=np.uint8):
    drawn = np.random.default_rng(0).integers(0, 200, (len(Y), 6, 6, channels))
    return drawn.astype(dtype) if dtype == np.uint8 else (drawn / 255).astype(dtype)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_grey_images_in_three_channels_are_warned_of_at_the_users_line(network, dtype):
    with pytest.warns(UserWarning, match=r"3 channels that are equal .* X\[\.\.\., :1\]") as caught:
        network.fit(images(1, dtype).repeat(3, axis=3), Y)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("opacity", [255, 0])
def test_an_opacity_that_is_the_same_everywhere_is_warned_of(network, channels, opacity):
    X = images(channels)
    X[..., -1] = opacity
    with pytest.warns(UserWarning, match=rf"last is {opacity} .* X\[\.\.\., :{channels - 1}\]"):
        network.fit(X, Y)


@given(st.integers(0, len(Y) - 1), st.integers(0, 5), st.integers(0, 5))
def test_one_coloured_pixel_makes_images_ones_in_colours(image, row, column):
    X = images(1).repeat(3, axis=3)
    X[image, row, column, 1] += 1
    NETWORKS[1].fit(X, Y)


@given(st.integers(0, len(Y) - 1), st.integers(0, 5), st.integers(0, 5))
def test_one_transparent_pixel_makes_a_channel_tell_something(image, row, column):
    X = images(4)
    X[..., 3] = 255
    X[image, row, column, 3] = 0
    NETWORKS[1].fit(X, Y)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_other_channels_are_not_warned_of(channels):
    NETWORKS[1].fit(images(channels), Y)


def test_five_equal_channels_and_empty_images_are_not_warned_of():
    NETWORKS[1].fit(images(1).repeat(5, axis=3), Y)
    for channels in (2, 3, 4):
        NETWORKS[1].fit(np.zeros((len(Y), 6, 6, channels), np.uint8), Y)


def test_what_goes_on_says_nothing_again():
    X = images(1).repeat(3, axis=3)
    model = FERMLPClassifier((2,), max_iter=1, random_state=0)
    with pytest.warns(UserWarning, match="3 channels"):
        model.partial_fit(X, Y, classes=[0, 1])
    model.partial_fit(X, Y)
