"""The sheet of faces: which, in which order, with which words."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from fernet import EMOTIONS, FERMLPClassifier
from fernet.plotting import FaceSheetDisplay


def test_faces_come_in_the_order_of_confidence(ax, mlp, faces, proba):
    X, y = faces
    display = FaceSheetDisplay.from_estimator(mlp, X, y, n_faces=9, ax=ax)

    best = np.sort(proba.max(axis=1))[::-1][:9]
    np.testing.assert_array_equal(display.confidence, best.astype(float))
    assert len(display.im_) == len(display.text_) == 9


def test_the_least_certain_can_come_first(ax, mlp, faces, proba):
    display = FaceSheetDisplay.from_estimator(mlp, *faces, ascending=True, n_faces=1, ax=ax)

    assert display.confidence[0] == proba.max(axis=1).min()


@pytest.mark.parametrize("show", ["right", "wrong"])
def test_right_or_wrong_answers_alone_can_be_shown(ax, mlp, faces, proba, show):
    X, y = faces
    display = FaceSheetDisplay.from_estimator(mlp, X, y, show=show, n_faces=1000, ax=ax)

    is_right = proba.argmax(axis=1) == y
    assert len(display.images) == (is_right == (show == "right")).sum()
    pairs = zip(display.actual, display.predicted, strict=True)
    assert all((actual == predicted) == (show == "right") for actual, predicted in pairs)


def test_each_face_is_the_one_that_its_words_are_about(ax, faces, proba):
    images, y = faces
    display = FaceSheetDisplay.from_predictions(images, y, proba, n_faces=6, ax=ax)

    rows = np.argsort(-proba.max(axis=1), kind="stable")[:6]
    for row, image, text in zip(rows, display.im_, display.text_, strict=True):
        np.testing.assert_allclose(np.asarray(image.get_array())[..., 0], images[row] / 255)
        assert text.get_text().startswith(EMOTIONS[proba[row].argmax()])
        left, right, bottom, top = image.get_extent()
        x, y_text = text.get_position()
        assert left < x < right
        assert y_text > bottom > top


def test_a_wrong_answer_has_a_frame_and_the_label(ax):
    images = np.zeros((2, 4, 4), np.uint8)
    display = FaceSheetDisplay(images, ["sad", "sad"], ["sad", "fear"], [1.0, 0.996]).plot(ax)

    assert [text.get_text() for text in display.text_] == ["sad 100 %", "fear >99 %\nis sad"]
    (frame,) = ax.patches
    assert frame.get_linestyle() == "--"
    assert frame.get_x() == display.im_[1].get_extent()[0]


def test_faces_do_not_overlap(ax):
    display = FaceSheetDisplay(np.zeros((7, 4, 4)), ["a"] * 7, ["b"] * 7, [0.5] * 7, n_columns=3)
    display.plot(ax)

    corners = {tuple(image.get_extent()[::3]) for image in display.im_}
    assert len(corners) == 7
    assert len({left for left, _ in corners}) == 3
    assert all(
        abs(a - c) >= 1 or abs(b - d) > 1.3
        for a, b in corners
        for c, d in corners
        if (a, b) != (c, d)
    )


def test_long_names_do_not_overlap():
    names = ["people who laugh", "people who don't laugh"]
    display = FaceSheetDisplay(np.zeros((4, 4, 4)), names * 2, names[::-1] * 2, [0.999] * 4)
    figure = Figure(figsize=display._figure_size())
    display.plot(figure.add_axes((0, 0, 1, 1)))
    figure.draw_without_rendering()

    boxes = [text.get_window_extent() for text in display.text_]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))
    assert display.text_[0].get_text().startswith("people w… >99 %")


def test_an_empty_sheet_says_so(ax):
    FaceSheetDisplay(np.zeros((0, 4, 4)), [], [], []).plot(ax)

    assert [text.get_text() for text in ax.texts] == ["none"]


def test_colour_stays_colour(ax):
    images = np.zeros((1, 2, 2, 3), np.uint8)
    images[..., 0] = 255
    display = FaceSheetDisplay(images, ["a"], ["a"], [1.0]).plot(ax)

    np.testing.assert_array_equal(np.asarray(display.im_[0].get_array())[0, 0], [1, 0, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: FaceSheetDisplay(f, ["a"], ["a", "b"], [1, 1]), "expected as many of each"),
        (lambda f: FaceSheetDisplay(f, ["a"] * 2, ["a"] * 2, [1, 1], n_columns=0), "n_columns"),
        (
            lambda f: FaceSheetDisplay.from_predictions(f, [0, 0], np.eye(2), show="some"),
            "show is 'some'; expected",
        ),
        (
            lambda f: FaceSheetDisplay.from_predictions(f, [0, 0], np.eye(2), n_faces=-1),
            "n_faces is -1; expected a whole number, 0 or more",
        ),
        (
            lambda f: FaceSheetDisplay(f, ["a"] * 2, ["a"] * 2, np.ma.masked_equal([1, 0], 0)),
            "confidence is a masked array with 1 masked entries",
        ),
        (
            lambda f: FaceSheetDisplay(f, ["a"] * 2, ["a"] * 2, [np.nan, 1]),
            "confidence holds a number that is not between 0 and 1",
        ),
        (
            lambda f: FaceSheetDisplay(f, ["a"] * 2, ["a"] * 2, [50, 60]),
            "confidence holds a number that is not between 0 and 1",
        ),
        (lambda f: FaceSheetDisplay(f[:, 0, :2], ["a"] * 2, ["a"] * 2, [1, 1]), "no square image"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.zeros((2, 4, 4), np.uint8))


def test_a_column_of_images_is_images(ax, mlp, faces):
    X, y = faces
    shown = FaceSheetDisplay.from_estimator(mlp, pd.Series(list(X)), y, ax=ax)

    expected = FaceSheetDisplay.from_estimator(mlp, X, y, ax=ax)
    np.testing.assert_array_equal(shown.images, expected.images)


@pytest.mark.parametrize("n_components", [48, 49])
def test_what_a_network_sees_behind_other_steps_is_no_face(ax, faces, n_components):
    rows, y = faces[0].reshape(120, -1) / 255, faces[1]
    network = FERMLPClassifier((4,), max_iter=1, random_state=0)
    pipeline = make_pipeline(PCA(n_components), network).fit(rows, y)
    display = FaceSheetDisplay.from_estimator(pipeline, rows, y, ax=ax)

    assert display.images.shape[1:] == (16, 16, 1)
