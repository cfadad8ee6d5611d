"""Segments: which convolutions are recomputed, and that the results are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._engine import segments
from fernet._engine.graph import Graph
from fernet._engine.network import Network
from fernet._engine.plan import Segment
from fernet._engine.scheduler import make_schedule
from fernet._engine.segments import fill_gaps
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet._kernels import reference
from fernet.architectures import resnet, vgg
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    Linear,
    MaxPool2D,
    PassContext,
    ReLU,
    Residual,
)

IMAGE = (48, 48, 1)


def found(layers, *, image=IMAGE, batch_size=200, training=True):
    schedule = make_schedule(Graph(layers, image), batch_size, np.float32, training=training)
    return [segment for segment in schedule.segments if segment.is_recomputed]


def nodes(layers, **kwargs):
    return [list(segment.nodes) for segment in found(layers, **kwargs)]


def test_cheap_convolutions_and_those_that_read_them_make_segments():
    pairs = found(vgg(), image=(48, 48, 1))
    assert [(pair.nodes, pair.recomputed, pair.group_size) for pair in pairs] == [
        (range(5), range(2), 10),  # up to the pooling
        (range(5, 8), range(5, 7), 40),
        (range(12, 15), range(12, 14), 113),
    ]


def test_of_a_chain_of_cheap_convolutions_every_second_is_kept():
    layer = [Conv2D(32), ReLU()]
    assert nodes(layer * 4 + [Conv2D(3)]) == [[0, 1, 2], [4, 5, 6]]


def test_many_channels_are_too_dear_to_be_recomputed():
    pair = [Conv2D(32), ReLU(), Conv2D(8)]
    assert nodes(pair, image=(48, 48, 64)) == [[0, 1, 2]]
    assert nodes(pair, image=(48, 48, 65)) == []


def test_small_tensors_are_kept():
    assert nodes([Conv2D(32), ReLU(), Conv2D(8)], image=(8, 8, 1)) == []


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(8), BatchNorm(), ReLU(), Conv2D(8), BatchNorm(), ReLU()],
        [Conv2D(8), ReLU(), Dropout(0.5), Conv2D(8)],
        [Conv2D(8), ReLU(), Residual([Conv2D(8)])],
        [Conv2D(8), ReLU(), Flatten(), Linear(3)],
        [Conv2D(8), Conv2D(8)],
    ],
    ids=["normalised", "dropped out", "read by others", "no other convolution", "not rectified"],
)
@pytest.mark.parametrize("training", [True, False])
def test_nothing_else_makes_one(layers, training):
    assert nodes(layers, training=training) == []


def test_residual_networks_have_none():
    assert found(resnet(18), image=(48, 48, 1)) == []


def test_few_rows_make_none():
    layers = [Conv2D(32), ReLU(), Conv2D(8)]
    assert nodes(layers, batch_size=7) == []
    assert nodes(layers, batch_size=8) == [[0, 1, 2]]


def test_groups_are_larger_where_images_are_smaller():
    layers = [Conv2D(128), ReLU(), Conv2D(8)]
    assert [found(layers, image=(n, n, 1))[0].group_size for n in (48, 24, 12)] == [7, 28, 113]


def test_large_images_go_one_by_one():
    assert found([Conv2D(32), ReLU(), Conv2D(8)], image=(512, 512, 1))[0].group_size == 1


def test_segments_take_each_node_once_and_in_order():
    given_ = [Segment(range(2, 5), range(2, 4), 10), Segment(range(5, 7), range(5, 6), 10)]
    segments_ = fill_gaps(given_, 9, 50)
    assert [index for segment in segments_ for index in segment.nodes] == list(range(9))
    assert [segment.group_size for segment in segments_] == [50, 10, 10, 50]


POOLED = [Conv2D(16), ReLU(), Conv2D(16), ReLU(), MaxPool2D()]


@pytest.fixture
def no_least_size(monkeypatch):
    monkeypatch.setattr(segments, "LEAST_BYTES", 0)


CNN = [*POOLED, Conv2D(8), ReLU(), Conv2D(9), ReLU(), MaxPool2D(), Flatten(), Linear(3)]
"""At 24x24 pixels the second convolution can pool as it writes; the fourth cannot."""


def step(network, n, *, input_gradient=False, seed=2):
    """Take one step; return the output, and all gradients by name."""
    workspace = Workspace(network, n, input_gradient=input_gradient)
    executable, pass_ctx = workspace.executable(n), PassContext(network.kernels, training=True)
    executable.x[...] = np.random.default_rng(seed).normal(size=executable.x.shape)
    y = executable.forward(pass_ctx).copy()
    executable.dy[...] = np.random.default_rng(4).normal(size=executable.dy.shape)
    executable.backward(pass_ctx)
    grads = {name: grad.copy() for name, grad in network.named_gradients()}
    return y, grads | ({"dx": executable.dx.copy()} if input_gradient else {})


def make_network(**kwargs):
    network = Network(CNN, (24, 24, 1), **kwargs)
    network.initialize(0)
    for name, view in network.named_parameters():
        if name.endswith("bias"):
            view[...] = np.random.default_rng(len(name)).normal(scale=0.1, size=view.shape)
    return network


def assert_close(grads, expected, tolerance):
    for name, grad in grads.items():
        atol = tolerance * np.abs(expected[name]).max()
        np.testing.assert_allclose(grad, expected[name], atol=atol, err_msg=name)


@settings(deadline=None, max_examples=20)
@given(st.integers(11, 35), st.integers(1, 9), st.booleans())
def test_outputs_have_the_bits_and_gradients_the_values_of_a_pass_over_all_rows(n, rows, dx):
    network = make_network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "GROUP_PIXELS", rows * 24 * 24)
        patch.setattr(segments, "LEAST_BYTES", 0)
        y, grads = step(network, n, input_gradient=dx)
        patch.setattr(segments, "MOST_TERMS", 0)
        expected_y, expected = step(network, n, input_gradient=dx)
    np.testing.assert_array_equal(y, expected_y)
    assert_close(grads, expected, 1e-5)


@pytest.mark.usefixtures("no_least_size")
def test_gradients_are_those_of_the_numpy_kernels_in_double_precision():
    network = make_network()
    exact = make_network(dtype=np.float64, kernels=reference)
    exact.load_parameters(dict(network.named_parameters()))
    # Images without a near tie: rounding would decide it, and with it a whole gradient.
    _, grads = step(network, 45, seed=3)
    _, expected = step(exact, 45, seed=3)
    assert_close(grads, expected, 1e-4)


@pytest.mark.usefixtures("no_least_size")
def test_predictions_have_the_bits_of_one_row_at_a_time():
    network = make_network()
    x = np.random.default_rng(0).standard_normal((45, *network.input_shape), dtype=np.float32)
    session = Session(network)
    segments_ = session.workspace(64, training=False).schedule.segments
    assert any(segment.is_recomputed for segment in segments_)
    one_by_one = np.concatenate([session.predict(row[None]) for row in x])
    np.testing.assert_array_equal(session.predict(x), one_by_one)


@pytest.mark.usefixtures("no_least_size")
def test_recomputing_takes_less_memory():
    graph = Graph(CNN, (24, 24, 1))
    sizes = []
    with pytest.MonkeyPatch.context() as patch:
        for terms in (segments.MOST_TERMS, 0):
            patch.setattr(segments, "MOST_TERMS", terms)
            sizes.append(make_schedule(graph, 100, np.float32, training=True, kernels=_kernels))
    recomputing, keeping = (schedule.memory.size for schedule in sizes)
    assert recomputing < 0.6 * keeping
