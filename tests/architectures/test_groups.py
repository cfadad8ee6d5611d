"""What compact and detailed networks have in common."""

from __future__ import annotations

import itertools

import pytest

from fernet.architectures import compact, detailed
from fernet.layers import Conv2D, Dropout, Linear, MaxPool2D


@pytest.mark.parametrize(("build", "n_groups"), [(compact, 3), (detailed, 4)])
def test_poolings_stand_right_behind_a_convolution_that_can_do_their_work(build, n_groups):
    pairs = itertools.pairwise(build())
    before = [a for a, b in pairs if isinstance(b, MaxPool2D) and b.size == (2, 2)]
    assert [type(layer) for layer in before] == [Conv2D] * n_groups


@pytest.mark.parametrize("build", [compact, detailed])
def test_dropout_stands_before_the_last_layer_or_nowhere(build):
    dropped = [b for a, b in itertools.pairwise(build(dropout=0.3)) if isinstance(a, Dropout)]
    assert [type(layer) for layer in dropped] == [Linear]
    assert not any(isinstance(layer, Dropout) for layer in build(dropout=0))
