"""Residual networks: their planes, their parameters and that they learn."""

from __future__ import annotations

import itertools
import json

import pytest

from fernet._engine.network import Network
from fernet.architectures import ARCHITECTURES, resnet
from fernet.architectures.resnet import DEPTHS
from fernet.layers import BatchNorm, Conv2D, ReLU, Residual

# Of the published networks: 1000 classes, a stem of 7x7 on three channels.
PUBLISHED = {
    18: 11_689_512,
    34: 21_797_672,
    50: 25_557_032,
    101: 44_549_160,
    152: 60_192_808,
}
STAGES = {18: 512, 34: 512, 50: 2048, 101: 2048, 152: 2048}


@pytest.mark.parametrize("depth", PUBLISHED)
def test_it_has_the_published_parameters_but_for_stem_and_classes(depth):
    features = STAGES[depth]
    published = PUBLISHED[depth] - 7 * 7 * 3 * 64 - (features + 1) * 1000
    network = Network(resnet(depth, 7), (48, 48, 1))
    assert network.n_parameters == published + 3 * 3 * 64 + (features + 1) * 7


@pytest.mark.parametrize("depth", [18, 50])
def test_preactivation_changes_normalisations_alone(depth):
    def parts(preactivation):
        network = Network(resnet(depth, preactivation=preactivation), (48, 48, 1))
        named = network.named_parameters()
        weights = sorted(view.shape for name, view in named if name.endswith(".weight"))
        norms = sum(view.size for name, view in named if "batch_norm" in name)
        return weights, norms

    (plain, _), (before, norms) = parts(False), parts(True)
    assert plain == before
    assert norms == _preactivated_norms(depth)


def _preactivated_norms(depth):
    """Count scales and shifts: one of each for every channel that a normalisation reads."""
    total, channels = 0, 64
    for stage, count in enumerate(DEPTHS[depth]):
        inner = 64 << stage
        for _ in range(count):
            total += channels + (inner if depth < 50 else 2 * inner)
            channels = inner if depth < 50 else 4 * inner
    return 2 * (total + channels)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "preact_resnet18", "preact_resnet50"])
def test_stages_see_planes_of_24_12_6_and_3(name):
    network = Network(ARCHITECTURES[name](5, width=4), (48, 48, 1))
    planes = [shape[:2] for shape in network.shapes if len(shape) == 3]
    assert list(dict.fromkeys(planes)) == [(48, 48), (24, 24), (12, 12), (6, 6), (3, 3)]
    assert network.output_shape == (5,)


def test_a_preactivated_projection_starts_behind_the_first_normalisation_and_relu():
    layers = resnet(18, preactivation=True)
    for before, block in itertools.pairwise(layers):
        if isinstance(block, Residual):
            assert isinstance(before, ReLU) == bool(block.shortcut)
            assert isinstance(block.branch[0], Conv2D) == bool(block.shortcut)
    assert isinstance(layers[-4], BatchNorm)


def convolutions(layers):
    for layer in layers:
        if isinstance(layer, Residual):
            yield from convolutions([*layer.branch, *layer.shortcut])
        elif isinstance(layer, Conv2D):
            yield layer


@pytest.mark.parametrize("depth", [18, 50])
@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
def test_the_algorithm_is_that_of_all_3x3_convolutions(depth, algorithm):
    found = [
        layer.algorithm
        for layer in convolutions(resnet(depth, conv_algorithm=algorithm))
        if layer.kernel_size == (3, 3)
    ]
    assert found == [algorithm] * 17


def test_an_unknown_depth_is_refused():
    with pytest.raises(ValueError, match="depth is 20; expected one of: 18, 34, 50"):
        resnet(20)


@pytest.mark.parametrize("name", ["resnet50", "preact_resnet18"])
def test_it_comes_back_from_its_configuration_through_json(name):
    network = Network(ARCHITECTURES[name](7, width=2), (16, 16, 1))
    config = network.config()
    assert json.loads(json.dumps(config)) == config
    again = Network.from_config(json.loads(json.dumps(config)), (16, 16, 1))
    assert again.layers == network.layers


@pytest.mark.parametrize("name", ["resnet18", "preact_resnet18"])
def test_a_small_one_learns_20_random_images(name, losses_of):
    first, last = losses_of(Network(ARCHITECTURES[name](3, width=4), (12, 12, 1)), rate=0.05)
    assert last < 0.2 * first
