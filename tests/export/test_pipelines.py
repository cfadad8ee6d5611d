"""Pipelines with our estimators in them, converted by skl2onnx."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.export import register_skl2onnx, to_onnx

MLP = FERMLPClassifier((6,), max_iter=2, random_state=0)
CNN = FERCNNClassifier(
    filters=[(4, 1)],
    hidden_layer_sizes=(),
    batch_norm=True,
    average_flips=True,
    max_iter=2,
    random_state=0,
)


@pytest.fixture
def rows(images):
    return images.reshape(30, 64).astype(np.float32)


@pytest.mark.parametrize("estimator", [MLP, CNN], ids=["mlp", "cnn"])
@pytest.mark.parametrize("names", [None, np.array(["frown", "other", "smile"])], ids=str)
def test_a_pipeline_becomes_one_file(skl2onnx, session, tmp_path, rows, labels, estimator, names):
    model = make_pipeline(StandardScaler(), estimator)
    model.fit(rows, labels if names is None else names[labels])

    to_onnx(model, tmp_path / "m")
    other = session(tmp_path / "m")
    found, probabilities = other.run(["label", "probabilities"], {"X": rows})

    np.testing.assert_allclose(probabilities, model.predict_proba(rows), atol=1e-5, rtol=0)
    np.testing.assert_array_equal(found, model.predict(rows))
    told = other.get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == model.classes_.tolist()


def test_a_search_is_converted_too(skl2onnx, session, tmp_path, rows, labels):
    model = GridSearchCV(MLP, {"weight_decay": [0.0, 0.1]}, cv=2).fit(rows, labels)
    to_onnx(model, tmp_path / "m")
    _, probabilities = session(tmp_path / "m").run(None, {"X": rows})
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), atol=1e-5, rtol=0)


def test_a_pipeline_may_take_pixels(skl2onnx, session, tmp_path, images, labels):
    rows = images.reshape(30, 64)
    model = make_pipeline(MLP).fit(rows, labels)
    to_onnx(model, tmp_path / "m", input_dtype="uint8")
    _, probabilities = session(tmp_path / "m").run(None, {"X": rows})
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), atol=1e-5, rtol=0)


def test_skl2onnx_itself_knows_the_estimators_once_told(skl2onnx, session, rows, labels):
    model = make_pipeline(StandardScaler(), MLP).fit(rows, labels)

    register_skl2onnx()
    proto = skl2onnx.to_onnx(model, rows[:1])
    _, dictionaries = session(proto.SerializeToString()).run(None, {"X": rows})

    found = [[row[label] for label in model.classes_] for row in dictionaries]
    np.testing.assert_allclose(found, model.predict_proba(rows), atol=1e-5, rtol=0)


def test_what_is_no_classifier_is_refused(onnx, tmp_path, rows):
    with pytest.raises(ValueError, match="model is a StandardScaler; expected a classifier"):
        to_onnx(StandardScaler().fit(rows), tmp_path / "m")


def test_labels_that_onnx_does_not_have_are_refused(skl2onnx, tmp_path, rows, labels):
    model = make_pipeline(MLP).fit(rows, labels.astype(float))
    with pytest.raises(ValueError, match=r"classes are \[0.0, 1.0, 2.0\]; expected whole numbers"):
        to_onnx(model, tmp_path / "m")
