"""Features of images: what a network makes of them on the way to its classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.datasets import make_faces
from fernet.estimators.embeddings import layer_names
from fernet.layers import Conv2D, Flatten, Linear, Residual

X, Y = make_faces(80, random_state=0, return_X_y=True)
SMALL = {"max_iter": 1, "random_state": 0}
MODELS = {
    "mlp": FERMLPClassifier((12, 5), dropout=0.5, **SMALL),
    "vgg": FERCNNClassifier(filters=[(2, 1), (3, 1)], hidden_layer_sizes=(6,), **SMALL),
    "batch_norm": FERCNNClassifier(
        filters=[(2, 1)], hidden_layer_sizes=(6,), batch_norm=True, **SMALL
    ),
    "resnet": FERCNNClassifier("resnet18", width=2, **SMALL),
    "preact_resnet": FERCNNClassifier("preact_resnet18", width=2, **SMALL),
}
UNITS = {"mlp": 5, "vgg": 6, "batch_norm": 6, "resnet": 16, "preact_resnet": 16}


@pytest.fixture(scope="module", params=MODELS)
def named(request):
    """A fitted model and its name."""
    return request.param, clone(MODELS[request.param]).fit(X, Y)


def test_the_classes_follow_from_the_features_by_the_last_layer(named):
    name, model = named
    features = model.transform(X)
    assert (features.shape, features.dtype) == ((len(X), UNITS[name]), np.float32)
    logits = features @ model.coefs_[-1] + model.intercepts_[-1]
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(logits, model.predict_log_proba(X), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(model.embed(X), features)


def test_a_row_does_not_depend_on_the_others(named):
    _, model = named
    np.testing.assert_array_equal(model.transform(X)[7:9], model.transform(X[7:9]))


def test_every_layer_embeds_in_its_own_shape(named):
    _, model = named
    network, shape = model.network_, model.network_.input_shape
    names = layer_names(network)
    assert len(set(names)) == len(names) == len(network.layers)
    assert set(names) <= set(network.names)
    for layer, name in zip(network.layers, names, strict=True):
        shape = layer.output_shape(shape)
        assert model.embed(X[:3], name).shape == (3, *shape)


def test_hidden_layers_of_a_perceptron_are_those_of_numpy():
    model = clone(MODELS["mlp"]).set_params(scaling=None).fit(X / 255, Y)
    hidden = X / 255
    for number, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True), 1):
        linear = hidden @ weight + bias
        found = model.embed(X / 255, f"linear_{number}")
        np.testing.assert_allclose(found, linear, rtol=1e-3, atol=1e-4)
        hidden = np.maximum(linear, 0)


def test_columns_are_named_and_frames_come_out():
    pandas = pytest.importorskip("pandas")
    model = clone(MODELS["mlp"]).set_output(transform="pandas").fit(X, Y)
    frame = model.transform(X)
    assert isinstance(frame, pandas.DataFrame)
    assert frame.columns.tolist() == [f"fermlpclassifier{i}" for i in range(5)]
    assert model.get_feature_names_out().tolist() == frame.columns.tolist()
    assert isinstance(model.embed(X), np.ndarray)
    assert isinstance(model.predict_proba(X), np.ndarray)


def test_a_pipeline_puts_another_model_on_top():
    pipeline = make_pipeline(clone(MODELS["mlp"]), LogisticRegression(max_iter=1000))
    assert pipeline.fit(X, Y).predict(X).shape == Y.shape


def test_mirror_images_do_not_enter():
    model = clone(MODELS["mlp"]).fit(X, Y)
    features = model.transform(X)
    np.testing.assert_array_equal(model.set_params(average_flips=True).transform(X), features)


@pytest.mark.parametrize(
    "model",
    [FERMLPClassifier((), **SMALL), FERCNNClassifier([Flatten(), Linear(7)], **SMALL)],
    ids=["none", "own"],
)
def test_without_a_hidden_layer_there_are_no_features(model):
    model.fit(X, Y)
    with pytest.raises(ValueError, match="no hidden layer"):
        model.transform(X)


def test_a_block_alone_is_a_hidden_layer():
    layers = [Residual([Conv2D(1, 3)]), Flatten(), Linear(7)]
    model = FERCNNClassifier(layers, **SMALL).fit(X, Y)
    assert model.transform(X).shape == (len(X), 48 * 48)


def test_a_layer_that_is_not_there_is_refused(named):
    _, model = named
    with pytest.raises(ValueError, match=r"layer is 'relu_99'; expected one of .*linear_1"):
        model.embed(X, "relu_99")


def test_before_fit_there_are_no_names():
    for ask in (FERMLPClassifier().get_feature_names_out, lambda: FERMLPClassifier().transform(X)):
        with pytest.raises(NotFittedError):
            ask()
