"""Keras models that others have built, read into networks."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from fernet._engine.session import Session
from fernet.tensorflow_backend import from_keras

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def layers(keras):
    return keras.layers


def sequential(keras, *parts, shape=(8, 8, 1)):
    return keras.Sequential([keras.Input(shape), *parts])


def assert_same(model, shape, softmax=False):
    x = np.random.default_rng(0).standard_normal((5, *shape)).astype(np.float32)
    got, wanted = Session(from_keras(model)).predict(x), model.predict(x, verbose=0)
    if softmax:
        got = np.exp(got) / np.exp(got).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_activations_become_layers_and_the_softmax_is_left_off(keras, layers):
    model = sequential(
        keras,
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.Conv2D(4, 3, strides=3, use_bias=False),
        layers.Activation("relu"),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(5, activation="relu"),
        layers.Dense(3, activation="softmax"),
    )
    kinds = " ".join(layer.kind for layer in from_keras(model).layers)
    assert kinds == "conv2d relu conv2d relu flatten dropout linear relu linear"
    assert_same(model, (8, 8, 1), softmax=True)


def test_a_block_may_name_the_identity_first(keras, layers):
    inputs = keras.Input((6, 6, 2))
    inner = layers.Conv2D(2, 3, padding="same")(inputs)
    inner = layers.Add()([inner, layers.Conv2D(2, 1)(inner)])
    x = layers.Add()([inputs, inner])
    outputs = layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.ReLU()(x)))
    model = keras.Model(inputs, outputs)
    kinds = [layer.kind for layer in from_keras(model).layers]
    assert kinds == ["residual", "relu", "global_avg_pool2d", "linear"]
    assert_same(model, (6, 6, 2))


def test_a_normalisation_may_lack_its_scale_or_centre(keras, layers):
    model = sequential(
        keras,
        layers.BatchNormalization(scale=False, moving_mean_initializer="ones"),
        layers.Conv2D(2, 3),
        layers.BatchNormalization(center=False, epsilon=0.1),
        layers.Flatten(),
        layers.Dense(3),
    )
    assert_same(model, (8, 8, 1))


def test_what_lora_adds_to_a_kernel_is_read_with_it(keras, layers):
    model = sequential(keras, layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3))
    for layer in (model.layers[0], model.layers[2]):
        layer.enable_lora(2)
        layer.lora_kernel_b.assign(np.full(layer.lora_kernel_b.shape, 0.5))
    assert_same(model, (8, 8, 1))


@pytest.mark.parametrize("of", ["keras.activations", "keras.ops", "tensorflow.nn"])
def test_activations_are_known_by_what_they_are(keras, layers, of):
    module = importlib.import_module(of)
    model = sequential(
        keras,
        layers.Dense(5, activation=module.relu),
        layers.Dense(3, activation=module.softmax),
        shape=(4,),
    )
    assert_same(model, (4,), softmax=True)


def test_a_function_that_has_the_name_of_an_activation_is_refused(keras, layers):
    def relu(x):
        return keras.ops.tanh(x)

    for layer in (layers.Dense(3, activation=relu), layers.Activation(relu)):
        with pytest.raises(ValueError, match=r"has activation '.*\.relu'; expected 'relu'"):
            from_keras(sequential(keras, layer, layers.Dense(3), shape=(4,)))


# Keras's own quantizer, with NumPy 2.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_quantized_model_is_refused(keras, layers):
    model = sequential(keras, layers.Dense(8), layers.Dense(3), shape=(4,))
    model.layers[0].quantize("int8")
    with pytest.raises(ValueError, match=r"is quantized \('int8'\)"):
        from_keras(model)


REFUSED = {
    "is a UpSampling2D": lambda la: [la.UpSampling2D()],
    "is a Rescaling|begins with a Rescaling": lambda la: [la.Rescaling(2.0)],
    "activation 'tanh'": lambda la: [la.Conv2D(2, 3, activation="tanh")],
    "activation 'softmax'": lambda la: [la.Softmax(), la.ReLU()],
    "dilation_rate=": lambda la: [la.Conv2D(2, 3, dilation_rate=2)],
    "one side more than the other": lambda la: [la.Conv2D(2, 3, strides=2, padding="same")],
    "expected symmetric padding": lambda la: [la.ZeroPadding2D(((0, 1), (0, 1))), la.Conv2D(2, 3)],
    "expected a Conv2D right behind": lambda la: [la.ZeroPadding2D(1), la.MaxPooling2D()],
    "strides=": lambda la: [la.MaxPooling2D(3, strides=2)],
    "max_value=": lambda la: [la.ReLU(max_value=6.0)],
    "has a negative_slope": lambda la: [la.ReLU(negative_slope=0.1)],
    "data_format='channels_first'": lambda la: [la.Flatten(data_format="channels_first")],
    "axis=1": lambda la: [la.BatchNormalization(axis=1)],
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_has_no_counterpart_is_refused(keras, layers, message):
    model = sequential(keras, *REFUSED[message](layers), layers.Flatten(), layers.Dense(3))
    with pytest.raises(ValueError, match=message):
        from_keras(model)


def test_a_layer_that_users_wrote_is_refused_unrun(keras, layers):
    class Dense(layers.Dense):
        def get_weights(self):
            raise AssertionError("run")

    with pytest.raises(ValueError, match=r"is a .*Dense; expected"):
        from_keras(sequential(keras, layers.Flatten(), Dense(3)))


@pytest.mark.usefixtures("channels_first")
def test_a_scale_that_keras_takes_for_planes_is_refused(keras, layers):
    model = sequential(keras, layers.Rescaling(np.ones(8)), shape=(8, 1, 8))
    with pytest.raises(ValueError, match="takes an array of shape"):
        from_keras(model)


def test_an_add_that_users_wrote_is_refused(keras, layers):
    class Add(layers.Add):
        pass

    inputs = keras.Input((4,))
    model = keras.Model(inputs, Add()([layers.Dense(4)(inputs), inputs]))
    with pytest.raises(ValueError, match=r"is a .*Add; expected"):
        from_keras(model)


def test_a_rescaling_that_is_neither_first_nor_right_before_a_softmax_is_refused(keras, layers):
    dense = [layers.Rescaling(0.1), layers.Dense(3, activation="softmax")]
    inputs = keras.Input((4,))
    branch = layers.Dense(4)(layers.Rescaling(0.1)(inputs))
    models = [
        sequential(keras, layers.Dense(5), *dense, shape=(4,)),
        keras.Model(inputs, layers.Add()([branch, inputs])),
    ]
    for model in models:
        with pytest.raises(ValueError, match="is not the first layer, nor right before a Softmax"):
            from_keras(model)


def test_models_within_models_and_shared_layers_are_refused(keras, layers):
    inner = sequential(keras, layers.Dense(4), shape=(4,))
    with pytest.raises(ValueError, match="is a Sequential; expected"):
        from_keras(sequential(keras, inner, layers.Dense(3), shape=(4,)))
    inputs, shared = keras.Input((4,)), layers.Dense(4)
    with pytest.raises(ValueError, match="uses a layer more than once"):
        from_keras(keras.Model(inputs, shared(shared(inputs))))


def test_only_built_models_of_one_input_and_output_are_read(keras, layers):
    for other in (object(), keras.Sequential([layers.Dense(3)])):
        with pytest.raises(ValueError, match="no built Keras model of one input and one output"):
            from_keras(other)
    with pytest.raises(ValueError, match="expected a fixed shape"):
        from_keras(sequential(keras, layers.GlobalAveragePooling2D(), shape=(None, None, 3)))
