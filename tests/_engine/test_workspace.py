"""Workspace: memory planned once."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet.architectures import mlp, vgg
from fernet.layers import (
    BatchNorm,
    Conv2D,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    PassContext,
    ReLU,
    Residual,
)


def make_network():
    network = Network(mlp((64, 32), 7, dropout=0.1), (100,))
    network.initialize(0)
    return network


def make_cnn():
    block = Residual([Conv2D(6), BatchNorm(), ReLU(), Conv2D(6), BatchNorm()])
    layers = [Conv2D(6), ReLU(), MaxPool2D(), block, ReLU(), GlobalAvgPool2D(), Linear(3)]
    network = Network(layers, (16, 16, 1))
    network.initialize(0)
    return network


@pytest.mark.parametrize("make", [make_network, make_cnn])
def test_passes_allocate_no_arrays(make):
    network = make()
    executable = Workspace(network, 50).executable(50)
    pass_ctx = PassContext(_kernels, training=True)

    def one_pass():
        executable.forward(pass_ctx)
        executable.dy[...] = 1
        executable.backward(pass_ctx)

    one_pass()
    tracemalloc.start()
    one_pass()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5000


def test_a_smaller_batch_uses_the_same_memory():
    workspace = Workspace(make_network(), 50)
    large, small = workspace.executable(50), workspace.executable(3)
    assert np.shares_memory(large.x, small.x)
    assert small.x.shape == (3, 100)
    assert workspace.executable(3) is small


@pytest.mark.parametrize("make", [make_network, make_cnn])
def test_a_smaller_batch_has_the_bits_of_a_workspace_of_its_size(make):
    network, results = make(), []
    x = np.random.default_rng(0).standard_normal((3, *network.input_shape), dtype=np.float32)
    pass_ctx = PassContext(_kernels, training=True)
    for size in (50, 3):
        executable = Workspace(network, size).executable(3)
        executable.x[...] = x
        executable.forward(pass_ctx)
        executable.dy[...] = 1
        executable.backward(pass_ctx)
        results.append(network.grads.copy())
    np.testing.assert_array_equal(*results)


def test_a_training_step_of_the_reports_network_takes_little_memory():
    network = Network(vgg(), (48, 48, 1))
    assert Workspace(network, 100).arena_bytes < 60e6


class Sink:
    """Keeps a copy of the gradients that it is given."""

    def __init__(self):
        self.taken = {}

    def take(self, index, grads):
        self.taken |= {(index, name): grad.copy() for name, grad in grads.items()}

    def take_linear(self, index, x, dy):
        weight = np.empty((x.shape[1], dy.shape[1]), np.float32)
        bias = np.empty(dy.shape[1], np.float32)
        _kernels.linear_backward_params(x, dy, weight, bias)
        self.taken |= {(index, "weight"): weight, (index, "bias"): bias}


@pytest.mark.parametrize("make", [make_network, make_cnn])
def test_gradients_may_be_handed_over_instead_of_kept(make):
    network, sink = make(), Sink()
    x = np.random.default_rng(0).standard_normal((20, *network.input_shape), dtype=np.float32)
    for passes in (False, True):
        executable = Workspace(network, 20, fused_update=passes).executable(20)
        pass_ctx = PassContext(_kernels, training=True, gradient_sink=sink)
        executable.x[...] = x
        executable.forward(pass_ctx)
        executable.dy[...] = 1
        executable.backward(pass_ctx)
        assert bool(sink.taken) is passes
    kept = {
        (index, name): grad
        for index, grads in enumerate(network.node_grads)
        for name, grad in grads.items()
    }
    assert sink.taken.keys() == kept.keys()
    for key, grad in kept.items():
        np.testing.assert_array_equal(sink.taken[key], grad)


def test_predicting_takes_two_buffers_however_deep_the_network():
    layers = [layer for _ in range(20) for layer in (Linear(64), ReLU())]
    executable = Workspace(Network(layers, (64,)), 8, training=False).executable(8)
    starts = {ctx.y.ctypes.data for ctx in executable.contexts} | {executable.x.ctypes.data}
    assert len(starts) == 2


def test_the_gradient_to_the_input_is_left_out_unless_asked_for():
    assert Workspace(make_network(), 5).executable(5).dx is None


@pytest.mark.parametrize("n_rows", [0, 51])
def test_more_rows_than_planned_are_refused(n_rows):
    with pytest.raises(ValueError, match="expected 1 to 50"):
        Workspace(make_network(), 50).executable(n_rows)
