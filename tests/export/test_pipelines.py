"""Pipelines with our estimators in them, converted by skl2onnx."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.export import register_skl2onnx, to_onnx
from fernet.layers import Conv2D, GlobalAvgPool2D, ReLU

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


SCALED = make_pipeline(StandardScaler(), MLP)
OF_MODELS = {
    "calibrated": lambda *_: CalibratedClassifierCV(MLP, cv=2),
    "calibrated pipeline": lambda *_: CalibratedClassifierCV(SCALED, cv=2),
    "calibrated frozen": lambda X, y: CalibratedClassifierCV(FrozenEstimator(MLP.fit(X, y)), cv=2),
    "pipeline of calibrated": lambda *_: make_pipeline(
        StandardScaler(), CalibratedClassifierCV(SCALED, cv=2)
    ),
    "vote of calibrated": lambda *_: VotingClassifier(
        [("a", CalibratedClassifierCV(SCALED, cv=2)), ("b", MLP)],
        voting="soft",
        flatten_transform=False,
    ),
    "vote with weights": lambda *_: VotingClassifier(
        [("a", SCALED), ("b", MLP)], voting="soft", weights=[1, 3], flatten_transform=False
    ),
    "vote with weights of one left out": lambda *_: VotingClassifier(
        [("a", SCALED), ("c", "drop"), ("b", MLP)],
        voting="soft",
        weights=[1, 5, 3],
        flatten_transform=False,
    ),
    "search of calibrated": lambda *_: GridSearchCV(
        CalibratedClassifierCV(SCALED, cv=2), {"ensemble": [True]}, cv=2
    ),
    "bagging": lambda *_: BaggingClassifier(MLP, 2, random_state=0),
}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("make", OF_MODELS.values(), ids=OF_MODELS)
def test_models_of_models_are_converted_too(
    skl2onnx, session, tmp_path, rows, labels, make, n_classes
):
    y = np.array(["frown", "smile", "other"])[labels % n_classes]
    model = make(rows, y).fit(rows, y)
    to_onnx(model, tmp_path / "m")
    found, probabilities = session(tmp_path / "m").run(["label", "probabilities"], {"X": rows})
    np.testing.assert_allclose(probabilities, model.predict_proba(rows), atol=1e-5, rtol=0)
    np.testing.assert_array_equal(found, model.predict(rows))


def frozen(estimator):
    return lambda X, y: FrozenEstimator(clone(estimator).fit(X, y))


ON_TOP = LogisticRegression(max_iter=1000)
TOTAL = FERCNNClassifier(
    [Conv2D(4), ReLU(), Conv2D(3), GlobalAvgPool2D()], max_iter=2, random_state=0
)
AS_FEATURES = {
    "mlp": lambda *_: make_pipeline(MLP, ON_TOP),
    "cnn": lambda *_: make_pipeline(CNN, StandardScaler(), ON_TOP),
    "planes": lambda *_: make_pipeline(TOTAL, ON_TOP),
    "frozen": lambda X, y: make_pipeline(frozen(MLP)(X, y), ON_TOP),
    "frozen pipeline": lambda X, y: make_pipeline(frozen(SCALED)(X, y), ON_TOP),
    "on one another": lambda *_: make_pipeline("passthrough", MLP, MLP),
    "side by side": lambda X, y: make_pipeline(make_union(MLP, frozen(CNN)(X, y)), ON_TOP),
    "columns": lambda *_: make_pipeline(
        make_column_transformer((MLP, list(range(16))), (StandardScaler(), [20])), ON_TOP
    ),
    "vote": lambda X, y: VotingClassifier(
        [("a", make_pipeline(frozen(MLP)(X, y), ON_TOP)), ("b", MLP)], voting="soft"
    ),
    "stack": lambda X, y: StackingClassifier([("a", frozen(MLP)(X, y))], ON_TOP, cv="prefit"),
    "search": lambda X, y: GridSearchCV(
        make_pipeline(frozen(MLP)(X, y), ON_TOP), {"logisticregression__C": [1.0]}, cv=2
    ),
    "calibrated": lambda X, y: CalibratedClassifierCV(
        make_pipeline(frozen(MLP)(X, y), ON_TOP), cv=2
    ),
    "frozen alone": lambda X, y: frozen(MLP)(X, y),
}


@pytest.mark.parametrize("make", AS_FEATURES.values(), ids=AS_FEATURES)
def test_a_network_may_give_features_to_another_model(
    skl2onnx, session, tmp_path, rows, labels, make
):
    model = clone(make(rows, labels)).fit(rows, labels)
    before = model.predict_proba(rows)
    to_onnx(model, tmp_path / "m")
    found, probabilities = session(tmp_path / "m").run(["label", "probabilities"], {"X": rows})
    np.testing.assert_allclose(probabilities, before, atol=1e-5, rtol=0)
    np.testing.assert_array_equal(found, model.predict(rows))
    np.testing.assert_array_equal(model.predict_proba(rows), before)


@pytest.mark.filterwarnings("ignore:temperature_ is")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("flips", [False, True])
def test_skl2onnx_may_ask_for_scores(skl2onnx, session, rows, images, labels, n_classes, flips):
    model = MLP.__class__(**MLP.get_params() | {"average_flips": flips})
    model.fit(images, labels % n_classes).calibrate(images, labels % n_classes)
    register_skl2onnx()
    options = {id(model): {"raw_scores": True, "zipmap": False}}
    proto = skl2onnx.to_onnx(model, rows[:1], options=options)
    _, scores = session(proto.SerializeToString()).run(None, {"X": rows})
    expected = model.decision_function(rows)
    if n_classes == 2:
        expected = np.column_stack([-expected, expected])
    np.testing.assert_allclose(scores, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("method", ["isotonic", "temperature"])
def test_calibrations_that_skl2onnx_computes_otherwise_are_refused(
    skl2onnx, tmp_path, rows, labels, method
):
    model = CalibratedClassifierCV(MLP, cv=2).fit(rows, labels)
    model.method = method  # older scikit-learn has no temperature
    with pytest.raises(ValueError, match=f"method='{method}', .* expected method='sigmoid'"):
        to_onnx(make_pipeline(model), tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda: TunedThresholdClassifierCV(MLP, cv=2, random_state=0),
        lambda: make_pipeline(StandardScaler(), FixedThresholdClassifier(MLP, threshold=0.2)),
    ],
    ids=["tuned", "fixed, in a pipeline"],
)
def test_thresholds_that_a_file_would_not_keep_are_refused(skl2onnx, tmp_path, rows, labels, make):
    model = make().fit(rows, labels == 1)
    with pytest.raises(ValueError, match=r"ThresholdClassifier.* has a threshold of its own"):
        to_onnx(model, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_words_of_one_against_one_are_refused(skl2onnx, tmp_path, rows, labels):
    model = OneVsOneClassifier(MLP).fit(rows, np.array(["frown", "other", "smile"])[labels])
    with pytest.raises(ValueError, match=r"OneVsOneClassifier has .* expected whole numbers"):
        to_onnx(model, tmp_path / "m")
    assert not (tmp_path / "m").exists()


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


def test_a_type_that_a_step_does_not_take_is_named(skl2onnx, tmp_path, rows, labels):
    model = SCALED.fit(rows, labels)
    with pytest.raises(ValueError, match=r"^input_dtype is 'uint8', .*; expected 'float32'"):
        to_onnx(model, tmp_path / "m", input_dtype="uint8")
    assert not list(tmp_path.iterdir())
