"""Estimators that train in TensorFlow, become Keras models and come back."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.layers import BatchNorm, Conv2D, GlobalAvgPool2D, Linear, MaxPool2D, ReLU

X, Y = load_digits(return_X_y=True)
X, Y = (X * 15.9).astype(np.uint8)[:300], Y[:300]
SETTINGS = {"hidden_layer_sizes": (16,), "max_iter": 3, "random_state": 0}


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "adam", "class_weight": "balanced"},
        {"early_stopping": True, "augmentation": "flip", "batch_size": 64},
        {"weight_decay": 0.01, "ema_decay": 0.9, "label_smoothing": 0.1},
    ],
    ids=str,
)
def test_both_backends_come_to_the_same(settings):
    native = FERMLPClassifier(**SETTINGS | settings).fit(X, Y)
    other = FERMLPClassifier(backend="tensorflow", **SETTINGS | settings).fit(X, Y)
    np.testing.assert_allclose(other.predict_proba(X), native.predict_proba(X), atol=1e-4)
    np.testing.assert_allclose(other.loss_curve_, native.loss_curve_, rtol=1e-4)
    assert other.validation_scores_ == native.validation_scores_
    other.partial_fit(X, Y)
    np.testing.assert_allclose(other.coefs_[0], native.partial_fit(X, Y).coefs_[0], atol=1e-3)


@pytest.mark.tensorflow
def test_classes_are_added_and_the_last_layer_trained_there():
    model = FERMLPClassifier(backend="tensorflow", **SETTINGS).fit(X, Y).add_classes([10])
    before = model.coefs_[0].copy()
    model.set_params(freeze="backbone").fit(X, Y)
    np.testing.assert_array_equal(model.coefs_[0], before)
    assert model.n_iter_ == 6


@pytest.mark.tensorflow
@pytest.mark.parametrize("data", [X, X / 255])
def test_a_keras_model_predicts_as_the_estimator_does_and_brings_its_weights_back(data):
    model = FERMLPClassifier(**SETTINGS).fit(data, Y)
    expected = model.predict_proba(data)
    keras_model = model.to_keras()
    np.testing.assert_allclose(keras_model.predict(data, verbose=0), expected, atol=1e-5)
    other = FERMLPClassifier(**SETTINGS | {"random_state": 1}).fit(data, Y)
    assert other.load_keras_weights(keras_model) is other
    np.testing.assert_allclose(other.predict_proba(data), expected, atol=1e-5)
    assert other.fit(data, Y).n_iter_ == 6


@pytest.mark.tensorflow
@pytest.mark.parametrize("averaged", [{"average_flips": True}, {"average_views": "zooms"}])
def test_a_keras_model_of_one_that_averages_over_views_warns_and_sees_each_image_once(averaged):
    model = FERCNNClassifier([GlobalAvgPool2D(), Linear(10)], max_iter=1, random_state=0)
    model.fit(X.reshape(-1, 8, 8), Y)
    once = model.predict_proba(X[:5].reshape(-1, 8, 8))
    with pytest.warns(UserWarning, match="sees each image once") as caught:
        keras_model = model.set_params(**averaged).to_keras()
    assert caught[0].filename == __file__
    found = keras_model.predict(X[:5].reshape(-1, 8, 8, 1), verbose=0)
    np.testing.assert_allclose(found, once, atol=1e-5)


SMALL = {"max_iter": 2, "random_state": 0, "dropout": 0.0}
NETWORKS = {
    "vgg": {"filters": [(4, 2), (6, 1)], "hidden_layer_sizes": (8,), "batch_norm": True},
    "preact_resnet18": {"architecture": "preact_resnet18", "width": 4},
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("settings", NETWORKS.values(), ids=list(NETWORKS))
def test_convolutional_networks_come_to_the_same_and_go_both_ways(settings):
    pixels, labels = X[:60].reshape(-1, 8, 8, 1), Y[:60]
    native, other = (
        FERCNNClassifier(backend=backend, **SMALL | settings).fit(pixels, labels)
        for backend in ("native", "tensorflow")
    )
    np.testing.assert_allclose(other.loss_curve_[0], native.loss_curve_[0], rtol=1e-3)
    keras_model = other.to_keras()
    expected = other.predict_proba(pixels)
    np.testing.assert_allclose(keras_model.predict(pixels, verbose=0), expected, atol=1e-5)
    native.load_keras_weights(keras_model)
    np.testing.assert_allclose(native.predict_proba(pixels), expected, atol=1e-5)


def sequential(*layers, shape=(64,)):
    import keras

    return keras.Sequential([keras.Input(shape), *layers])


def bytes_for_keras():
    return X.astype(np.float32)


@pytest.mark.tensorflow
@pytest.mark.parametrize("at_end", ["dense", "softmax", "activation"])
def test_a_rescaling_of_a_softmax_regression_becomes_the_scaling(at_end):
    from keras import layers

    last = {
        "dense": [layers.Dense(10, activation="softmax")],
        "softmax": [layers.Dense(10), layers.Softmax()],
        "activation": [layers.Dense(10), layers.Activation("softmax")],
    }
    keras_model = sequential(layers.Rescaling(1 / 16, -3), *last[at_end])
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(X, Y)
    model.load_keras_weights(keras_model)
    assert model.temperature_ == 1
    expected = keras_model.predict(bytes_for_keras(), verbose=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)


@pytest.mark.tensorflow
def test_weights_of_another_architecture_are_refused():
    model, other = (FERMLPClassifier((size,), max_iter=1).fit(X, Y) for size in (8, 9))
    before = model._fitted
    with pytest.raises(ValueError, match=r"has linear_1.weight of shape \(64, 9\); expected"):
        model.load_keras_weights(other.to_keras())
    assert model._fitted is before


def convolved(layers, *, padding=1, stride=2, eps=1e-5, before=(), behind=()):
    return sequential(
        layers.ZeroPadding2D(padding),
        layers.Conv2D(4, 3, strides=stride),
        *before,
        layers.BatchNormalization(epsilon=eps),
        *behind,
        layers.MaxPooling2D(2),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10, activation="softmax"),
        shape=(8, 8, 1),
    )


@pytest.mark.tensorflow
def test_layers_that_compute_something_else_are_refused():
    from keras import layers

    own = [Conv2D(4, 3, stride=2), BatchNorm(), ReLU(), MaxPool2D(), GlobalAvgPool2D(), Linear(10)]
    model = FERCNNClassifier(own, max_iter=1, random_state=0).fit(X.reshape(-1, 8, 8), Y)
    fitted = model._fitted
    refused = {
        r"has max_pool2d\(size=\(2, 2\)\) after batch_norm\(eps=1e-05\); expected relu\(\)": {},
        r"has relu\(\) after conv2d.*; expected batch_norm": {"before": [layers.ReLU()]},
        r"stride=\(1, 1\).*after its input; expected conv2d": {"stride": 1},
        r"padding=\(2, 2\).*expected .*padding=\(1, 1\)": {"padding": 2},
        r"has batch_norm\(eps=0.1\) after conv2d": {"eps": 0.1},
    }
    for message, settings in refused.items():
        with pytest.raises(ValueError, match=message):
            model.load_keras_weights(convolved(layers, **settings))
        assert model._fitted is fitted
    aside = [layers.ReLU(), layers.Dropout(0.5)]
    keras_model = convolved(layers, behind=aside)
    model.load_keras_weights(keras_model)
    centred = model._fitted.scaling
    rows = (X - centred.offset_) * centred.scale_
    expected = keras_model.predict(rows.reshape(-1, 8, 8, 1), verbose=0)
    got = model.predict_proba(X.reshape(-1, 8, 8))
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.tensorflow
def test_images_that_keras_flattens_are_rows_and_images_of_another_size_are_refused():
    from keras import layers

    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(X, Y)
    keras_model = sequential(
        layers.Rescaling(0.01), layers.Flatten(), layers.Dense(10), shape=(8, 8, 1)
    )
    model.load_keras_weights(keras_model)
    logits = keras_model.predict(bytes_for_keras().reshape(-1, 8, 8, 1), verbose=0)
    np.testing.assert_allclose(model.predict_proba(X), softmax(logits, axis=1), atol=1e-5)
    own = [GlobalAvgPool2D(), Linear(10)]
    model = FERCNNClassifier(own, max_iter=1, random_state=0).fit(X.reshape(-1, 8, 8), Y)
    other = sequential(layers.GlobalAveragePooling2D(), layers.Dense(10), shape=(4, 16, 1))
    with pytest.raises(ValueError, match=r"takes rows of shape \(4, 16, 1\); expected \(8, 8, 1\)"):
        model.load_keras_weights(other)


@pytest.mark.tensorflow
def test_a_rescaling_by_one_stands_for_pixels_as_they_are():
    from keras import layers

    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(X, Y)
    keras_model = sequential(layers.Rescaling(1.0), layers.Dense(10, activation="softmax"))
    model.load_keras_weights(keras_model)
    expected = keras_model.predict(bytes_for_keras(), verbose=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_leave_the_estimator_as_it_was(number):
    from keras import layers

    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(X, Y)
    fitted = model._fitted
    diverged = sequential(layers.Dense(10))
    diverged.layers[0].bias.assign(np.r_[number, np.zeros(9)])
    refused = {
        "has linear_1.bias with numbers that are NaN": diverged,
        "'first' has a scale or an offset that": sequential(
            layers.Rescaling(number, name="first"), layers.Dense(10)
        ),
        "'own' has a scale or an offset that": sequential(
            layers.Rescaling(1.0, number, name="own"), layers.Dense(10)
        ),
        "'last' before the softmax has scale": sequential(
            layers.Dense(10), layers.Rescaling(number, name="last"), layers.Softmax()
        ),
        "expected numbers that float32 holds": sequential(
            layers.Rescaling(1e-30, 1e20), layers.Dense(10)
        ),
    }
    for message, keras_model in refused.items():
        with pytest.raises(ValueError, match=message):
            model.load_keras_weights(keras_model)
        assert model._fitted is fitted


@pytest.mark.tensorflow
def test_the_range_of_the_data_is_known_for_as_long_as_the_scaling_stays():
    from keras import layers

    for data in (X, X / 255):
        model = FERMLPClassifier((), max_iter=1, random_state=0).fit(data, Y)
        known = model.input_range_
        model.load_keras_weights(model.to_keras())
        assert model.input_range_ == known
        model.load_keras_weights(sequential(layers.Dense(10)))
        assert model.input_range_ == known
        keras_model = sequential(layers.Rescaling(1 / 255), layers.Dense(10))
        model.load_keras_weights(keras_model)
        assert model.input_range_ is None
        model.predict(X)


@pytest.mark.tensorflow
@pytest.mark.parametrize("use_file", [False, True])
def test_weights_brought_back_are_gone_on_from_and_belong_to_no_file(tmp_path, use_file):
    model = FERMLPClassifier(**SETTINGS).fit(X, Y)
    save_model(model, tmp_path / "model")
    model = load_model(tmp_path / "model")
    model.load_keras_weights(model.to_keras())
    assert not hasattr(model, "model_info_")
    assert model.best_validation_score_ is None
    if use_file:
        save_model(model, tmp_path / "model")
        model = load_model(tmp_path / "model")
    assert model.fit(X, Y).n_iter_ == 6
    assert model.fit(X, Y).n_iter_ == 3


@pytest.mark.tensorflow
def test_an_estimator_with_a_strategy_is_cloned_and_pickled_without_trouble():
    import tensorflow as tf

    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    model = clone(FERMLPClassifier(backend="tensorflow", strategy=strategy, **SETTINGS)).fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_strategy_needs_the_backend():
    with pytest.raises(ValueError, match="expected backend='tensorflow', or strategy=None"):
        FERMLPClassifier(strategy=object()).fit(X, Y)


@pytest.mark.parametrize("use", [lambda m: m.to_keras(), lambda m: m.load_keras_weights(None)])
def test_only_fitted_estimators_become_keras_models(use):
    with pytest.raises(NotFittedError):
        use(FERMLPClassifier())
