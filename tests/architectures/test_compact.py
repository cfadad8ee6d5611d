"""The compact network: its planes, its parts and that it learns."""

from __future__ import annotations

import pytest

from fernet._engine.network import Network
from fernet.architectures import compact
from fernet.layers import Conv2D, Linear


def shapes(layers, shape):
    """Return the layers with the shapes of their outputs."""
    found = []
    for layer in layers:
        shape = layer.output_shape(shape)
        found.append((layer, shape))
    return found


def test_convolutions_see_planes_of_24_12_6_and_3():
    outputs = [shape for layer, shape in shapes(compact(), (48, 48, 1)) if type(layer) is Conv2D]
    sides = [(24, 32), (24, 64), (12, 64), (12, 128), (6, 128), (6, 256), (3, 256)]
    assert outputs == [(side, side, filters) for side, filters in sides]


def test_one_value_of_each_channel_reaches_the_last_layer():
    *_, (_, features), (last, logits) = shapes(compact(5, dropout=0), (48, 48, 1))
    assert isinstance(last, Linear)
    assert (features, logits) == ((256,), (5,))


@pytest.mark.parametrize("width", [1, 16, 96])
def test_width_sets_the_filters_of_all_groups(width):
    filters = [layer.n_filters for layer in compact(width=width) if isinstance(layer, Conv2D)]
    assert filters == [32, width, width, 2 * width, 2 * width, 4 * width, 4 * width]


@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
def test_the_algorithm_is_that_of_the_3x3_convolutions(algorithm):
    layers = compact(conv_algorithm=algorithm)
    found = [layer.algorithm for layer in layers if isinstance(layer, Conv2D)]
    assert found == ["auto"] + [algorithm] * 6


def test_a_narrow_one_learns_20_random_images(losses_of):
    first, last = losses_of(Network(compact(3, width=8, dropout=0), (48, 48, 1)))
    assert last < 0.2 * first
