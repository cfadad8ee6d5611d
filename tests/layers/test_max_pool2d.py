"""Max pooling inside a network."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.layers import MaxPool2D, PassContext, ReLU


def test_what_fills_no_window_is_dropped():
    x = np.arange(15, dtype=np.float32).reshape(1, 3, 5, 1)
    assert Session(Network([MaxPool2D()], (3, 5, 1))).predict(x).ravel().tolist() == [6, 8]


def test_windows_need_not_be_square():
    x = np.arange(12, dtype=np.float32).reshape(1, 2, 6, 1)
    y = Session(Network([MaxPool2D((1, 3))], (2, 6, 1))).predict(x)
    assert y.ravel().tolist() == [2, 5, 8, 11]


def test_no_gradient_passes_where_the_relu_before_lets_nothing_through():
    network = Network([ReLU(), MaxPool2D()], (2, 4, 1))
    executable = Workspace(network, 1, input_gradient=True).executable(1)
    pass_ctx = PassContext(_kernels, training=True)
    executable.x[...] = np.reshape([-1, -2, 3, -4, -5, -6, -7, 8], executable.x.shape)
    executable.forward(pass_ctx)
    executable.dy[...] = 1
    executable.backward(pass_ctx)
    assert executable.dx.ravel().tolist() == [0, 0, 0, 0, 0, 0, 0, 1]


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="1 x 9 pixels; expected at least one window of 2 x 2"):
        MaxPool2D().output_shape((1, 9, 4))


@pytest.mark.parametrize("size", [17, (257, 1)])
def test_a_window_that_no_kernel_takes_is_refused(size):
    with pytest.raises(ValueError, match=r"size is .*; expected a window of at most 256 pixels"):
        MaxPool2D(size)


@pytest.mark.parametrize("size", [16, (1, 256), (256, 1)])
def test_the_largest_windows_are_pooled(size):
    x = np.random.default_rng(0).permutation(65536).astype(np.float32).reshape(1, 256, 256, 1)
    y = Session(Network([MaxPool2D(size)], (256, 256, 1))).predict(x)
    height, width = np.broadcast_to(size, 2)
    windows = x.reshape(256 // height, height, 256 // width, width)
    assert (y[0, :, :, 0] == windows.max(axis=(1, 3))).all()
