"""Scheduling: fused, segmented and in shared memory, a step has the bits of one that is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._engine import segments
from fernet._engine.graph import Graph
from fernet._engine.network import Network
from fernet._engine.scheduler import make_schedule
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet._kernels import reference
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    PassContext,
    ReLU,
    Residual,
)
from fernet.layers.base import Layer

WIDTH = 5


class MaskedLinear(Linear):
    """A linear layer that applies the mask of the ReLU before it, as a convolution does."""

    kind = "masked_linear"
    masks_relu = True

    def backward(self, ctx, pass_ctx):
        super().backward(ctx, pass_ctx)
        if ctx.dx is not None and ctx.relu_before:
            pass_ctx.kernels.relu_backward(ctx.dx, ctx.x, ctx.dx)


class Shift(Layer):
    """Adds a trained vector; rectifies, and masks, as a batch normalisation does."""

    kind = "shift"
    in_place = True
    backward_in_place = True
    backward_reads = frozenset({"x"})
    fuses_relu = True
    fuses_relu_backward = True

    def undecayed_shapes(self, input_shape):
        return {"vector": input_shape[-1:]}

    def forward(self, ctx, pass_ctx):
        np.add(ctx.x, ctx.params["vector"], out=ctx.y)
        if ctx.relu:
            pass_ctx.kernels.relu_forward(ctx.y, ctx.y)

    def backward(self, ctx, pass_ctx):
        dy = np.where(ctx.x + ctx.params["vector"] > 0, ctx.dy, 0) if ctx.relu else ctx.dy
        np.sum(dy, axis=0, out=ctx.grads["vector"])
        if ctx.dx is not None:
            np.copyto(ctx.dx, dy)


SIMPLE = st.one_of(
    st.builds(ReLU),
    st.builds(Flatten),
    st.builds(Shift),
    st.builds(Linear, st.just(WIDTH)),
    st.builds(MaskedLinear, st.just(WIDTH), use_bias=st.booleans()),
    st.builds(Dropout, st.sampled_from([0.0, 0.4])),
)
LAYERS = st.recursive(
    SIMPLE,
    lambda layer: st.builds(
        Residual, st.lists(layer, min_size=1, max_size=4), st.lists(layer, max_size=3)
    ),
    max_leaves=12,
)
STACKS = st.lists(LAYERS, min_size=1, max_size=6)


def make_network(layers, input_shape=(WIDTH,)):
    network = Network(layers, input_shape)
    network.initialize(0)
    network.params[...] += np.random.default_rng(1).normal(scale=0.1, size=network.params.size)
    return network


def spoil(workspace, time):
    """Overwrite all bytes that hold nothing after a time with NaN."""
    memory = workspace.schedule.memory
    gone = np.ones(len(workspace.arena), dtype=bool)
    lives = (memory.firsts <= time) & (memory.lasts > time)
    for start, size in zip(memory.offsets[lives], memory.sizes[lives], strict=True):
        gone[start : start + size] = False
    workspace.arena[gone] = 255


def train(network, n, *, share_memory=True, spoiled=False, input_gradient=True):
    """Take one step; return outputs, gradients and the gradient to the input."""
    workspace = Workspace(network, n + 1, input_gradient=input_gradient, share_memory=share_memory)
    executable = workspace.executable(n)
    pass_ctx = PassContext(_kernels, training=True, seed=3, step=7)
    for _, gradient in network.named_gradients():
        gradient[...] = np.nan
    executable.x[...] = np.random.default_rng(2).normal(size=executable.x.shape)
    call_all(workspace, executable.forward_program.calls, pass_ctx, spoiled, before=0)
    y = executable.y.copy()
    executable.dy[...] = np.random.default_rng(4).normal(size=executable.dy.shape)
    call_all(
        workspace,
        executable.backward_program.calls,
        pass_ctx,
        spoiled,
        before=len(network.nodes) + 1,
    )
    return y, network.grads.copy(), None if executable.dx is None else executable.dx.copy()


def call_all(workspace, calls, pass_ctx, spoiled, before):
    for time, function, argument in calls:
        if spoiled and time > before:
            spoil(workspace, before)
        function(argument, pass_ctx)
        before = time


def assert_same_bits(results, expected):
    for got, wanted in zip(results, expected, strict=True):
        if wanted is not None:
            np.testing.assert_array_equal(got, wanted)


@settings(deadline=None, max_examples=150)
@given(STACKS, st.integers(1, 4), st.booleans())
def test_a_step_has_the_bits_that_separate_memory_gives(layers, n, input_gradient):
    network = make_network(layers)
    expected = train(network, n, share_memory=False, input_gradient=input_gradient)
    assert_same_bits(train(network, n, input_gradient=input_gradient), expected)


@settings(deadline=None, max_examples=150)
@given(STACKS, st.integers(1, 4), st.booleans())
def test_nobody_reads_memory_whose_content_is_gone(layers, n, input_gradient):
    network = make_network(layers)
    expected = train(network, n, input_gradient=input_gradient)
    results = train(network, n, spoiled=True, input_gradient=input_gradient)
    assert not any(np.isnan(array).any() for array in results if array is not None)
    assert_same_bits(results, expected)


@settings(deadline=None, max_examples=100)
@given(STACKS)
def test_predictions_have_the_bits_that_separate_memory_gives(layers):
    network = make_network(layers)
    results = []
    for share_memory in (True, False):
        workspace = Workspace(network, 4, training=False, share_memory=share_memory)
        executable = workspace.executable(3)
        executable.x[...] = np.random.default_rng(2).normal(size=executable.x.shape)
        results.append(executable.forward(PassContext(_kernels)).copy())
    np.testing.assert_array_equal(*results)


CNN = [
    *(Conv2D(5), ReLU(), Conv2D(6, use_bias=False), BatchNorm(), ReLU(), MaxPool2D()),
    *(Conv2D(7), ReLU(), Conv2D(7), ReLU(), MaxPool2D()),
    *(Flatten(), Dropout(0.4), Linear(9), ReLU(), Dropout(0.4), Linear(3)),
]
RESNET = [
    *(Conv2D(8, stride=2, use_bias=False), BatchNorm(), ReLU()),
    Residual([Conv2D(4, 1), BatchNorm(), ReLU(), Conv2D(4), BatchNorm(), ReLU(), Conv2D(8, 1)]),
    *(ReLU(), Residual([BatchNorm(), ReLU(), Conv2D(8), BatchNorm()])),
    Residual([Conv2D(9, stride=2), BatchNorm()], [Conv2D(9, 1, stride=2), BatchNorm()]),
    *(ReLU(), GlobalAvgPool2D(), Linear(3)),
]


SEGMENTED = [
    *(Conv2D(16), ReLU(), Conv2D(16), ReLU(), MaxPool2D()),
    *(Conv2D(8), ReLU(), Conv2D(9), ReLU(), MaxPool2D(), Flatten(), Linear(3)),
]
"""Convolutions that take a few rows at a time."""


@pytest.mark.parametrize("layers", [CNN, RESNET, SEGMENTED], ids=["cnn", "resnet", "segments"])
@pytest.mark.parametrize("spoiled", [False, True])
@pytest.mark.parametrize("n", [3, 45])
def test_image_networks_have_the_bits_that_separate_memory_gives(monkeypatch, layers, spoiled, n):
    monkeypatch.setattr(segments, "LEAST_BYTES", 0)
    network = make_network(layers, (24, 24, 1) if layers is SEGMENTED else (12, 11, 2))
    expected = train(network, n, share_memory=False)
    assert_same_bits(train(network, n, spoiled=spoiled), expected)


POOLED = [Conv2D(16), ReLU(), Conv2D(16), ReLU(), MaxPool2D(), Conv2D(16), Flatten(), Linear(3)]
"""At 24x24 pixels the second convolution can pool as it writes."""


class NeverPool:
    """The compiled kernels, without the fusion."""

    def __getattr__(self, name):
        return getattr(_kernels, name)

    @staticmethod
    def conv2d_pools(*args, **kwargs):
        return False


@pytest.mark.parametrize("with_norm", [False, True])
def test_pooling_at_once_has_the_bits_of_pooling_behind(with_norm):
    layers = list(POOLED)
    if with_norm:
        layers.insert(3, BatchNorm())
    fused = make_network(layers, (24, 24, 1))
    apart = Network(layers, (24, 24, 1), kernels=NeverPool())
    apart.values[...] = fused.values
    assert_same_bits(train(fused, 2, spoiled=True), train(apart, 2))
    x = np.random.default_rng(5).standard_normal((3, 24, 24, 1), dtype=np.float32)
    np.testing.assert_array_equal(Session(fused).predict(x), Session(apart).predict(x))


def test_a_deep_prediction_needs_what_its_largest_layer_needs():
    sizes = [
        make_schedule(Graph(layers, (WIDTH,)), 16, np.float32, training=False).memory.size
        for layers in ([Linear(WIDTH)], [Linear(WIDTH), ReLU()] * 20)
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("training", [True, False])
def test_the_output_lives_to_the_end(training):
    layers = [Linear(WIDTH), ReLU(), Linear(WIDTH)]
    schedule = make_schedule(Graph(layers, (WIDTH,)), 16, np.float32, training=training)
    memory, last = schedule.memory, schedule.tensors[-1]
    assert memory.lasts[memory.block_of[last]] == memory.lasts.max()


def test_the_reference_kernels_give_the_same_gradients():
    layers = [Linear(WIDTH), ReLU(), Residual([Linear(WIDTH), ReLU(), Linear(WIDTH)]), ReLU()]
    compiled = make_network(layers)
    exact = Network(layers, (WIDTH,), dtype=np.float64, kernels=reference)
    exact.load_parameters(dict(compiled.named_parameters()))
    train(compiled, 6)
    executable = Workspace(exact, 6).executable(6)
    executable.x[...] = np.random.default_rng(2).normal(size=executable.x.shape)
    pass_ctx = PassContext(reference, training=True, seed=3, step=7)
    executable.forward(pass_ctx)
    executable.dy[...] = np.random.default_rng(4).normal(size=executable.dy.shape)
    executable.backward(pass_ctx)
    for (_, got), (_, wanted) in zip(
        compiled.named_gradients(), exact.named_gradients(), strict=True
    ):
        np.testing.assert_allclose(got, wanted, atol=1e-5)
