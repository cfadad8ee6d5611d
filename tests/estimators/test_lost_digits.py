"""Numbers that are far from 0 for what they differ by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import FERMLPClassifier

RNG = np.random.default_rng(0)
SPREAD = RNG.normal(size=(40, 3))
Y = np.arange(40) % 2
LOST = r"X's column 0 \(mean 1.77e\+09, standard deviation \d.*\) loses some of what it differs by"


def network(**parameters):
    return FERMLPClassifier((), **{"max_iter": 1, "scaling": "standard", **parameters})


class ReadLater:
    """Rows that are read as they are needed."""

    def __init__(self, rows):
        self.rows, self.shape, self.dtype = rows, rows.shape, rows.dtype

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def near(mean, std):
    """Columns of which the first is far from 0 for its spread."""
    X = SPREAD.copy()
    X[:, 0] = mean + std * X[:, 0]
    return X


@pytest.mark.parametrize("std", [1e-3, 10, 1e3])
def test_a_column_that_float32_rounds_is_warned_of_at_the_users_line(std):
    X = near(1.77e9, std)
    for call in (network().fit, network().partial_fit):
        with pytest.warns(UserWarning, match=LOST) as caught:
            call(X, Y)
        assert [warning.filename for warning in caught] == [__file__]
        assert "StandardScaler" in str(caught[0].message)


@pytest.mark.parametrize("kind", [np.array, np.ndarray.tolist, pd.DataFrame, ReadLater])
def test_whatever_holds_the_numbers(kind):
    with pytest.warns(UserWarning, match="mean 1.77e"):
        network().fit(kind(near(1.77e9, 10)), Y)


@pytest.mark.parametrize("scaling", ["standard", "pixels", "per_pixel"])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint32])
def test_whole_numbers_that_float32_has_no_place_for_are_warned_of(scaling, dtype):
    X = np.rint(1.77e9 + 10 * SPREAD).astype(dtype)
    with pytest.warns(UserWarning, match=rf"{LOST}, as do 1, 2: it is"):
        network(scaling=scaling).fit(X, Y)


def test_columns_are_called_by_their_names_and_the_first_alone():
    X = pd.DataFrame(1e9 + np.tile(SPREAD, 2), columns=list("abcdef"))
    with pytest.warns(UserWarning, match="column 'a' .*, as do 'b', 'c', 3 more: it is"):
        network().fit(X, Y)


@pytest.mark.parametrize("scaled_std", [1.0, 0.3])
def test_a_spread_too_small_to_divide_by_is_warned_of(scaled_std):
    with pytest.warns(UserWarning, match=r"column 0 \(mean 0.0001, standard deviation"):
        network(scaled_std=scaled_std).fit(near(1e-4, 1e-12), Y)


@pytest.mark.parametrize(
    "X",
    [
        SPREAD,
        near(1e4, 0.1),
        near(1.77e9, 1e3).astype(np.float32),
        near(0, 1e-20),
        np.column_stack([SPREAD, np.full(40, 0.1)]),
        np.column_stack([SPREAD, np.where(Y, 0.3, 0.1 + 0.2)]),
        np.column_stack([SPREAD, np.eye(40)]),
        np.column_stack([SPREAD, np.where(np.arange(40) == 7, 2025.0, 2026.0)]),
        np.column_stack([np.eye(40, dtype=np.int64), 16_000_000 + Y]),
    ],
    ids=["plain", "clear", "float32", "tiny", "constant", "computed", "one-hot", "years", "whole"],
)
def test_what_float32_keeps_is_not_warned_of(X):
    network().fit(X, Y)


@pytest.mark.parametrize("scaling", ["standard", "pixels", "per_pixel"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_pixels_are_not_warned_of(scaling, dtype):
    X = RNG.integers(0, 256, (40, 16)).astype(dtype)
    X[:, 0], X[:, 1] = 255, 254 + Y
    network(scaling=scaling).fit(X, Y)
    if dtype == np.float64:
        X[:, 0] -= 1e-3 * RNG.random(40)
        network(scaling="pixels").fit(X, Y)


def test_what_is_little_beside_the_divisor_of_all_is_not_warned_of():
    X = (1.77e9 + np.column_stack([100 * Y, 1e5 * SPREAD])).astype(np.int64)
    network(scaling="pixels").fit(X, Y)
    with pytest.warns(UserWarning, match=LOST):
        network().fit(X, Y)


def test_numbers_that_are_not_scaled_or_less_their_mean_are_not_warned_of():
    X = near(1e5, 1e-3)
    network(scaling=None, learning_rate_init=1e-12).fit(X, Y)
    make_pipeline(StandardScaler(), network()).fit(X, Y)


def test_only_what_is_learnt_from_counts():
    X, y = near(1.77e9, 10), np.arange(40) // 20
    X[::2, 0] = 0
    network().fit(X, y)
    with pytest.warns(UserWarning, match=LOST):
        network().fit(X, y, sample_weight=np.arange(40) % 2)
