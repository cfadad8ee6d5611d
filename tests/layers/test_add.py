"""Add: two inputs are summed, and the gradient to the sum goes to both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet.layers import Add, Flatten, LayerContext, PassContext, Residual


@given(st.integers(0, 5), st.integers(1, 40), st.booleans(), st.booleans())
def test_it_sums_its_inputs_in_place_if_need_be(n, width, relu, in_place):
    rng = np.random.default_rng(width)
    first, second = rng.standard_normal((2, n, width), dtype=np.float32)
    expected = first + second
    if relu:
        expected = np.maximum(expected, 0)
    y = second if in_place else np.empty_like(first)
    ctx = LayerContext(Add(), 0, {}, {}, {}, x=first, y=y, inputs=[first, second], relu=relu)
    Add().forward(ctx, PassContext(_kernels))
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("n", [1, 4])
def test_the_gradient_reaches_the_input_by_both_branches(n):
    network = Network([Residual([Flatten()])], (6,))
    executable = Workspace(network, n, input_gradient=True).executable(n)
    pass_ctx = PassContext(_kernels, training=True)
    executable.x[...] = np.arange(6)
    np.testing.assert_array_equal(executable.forward(pass_ctx), [2 * np.arange(6.0)] * n)
    executable.dy[...] = 3
    executable.backward(pass_ctx)
    np.testing.assert_array_equal(executable.dx, np.full((n, 6), 6))
