"""ONNX files: what any ONNX runtime makes of them is what the estimator predicts."""

from __future__ import annotations

import json
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version
from sklearn.exceptions import NotFittedError

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.datasets import load_fer2013
from fernet.export import to_onnx
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
)

SMALL = {"max_iter": 2, "random_state": 0, "batch_size": 10}
SETTINGS = {
    "mlp": (FERMLPClassifier, {"hidden_layer_sizes": (9,)}),
    "mlp_flips": (FERMLPClassifier, {"hidden_layer_sizes": (9,), "average_flips": True}),
    "vgg": (FERCNNClassifier, {"filters": [(4, 2), (6, 1)], "hidden_layer_sizes": (5,)}),
    "vgg_flips": (
        FERCNNClassifier,
        {"filters": [(4, 1)], "hidden_layer_sizes": (), "batch_norm": True, "average_flips": True},
    ),
    "vgg_views": (
        FERCNNClassifier,
        {
            "filters": [(4, 1)],
            "hidden_layer_sizes": (),
            "average_flips": True,
            "average_views": [1, 0.93, (1.07, 0.1, -0.2)],
        },
    ),
    "mlp_views": (FERMLPClassifier, {"hidden_layer_sizes": (9,), "average_views": "shifts"}),
    "compact": (FERCNNClassifier, {"architecture": "compact", "width": 3, "average_flips": True}),
    "resnet18": (FERCNNClassifier, {"architecture": "resnet18", "width": 4}),
    "symmetric": (FERCNNClassifier, {"architecture": "symmetric", "width": 4}),
    "preact_resnet50": (FERCNNClassifier, {"architecture": "preact_resnet50", "width": 2}),
}


def written(model, folder, **options):
    path = folder / "model.onnx"
    to_onnx(model, path, **options)
    return path


@pytest.mark.parametrize(("estimator", "parameters"), SETTINGS.values(), ids=list(SETTINGS))
@pytest.mark.parametrize("scale", [1, np.float32(1 / 255)], ids=["uint8", "float32"])
def test_onnx_runtime_agrees(session, tmp_path, images, labels, estimator, parameters, scale):
    pixels = images * scale
    model = estimator(**SMALL | parameters).fit(pixels, labels)

    other = session(written(model, tmp_path))

    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    ((given,), (made,)) = other.get_inputs(), other.get_outputs()
    assert given.shape == ["N", 64]
    assert made.shape == ["N", 3]
    rows = pixels.reshape(-1, 64)
    # before 1.32 the runtime's own Reshape and MatMul fail on no rows, of some networks
    sometimes_none = (0,) if Version(version("onnxruntime")) >= Version("1.32") else ()
    for n_rows in (30, 1, *sometimes_none):
        (probabilities,) = other.run(None, {"images": rows[:n_rows]})
        assert probabilities.dtype == np.float32
        assert probabilities.shape == (n_rows, 3)
        expected = model.predict_proba(pixels)[:n_rows]
        np.testing.assert_allclose(probabilities, expected, atol=1e-5, rtol=0)


@st.composite
def convolutions(draw):
    height, width = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    padding = draw(st.tuples(st.integers(0, height - 1), st.integers(0, width - 1)))
    use_bias = draw(st.booleans())
    n_filters = draw(st.integers(1, 4))
    return Conv2D(n_filters, (height, width), stride, padding, use_bias=use_bias)


@st.composite
def networks(draw):
    in_between = st.one_of(
        convolutions(),
        st.builds(BatchNorm, eps=st.sampled_from([1e-5, 0.1])),
        st.just(ReLU()),
        st.just(MaxPool2D((1, 2))),
        st.just(Dropout(0.1)),
        st.just(Residual([BatchNorm(), ReLU()])),
    )
    layers = draw(st.lists(in_between, max_size=4))
    end = draw(st.sampled_from([[Flatten()], [GlobalAvgPool2D()], [Flatten(), BatchNorm()]]))
    return [*layers, *end, Linear(2, use_bias=draw(st.booleans()))]


@settings(max_examples=25, deadline=None)
@given(
    layers=networks(), flips=st.booleans(), views=st.sampled_from([None, "zooms", [(0.8, 0.1, 0)]])
)
def test_any_network_agrees(session, tmp_path_factory, layers, flips, views):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 9, 10, 2), dtype=np.uint8)
    model = FERCNNClassifier(
        layers, average_flips=flips, average_views=views, max_iter=1, random_state=0
    )
    try:
        model.fit(pixels, np.arange(8) % 2)
    except ValueError as error:
        assert "expected at least" in str(error)
        return

    expected = model.predict_proba(pixels)
    for form, given_pixels in (("rows", pixels.reshape(8, -1)), ("images", pixels)):
        path = written(model, tmp_path_factory.mktemp("any"), input_form=form)
        (probabilities,) = session(path).run(None, {"images": given_pixels})
        np.testing.assert_allclose(probabilities, expected, atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def real_faces(fernet_data):
    X, y = load_fer2013(fernet_data / "fer2013.csv", "PublicTest", return_X_y=True)
    return X[:400], y[:400]


@pytest.mark.parametrize(("estimator", "parameters"), SETTINGS.values(), ids=list(SETTINGS))
def test_onnx_runtime_agrees_on_real_faces(session, tmp_path, real_faces, estimator, parameters):
    X, y = real_faces
    model = estimator(**SMALL | parameters | {"max_iter": 1}).fit(X[:200], y[:200])

    (probabilities,) = session(written(model, tmp_path)).run(None, {"images": X[200:]})

    np.testing.assert_allclose(probabilities, model.predict_proba(X[200:]), atol=1e-5, rtol=0)


@pytest.fixture(scope="module")
def model(images, labels):
    names = np.array(["frown", "other", "smile"])
    return FERMLPClassifier((4,), max_iter=1, random_state=0).fit(images, names[labels])


def test_the_file_is_of_a_set_of_operators_that_others_know(onnx, tmp_path, model):
    proto = onnx.load(written(model, tmp_path))
    assert [(opset.domain, opset.version) for opset in proto.opset_import] == [("", 17)]
    assert proto.ir_version == 8


def test_the_classes_are_told(session, tmp_path, model, images):
    told = session(written(model, tmp_path)).get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == json.loads(told["class_names"])
    assert json.loads(told["classes"]) == ["frown", "other", "smile"]
    assert told["estimator"] == "FERMLPClassifier"

    numbered = FERMLPClassifier((), max_iter=1).fit(images, np.arange(30) % 2 * 3)
    told = session(written(numbered, tmp_path)).get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == [0, 3]
    assert json.loads(told["class_names"]) == ["angry", "happy"]


def test_pixels_may_be_given_as_floats_too(session, tmp_path, model, images):
    other = session(written(model, tmp_path, input_dtype="float32"))
    (probabilities,) = other.run(None, {"images": images.reshape(30, 64).astype(np.float32)})
    np.testing.assert_allclose(probabilities, model.predict_proba(images), atol=1e-5)


def test_whole_numbers_that_are_no_pixels_go_in_as_floats(session, tmp_path, images, labels):
    numbers = images.astype(np.int32) * 10
    model = FERMLPClassifier((), max_iter=1).fit(numbers, labels)
    other = session(written(model, tmp_path))
    (probabilities,) = other.run(None, {"images": numbers.reshape(30, 64).astype(np.float32)})
    np.testing.assert_allclose(probabilities, model.predict_proba(numbers), atol=1e-5)


def test_no_probability_is_0(session, tmp_path, images, labels):
    model = FERMLPClassifier((), max_iter=1).fit(images, labels)
    model.coefs_[0][:] *= 1e6
    (probabilities,) = session(written(model, tmp_path)).run(
        None, {"images": images.reshape(30, 64)}
    )
    assert probabilities.min() > 0


def test_the_same_model_gives_the_same_bytes(onnx, tmp_path, model):
    first = written(model, tmp_path).read_bytes()
    assert written(model, tmp_path).read_bytes() == first


@pytest.mark.parametrize("name", ["mlp", "mlp_flips", "mlp_views", "vgg", "vgg_flips", "vgg_views"])
def test_images_go_in_where_they_are_asked_for(session, tmp_path, images, labels, name):
    estimator, parameters = SETTINGS[name]
    model = estimator(**SMALL | parameters).fit(images, labels)

    other = session(written(model, tmp_path, input_form="images"))

    assert other.get_inputs()[0].shape == ["N", 8, 8, 1]
    (probabilities,) = other.run(None, {"images": images[..., None]})
    np.testing.assert_allclose(probabilities, model.predict_proba(images), atol=1e-5, rtol=0)


def test_what_has_another_shape_is_refused_by_the_runtime(session, tmp_path, images, labels):
    model = FERCNNClassifier(filters=[(4, 1)], hidden_layer_sizes=(), **SMALL).fit(images, labels)
    other = session(written(model, tmp_path))

    for shape in ((-1, 8, 8, 1), (-1, 32), (-1,)):
        with pytest.raises(Exception, match="INVALID_ARGUMENT"):
            other.run(None, {"images": images.reshape(shape)})


def test_images_of_a_model_of_rows_are_refused(onnx, tmp_path, images, labels):
    model = FERMLPClassifier((4,), max_iter=1).fit(images.reshape(30, 64)[:, :63], labels)

    with pytest.raises(ValueError, match="input_form is 'images', but the model was fitted on"):
        to_onnx(model, tmp_path / "m", input_form="images")
    with pytest.raises(ValueError, match="input_form is 'pixels'; expected 'rows' or 'images'"):
        to_onnx(model, tmp_path / "m", input_form="pixels")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_input_dtype_is_refused(tmp_path, model):
    with pytest.raises(ValueError, match="input_dtype is 'int8'; expected one of: auto, uint8"):
        to_onnx(model, tmp_path / "m", input_dtype="int8")


def test_a_model_must_be_fitted(onnx, tmp_path):
    with pytest.raises(NotFittedError):
        to_onnx(FERMLPClassifier(), tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["mlp", "vgg_flips"])
def test_a_temperature_is_in_the_file(session, tmp_path, images, labels, name):
    estimator, parameters = SETTINGS[name]
    model = estimator(**SMALL | parameters).fit(images, labels)
    before = model.predict_proba(images)
    model.calibrate(images, (labels + 1) % 3)

    (probabilities,) = session(written(model, tmp_path)).run(
        None, {"images": images.reshape(30, 64)}
    )

    assert np.abs(probabilities - before).max() > 0.01
    np.testing.assert_allclose(probabilities, model.predict_proba(images), atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore:temperature_ is")
@pytest.mark.parametrize("name", ["mlp", "mlp_flips", "mlp_views"])
def test_a_high_temperature_brings_out_what_has_vanished(session, tmp_path, images, labels, name):
    estimator, parameters = SETTINGS[name]
    model = estimator(**SMALL | parameters).fit(images, labels)
    model.coefs_[-1][...] *= 500
    assert model.predict_log_proba(images).min() < -100
    model.calibrate(images, np.random.default_rng(0).permutation(labels))
    assert model.temperature_ > 50
    other = session(written(model, tmp_path))
    (probabilities,) = other.run(None, {"images": images.reshape(-1, 64)})
    np.testing.assert_allclose(probabilities, model.predict_proba(images), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("lowest", "highest"), [(0, 1.0), (0, 1.04), (-1, 2.0), (-2, 5.0)])
def test_bytes_are_not_taken_in_place_of_fractions(onnx, tmp_path, images, labels, lowest, highest):
    X = images / np.float32(255) * np.float32(highest) + np.float32(lowest)
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, labels)
    with pytest.raises(
        ValueError, match=r"'uint8', but .* numbers of .* to .*; expected 'float32'"
    ):
        to_onnx(model, tmp_path / "m.onnx", input_dtype="uint8")
    assert not list(tmp_path.iterdir())


def test_bytes_of_black_and_white_are_taken(onnx, tmp_path, images, labels):
    X = (images > 99).astype(np.uint8)
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, labels)
    to_onnx(model, tmp_path / "m.onnx", input_dtype="uint8")
