"""Network: one flat array, gradients that are right, copies that share nothing."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet._kernels import reference
from fernet._training.losses import SoftmaxCrossEntropy
from fernet.architectures import mlp
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

WIDTHS = st.lists(st.integers(1, 9), min_size=0, max_size=3)


def small_network(**kwargs):
    network = Network(mlp((6, 5), 3, dropout=0.2), (4,), **kwargs)
    network.initialize(0)
    return network


@given(WIDTHS, st.integers(1, 5), st.integers(1, 5))
def test_parameters_are_views_of_one_array_weights_first(widths, n_inputs, n_classes):
    network = Network(mlp(widths, n_classes), (n_inputs,))
    network.params[...] = np.arange(network.params.size)
    for name, view in network.named_parameters():
        assert np.shares_memory(view, network.params)
        assert view.ctypes.data % 64 == 0
        is_weight = name.endswith(".weight")
        assert (view < network.n_decayed).all() == is_weight
    assert [name for name, _ in network.named_gradients()] == [
        name for name, _ in network.named_parameters()
    ]


class Problem:
    """A network in float64 on the NumPy kernels, and its loss as a function of parameters."""

    weight_decay = 0.3

    def __init__(self, layers, input_shape, seed=0, n=7):
        rng = np.random.default_rng(seed)
        self.network = Network(layers, input_shape, dtype=np.float64, kernels=reference)
        self.network.initialize(seed)
        self.network.params[self.network.n_decayed :] = rng.normal(
            size=self.network.params.size - self.network.n_decayed
        )
        workspace = Workspace(self.network, n + 2, input_gradient=True)
        self.executable = workspace.executable(n)
        self.x = rng.normal(size=self.executable.x.shape)
        self.target = rng.integers(self.network.output_shape[0], size=n).astype(np.int32)
        self.pass_ctx = PassContext(reference, training=True, seed=seed, step=3)

    def loss(self):
        network = self.network
        self.executable.x[...] = self.x
        logits = self.executable.forward(self.pass_ctx)
        entropy = SoftmaxCrossEntropy(0.1, kernels=reference)
        value = entropy(logits, self.target, None, np.empty(len(logits)), self.executable.dy)
        weights = network.params[: network.n_decayed]
        return value + 0.5 * self.weight_decay * float(weights @ weights)

    def gradients(self):
        self.loss()
        self.executable.backward(self.pass_ctx)
        grads = self.network.grads.copy()
        grads[: self.network.n_decayed] += (
            self.weight_decay * self.network.params[: self.network.n_decayed]
        )
        return grads, self.executable.dx.copy()

    def difference(self, array, index, step=1e-6):
        old = array[index]
        array[index] = old + step
        ahead = self.loss()
        array[index] = old - step
        behind = self.loss()
        array[index] = old
        return (ahead - behind) / (2 * step)


def flat_indices(network):
    """Positions of the parameters in the flat array, without the padding between them."""
    for _, view in network.named_parameters():
        start = (view.ctypes.data - network.params.ctypes.data) // view.itemsize
        yield from range(start, start + view.size)


NETWORKS = [
    (mlp((6, 5), 3, dropout=0.3), (4,)),
    (mlp((), 3), (4,)),
    ([Flatten(), Dropout(0.2), Linear(5, use_bias=False), ReLU(), ReLU(), Linear(3)], (2, 3)),
    ([ReLU(), Linear(4), Dropout(0.5), Dropout(0.1), Linear(2)], (5,)),
    (
        [
            *(Conv2D(2), ReLU(), Conv2D(3, use_bias=False), BatchNorm(), ReLU(), MaxPool2D()),
            *(Conv2D(2), ReLU(), MaxPool2D(), Flatten(), Dropout(0.2), Linear(3)),
        ],
        (6, 5, 1),
    ),
    (
        [
            *(Conv2D(3), BatchNorm(), ReLU()),
            *(Residual([Conv2D(2, 1), BatchNorm(), ReLU(), Conv2D(3), BatchNorm()]), ReLU()),
            *(Residual([Conv2D(4, stride=2), ReLU()], [Conv2D(4, 1, stride=2)]), ReLU()),
            *(GlobalAvgPool2D(), Linear(3)),
        ],
        (4, 3, 2),
    ),
    (
        [
            *(Linear(4), Residual([BatchNorm(), ReLU(), Linear(4)]), Residual([ReLU()])),
            *(Residual([Residual([Dropout(0.3)]), Linear(4)], [ReLU()]), BatchNorm(), ReLU()),
            *(Residual([Linear(4), ReLU(), Dropout(0.3)]), Residual([Linear(3)], [Linear(3)])),
        ],
        (4,),
    ),
]


@pytest.mark.parametrize(("layers", "input_shape"), NETWORKS)
def test_gradients_agree_with_central_differences(layers, input_shape):
    problem = Problem(layers, input_shape)
    grads, dx = problem.gradients()
    for index in flat_indices(problem.network):
        expected = problem.difference(problem.network.params, index)
        assert grads[index] == pytest.approx(expected, abs=1e-7, rel=1e-5)
    for index in np.ndindex(*dx.shape):
        expected = problem.difference(problem.x, index)
        assert dx[index] == pytest.approx(expected, abs=1e-7, rel=1e-5)


def test_compiled_gradients_agree_with_the_reference():
    results = []
    for dtype, kernels in ((np.float64, reference), (np.float32, None)):
        network = small_network(dtype=dtype, kernels=kernels)
        executable = Workspace(network, 9).executable(9)
        executable.x[...] = np.random.default_rng(0).normal(size=(9, 4))
        pass_ctx = PassContext(network.kernels, training=True, seed=5, step=2)
        executable.forward(pass_ctx)
        executable.dy[...] = np.random.default_rng(1).normal(size=(9, 3))
        executable.backward(pass_ctx)
        results.append(network.named_gradients())
    for (_, expected), (_, got) in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def residual_network():
    """A network with running statistics that are not those it starts with."""
    block = Residual([Conv2D(6), BatchNorm(), ReLU(), Conv2D(6)], [Conv2D(6, 1), BatchNorm()])
    network = Network([Conv2D(5), block, ReLU(), GlobalAvgPool2D(), Linear(3)], (6, 6, 1))
    network.initialize(0)
    for _, view in network.named_state():
        view[...] = np.random.default_rng(0).uniform(1, 2, view.shape)
    return network


def perceptron():
    network = Network(mlp((64,), 7), (100,))
    network.initialize(0)
    return network


def test_the_seed_decides_the_first_weights():
    a, b, c = small_network(), small_network(), small_network()
    c.initialize(1)
    assert (a.params == b.params).all()
    assert (a.params != c.params).any()


@pytest.mark.parametrize("make", [perceptron, residual_network])
@pytest.mark.parametrize(
    "duplicate", [lambda n: pickle.loads(pickle.dumps(n)), copy.deepcopy, Network.copy]
)
def test_a_copy_predicts_the_same_and_shares_nothing(make, duplicate):
    network = make()
    x = np.ones((2, *network.input_shape), np.float32)
    expected = Session(network).predict(x)
    other = Session(duplicate(network))
    other_result = other.predict(x)
    network.values[...] = 0
    np.testing.assert_array_equal(other_result, expected)
    np.testing.assert_array_equal(other.predict(x), expected)


@pytest.mark.parametrize("make", [perceptron, residual_network])
def test_a_network_comes_back_from_its_configuration(make):
    network = make()
    again = Network.from_config(json.loads(json.dumps(network.config())), network.input_shape)
    again.load_parameters(dict(network.named_parameters() + network.named_state()))
    np.testing.assert_array_equal(again.values, network.values)


def test_the_layers_stay_as_given_and_the_nodes_are_those_that_run():
    network = residual_network()
    assert [layer.kind for layer in network.layers[:2]] == ["conv2d", "residual"]
    assert network.names[:3] == ["conv2d_1", "conv2d_2", "batch_norm_1"]
    assert [node.name for node in network.nodes] == network.names


@pytest.mark.parametrize("fault", ["missing", "unknown", "shape"])
def test_arrays_that_do_not_fit_are_refused_and_change_nothing(fault):
    network = small_network()
    before = network.params.copy()
    arrays = {name: np.zeros_like(view) for name, view in network.named_parameters()}
    if fault == "missing":
        del arrays["linear_2.bias"]
    elif fault == "unknown":
        arrays["linear_9.bias"] = np.zeros(3)
    else:
        arrays["linear_2.bias"] = np.zeros(99, np.float32)
    with pytest.raises(ValueError, match=r"linear_[29]\.bias"):
        network.load_parameters(arrays)
    np.testing.assert_array_equal(network.params, before)


def test_no_layers_are_refused():
    with pytest.raises(ValueError, match="layers is empty"):
        Network([], (4,))
