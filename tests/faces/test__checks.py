"""What a recogniser can be made of."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from fernet import EmotionRecognizer, FERMLPClassifier
from fernet.datasets import make_faces
from fernet.faces import FaceCropper, FaceDetector

FACES = make_faces(70, random_state=0)
HAPPY = np.where(FACES.target == 3, "happy", "other")


class Equalizer(TransformerMixin, BaseEstimator):
    """A step that does not say how many features it takes."""

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def transform(self, X):
        return np.asarray(X)


@pytest.mark.parametrize("first", ["passthrough", Equalizer()])
def test_a_pipeline_whose_first_step_tells_no_width_is_taken_once_it_is_fitted(first):
    model = FERMLPClassifier((8,), max_iter=1, random_state=0)
    pipeline = make_pipeline(first, model).fit(FACES.data, FACES.target)

    (record,) = EmotionRecognizer(pipeline).predict(FACES.images[0])
    expected = pipeline.predict_proba(FACES.data[:1])[0].tolist()
    assert list(record.probabilities.values()) == expected


@pytest.mark.parametrize(
    "model",
    [
        FERMLPClassifier(),
        make_pipeline("passthrough", FERMLPClassifier()),
        GridSearchCV(FERMLPClassifier(), {}),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_is_not_fitted_says_so(model):
    name = type(model).__name__
    with pytest.raises(NotFittedError, match=f"model is a {name} that is not fitted: call fit"):
        EmotionRecognizer(model)


def test_any_object_with_classes_and_probabilities_is_taken():
    class Session:
        classes_ = ("happy", "sad")

        def predict_proba(self, rows):
            return [[0.25, 0.75]] * len(rows)

    (record,) = EmotionRecognizer(Session()).predict(FACES.images[0])
    assert record.emotion == "sad"


def fixed():
    model = LogisticRegression(max_iter=5, tol=1)
    return FixedThresholdClassifier(model, threshold=0.1, pos_label="happy")


@pytest.mark.parametrize(
    "model",
    [
        fixed(),
        TunedThresholdClassifierCV(GaussianNB(), scoring="balanced_accuracy", cv=2),
        make_pipeline("passthrough", fixed()),
        GridSearchCV(fixed(), {"threshold": [0.1]}, cv=2, scoring="accuracy"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_threshold_that_probabilities_do_not_tell_is_refused(model):
    X = FACES.data[:, ::40] / 255
    model.fit(X, HAPPY)
    for given in (model, FrozenEstimator(model)):
        with pytest.raises(ValueError, match=r"ThresholdClassifier.* give its estimator_"):
            EmotionRecognizer(given)


def test_the_model_that_a_threshold_was_put_on_is_taken():
    model = fixed().fit(FACES.data / 255, HAPPY)
    assert EmotionRecognizer(model.estimator_).emotions_ == ["happy", "other"]


@pytest.mark.parametrize(
    "wrapped", [lambda model: model, make_pipeline, lambda model: SearchOf(model)]
)
def test_a_pipeline_of_photos_is_refused_and_its_part_of_faces_taken(wrapped):
    model = FERMLPClassifier((), max_iter=1, random_state=0)
    pipeline = make_pipeline(FaceCropper(), model).fit(list(FACES.images), FACES.target)
    with pytest.raises(ValueError, match=r"begins with a FaceCropper: .* as pipeline\[1:\]$"):
        EmotionRecognizer(wrapped(pipeline))
    assert EmotionRecognizer(pipeline[1:]).predict(FACES.images[0])[0].status == "ok"


class SearchOf:
    """What a search is once it is fitted."""

    def __init__(self, best):
        self.best_estimator_, self.classes_ = best, best.classes_
        self.predict_proba = best.predict_proba


def test_a_detectors_class_is_no_detector():
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(FACES.data, FACES.target)
    message = r"detector is the class FaceDetector; expected an object .* FaceDetector\(\)"
    with pytest.raises(TypeError, match=message):
        EmotionRecognizer(model, detector=FaceDetector)
