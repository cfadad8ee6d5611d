"""Intervals of shares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp

from fernet.metrics._intervals import share_interval, share_interval_over_groups


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_is_scipys(counts):
    expected = binomtest(*counts).proportion_ci(0.95, method="wilson")

    assert share_interval(*counts) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_is_known_of_no_sample():
    assert share_interval(0, 0) == (0, 1)


@given(st.floats(0, 1), st.floats(1e-300, 1e300))
def test_any_weights_have_an_interval_within_0_and_1(share, weight):
    low, high = share_interval(share * weight, weight)
    assert 0 <= low <= high <= 1


@given(st.lists(st.integers(0, 20), min_size=2, max_size=30))
def test_over_groups_of_one_size_it_is_students_of_their_shares(hits):
    n_hits = np.array(hits, np.int64)
    low, high = share_interval_over_groups(n_hits, np.full(len(hits), 20))

    if n_hits.std() == 0:
        assert low == high == pytest.approx(n_hits[0] / 20)
    else:
        expected = ttest_1samp(n_hits / 20, 0).confidence_interval(0.95)
        assert (low, high) == pytest.approx(np.clip(expected, 0, 1))


def test_over_groups_it_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    n_samples = rng.integers(5, 40, (2000, 30))
    shares = rng.beta(6, 4, n_samples.shape)
    n_hits = rng.binomial(n_samples, shares)

    ends = [share_interval_over_groups(*counts) for counts in zip(n_hits, n_samples, strict=True)]

    holds = np.mean([low <= 0.6 <= high for low, high in ends])
    assert 0.92 < holds < 0.97
    alone = [share_interval(k.sum(), n.sum()) for k, n in zip(n_hits, n_samples, strict=True)]
    assert np.mean([low <= 0.6 <= high for low, high in alone]) < 0.8
