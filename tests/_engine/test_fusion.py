"""Fusion: which nodes do a neighbour's work, and which do not."""

from __future__ import annotations

import pytest

from fernet import _kernels
from fernet._engine.fusion import fuse
from fernet._engine.graph import Graph
from fernet._kernels import reference
from fernet.layers import BatchNorm, Conv2D, Dropout, Flatten, Linear, MaxPool2D, ReLU, Residual

WIDTH = 5


class Masking(Linear):
    """Does the backward of the ReLU before it."""

    kind = "masking"
    masks_relu = True


class Rectifying(Linear):
    """Does forward and backward of the ReLU behind it."""

    kind = "rectifying"
    fuses_relu_backward = True


class Pooling(MaxPool2D):
    """Has a forward of its own."""

    kind = "pooling"

    def forward(self, ctx, pass_ctx):
        super().forward(ctx, pass_ctx)


class Shifting(Conv2D):
    """Has a forward of its own."""

    kind = "shifting"

    def forward(self, ctx, pass_ctx):
        super().forward(ctx, pass_ctx)
        ctx.y += 1


class Bending(ReLU):
    """Has a forward of its own."""

    kind = "bending"

    def forward(self, ctx, pass_ctx):
        super().forward(ctx, pass_ctx)


class Centring(BatchNorm):
    """Has a forward of its own."""

    kind = "centring"

    def forward(self, ctx, pass_ctx):
        super().forward(ctx, pass_ctx)


def plans(layers, *, training=True, input_shape=(WIDTH,), kernels=_kernels):
    return fuse(Graph(layers, input_shape), training=training, kernels=kernels)


# -- ReLUs, forward -------------------------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
def test_a_relu_is_done_by_the_layer_before(training):
    nodes = plans([Linear(WIDTH), ReLU(), ReLU()], training=training)
    assert nodes[0].relu
    assert nodes[1].fused
    assert not nodes[2].fused


def test_a_relu_that_is_not_alone_in_reading_is_not():
    nodes = plans([Linear(WIDTH), Residual([ReLU(), Linear(WIDTH)])])
    assert not nodes[0].relu
    assert not nodes[1].fused


def test_a_relu_behind_a_residual_is_done_by_its_sum():
    nodes = plans([Residual([Linear(WIDTH)]), ReLU()])
    assert nodes[1].relu
    assert nodes[2].fused


def test_a_layer_that_does_not_rectify_leaves_the_relu_alone():
    nodes = plans([MaxPool2D(), ReLU()], input_shape=(4, 4, 1))
    assert not nodes[0].relu
    assert not nodes[1].fused


def test_layers_that_do_nothing_may_stand_between():
    nodes = plans([Linear(WIDTH), Dropout(0.5), Flatten(), ReLU()], training=False)
    assert nodes[0].relu
    assert nodes[3].fused


def test_a_dropout_that_drops_may_not():
    nodes = plans([Linear(WIDTH), Dropout(0.5), ReLU()])
    assert not nodes[0].relu
    assert not nodes[2].fused


# -- ReLUs, backward ------------------------------------------------------------------------


def test_a_mask_is_applied_by_the_layer_behind():
    nodes = plans([Linear(WIDTH), ReLU(), Masking(WIDTH)])
    assert nodes[2].relu_before
    assert nodes[1].fused_backward


@pytest.mark.parametrize(
    "layers",
    [
        [Linear(WIDTH), ReLU(), Flatten(), Masking(WIDTH)],
        [Linear(WIDTH), ReLU(), Dropout(0.0)],
        [Linear(WIDTH), ReLU(), Residual([Masking(WIDTH)])],
        [Linear(WIDTH), ReLU(), Linear(WIDTH)],
    ],
    ids=["a layer between", "dropout of nothing", "read by others", "a layer that cannot"],
)
def test_a_mask_is_not_applied_by_any_other(layers):
    nodes = plans(layers)
    assert not any(node.relu_before for node in nodes)
    assert not nodes[1].fused_backward


def test_a_dropout_applies_the_mask_and_the_layer_behind_it_none():
    nodes = plans([Linear(WIDTH), ReLU(), Dropout(0.5), Masking(WIDTH)])
    assert nodes[1].fused_backward
    assert nodes[2].relu_before
    assert not nodes[3].relu_before


def test_a_layer_that_can_applies_the_mask_of_the_relu_that_it_does():
    nodes = plans([Rectifying(WIDTH), ReLU(), Masking(WIDTH)])
    assert nodes[0].relu
    assert nodes[1].fused_backward
    assert not nodes[2].relu_before


def test_predictions_have_no_masks():
    nodes = plans([Linear(WIDTH), ReLU(), Masking(WIDTH)], training=False)
    assert not nodes[2].relu_before


# -- normalisations -------------------------------------------------------------------------


def test_normalisations_are_folded_away_in_predictions_alone():
    layers = [Linear(WIDTH), BatchNorm(), ReLU()]
    nodes = plans(layers, training=False)
    assert nodes[0].norm == 1
    assert nodes[1].folded_away
    assert nodes[1].passes_through
    assert nodes[0].relu
    nodes = plans(layers)
    assert nodes[0].norm is None
    assert not nodes[1].passes_through


def test_a_normalisation_is_kept_where_others_read_its_input():
    nodes = plans([Linear(WIDTH), Residual([BatchNorm()])], training=False)
    assert nodes[0].norm is None


# -- poolings -------------------------------------------------------------------------------

IMAGE = (24, 24, 16)
"""Of which a convolution to 16 channels can pool as it writes."""


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("between", [[], [ReLU()]], ids=["directly", "rectified"])
def test_a_convolution_may_pool_as_it_writes(between, training):
    nodes = plans([Conv2D(16), *between, MaxPool2D()], input_shape=IMAGE, training=training)
    assert nodes[0].pool == len(between) + 1
    assert nodes[-1].convolved_by == 0


def test_a_folded_normalisation_may_stand_between():
    layers = [Conv2D(16), BatchNorm(), ReLU(), MaxPool2D()]
    assert plans(layers, input_shape=IMAGE, training=False)[0].pool == 3
    assert plans(layers, input_shape=IMAGE)[0].pool is None


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(16), ReLU(), Residual([MaxPool2D()], [Conv2D(16, stride=2)])],
        [Conv2D(16), ReLU(), Conv2D(16), MaxPool2D(3)],
        [Conv2D(16), ReLU(), ReLU(), MaxPool2D()],
        [Conv2D(16), ReLU(), Pooling()],
        [Shifting(16), ReLU(), MaxPool2D()],
    ],
    ids=["read by others", "other windows", "another layer between", "own pooling", "own forward"],
)
def test_nothing_else_is_pooled_at_once(layers):
    assert [node.pool for node in plans(layers, input_shape=IMAGE)] == [None] * len(
        Graph(layers, IMAGE).nodes
    )


class NeverPool:
    """Kernels that find pooling as they write not worth it."""

    @staticmethod
    def conv2d_pools(*args, **kwargs):
        return False


def test_the_kernels_decide():
    layers = [Conv2D(16), ReLU(), MaxPool2D()]
    assert plans(layers, input_shape=(7, 7, 3), kernels=reference)[0].pool == 2
    assert plans(layers, input_shape=IMAGE, kernels=NeverPool)[0].pool is None


# -- passes of one's own ---------------------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "layers",
    [
        [Linear(WIDTH), Bending()],
        [Centring(), ReLU()],
        [Linear(WIDTH), Centring()],
        [Linear(WIDTH), Bending(), Masking(WIDTH)],
    ],
    ids=repr,
)
def test_no_neighbour_does_the_work_of_a_layer_with_passes_of_ones_own(layers, training):
    for node in plans(layers, training=training):
        assert not any([node.fused, node.folded_away, node.relu, node.relu_before])
        assert not any([node.passes_through, node.norm, node.fused_backward])
