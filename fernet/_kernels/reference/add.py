"""The sum where two branches of a network join."""

from __future__ import annotations

import numpy as np

from fernet._kernels.reference.relu import relu_forward


def add_forward(a, b, y, relu=False):
    """``y = a + b``, then ``max(y, 0)`` if `relu`. `y` may be `a` or `b`."""
    np.add(a, b, out=y)
    if relu:
        relu_forward(y, y)
