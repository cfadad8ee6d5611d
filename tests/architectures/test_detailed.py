"""The detailed network: its planes, its parts and that it learns."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERCNNClassifier
from fernet._engine.network import Network
from fernet.architectures import detailed
from fernet.datasets import make_faces
from fernet.layers import Conv2D


def test_its_first_two_convolutions_see_each_pixel():
    shape, outputs = (48, 48, 1), []
    for layer in detailed(width=8):
        shape = layer.output_shape(shape)
        if isinstance(layer, Conv2D):
            outputs.append(shape)
    sides_and_filters = [
        (48, 32), (48, 8), (24, 8), (24, 16), (12, 16), (12, 32), (6, 32), (6, 32), (3, 32),
    ]  # fmt: skip
    assert outputs == [(side, side, filters) for side, filters in sides_and_filters]
    *_, features, logits = Network(detailed(5, width=8, dropout=0), (48, 48, 1)).shapes
    assert (features, logits) == ((32,), (5,))


@pytest.mark.parametrize("width", [1, 48])
def test_width_sets_the_filters_of_all_groups(width):
    _, *filters = [layer.n_filters for layer in detailed(width=width) if isinstance(layer, Conv2D)]
    assert filters == [width * multiple for multiple in (1, 1, 2, 2, 4, 4, 4, 4)]


def test_a_narrow_one_learns_20_random_images(losses_of):
    first, last = losses_of(Network(detailed(3, width=4, dropout=0), (48, 48, 1)))
    assert last < 0.2 * first


@pytest.mark.parametrize("solver", ["sgd", "adam", "muon"])
@pytest.mark.parametrize("others", [{}, {"clip_norm": 1.0, "ema_decay": 0.9}], ids=repr)
def test_the_symmetric_one_answers_a_face_and_its_mirror_image_alike_once_trained(solver, others):
    X, y = make_faces(60, random_state=0, return_X_y=True)
    X = X.reshape(-1, 48, 48)
    model = FERCNNClassifier(
        "symmetric", width=4, max_iter=2, batch_size=20, solver=solver, random_state=0, **others
    )
    before = model.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X[:, :, ::-1]), before, atol=1e-4)
    assert np.ptp(before, axis=0).max() > 0.01


def test_the_symmetric_one_takes_an_even_width():
    with pytest.raises(ValueError, match="has 5 filters; expected an even number"):
        detailed(width=5, mirrored=True)


def test_a_narrow_symmetric_one_learns_20_random_images(losses_of):
    first, last = losses_of(Network(detailed(3, width=4, dropout=0, mirrored=True), (48, 48, 1)))
    assert last < 0.2 * first
