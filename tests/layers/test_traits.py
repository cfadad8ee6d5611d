"""Traits: what a class says of its passes does not hold for those that a subclass overrides."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
)
from fernet.layers.traits import _PASSES, trait

LAYERS = [BatchNorm(), Conv2D(2), Dropout(0.5), Flatten(), Linear(2), MaxPool2D(), ReLU()]
ATTRIBUTES = [name for name in _PASSES if not callable(getattr(Layer, name))]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
@pytest.mark.parametrize("name", ATTRIBUTES)
def test_fernets_layers_keep_theirs(layer, name):
    assert trait(layer, name) == getattr(type(layer), name)


class SameLinear(Linear):
    kind = "same linear"


class OtherForward(Linear):
    kind = "other forward"

    def forward(self, ctx, pass_ctx):
        np.matmul(ctx.x, ctx.params["weight"], out=ctx.y)


class OtherBackward(Linear):
    kind = "other backward"

    def backward(self, ctx, pass_ctx):
        super().backward(ctx, pass_ctx)


class SaysItself(Linear):
    kind = "says itself"
    fuses_relu = True

    def forward(self, ctx, pass_ctx):
        super().forward(ctx, pass_ctx)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_subclass_that_overrides_no_pass_has_its_bases(name):
    assert trait(SameLinear(2), name) == getattr(Linear, name)


def test_an_overridden_forward_loses_what_was_said_of_the_other():
    layer = OtherForward(2)
    assert not trait(layer, "fuses_relu")
    assert not trait(layer, "folds_scale")
    assert trait(layer, "is_linear")
    assert trait(layer, "backward_reads") == {"x"}


def test_an_overridden_backward_may_read_all():
    layer = OtherBackward(2)
    assert trait(layer, "backward_reads") == {"x", "y"}
    assert not trait(layer, "is_linear")
    assert trait(layer, "fuses_relu")


def test_a_class_speaks_for_its_own_passes():
    assert trait(SaysItself(2), "fuses_relu")
    assert not trait(SaysItself(2), "folds_scale")


def test_a_base_may_speak_for_passes_that_only_its_subclasses_have():
    class Base(Layer):
        in_place = True
        backward_reads = frozenset({"y"})

    class Made(Base):
        kind = "made"

        def forward(self, ctx, pass_ctx):
            np.tanh(ctx.x, out=ctx.y)

        def backward(self, ctx, pass_ctx):
            np.multiply(ctx.dy, 1 - ctx.y**2, out=ctx.dx)

    assert trait(Made(), "in_place")
    assert trait(Made(), "backward_reads") == {"y"}


def test_methods_count_as_attributes_do():
    class Kept(Dropout):
        kind = "kept"

        def forward(self, ctx, pass_ctx):
            ctx.y[...] = ctx.x / 2

    assert trait(Dropout(0.5), "passes_through")(False)
    assert not trait(Kept(0.5), "passes_through")(False)
