"""Views of the arena: where each layer's arrays are, whole or for a group of rows."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._engine.arena_views import ArenaViews
from fernet._engine.network import Network
from fernet._engine.plan import Group
from fernet._engine.workspace import Workspace
from fernet.layers import BatchNorm, Conv2D, Linear, MaxPool2D, ReLU

PAIR = [Conv2D(32), ReLU(), Conv2D(32), ReLU(), MaxPool2D()]
"""At 48x48 pixels one segment: ten rows at a time, and the second convolution pools."""


def views_of(layers, input_shape, n_rows, **options):
    network = Network(layers, input_shape)
    workspace = Workspace(network, n_rows, **options)
    return ArenaViews(network, workspace.schedule, workspace.arena), network, workspace.schedule


def contexts_of(views, schedule, n_rows):
    """Return a list of each segment's groups' contexts."""
    tensors = dict(enumerate(schedule.tensors))
    return [
        views.contexts(segment, group, tensors)
        for segment in schedule.segments
        for group in segment.groups(n_rows)
    ]


def test_whole_tensors_are_cut_and_inner_ones_are_used_again():
    views, _, schedule = views_of(PAIR, (48, 48, 1), 24)
    groups = contexts_of(views, schedule, 24)
    assert [len(group[0].x) for group in groups] == [10, 10, 4]
    inputs = [group[0].x for group in groups]
    assert not np.shares_memory(inputs[0], inputs[1])
    assert inputs[1].ctypes.data - inputs[0].ctypes.data == inputs[0].nbytes
    assert len({group[0].y.ctypes.data for group in groups}) == 1
    assert [len(group[0].y) for group in groups] == [10, 10, 4]


def test_a_convolution_that_pools_has_its_poolings_context_and_no_output():
    views, _, schedule = views_of(PAIR, (48, 48, 1), 24)
    for group in contexts_of(views, schedule, 24):
        assert group[2].pool is group[4]
        assert group[2].y.size == 0


def test_groups_have_scratch_of_their_own():
    views, _, schedule = views_of(PAIR, (48, 48, 1), 24)
    scratch = [group[4].scratch["argmax"] for group in contexts_of(views, schedule, 24)]
    for i, one in enumerate(scratch):
        for other in scratch[:i]:
            assert not np.shares_memory(one, other)
    assert scratch[2].size < scratch[0].size


def test_the_first_groups_gradients_go_to_the_network_and_others_beside():
    views, network, _ = views_of(PAIR, (48, 48, 1), 24)
    first = views.parameter_grads(0, Group(0, 0, 10))
    later = [views.parameter_grads(0, Group(n, 10 * n, 10 * n + 4)) for n in (1, 2)]
    assert np.shares_memory(first["weight"], network.grads)
    assert not np.shares_memory(later[0]["weight"], network.grads)
    assert later[0]["weight"].ctypes.data == later[1]["weight"].ctypes.data
    assert first["weight"].shape == later[0]["weight"].shape == (3, 3, 1, 32)


def test_with_fused_updates_no_gradients_of_the_whole_network_are_made():
    views, network, _ = views_of([Conv2D(2), ReLU()], (4, 4, 1), 3, fused_update=True)
    assert views.parameter_grads(0, Group(0, 0, 3)).keys() == {"weight", "bias"}
    assert network._grads is None
    linear, _, _ = views_of([Linear(2)], (4,), 3, fused_update=True)
    assert linear.parameter_grads(0, Group(0, 0, 3)) == {}


@pytest.mark.parametrize("training", [True, False])
def test_predictions_compute_with_folded_copies_of_the_weights(training):
    layers = [Linear(4, use_bias=False), BatchNorm()]
    views, network, schedule = views_of(layers, (3,), 5, training=training)
    (contexts,) = contexts_of(views, schedule, 5)
    params = contexts[0].params
    assert np.shares_memory(params["weight"], network.params) == training
    assert ("bias" in params) != training


def test_a_gradient_that_is_not_needed_is_none():
    views, _, schedule = views_of([Linear(4)], (3,), 5)
    assert views.gradient(schedule.dx, 0, Group(0, 0, 5)) is None
    assert views.gradient(schedule.nodes[-1].dy, 1, Group(0, 0, 5)).shape == (5, 4)
