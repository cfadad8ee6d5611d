"""Layers whose channels come in pairs: they start as mirror images, act so, and stay so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.layers import BatchNorm, Conv2D, Flatten, Linear, MaxPool2D, PassContext, ReLU
from fernet.layers.kinds import layer_from_config
from fernet.layers.mirrored import mirror_axes


def mirrored(images):
    """Mirror images, left for right."""
    return images[:, :, ::-1]


def swapped(array, axis=-1):
    """Put the halves of channels in each other's place."""
    return np.roll(array, array.shape[axis] // 2, axis)


def mirror_image(layer, name, array):
    """Mirror a parameter as `mirror_axes` says."""
    axes = mirror_axes(layer, name)
    if axes is None:
        return array
    array = np.flip(array, axes.reversed)
    for axis in axes.halves:
        array = swapped(array, axis)
    return array


def layers():
    return [
        Conv2D(8, mirrored="image"),
        BatchNorm(mirrored=True),
        ReLU(),
        Conv2D(12, mirrored="pairs"),
        MaxPool2D(),
        BatchNorm(mirrored=True),
        ReLU(),
        MaxPool2D((4, 4)),
        Flatten(),
        Linear(3, mirrored=True),
    ]


def make_network(seed=0):
    network = Network(layers(), (8, 8, 2))
    network.initialize(seed)
    return network


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(2, 9),
    st.sampled_from([1, 3, (1, 3), (3, 5)]),
    st.sampled_from(["same", "valid"]),
    st.sampled_from([1, (2, 1)]),
    st.booleans(),
)
def test_the_mirror_image_of_its_input_makes_that_of_its_output(
    height, width, kernel, padding, stride, pairs
):
    if padding == "valid":
        height, width = height + 4, width + 4
    layer = Conv2D(6, kernel, stride, padding, mirrored="pairs" if pairs else "image")
    network = Network([layer], (height, width, 4))
    network.initialize(1)
    x = np.random.default_rng(0).standard_normal((2, height, width, 4), dtype=np.float32)
    predict = Session(network).predict
    other = predict(mirrored(swapped(x) if pairs else x))
    np.testing.assert_allclose(mirrored(swapped(other)), predict(x), atol=1e-5)


def test_a_network_of_them_answers_a_mirror_image_alike():
    network = make_network()
    x = np.random.default_rng(0).standard_normal((5, 8, 8, 2), dtype=np.float32)
    predict = Session(network).predict
    np.testing.assert_allclose(predict(mirrored(x)), predict(x), atol=1e-5)


@pytest.mark.parametrize("fused_update", [False, True])
def test_gradients_are_the_means_of_a_free_networks_and_their_mirror_images(fused_update):
    network = make_network()
    for _, running in network.named_state():
        running[...] = np.linspace(0.5, 1.5, running.size)
    free = Network(
        [layer_from_config({k: v for k, v in layer.config().items() if k != "mirrored"})
         for layer in network.layers], (8, 8, 2),
    )  # fmt: skip
    free.values[...] = network.values
    found = [gradients_of(each, fused_update) for each in (network, free)]
    for node in network.nodes:
        for name in found[0].get(node.name, {}):
            gradient = found[1][node.name][name]
            expected = 0.5 * (gradient + mirror_image(node.layer, name, gradient))
            np.testing.assert_array_equal(found[0][node.name][name], expected)
    for node, own, other in zip(network.nodes, network.node_state, free.node_state, strict=True):
        for name, running in other.items():
            expected = 0.5 * (running + mirror_image(node.layer, name, running))
            np.testing.assert_array_equal(own[name], expected)


def gradients_of(network, fused_update):
    """Return the gradients of a step, by node and name."""
    rng, found = np.random.default_rng(3), {}

    class Sink:
        def take(self, index, grads):
            found[network.names[index]] = {name: g.copy() for name, g in grads.items()}

        def take_linear(self, index, x, dy):
            found[network.names[index]] = {"weight": x.T @ dy, "bias": dy.sum(0)}

    batch = Workspace(network, 4, fused_update=fused_update).executable(4)
    pass_ctx = PassContext(_kernels, training=True, gradient_sink=Sink())
    batch.x[...] = rng.standard_normal(batch.x.shape, dtype=np.float32)
    batch.forward(pass_ctx)
    batch.dy[...] = rng.standard_normal(batch.dy.shape, dtype=np.float32)
    batch.backward(pass_ctx)
    if not fused_update:
        found.update(zip(network.names, network.node_grads, strict=True))
    return found


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(8, mirrored="both"), "mirrored is 'both'; expected None, 'image' or 'pai"),
        (lambda: Conv2D(7, mirrored="image"), "Conv2D is mirrored and has 7 filters; expected an"),
        (lambda: Conv2D(8, stride=2, mirrored="image"), r"has a stride of \(2, 2\); expected col"),
        (lambda: BatchNorm(mirrored="pairs"), "mirrored is 'pairs'; expected True or False"),
        (lambda: Linear(3, mirrored=1), "mirrored is 1; expected True or False"),
        (lambda: Network([Conv2D(8, mirrored="pairs")], (4, 4, 3)), "has 3 channels before it"),
        (lambda: Network([BatchNorm(mirrored=True)], (4, 4, 3)), "has 3 channels before it"),
        (lambda: Network([Linear(3, mirrored=True)], (5,)), "Linear is mirrored and has 5 inputs"),
    ],
)
def test_what_has_no_pairs_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("layer", layers(), ids=repr)
def test_a_configuration_says_it_of_mirrored_layers_alone(layer):
    assert layer_from_config(layer.config()) == layer
    plain = type(layer)(*((3,) if "n_" in repr(layer) else ()))
    assert "mirrored" not in plain.config()
