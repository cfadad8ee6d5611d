"""The report's convolutional network and its like."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet._engine.network import Network
from fernet.architectures import vgg
from fernet.layers import BatchNorm, Conv2D, Dropout, Linear, MaxPool2D, ReLU

CONVOLUTIONS = (32, 32, *[64] * 3, *[128] * 3, *[256] * 3)


def test_the_reports_network_halves_faces_to_3x3_and_2304_features():
    network = Network(vgg(), (48, 48, 1))
    pooled = [
        shape
        for layer, shape in zip(network.layers, network.shapes[1:], strict=True)
        if isinstance(layer, MaxPool2D)
    ]
    assert pooled == [(24, 24, 32), (12, 12, 64), (6, 6, 128), (3, 3, 256)]
    assert [layer.n_outputs for layer in network.layers if isinstance(layer, Linear)] == [
        512,
        128,
        7,
    ]


def test_the_reports_network_has_its_parameters():
    channels = (1, *CONVOLUTIONS)
    units = (2304, 512, 128, 7)
    expected = sum(9 * a * b + b for a, b in itertools.pairwise(channels))
    expected += sum(a * b + b for a, b in itertools.pairwise(units))
    assert Network(vgg(), (48, 48, 1)).n_parameters == expected


def test_normalisation_stands_before_every_relu():
    layers = vgg(batch_norm=True)
    rectified = [a for a, b in itertools.pairwise(layers) if isinstance(b, ReLU)]
    assert len(rectified) == 11 + 2
    assert all(isinstance(layer, BatchNorm) for layer in rectified)


def test_normalisation_replaces_biases_of_convolutions_by_a_scale_and_a_shift():
    plain, normalised = (Network(vgg(batch_norm=flag), (48, 48, 1)) for flag in (False, True))
    hidden = 2 * (512 + 128)
    assert normalised.n_parameters - plain.n_parameters == sum(CONVOLUTIONS) + hidden


def test_dropout_stands_before_each_linear_layer_or_nowhere():
    layers = vgg(dropout=0.3)
    dropped = [b for a, b in itertools.pairwise(layers) if isinstance(a, Dropout)]
    assert dropped == [layer for layer in layers if isinstance(layer, Linear)]
    assert not any(isinstance(layer, Dropout) for layer in vgg(dropout=0))


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 2)), min_size=1, max_size=3),
    st.lists(st.integers(1, 5), max_size=2),
    st.booleans(),
)
def test_its_parts_are_as_many_as_asked_for(filters, hidden, batch_norm):
    layers = vgg(3, filters=filters, hidden_layer_sizes=hidden, batch_norm=batch_norm)
    assert sum(isinstance(layer, Conv2D) for layer in layers) == sum(n for _, n in filters)
    assert sum(isinstance(layer, ReLU) for layer in layers) == sum(n for _, n in filters) + len(
        hidden
    )
    assert Network(layers, (8, 8, 3)).output_shape == (3,)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_small_one_learns_20_random_images(batch_norm, losses_of):
    layers = vgg(
        3, filters=[(8, 1), (16, 1)], hidden_layer_sizes=(16,), dropout=0, batch_norm=batch_norm
    )
    first, last = losses_of(Network(layers, (12, 12, 1)))
    assert last < 0.2 * first
