"""The figures of a batch: who was right, and the sum of the losses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

batch_sizes = st.integers(0, 20) | st.sampled_from([63, 64, 65, 300])
class_counts = st.integers(1, 20) | st.sampled_from([7, 33, 1000])
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)

# few numbers, so that several are the largest
few_numbers = st.sampled_from([-np.inf, -1.0, 0.0, -0.0, 2.0, np.inf, np.nan])


@some
@given(batch_sizes, class_counts, st.data(), seeds)
def test_right_is_where_the_first_of_the_largest_stands(n, c, data, seed):
    rng = np.random.default_rng(seed)
    numbers = np.array(data.draw(st.lists(few_numbers, min_size=1, max_size=4)), np.float32)
    logits = rng.choice(numbers, (n, c))
    target = np.where(rng.random(n) < 0.5, logits.argmax(axis=1), rng.integers(c, size=n))
    target = target.astype(np.int32)
    expected = reference.count_right(logits, target)
    assert _kernels.count_right(logits, target) == expected
    assert expected == sum(row.argmax() == place for row, place in zip(logits, target, strict=True))


@pytest.mark.parametrize(("shape", "n"), [((2, 3), 3), ((2, 0), 2)])
def test_targets_of_another_number_and_rows_of_nothing_are_refused(shape, n):
    with pytest.raises(ValueError, match="expected"):
        _kernels.count_right(np.zeros(shape, np.float32), np.zeros(n, np.int32))


# -- with the losses -------------------------------------------------------------------------


def batch_figures(loss, logits=None, target=None, *, kernels=_kernels):
    logits = np.zeros((len(loss), 1), np.float32) if logits is None else logits
    target = np.zeros(len(loss), np.int32) if target is None else target
    figures = np.full(2, np.nan)
    kernels.batch_figures(loss, logits, target, figures)
    return figures


# sums are cut after 8 numbers, and halved above 128
summed = st.integers(0, 40) | st.sampled_from([127, 128, 129, 136, 137, 255, 257, 1000])


@some
@given(summed, class_counts, seeds)
def test_figures_are_the_sum_of_the_losses_and_who_was_right(n, c, seed):
    rng = np.random.default_rng(seed)
    logits, loss = rng.uniform(-5, 5, (n, c)), rng.uniform(0, 10, n)
    logits, loss = logits.astype(np.float32), loss.astype(np.float32)
    target = rng.integers(0, c, n, dtype=np.int32)
    figures = batch_figures(loss, logits, target)
    expected = batch_figures(loss, logits, target, kernels=reference)
    assert figures[0] == expected[0] == np.float32(expected[0])
    assert figures[1] == expected[1] == reference.count_right(logits, target)


@some
@given(summed, seeds)
def test_sums_of_whole_losses_are_exact(n, seed):
    loss = np.random.default_rng(seed).integers(0, 1000, n)
    assert batch_figures(loss.astype(np.float32))[0] == loss.sum()


@pytest.mark.parametrize("kernels", [_kernels, reference])
@pytest.mark.parametrize("losses", [[1, np.nan], [np.inf] * 9, [3e38] * 140])
def test_a_sum_that_is_not_finite_is_an_error_and_written(losses, kernels):
    figures, n = np.zeros(2), len(losses)
    arrays = (np.array(losses, np.float32), np.zeros((n, 2), np.float32), np.zeros(n, np.int32))
    with pytest.raises(FloatingPointError, match="sum of the losses is not finite"):
        kernels.batch_figures(*arrays, figures)
    assert not np.isfinite(figures[0])
    assert figures[1] == n


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"loss": np.zeros(3, np.float32)}, "loss has length 3"),
        ({"target": np.zeros(3, np.int32)}, "target has length 3"),
        ({"logits": np.zeros((2, 0), np.float32)}, "logits has no columns"),
        ({"figures": np.zeros(3)}, "figures has length 3"),
        ({"figures": np.zeros(2, np.float32)}, "figures has dtype float32, expected float64"),
    ],
)
def test_figures_of_what_does_not_fit_are_refused(wrong, message):
    fitting = {
        "loss": np.zeros(2, np.float32),
        "logits": np.zeros((2, 4), np.float32),
        "target": np.zeros(2, np.int32),
        "figures": np.zeros(2),
    }
    with pytest.raises((ValueError, TypeError), match=message):
        _kernels.batch_figures(**(fitting | wrong))
