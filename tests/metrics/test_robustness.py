"""Accuracy on spoilt faces, level by level, and its means."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline

from fernet import EMOTIONS, FERMLPClassifier
from fernet.datasets import make_faces
from fernet.metrics import CORRUPTIONS, RobustnessReport, corrupt, robustness_report

X, Y = make_faces(200, random_state=0, return_X_y=True)


@pytest.fixture(scope="module")
def model():
    return FERMLPClassifier((16,), max_iter=8, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def report(model):
    return robustness_report(model, X, Y)


def test_each_entry_is_the_models_score_on_those_faces(model, report):
    assert report.clean == model.score(X, Y)
    assert list(report.accuracy) == list(CORRUPTIONS)
    for name, level in [("noise", 5), ("erased_box", 2), ("jpeg", 4)]:
        assert report.accuracy[name][level] == model.score(corrupt(X, name, level), Y)


def test_the_means_are_over_all_levels_and_over_the_reference_entries(report):
    rows = np.array([list(row.values()) for row in report.accuracy.values()])
    assert rows.shape == (len(CORRUPTIONS), 5)
    assert report.mean_corruption_accuracy == pytest.approx(rows.mean())
    chosen = [
        report.accuracy[name][level]
        for name, kind in CORRUPTIONS.items()
        for level in kind.reference_levels
    ]
    assert report.n_reference == len(chosen) == 22
    assert report.reference_mean == pytest.approx(np.mean(chosen))


def test_the_reference_amounts_are_these():
    amounts = {
        name: [kind.amounts[level - 1] for level in kind.reference_levels]
        for name, kind in CORRUPTIONS.items()
    }
    assert amounts == {
        "gaussian_blur": [1, 1.5, 2],
        "motion_blur": [3, 5],
        "low_resolution": [24, 18],
        "noise": [10, 20],
        "jpeg": [30, 15],
        "contrast": [0.25],
        "brightness": [-100],
        "rotation": [20, 30],
        "margin": [0.2, 0.3],
        "stretch": [0.7],
        "erased_box": [16, 24],
        "sunglasses": [1],
        "mouth_mask": [0.25],
    }


def test_some_kinds_and_levels_may_be_chosen(model, report):
    some = robustness_report(model, X, Y, corruptions=["noise", "jpeg"], levels=[5, 1])
    for name in ("noise", "jpeg"):
        assert some.accuracy[name] == {level: report.accuracy[name][level] for level in (1, 5)}
    assert some.n_reference == 0
    assert np.isnan(some.reference_mean)
    assert "starred" not in str(some)
    assert some.to_dict()["reference_mean"] is None


def test_a_model_gets_faces_as_they_were_given():
    seen = []

    class Model:
        def predict(self, X):
            seen.append((X.shape, X.dtype))
            return np.array(["6"] * len(X))

    images = X.reshape(-1, 48, 48) / np.float32(255)
    report = robustness_report(Model(), images, Y, corruptions="noise", levels=[1, 2])
    assert seen == [(images.shape, np.dtype(np.float32))] * 3
    assert report.clean == report.mean_corruption_accuracy == (Y == 6).mean()


def test_all_faces_have_one_unit_however_spoilt(model):
    """Dark floats beyond 0 to 1 are judged by the range of the faces as they are."""
    shifted = X.astype(np.float64) * 2 - 100
    again = FERMLPClassifier((16,), max_iter=2, scaling="standard", random_state=0).fit(shifted, Y)
    report = robustness_report(again, shifted, Y, corruptions=["brightness"])
    assert report.n_samples == len(Y)


def test_a_report_is_read_as_frame_json_and_text(report):
    frame = report.to_frame()
    assert len(frame) == 1 + 65
    assert frame["accuracy"][0] == report.clean
    assert frame["reference"].sum() == 22
    document = json.loads(json.dumps(report.to_dict()))
    assert document["entries"] == frame.to_dict("records")
    text = str(report)
    assert text.isascii()
    assert f"{100 * report.accuracy['noise'][2]:.1f}*" in text
    assert "mean of the 22 starred" in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_report_can_be_pickled_and_not_changed(report):
    assert pickle.loads(pickle.dumps(report)) == report
    with pytest.raises(TypeError):
        report.accuracy["noise"][1] = 1.0
    with pytest.raises(AttributeError):
        report.clean = 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corruptions": ["fog"]}, "corruptions: 'fog'; expected some of gaussian_blur"),
        ({"levels": []}, "levels: empty; expected some of 1, 2, 3, 4, 5"),
        ({"levels": [0]}, "levels: 0; expected"),
        ({"y": Y[:-1]}, "X has 200 faces but y has 199 labels"),
        ({"X": X[:, :-1]}, "expected faces"),
    ],
)
def test_what_does_not_fit_is_told(model, options, message):
    with pytest.raises(ValueError, match=message):
        robustness_report(model, **{"X": X, "y": Y} | options)


@pytest.mark.parametrize("options", [{"levels": 3}, {"corruptions": 3}])
def test_one_number_is_no_sequence_of_them(model, options):
    name = next(iter(options))
    with pytest.raises(TypeError, match=rf"^{name} is 3; expected a sequence, as \[3\]$"):
        robustness_report(model, X, Y, **options)


@pytest.mark.parametrize("image", [X[0].reshape(48, 48), np.zeros((48, 48, 3))])
def test_one_image_is_not_taken_for_many(model, image):
    with pytest.raises(ValueError, match=r"^X is one image, of shape \(48, 48.*; give X\[None\]$"):
        robustness_report(model, image, Y[:1])


def test_as_many_rows_as_pixels_are_rows():
    rows, labels = X[:64, :64], Y[:64]
    model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(rows, labels)
    as_rows = robustness_report(model, rows, labels, corruptions=["rotation"])
    images = robustness_report(model, rows.reshape(64, 8, 8), labels, corruptions=["rotation"])
    assert as_rows == images


def test_of_no_corruption_a_report_needs_one():
    with pytest.raises(ValueError, match="accuracy names 'fog'"):
        RobustnessReport(1.0, {"fog": {1: 0.5}}, 1)
    with pytest.raises(ValueError, match="accuracy is empty"):
        RobustnessReport(1.0, {}, 1)


def test_words_and_numbers_of_emotions_are_the_same_and_others_are_refused(model, report):
    words = np.array(EMOTIONS)[Y]
    some = robustness_report(model, X, words, corruptions=["noise"], levels=[1])
    assert some.accuracy["noise"][1] == report.accuracy["noise"][1]
    with pytest.raises(ValueError, match=r"y holds '.' and the model's answer \d; expected"):
        robustness_report(model, X, np.where(Y > 2, "a", "b"), corruptions=["noise"])


def test_what_is_no_classifier_is_refused():
    with pytest.raises(TypeError, match="model is of type function; expected a classifier"):
        robustness_report(lambda X: Y, X, Y)


def test_a_data_frame_is_handed_on_as_one(model, report):
    frame = pd.DataFrame(X, columns=[f"pixel {place}" for place in range(X.shape[1])])
    chosen = ColumnTransformer([("pixels", "passthrough", list(frame.columns))])
    by_name = make_pipeline(chosen, clone(model)).fit(frame, Y)
    found = robustness_report(by_name, frame, Y, corruptions=["noise"], levels=[3])
    assert found.accuracy["noise"][3] == report.accuracy["noise"][3]
