"""Models to Keras and back: the same arrays, the same figures."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.pipeline import make_pipeline

from fernet import FERMLPClassifier
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet._training.losses import SoftmaxCrossEntropy
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    PassContext,
    ReLU,
    Residual,
)
from fernet.tensorflow_backend import from_keras, to_keras

pytestmark = pytest.mark.tensorflow

BLOCK = [Conv2D(6, 3, stride=2), BatchNorm(), ReLU(), Conv2D(6), BatchNorm(0.8, 1e-3)]
NETWORKS = {
    "perceptron": ([Linear(8), ReLU(), Dropout(0.5), Linear(3)], (16,)),
    "vgg": (
        [Conv2D(4), ReLU(), Conv2D(5), ReLU(), MaxPool2D(), Flatten(), Linear(6), ReLU(),
         Linear(3)],
        (12, 12, 1),
    ),
    "strides and paddings": (
        [Conv2D(4, 5, stride=2), ReLU(), Conv2D(5, (1, 3), padding=(0, 2)), MaxPool2D((2, 1)),
         Conv2D(3, 2, padding="valid", use_bias=False), Flatten(), Linear(3, use_bias=False)],
        (13, 10, 3),
    ),
    "resnet": (
        [Conv2D(6), BatchNorm(), ReLU(), Residual([Conv2D(6), ReLU(), Conv2D(6)]), ReLU(),
         Residual(BLOCK, [Conv2D(6, 1, stride=2), BatchNorm()]), ReLU(), GlobalAvgPool2D(),
         Linear(3)],
        (9, 9, 2),
    ),
}  # fmt: skip


@pytest.fixture(params=NETWORKS.values(), ids=list(NETWORKS))
def network(request, rng):
    layers, shape = copy.deepcopy(request.param)
    made = Network(layers, shape)
    made.initialize(3)
    for name, view in made.named_parameters() + made.named_state():
        if not name.endswith(".weight"):
            view[...] = rng.uniform(0.5, 1.5, view.shape)
    return made


@pytest.fixture
def x(network, rng):
    return rng.standard_normal((7, *network.input_shape)).astype(np.float32)


def test_the_same_weights_give_the_same_probabilities(network, x):
    got = to_keras(network).predict(x, verbose=0)
    np.testing.assert_allclose(softmax(got, 1), softmax(Session(network).predict(x), 1), atol=1e-5)


def test_no_weight_is_transposed(network):
    model = to_keras(network)
    kernels = {f"{layer.name}.weight": layer.kernel for layer in model.layers
               if hasattr(layer, "kernel")}  # fmt: skip
    ours = {k: v for k, v in network.named_parameters() if k.endswith(".weight")}
    assert kernels.keys() == ours.keys()
    for name, kernel in kernels.items():
        np.testing.assert_array_equal(kernel.numpy(), ours[name])


def test_the_same_weights_give_the_same_gradients(network, x):
    import tensorflow as tf

    from fernet.tensorflow_backend.weights import variable

    target = np.arange(7, dtype=np.int32) % 3
    executable = Workspace(network, 7).executable(7)
    pass_ctx = PassContext(network.kernels, training=True)
    executable.x[...] = x
    for ctx in executable.contexts:
        if isinstance(ctx.layer, Dropout):
            ctx.layer.rate = 0.0
    logits = executable.forward(pass_ctx)
    SoftmaxCrossEntropy()(logits, target, None, np.empty(7, np.float32), executable.dy)
    executable.backward(pass_ctx)
    model = to_keras(network)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(target, model(x, training=True))
        )
    names = [name for name, _ in network.named_parameters()]
    theirs = tape.gradient(loss, [variable(model, name).value for name in names])
    ours = dict(network.named_gradients())
    # A bias before a normalisation has no gradient but rounding.
    scale = max(np.abs(gradient).max() for gradient in ours.values())
    for name, other in zip(names, theirs, strict=True):
        np.testing.assert_allclose(ours[name], other, atol=1e-5 * scale, rtol=1e-3, err_msg=name)


def test_it_comes_back_from_keras(network, x):
    again = from_keras(to_keras(network))
    assert again.names == network.names
    for (name, got), (_, wanted) in zip(again.named_parameters() + again.named_state(),
                                        network.named_parameters() + network.named_state(),
                                        strict=True):  # fmt: skip
        np.testing.assert_array_equal(got, wanted, err_msg=name)
    np.testing.assert_allclose(Session(again).predict(x), Session(network).predict(x), rtol=1e-6)


# Keras's own file reading, with NumPy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_it_comes_back_from_a_file_of_keras(network, x, keras, tmp_path):
    to_keras(network).save(tmp_path / "model.keras")
    again = from_keras(keras.models.load_model(tmp_path / "model.keras"))
    np.testing.assert_allclose(Session(again).predict(x), Session(network).predict(x), rtol=1e-6)


def test_what_is_neither_estimator_nor_network_is_refused():
    with pytest.raises(TypeError, match="model is a Pipeline; expected FERMLPClassifier, FERCNNC"):
        to_keras(make_pipeline(FERMLPClassifier()))


def test_a_layer_without_counterpart_is_refused():
    from fernet.layers import Layer

    class Doubled(Layer):
        kind = "doubled"

    with pytest.raises(ValueError, match=r"layer Doubled\(\) has no Keras counterpart"):
        to_keras(Network([Doubled()], (3,)))


def test_a_temperature_goes_to_keras_and_comes_back():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (60, 8, 8), dtype=np.uint8), np.arange(60) % 3
    model = FERMLPClassifier((8,), max_iter=5, random_state=0).fit(X, y).calibrate(X, y)
    assert model.temperature_ != 1
    rows = X.reshape(60, 64)

    keras_model = model.to_keras()

    given = keras_model.predict(rows.astype(np.float32), verbose=0)
    np.testing.assert_allclose(given, model.predict_proba(rows), atol=1e-5)
    other = FERMLPClassifier((8,), max_iter=1, random_state=1).fit(X, y)
    other.load_keras_weights(keras_model)
    assert other.temperature_ == pytest.approx(model.temperature_, rel=1e-6)
    np.testing.assert_allclose(other.predict_proba(rows), model.predict_proba(rows), atol=1e-5)
    with pytest.raises(ValueError, match="which a network has no place for"):
        from_keras(keras_model)


def test_numbers_that_are_far_from_0_for_their_spread_keep_their_digits():
    rng = np.random.default_rng(0)
    X, y = (rng.standard_normal((60, 5)) + 1e5).astype(np.float32), np.arange(60) % 3
    model = FERMLPClassifier((8,), scaling="standard", max_iter=20, random_state=0).fit(X, y)

    keras_model = model.to_keras()

    expected = model.predict_proba(X)
    np.testing.assert_allclose(keras_model.predict(X, verbose=0), expected, atol=1e-5)
    other = FERMLPClassifier((8,), scaling="standard", max_iter=1, random_state=1).fit(X, y)
    other.load_keras_weights(keras_model)
    np.testing.assert_allclose(other.predict_proba(X), expected, atol=1e-5)


@pytest.mark.usefixtures("channels_first")
def test_images_are_channels_last_whatever_the_default_of_keras():
    layers, shape = copy.deepcopy(NETWORKS["vgg"])
    network = Network(layers, shape)
    network.initialize(3)
    x = np.random.default_rng(0).standard_normal((7, *shape)).astype(np.float32)
    keras_model = to_keras(network)
    wanted = Session(network).predict(x)
    np.testing.assert_allclose(keras_model.predict(x, verbose=0), wanted, atol=1e-5)
    np.testing.assert_allclose(Session(from_keras(keras_model)).predict(x), wanted, rtol=1e-6)


@pytest.mark.usefixtures("channels_first")
def test_scales_that_keras_would_take_for_planes_are_refused():
    X, y = np.random.default_rng(0).integers(0, 256, (60, 9), dtype=np.uint8), np.arange(60) % 3
    model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    got = model.to_keras().predict(X.astype(np.float32), verbose=0)
    np.testing.assert_allclose(got, model.predict_proba(X), atol=1e-5)
    model.set_params(scaling="per_pixel").fit(X, y)
    with pytest.raises(ValueError, match="is 'channels_first', in which a Rescaling takes"):
        model.to_keras()
