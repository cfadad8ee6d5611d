"""Convolution and its gradients, by every algorithm, against the oracle in float64.

Tolerances, with ``u = 2 ** -24``. Direct: a sum of k products is off by at most
``k * u * sum(|a| |b|)``, and is exact where all products and sums are whole numbers below 2 ** 24.
Winograd mixes the pixels of a tile, so an error is measured by the largest of them: at most
``WINOGRAD_GROWTH * u * max|a| * sum|b|``, and over a whole array of a network's size a root mean
square of at most 5e-6 of the result's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

UNIT_ROUNDOFF = 2.0**-24
WINOGRAD_GROWTH = 256  # the largest of 6,000 random convolutions, mostly tiny, was 93
WINOGRAD_RMS = 5e-6
ALGORITHMS = ["direct", "winograd", "auto"]


@dataclass(frozen=True)
class Shape:
    """A convolution, as small as it gets, but for what a test says."""

    n: int = 1
    plane: tuple[int, int] = (3, 3)
    c: int = 1
    oc: int = 1
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (1, 1)

    @property
    def out(self):
        sizes = zip(self.plane, self.kernel, self.stride, self.padding, strict=True)
        return tuple((size + 2 * p - k) // s + 1 for size, k, s, p in sizes)

    def array_shapes(self):
        x, weight = (self.n, *self.plane, self.c), (*self.kernel, self.c, self.oc)
        return x, weight, (self.oc,), (self.n, *self.out, self.oc)  # x, weight, bias, dy

    def normal_operands(self, seed):
        rng = np.random.default_rng(seed)
        return tuple(rng.standard_normal(s, np.float32) for s in self.array_shapes())

    def whole_operands(self, seed):
        rng = np.random.default_rng(seed)
        return tuple(rng.integers(-9, 10, s).astype(np.float32) for s in self.array_shapes())


# -- drawn shapes ----------------------------------------------------------------------------

batch_sizes = st.sampled_from([0, 1, 2, 7])
# 1, odd, a vector and one more; enough for Winograd to pay; many, but not both, for the oracle
channels = (
    st.sampled_from([(1, 1), (1, 16), (1, 33), (3, 17), (17, 3), (64, 5), (5, 64)])
    | st.sampled_from([(16, 16), (17, 33), (33, 16)])
    | st.sampled_from([(256, 2), (2, 256)])
)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def direction(draw, kernel_sizes, strides):
    """Size, kernel, stride and padding along one axis, such that there is an output."""
    kernel, stride = draw(kernel_sizes), draw(strides)
    padding = draw(st.integers(0, kernel - 1))
    size = draw(st.integers(max(1, kernel - 2 * padding), 13))
    return size, kernel, stride, padding


@st.composite
def shapes(draw, kernel_sizes=None, strides=None):
    """Convolutions of any kernel, stride and padding; planes may be smaller than the kernel."""
    kernel_sizes = st.sampled_from([1, 2, 3, 5, 7]) if kernel_sizes is None else kernel_sizes
    strides = st.sampled_from([1, 1, 2, 3]) if strides is None else strides
    axis = direction(kernel_sizes, strides)
    plane, kernel, stride, padding = zip(draw(axis), draw(axis), strict=True)
    c, oc = draw(channels)
    return Shape(draw(batch_sizes), plane, c, oc, kernel, stride, padding)


WINOGRAD_STRIDES = [(1, 1), (2, 2)]


def winograd_shapes():
    return st.sampled_from([1, 1, 2]).flatmap(lambda n: shapes(st.just(3), st.just(n)))


# -- calls -----------------------------------------------------------------------------------


def forward(
    s, x, weight, bias=None, *, relu=False, algorithm="auto", training=False, kernels=_kernels
):
    y = np.full((x.shape[0], *s.out, s.oc), np.nan, x.dtype)
    kernels.conv2d_forward(x, weight, bias, y, s.stride, s.padding, relu, algorithm, training)
    return y


def backward_input(s, dy, weight, relu_x=None, *, algorithm="auto", kernels=_kernels):
    dx = np.full((dy.shape[0], *s.plane, s.c), np.nan, dy.dtype)
    kernels.conv2d_backward_input(dy, weight, dx, s.stride, s.padding, relu_x, algorithm)
    return dx


def backward_params(s, x, dy, *, algorithm="auto", kernels=_kernels):
    dweight, dbias = (
        np.full((*s.kernel, s.c, s.oc), np.nan, x.dtype),
        np.full(s.oc, np.nan, x.dtype),
    )
    kernels.conv2d_backward_params(x, dy, dweight, dbias, s.stride, s.padding, algorithm)
    return dweight, dbias


def all_passes(s, operands, *, fused=False, algorithm="auto", kernels=_kernels):
    """y, dx, dweight and dbias; `fused`: with the bias, the ReLU behind and the one before."""
    x, weight, bias, dy = operands
    how = {"algorithm": algorithm, "kernels": kernels}
    return (
        forward(s, x, weight, bias if fused else None, relu=fused, **how),
        backward_input(s, dy, weight, x if fused else None, **how),
        *backward_params(s, x, dy, **how),
    )


some = settings(max_examples=60, deadline=None)

# the report's planes, and past one block of each algorithm; the layers of residual networks
REPORT_SHAPES = [
    Shape(2, (48, 48), 32, 32),
    Shape(2, (24, 24), 64, 64),
    Shape(2, (12, 12), 128, 128),
    Shape(3, (6, 6), 256, 256),
    Shape(1, (12, 12), 64, 128),
    Shape(40, (12, 12), 32, 32),
    Shape(2, (12, 12), 256, 32),
    Shape(5, (13, 11), 33, 65),
]
STRIDED_SHAPES = [
    Shape(2, (24, 24), 64, 128, stride=(2, 2)),
    Shape(3, (12, 12), 128, 256, stride=(2, 2)),
    Shape(5, (6, 6), 256, 512, stride=(2, 2)),
    Shape(40, (12, 12), 64, 32, stride=(2, 2)),
    Shape(5, (21, 11), 33, 65, stride=(2, 2)),
]
OTHER_SHAPES = [
    Shape(2, (48, 48), 1, 32),
    Shape(1, (24, 24), 3, 64, (7, 7), (2, 2), (3, 3)),
    Shape(3, (24, 24), 48, 20, (3, 3), (2, 2)),
    Shape(3, (12, 12), 256, 64, (1, 1), (1, 1), (0, 0)),
    Shape(2, (12, 12), 64, 128, (1, 1), (2, 2), (0, 0)),
]


def assert_within(actual, expected, bound):
    assert np.all(np.abs(actual - expected) <= bound)


def doubles(operands):
    return tuple(a.astype(np.float64) for a in operands)


def expected_and_magnitudes(s, operands, *, fused):
    """The oracle's results in float64, and those of the absolute values, nothing masked."""
    x, weight, bias, dy = doubles(operands)
    expected = all_passes(s, (x, weight, bias, dy), fused=fused, kernels=reference)
    sizes = tuple(map(np.abs, (x, weight, bias if fused else 0 * bias, dy)))
    how = {"kernels": reference}
    y = forward(s, *sizes[:3], **how)
    dx = backward_input(s, sizes[3], sizes[1], **how)
    return expected, (y, dx, *backward_params(s, sizes[0], sizes[3], **how))


def assert_direct_near_oracle(s, seed, fused):
    operands = s.normal_operands(seed)
    actual = all_passes(s, operands, fused=fused, algorithm="direct")
    taps, outputs = s.kernel[0] * s.kernel[1], s.n * s.out[0] * s.out[1]
    terms = (taps * s.c + 1, taps * s.oc, outputs, outputs)
    expected, magnitudes = expected_and_magnitudes(s, operands, fused=fused)
    for a, e, k, magnitude in zip(actual, expected, terms, magnitudes, strict=True):
        assert_within(a, e, k * UNIT_ROUNDOFF * magnitude)


def winograd_bounds(operands):
    """Bounds of y, dx and dweight: the largest first factor times the sum of the second ones."""
    x, weight, bias, dy = (np.abs(a) for a in doubles(operands))
    largest_x, largest_dy = x.max(initial=0), dy.max(initial=0)
    y = largest_x * weight.sum(axis=(0, 1, 2)).max() + bias.max()
    dx = largest_dy * weight.sum(axis=(0, 1, 3)).max()
    dweight = largest_x * dy.sum(axis=(0, 1, 2)).max()
    return [WINOGRAD_GROWTH * UNIT_ROUNDOFF * bound for bound in (y, dx, dweight)]


def assert_winograd_near_oracle(s, seed, fused):
    operands = s.normal_operands(seed)
    actual = all_passes(s, operands, fused=fused, algorithm="winograd")
    expected, magnitudes = expected_and_magnitudes(s, operands, fused=fused)
    for a, e, bound in zip(actual, expected, winograd_bounds(operands), strict=False):
        assert_within(a, e, bound)
    outputs = s.n * s.out[0] * s.out[1]
    assert_within(actual[3], expected[3], outputs * UNIT_ROUNDOFF * magnitudes[3])  # dbias


@some
@given(shapes(), st.booleans(), seeds)
def test_direct_sums_of_whole_numbers_are_exact(s, fused, seed):
    operands = s.whole_operands(seed)
    expected = all_passes(s, doubles(operands), fused=fused, kernels=reference)
    actual = all_passes(s, operands, fused=fused, algorithm="direct")
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)


@some
@given(shapes(), st.booleans(), seeds)
def test_direct_is_within_the_rounding_bound_of_the_oracle(s, fused, seed):
    assert_direct_near_oracle(s, seed, fused)


@some
@given(winograd_shapes(), st.booleans(), seeds)
@example(Shape(1, (1, 1), 1, 1), True, 0)
@example(Shape(7, (1, 5), 17, 33, padding=(2, 0)), True, 0)
@example(Shape(1, (1, 1), 1, 1, stride=(2, 2)), True, 0)
@example(Shape(7, (1, 9), 17, 33, stride=(2, 2), padding=(2, 0)), True, 0)
@example(Shape(2, (13, 12), 33, 17, stride=(2, 2), padding=(0, 2)), True, 0)
def test_winograd_is_within_its_bound_of_the_oracle(s, fused, seed):
    assert_winograd_near_oracle(s, seed, fused)


@pytest.mark.parametrize("s", REPORT_SHAPES + OTHER_SHAPES)
def test_direct_layers_of_networks_are_within_the_rounding_bound(s):
    assert_direct_near_oracle(s, seed=1, fused=True)


@pytest.mark.parametrize("s", REPORT_SHAPES + STRIDED_SHAPES)
def test_winograd_layers_of_networks_err_less_than_the_gate(s):
    operands = s.normal_operands(2)
    actual = all_passes(s, operands, algorithm="winograd")
    expected = all_passes(s, doubles(operands), kernels=reference)
    for a, e in zip(actual, expected, strict=True):
        assert np.sqrt(np.mean((a - e) ** 2) / np.mean(e**2)) <= WINOGRAD_RMS
    assert_winograd_near_oracle(s, 2, fused=True)


@pytest.mark.parametrize("s", STRIDED_SHAPES)
def test_winograd_of_stride_2_errs_about_as_little_as_direct_convolution(s):
    x, weight, _, _ = s.normal_operands(2)
    expected = forward(s, *doubles((x, weight)), kernels=reference)
    direct, winograd = (
        np.sqrt(np.mean((forward(s, x, weight, algorithm=name) - expected) ** 2))
        for name in ("direct", "winograd")
    )
    assert winograd <= 1.25 * direct


@pytest.mark.parametrize("s", STRIDED_SHAPES)
def test_stride_2_is_direct_where_asked_for_and_winograd_where_it_saves_products(same_bits, s):
    x, weight, bias, _ = s.normal_operands(8)
    by_name = {
        name: forward(s, x, weight, bias, algorithm=name) for name in ("auto", "direct", "winograd")
    }
    same_bits(by_name["auto"], by_name["winograd"])
    assert np.any(by_name["direct"] != by_name["winograd"])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("s", [replace(STRIDED_SHAPES[3], plane=(n, n)) for n in (2, 8, 10, 13)])
def test_stride_2_is_direct_where_winograd_would_save_little(same_bits, s, training):
    x, weight, bias, _ = s.normal_operands(8)
    auto = forward(s, x, weight, bias, training=training)
    same_bits(auto, forward(s, x, weight, bias, algorithm="direct", training=training))


@some
@given(shapes() | winograd_shapes(), seeds)
@example(REPORT_SHAPES[2], 0)
@example(REPORT_SHAPES[3], 0)
@example(OTHER_SHAPES[2], 0)
@example(STRIDED_SHAPES[0], 0)
def test_auto_is_one_of_the_algorithms(s, seed):
    operands = s.normal_operands(seed)
    may_be_winograd = s.kernel == (3, 3) and s.stride in WINOGRAD_STRIDES
    names = ["direct", "winograd"] if may_be_winograd else ["direct"]
    by_name = [all_passes(s, operands, algorithm=name) for name in names]
    for chosen, candidates in zip(all_passes(s, operands), zip(*by_name, strict=True), strict=True):
        assert any(chosen.tobytes() == candidate.tobytes() for candidate in candidates)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("c", "oc"), [(0, 5), (0, 16), (16, 0), (0, 0)])
def test_sums_over_no_channels_are_zero_and_no_channels_are_sums_of_none(algorithm, c, oc):
    s = Shape(2, (8, 7), c, oc)
    operands = s.normal_operands(3)
    expected = all_passes(s, doubles(operands), fused=True, kernels=reference)
    actual = all_passes(s, operands, fused=True, algorithm=algorithm)
    together = both_gradients(s, operands, relu_before=True, algorithm=algorithm)
    for a, e in zip((*actual, *together), (*expected, *expected[1:]), strict=True):
        np.testing.assert_allclose(a, e, rtol=0, atol=1e-4)


# -- what is fused, what may be left out -----------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=seeds)
def test_fused_parts_have_the_bits_of_separate_ones(same_bits, algorithm, data, seed):
    s = data.draw(shapes() if algorithm == "direct" else winograd_shapes())
    x, weight, bias, dy = s.normal_operands(seed)
    y, dx, dweight, _ = all_passes(s, (x, weight, bias, dy), fused=True, algorithm=algorithm)

    afterwards = forward(s, x, weight, bias, algorithm=algorithm)
    _kernels.relu_forward(afterwards, afterwards)
    same_bits(y, afterwards)
    afterwards = backward_input(s, dy, weight, algorithm=algorithm)
    _kernels.relu_backward(afterwards, x, afterwards)
    same_bits(dx, afterwards)
    alone = np.full_like(dweight, np.nan)
    _kernels.conv2d_backward_params(x, dy, alone, None, s.stride, s.padding, algorithm)
    same_bits(dweight, alone)
    no_bias = forward(s, x, weight, np.zeros_like(bias), algorithm=algorithm)
    np.testing.assert_array_equal(forward(s, x, weight, algorithm=algorithm), no_bias)


def both_gradients(s, operands, *, relu_before, algorithm="auto"):
    x, weight, bias, dy = operands
    dx, dweight, dbias = (np.full_like(like, np.nan) for like in (x, weight, bias))
    relu_x = x if relu_before else None
    place = (s.stride, s.padding)
    _kernels.conv2d_backward(x, dy, weight, dx, dweight, dbias, *place, relu_x, algorithm)
    return dx, dweight, dbias


def assert_together_as_alone(same_bits, s, seed, relu_before, algorithm):
    operands = s.normal_operands(seed)
    together = both_gradients(s, operands, relu_before=relu_before, algorithm=algorithm)
    _, *alone = all_passes(s, operands, fused=relu_before, algorithm=algorithm)
    for actual, expected in zip(together, alone, strict=True):
        same_bits(actual, expected)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), relu_before=st.booleans(), seed=seeds)
def test_gradients_together_have_the_bits_of_each_alone(
    same_bits, algorithm, data, relu_before, seed
):
    s = data.draw(shapes() if algorithm == "direct" else winograd_shapes())
    assert_together_as_alone(same_bits, s, seed, relu_before, algorithm)


@pytest.mark.parametrize("s", [*REPORT_SHAPES, Shape(13, (24, 24), 32, 64), OTHER_SHAPES[4]])
def test_gradients_of_networks_together_have_the_bits_of_each_alone(same_bits, s):
    assert_together_as_alone(same_bits, s, seed=3, relu_before=True, algorithm="auto")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_mask_lets_nothing_through_where_it_is_not_a_number(algorithm):
    s = Shape(2, (6, 7), 17, 16)
    x, weight, _, dy = s.normal_operands(5)
    x[0, 3], x[1, :, 2] = np.nan, 0.0
    dx = backward_input(s, dy, weight, x, algorithm=algorithm)
    np.testing.assert_array_equal(dx[~(x > 0)], 0)
    assert np.all(dx[x > 0] != 0)


# -- what is not finite ----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("s", [Shape(3, (9, 10), 17, 18), OTHER_SHAPES[1]])
def test_direct_values_that_are_not_finite_go_where_the_oracle_has_them(s, bad):
    s = replace(s, n=3)
    x, weight, bias, dy = s.normal_operands(6)
    x[1, 4, 5, 0], dy[1, 2, 3, 1] = bad, bad
    with np.errstate(invalid="ignore"):
        expected = all_passes(s, (x, weight, bias, dy), fused=True, kernels=reference)
        actual = all_passes(s, (x, weight, bias, dy), fused=True, algorithm="direct")
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(np.isnan(a), np.isnan(e))
        np.testing.assert_array_equal(np.isposinf(a), np.isposinf(e))
        np.testing.assert_array_equal(np.isneginf(a), np.isneginf(e))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "s",
    [
        Shape(3, (9, 10), 17, 18),
        Shape(3, (6, 6), 17, 18),
        Shape(3, (9, 10), 17, 18, stride=(2, 2)),
        Shape(3, (11, 12), 17, 18, stride=(2, 2)),
    ],
)
def test_winograd_loses_no_value_that_is_not_finite_and_keeps_it_in_its_image(same_bits, s, bad):
    x, weight, bias, dy = s.normal_operands(7)
    how = {"fused": True, "algorithm": "winograd"}
    clean = all_passes(s, (x, weight, bias, dy), **how)
    x[1, 4, 5, 0], dy[1, 2, 3, 1] = bad, bad
    actual = all_passes(s, (x, weight, bias, dy), **how)
    with np.errstate(invalid="ignore"):
        expected = all_passes(s, (x, weight, bias, dy), fused=True, kernels=reference)
    for a, e in zip(actual, expected, strict=True):
        assert not np.isfinite(a[~np.isfinite(e)]).any()
    for a, e in zip(actual[:2], clean[:2], strict=True):
        same_bits(a[[0, 2]], e[[0, 2]])


# -- bits, and bounds of memory --------------------------------------------------------------


@pytest.mark.parametrize(
    ("s", "algorithm"),
    [
        (Shape(7, (24, 20), 16, 40), "direct"),
        (Shape(7, (15, 14), 3, 17, (5, 3), (2, 1), (4, 0)), "direct"),
        (Shape(5, (9, 9), 64, 48, (1, 1), (1, 1), (0, 0)), "direct"),
        (Shape(7, (24, 20), 16, 40), "winograd"),
        (Shape(7, (6, 6), 48, 257), "winograd"),
        (Shape(7, (24, 20), 16, 40, stride=(2, 2)), "winograd"),
        (Shape(7, (6, 6), 48, 257, stride=(2, 2)), "winograd"),
        (Shape(3, (12, 12), 64, 64), "auto"),
    ],
)
def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits, s, algorithm):
    operands = s.normal_operands(3)
    with threads(1):
        alone = all_passes(s, operands, fused=True, algorithm=algorithm)
    for n in (2, 3, 5):
        with threads(n):
            many = all_passes(s, operands, fused=True, algorithm=algorithm)
            both = both_gradients(s, operands, relu_before=True, algorithm=algorithm)
        for actual, expected in zip((*many, *both), (*alone, *alone[1:]), strict=True):
            same_bits(actual, expected)


def assert_batches_do_not_matter(same_bits, s, seed, algorithm):
    x, weight, bias, dy = s.normal_operands(seed)
    how = {"algorithm": algorithm}
    y = forward(s, x, weight, bias, relu=True, **how)
    dx = backward_input(s, dy, weight, x, **how)
    order = np.random.default_rng(seed).permutation(s.n)
    for part in (order, order[: s.n // 2], order[:1]):
        same_bits(forward(s, x[part], weight, bias, relu=True, **how), y[part])
        same_bits(backward_input(s, dy[part], weight, x[part], **how), dx[part])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=seeds)
def test_images_have_the_same_bits_in_any_batch_and_order(same_bits, algorithm, data, seed):
    s = data.draw(shapes() if algorithm == "direct" else winograd_shapes())
    s = replace(s, n=data.draw(st.sampled_from([2, 7, 13])))
    assert_batches_do_not_matter(same_bits, s, seed, algorithm)


@pytest.mark.parametrize("s", REPORT_SHAPES[1:4] + STRIDED_SHAPES)
def test_auto_chooses_the_same_for_any_batch(same_bits, s):
    assert_batches_do_not_matter(same_bits, replace(s, n=9), 4, "auto")


def test_many_images_of_stride_2_have_the_bits_of_few(same_bits):
    assert_batches_do_not_matter(same_bits, replace(STRIDED_SHAPES[1], n=40), 4, "auto")


def fenced(array, fence):
    """The array anew, `fence` around it in memory; and all of that memory."""
    band = 67  # odd, so that no vector begins with the array
    memory = np.full(array.size + 2 * band, fence, array.dtype)
    inner = memory[band : band + array.size].reshape(array.shape)
    inner[...] = array
    return inner, memory


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=seeds)
def test_memory_around_the_arrays_is_neither_used_nor_written(same_bits, algorithm, data, seed):
    s = data.draw(shapes() if algorithm == "direct" else winograd_shapes())
    operands = s.normal_operands(seed)
    expected = all_passes(s, operands, fused=True, algorithm=algorithm)
    x, weight, bias, dy = (fenced(a, np.nan)[0] for a in operands)
    outputs, memories = zip(*(fenced(np.full_like(e, 5), 7) for e in expected), strict=True)
    y, dx, dweight, dbias = outputs
    place = (s.stride, s.padding)
    _kernels.conv2d_forward(x, weight, bias, y, *place, True, algorithm)
    _kernels.conv2d_backward_input(dy, weight, dx, *place, x, algorithm)
    _kernels.conv2d_backward_params(x, dy, dweight, dbias, *place, algorithm)
    for actual, memory, e in zip(outputs, memories, expected, strict=True):
        same_bits(actual, e)
        np.testing.assert_array_equal(memory[:67], 7)
        np.testing.assert_array_equal(memory[len(memory) - 67 :], 7)


# -- forward in training ---------------------------------------------------------------------


@some
@given(winograd_shapes(), seeds)
def test_a_training_forward_is_within_the_bound_and_no_batch_changes_an_image(same_bits, s, seed):
    x, weight, bias, _ = operands = s.normal_operands(seed)
    y = forward(s, x, weight, bias, training=True, algorithm="winograd")
    expected = forward(s, *doubles((x, weight, bias)), kernels=reference)
    assert_within(y, expected, winograd_bounds(operands)[0])
    for image, alone in zip(y, x, strict=True):
        same_bits(
            forward(s, alone[None], weight, bias, training=True, algorithm="winograd")[0], image
        )


@pytest.mark.parametrize("s", REPORT_SHAPES + STRIDED_SHAPES)
def test_a_training_forward_errs_less_than_the_gate(s):
    x, weight, _, _ = s.normal_operands(2)
    y = forward(s, x, weight, training=True)
    expected = forward(s, *doubles((x, weight)), kernels=reference)
    assert np.sqrt(np.mean((y - expected) ** 2) / np.mean(expected**2)) <= WINOGRAD_RMS
