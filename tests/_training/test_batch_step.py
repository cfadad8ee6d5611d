"""Steps on batches of a fixed number of rows: the loss between the passes, in one program."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine import program
from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet._kernels import reference
from fernet._training.batch_step import BatchStep
from fernet._training.data_loader import DataLoader
from fernet._training.losses import SoftmaxCrossEntropy
from fernet.augmentation import Augmentation
from fernet.layers import Linear, PassContext, ReLU

N, N_CLASSES = 40, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 9)).astype(np.float32)
TARGET = RNG.integers(N_CLASSES, size=N).astype(np.int32)
WEIGHT = RNG.uniform(0, 2, N).astype(np.float32)
DISTRIBUTION = RNG.dirichlet(np.ones(N_CLASSES), N).astype(np.float32)
DATA = {
    "plain": {},
    "weighted": {"weight": WEIGHT},
    "distributions": {"distribution": DISTRIBUTION},
    "both": {"weight": WEIGHT, "distribution": DISTRIBUTION},
}
BATCHES = [np.arange(10), np.arange(30, 40), np.array([3, 3, 7, 1, 0, 9, 39, 20, 21, 2])]


def executable_of(kernels=_kernels, dtype="float32"):
    network = Network([Linear(5), ReLU(), Linear(N_CLASSES)], (9,), dtype=dtype, kernels=kernels)
    network.initialize(0)
    return network, Workspace(network, 10).executable(10)


def in_pieces(data, indices):
    """Loss, rows that are right and gradients, computed one after another."""
    network, batch = executable_of()
    pass_ctx = PassContext(_kernels, training=True)
    data.gather(indices, batch.x)
    logits = batch.forward(pass_ctx)
    weight = None if data.weight is None else data.weight[indices]
    wanted, losses = data.loss_target[indices], np.empty(len(indices), np.float32)
    loss = SoftmaxCrossEntropy(0.1)
    scale = loss.scale(len(indices) * data.mean_weight)
    loss.write(logits, wanted, weight, scale, losses, batch.dy)
    n_right = _kernels.count_right(logits, data.target[indices])
    batch.backward(pass_ctx)
    return float(np.add.reduce(losses)) * scale, n_right, network.grads


@pytest.mark.parametrize("plays_tapes", [True, False])
@pytest.mark.parametrize("name", DATA)
def test_a_step_has_the_bits_of_its_pieces(name, plays_tapes, monkeypatch):
    monkeypatch.setattr(program, "plays_tapes", plays_tapes)
    data = DataLoader(X, TARGET, **DATA[name])
    network, batch = executable_of()
    step = BatchStep(batch, data, SoftmaxCrossEntropy(0.1))
    pass_ctx = PassContext(_kernels, training=True)
    for indices in BATCHES:
        step.load(indices, pass_ctx, epoch=0)
        loss = step.run(pass_ctx)
        expected_loss, n_right, grads = in_pieces(data, indices)
        assert (loss, step.n_right) == (expected_loss, n_right)
        np.testing.assert_array_equal(network.grads, grads)


@pytest.mark.parametrize("name", DATA)
def test_a_step_is_near_that_of_the_reference(name):
    data, results = DataLoader(X, TARGET, **DATA[name]), []
    of_reference = DataLoader(
        X.astype(np.float64), TARGET, kernels=reference,
        **{key: value.astype(np.float64) for key, value in DATA[name].items()},
    )  # fmt: skip
    for kernels, dtype, source in (
        (_kernels, "float32", data),
        (reference, "float64", of_reference),
    ):
        network, batch = executable_of(kernels, dtype)
        step = BatchStep(batch, source, SoftmaxCrossEntropy(kernels=kernels))
        pass_ctx = PassContext(kernels, training=True)
        step.load(BATCHES[0], pass_ctx, epoch=0)
        figures = (step.run(pass_ctx), step.n_right)
        grads = [grad for node in network.node_grads for grad in node.values()]
        results.append((figures, np.concatenate([grad.ravel() for grad in grads])))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-3, atol=1e-5)


def test_what_is_varied_is_fetched_as_it_is_loaded_and_the_rest_with_the_step():
    images = RNG.integers(0, 256, (N, 9)).astype(np.uint8)
    for augmentation in (None, Augmentation(shift=0.2)):
        data = DataLoader(images, TARGET, augmentation=augmentation, image_shape=(3, 3, 1))
        _, batch = executable_of()
        step = BatchStep(batch, data, SoftmaxCrossEntropy())
        pass_ctx = PassContext(_kernels, training=True)
        batch.x[...] = np.nan
        step.load(BATCHES[0], pass_ctx, epoch=0)
        assert np.isnan(batch.x).all() == (augmentation is None)
        assert np.isfinite(step.run(pass_ctx))


def test_samples_that_are_not_there_are_refused():
    _, batch = executable_of()
    step = BatchStep(batch, DataLoader(X, TARGET), SoftmaxCrossEntropy())
    pass_ctx = PassContext(_kernels, training=True)
    for wrong in (-1, N):
        with pytest.raises(IndexError, match=f"indices\\[9\\] is {wrong}"):
            step.load(np.array([*range(9), wrong]), pass_ctx, epoch=0)


def test_an_error_of_a_layer_is_none_of_the_loss(monkeypatch):
    def fail(layer, ctx, pass_ctx):
        raise FloatingPointError("of its own")

    monkeypatch.setattr(Linear, "forward", fail)
    _, batch = executable_of()
    step = BatchStep(batch, DataLoader(X, TARGET), SoftmaxCrossEntropy())
    pass_ctx = PassContext(_kernels, training=True)
    step.load(BATCHES[0], pass_ctx, epoch=0)
    with pytest.raises(FloatingPointError, match="of its own"):
        step.run(pass_ctx)
