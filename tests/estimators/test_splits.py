"""The validation split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fernet.estimators.splits import stratified_indices


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=7),
    st.floats(0.05, 0.6),
    st.integers(0, 2**31 - 1),
)
def test_every_class_is_shared_out_in_proportion(counts, fraction, seed):
    assume(sum(c for c in counts if c > 1) * fraction >= 1)
    target = np.repeat(np.arange(len(counts)), counts)
    rows = np.arange(len(target))
    training, validation = stratified_indices(target, rows, fraction, seed)
    assert sorted([*training, *validation]) == rows.tolist()
    for label, count in enumerate(counts):
        share = (target[validation] == label).sum()
        assert abs(share - fraction * count) <= 1
        assert count == 0 or share < count


def test_only_the_rows_given_are_parted():
    target = np.zeros(20, dtype=int)
    training, validation = stratified_indices(target, np.arange(0, 20, 2), 0.3, 0)
    assert len(validation) == 3
    assert all(row % 2 == 0 for row in [*training, *validation])


def test_the_seed_decides_the_split():
    target = np.arange(100) % 4
    a, b, c = (stratified_indices(target, np.arange(100), 0.2, seed)[1] for seed in (0, 0, 1))
    assert (a == b).all()
    assert (a != c).any()


def test_a_split_without_validation_rows_is_refused():
    with pytest.raises(ValueError, match=r"validation_fraction is 0\.1"):
        stratified_indices(np.arange(5), np.arange(5), 0.1, 0)
