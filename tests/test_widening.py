"""A trained network as one of more filters."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.datasets import make_faces
from fernet.layers import Flatten, Linear
from fernet.widening import widen

X, Y = make_faces(60, random_state=0, return_X_y=True)


def fitted(architecture, width=4, **changes):
    settings = {"max_iter": 1, "batch_size": 20, "random_state": 0} | changes
    return FERCNNClassifier(architecture, width=width, **settings).fit(X, Y)


def values(model):
    return model._fitted.network.values


@pytest.mark.parametrize(
    "architecture", ["compact", "detailed", "resnet18", "preact_resnet18", "resnet50"]
)
@pytest.mark.parametrize("width", [5, 12])
def test_the_answers_stay_and_all_filters_learn(architecture, width):
    model = fitted(architecture)
    wider = widen(model, width)
    assert wider.width == width
    assert wider._fitted.network.n_parameters > model._fitted.network.n_parameters
    np.testing.assert_allclose(wider.predict_proba(X), model.predict_proba(X), atol=1e-4)

    learnt = widen(model, width).fit(X, Y)
    assert learnt.n_iter_ == model.n_iter_ + 1
    for before, after in zip(wider.coefs_, learnt.coefs_, strict=True):
        changed = (before != after).reshape(-1, before.shape[-1])
        assert changed.any(axis=0).all()


@pytest.mark.parametrize("shape", [(96, 96), (104, 200), (48, 110, 3)])
def test_the_answers_stay_where_several_pixels_are_left_of_an_image(shape):
    images = np.random.default_rng(0).integers(0, 256, (12, *shape), dtype=np.uint8)
    model = FERCNNClassifier("compact", width=2, max_iter=1, random_state=0)
    model.fit(images, np.arange(12) % 3)
    wider = widen(model, 3)
    np.testing.assert_allclose(wider.predict_proba(images), model.predict_proba(images), atol=1e-5)
    assert wider.coefs_[-1].shape[0] == model.coefs_[-1].shape[0] / 2 * 3 > 12


def test_old_weights_stand_where_they_were_and_nothing_takes_from_new_filters():
    model = fitted("compact")
    wider = widen(model, 6)
    for old, new in zip(model.coefs_, wider.coefs_, strict=True):
        inputs, outputs = old.shape[-2:]
        np.testing.assert_array_equal(new[..., :inputs, :outputs], old)
        assert not new[..., inputs:, :outputs].any()
        if new.shape[-1] > outputs:
            assert (new[..., outputs:] != 0).all()


def test_new_weights_are_drawn_by_their_seed_and_the_model_stays():
    model = fitted("compact")
    before = values(model).copy()
    first, again, other = (values(widen(model, 6, random_state=seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(values(model), before)
    assert model.width == 4
    np.testing.assert_array_equal(values(widen(model, 4)), before)


@pytest.mark.filterwarnings("ignore:temperature_ is")
def test_a_temperature_stays():
    model = fitted("compact").calibrate(X, Y)
    assert widen(model, 6).temperature_ == model.temperature_ != 1


def test_a_wider_model_is_saved_and_loaded(tmp_path):
    wider = widen(fitted("compact"), 6)
    save_model(wider, tmp_path / "wider.safetensors")
    again = load_model(tmp_path / "wider.safetensors")
    assert again.width == 6
    np.testing.assert_array_equal(values(again), values(wider))


@pytest.mark.parametrize("parameters", [{"width": 2}, {"width": 30}])
def test_the_width_is_that_of_the_fit_whatever_was_set_since(parameters):
    expected = widen(fitted("compact"), 6)
    np.testing.assert_array_equal(
        values(widen(fitted("compact").set_params(**parameters), 6)), values(expected)
    )


@pytest.mark.parametrize(
    ("parameters", "width", "there"),
    [
        ({"width": 2}, 3, r"\(\d, \d, \d+, 4\)"),
        ({"architecture": "detailed"}, 6, r"\(4, 4, 1, 32\)"),
        ({"architecture": "resnet18"}, 40, r"\(4, 4, 1, 32\)"),
    ],
)
def test_a_network_that_has_no_place_for_the_trained_one_is_refused(parameters, width, there):
    model = fitted("compact").set_params(**parameters)
    message = rf"width is {width}, which makes a network with .* and the model has .* shape {there}"
    with pytest.raises(ValueError, match=message):
        widen(model, width)


@pytest.mark.parametrize(
    ("model", "width", "message"),
    [
        (lambda: fitted("compact"), 3, "width is 3; expected at least the model's, 4"),
        (lambda: fitted("compact"), "8", "width is '8'; expected a whole number, 1 or more"),
        (
            lambda: fitted("vgg", filters=[(2, 1)], hidden_layer_sizes=(4,)),
            8,
            "is vgg, which can't",
        ),
        (
            lambda: fitted("symmetric"),
            8,
            "is symmetric, which can't be widened; expected one of comp",
        ),
        (lambda: fitted([Flatten(), Linear(7)]), 8, "is a list of layers, which can't be widened"),
        (lambda: FERMLPClassifier((4,), max_iter=1).fit(X, Y), 8, "is mlp, which can't be widened"),
    ],
)
def test_what_can_not_be_widened_is_refused(model, width, message):
    with pytest.raises(ValueError, match=message):
        widen(model(), width)


def test_only_a_fitted_model_of_fernet_is_widened():
    with pytest.raises(NotFittedError):
        widen(FERCNNClassifier("compact"), 80)
    with pytest.raises(TypeError, match="model is of type str; expected a FERCNNClassifier"):
        widen("cnn", 80)
