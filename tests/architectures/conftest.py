"""What tests of several architectures need."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.workspace import Workspace
from fernet._training.losses import SoftmaxCrossEntropy
from fernet.layers import PassContext


@pytest.fixture
def losses_of():
    """Train a network of 3 classes; return its first and its last loss."""

    def losses_of(network, n_steps=60, rate=0.1):
        """Return the first and the last loss of plain gradient descent on 20 images of noise."""
        rng = np.random.default_rng(0)
        network.initialize(0)
        executable = Workspace(network, 20).executable(20)
        pass_ctx = PassContext(_kernels, training=True)
        entropy = SoftmaxCrossEntropy()
        x, losses = rng.standard_normal(executable.x.shape, dtype=np.float32), []
        target = rng.integers(3, size=20).astype(np.int32)
        for _ in range(n_steps):
            executable.x[...] = x
            logits = executable.forward(pass_ctx)
            losses.append(entropy(logits, target, None, np.empty(20, np.float32), executable.dy))
            executable.backward(pass_ctx)
            network.params -= rate * network.grads
        return losses[0], losses[-1]

    return losses_of
