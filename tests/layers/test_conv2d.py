"""Convolution layer: shapes, first values, fusion, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet.layers import Conv2D, MaxPool2D, ReLU


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Conv2D(4), (9, 12, 4)),
        (Conv2D(4, padding="valid"), (7, 10, 4)),
        (Conv2D(4, stride=2), (5, 6, 4)),
        (Conv2D(4, 1, stride=2), (5, 6, 4)),
        (Conv2D(4, (1, 7)), (9, 12, 4)),
        (Conv2D(4, 7, stride=2, padding=3), (5, 6, 4)),
        (Conv2D(4, (2, 4), padding=(0, 1)), (8, 11, 4)),
    ],
    ids=repr,
)
def test_its_output_has_the_shape_that_its_windows_fill(layer, expected):
    assert layer.output_shape((9, 12, 3)) == expected
    network = Network([layer], (9, 12, 3))
    network.initialize(0)
    assert Session(network).predict(np.ones((2, 9, 12, 3), np.float32)).shape == (2, *expected)


def test_weights_are_rows_columns_channels_filters_and_only_they_decay():
    layer = Conv2D(8, (3, 5))
    assert layer.decayed_shapes((9, 9, 2)) == {"weight": (3, 5, 2, 8)}
    assert layer.undecayed_shapes((9, 9, 2)) == {"bias": (8,)}
    assert Conv2D(8, use_bias=False).undecayed_shapes((9, 9, 2)) == {}


def test_weights_start_spread_by_all_that_a_window_sums_and_biases_at_zero():
    network = Network([Conv2D(64)], (8, 8, 50))
    network.initialize(0)
    params = dict(network.named_parameters())
    assert params["conv2d_1.weight"].std() == pytest.approx(np.sqrt(2 / (9 * 50)), rel=0.02)
    assert not params["conv2d_1.bias"].any()


@pytest.mark.parametrize("stride", [1, 2])
def test_algorithms_agree(stride):
    x = np.random.default_rng(0).standard_normal((3, 12, 12, 16), dtype=np.float32)
    results = []
    for algorithm in ("direct", "winograd", "auto"):
        network = Network([Conv2D(16, stride=stride, algorithm=algorithm)], (12, 12, 16))
        network.initialize(0)
        results.append(Session(network).predict(x))
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], atol=1e-4)


def test_convolution_relu_and_pooling_together_give_what_they_give_alone():
    x = np.random.default_rng(0).standard_normal((3, 12, 12, 4), dtype=np.float32)
    together = Network([Conv2D(16), ReLU(), MaxPool2D()], (12, 12, 4))
    together.initialize(0)
    convolution = Network([Conv2D(16)], (12, 12, 4))
    convolution.initialize(0)
    rectified = np.maximum(Session(convolution).predict(x), 0)
    expected = rectified.reshape(3, 6, 2, 6, 2, 16).max(axis=(2, 4))
    np.testing.assert_array_equal(Session(together).predict(x), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_filters": 0}, "n_filters is 0"),
        ({"n_filters": 2.9}, "n_filters is 2.9; expected a whole number"),
        ({"n_filters": 1, "kernel_size": 4}, r"kernel_size is \(4, 4\); expected odd"),
        ({"n_filters": 1, "kernel_size": 0}, "kernel_size is 0"),
        ({"n_filters": 1, "stride": 0}, "stride is 0"),
        ({"n_filters": 1, "padding": "full"}, "padding is 'full'"),
        ({"n_filters": 1, "padding": -1}, "padding is -1"),
        ({"n_filters": 1, "padding": 3}, "padding is 3; expected less than the kernel's 3 x 3"),
        ({"n_filters": 1, "kernel_size": (5, 1), "padding": 1}, "the kernel's 5 x 1"),
        ({"n_filters": 1, "initializer": "zeros"}, "'zeros'"),
        ({"n_filters": 1, "use_bias": "no"}, "use_bias is 'no'; expected True or False"),
        ({"n_filters": 1, "algorithm": "fft"}, "algorithm is 'fft'"),
        ({"n_filters": 1, "algorithm": "winograd", "stride": 3}, r"\(1, 1\) or \(2, 2\)"),
        ({"n_filters": 1, "algorithm": "winograd", "stride": (1, 2)}, r"\(3, 3\) and \(1, 2\)"),
        ({"n_filters": 1, "algorithm": "winograd", "kernel_size": 5}, r"\(5, 5\) and \(1, 1\)"),
    ],
)
def test_senseless_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Conv2D(**arguments)


def test_images_smaller_than_the_kernel_are_refused():
    with pytest.raises(ValueError, match=r"2 x 9 pixels.*\(3, 3\)"):
        Conv2D(4, padding="valid").output_shape((2, 9, 1))


def test_images_without_channels_are_refused():
    with pytest.raises(ValueError, match=r"\(48, 48\)"):
        Network([Conv2D(4)], (48, 48))
