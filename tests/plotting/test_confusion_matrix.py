"""The confusion matrix: what stands where, in which shade, in both layouts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ConfusionMatrixDisplay as ScikitLearnDisplay
from sklearn.metrics import confusion_matrix

from fernet import EMOTIONS
from fernet.plotting import ConfusionMatrixDisplay


def tick_texts(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


SUMS = {"true": 1, "pred": 0, "all": None}


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(0, 500), min_size=9, max_size=9),
    normalize=st.sampled_from([None, *SUMS]),
)
def test_each_cell_shows_the_number_that_it_is_shaded_by(counts, normalize):
    from matplotlib.figure import Figure

    matrix = np.reshape(counts, (3, 3))
    display = ConfusionMatrixDisplay(matrix, normalize=normalize).plot(Figure().subplots())

    shades = np.asarray(display.im_.get_array())
    if normalize is None:
        np.testing.assert_array_equal(shades, matrix)
    else:
        axis = SUMS[normalize]
        np.testing.assert_allclose(shades.sum(axis=axis), 100.0 * matrix.any(axis=axis))
    for (row, column), text in np.ndenumerate(display.text_):
        assert text.get_position() == (column, row)
        shown = float(text.get_text())
        assert abs(shown - shades[row, column]) <= (0.051 if normalize else 0)


@pytest.mark.parametrize(
    ("normalize", "label"), [(None, "images"), ("true", "% of the actual emotion")]
)
def test_the_bar_says_what_the_shades_are_and_is_as_tall_as_the_matrix(ax, normalize, label):
    display = ConfusionMatrixDisplay(np.eye(7), normalize=normalize).plot(ax)
    ax.figure.draw_without_rendering()

    assert display.colorbar_.ax.get_ylabel() == label
    matrix, bar = ax.get_window_extent(), display.colorbar_.ax.get_window_extent()
    assert (bar.y0, bar.y1) == pytest.approx((matrix.y0, matrix.y1), abs=0.5)


@pytest.mark.parametrize("n_classes", [2, 7, 8, 20])
@pytest.mark.parametrize("layout", ["report", "scikit-learn"])
def test_names_fit_the_picture_and_do_not_overlap(n_classes, layout):
    from matplotlib.figure import Figure

    names = [f"surprise{i}" for i in range(n_classes)]
    display = ConfusionMatrixDisplay(np.full((n_classes,) * 2, 8888), names, title="A title")
    figure = Figure(figsize=display._figure_size(), layout="constrained")
    display.plot(figure.subplots(), layout=layout)
    figure.draw_without_rendering()

    whole = figure.bbox
    axes = display.ax_
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label]:
        box = label.get_window_extent()
        outside = (whole.x0 > box.x0, box.x1 > whole.x1, whole.y0 > box.y0, box.y1 > whole.y1)
        assert not any(outside)
        assert label.get_fontsize() >= 7
    cell = axes.get_window_extent().width / n_classes
    assert max(text.get_window_extent().width for text in display.text_.flat) < cell
    # Slanted lines of text one cell apart.
    height = 1.2 * axes.get_xticklabels()[0].get_fontsize() * figure.dpi / 72
    assert cell * np.sqrt(0.5) > height


@pytest.mark.parametrize("n_classes", [7, 20])
@pytest.mark.parametrize("layout", ["report", "scikit-learn"])
@pytest.mark.parametrize("length", [28, 44])
def test_long_names_are_not_cut_at_the_edges(n_classes, layout, length):
    names = [f"{i} somewhat surprised and happy ".ljust(length, "w")[:length] for i in range(20)]
    display = ConfusionMatrixDisplay(np.full((n_classes,) * 2, 8), names[:n_classes])
    display._layout = layout
    from matplotlib.figure import Figure

    figure = Figure(figsize=display._figure_size(), layout="constrained")
    axes = display.plot(figure.subplots()).ax_
    figure.draw_without_rendering()

    whole = figure.bbox
    labels = [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    for label in [*labels, display.colorbar_.ax.yaxis.label]:
        box = label.get_window_extent()
        assert whole.x0 <= box.x0
        assert box.x1 <= whole.x1
        assert whole.y0 <= box.y0
        assert box.y1 <= whole.y1
    first = axes.get_yticklabels()[0].get_text()
    assert (names[0] in first) if length <= 30 else first.endswith("…")


def test_the_reports_layout_has_actual_rows_and_predicted_columns_above(ax):
    display = ConfusionMatrixDisplay.from_predictions([0] * 5 + [6], [0, 0, 0, 1, 6, 0], ax=ax)

    assert tick_texts(ax.yaxis) == ["A0 angry", "A1 disgust", "A2 neutral"]
    assert tick_texts(ax.xaxis) == ["P0 angry", "P1 disgust", "P2 neutral"]
    assert ax.xaxis.get_ticks_position() == "top"
    # Actually angry, taken for disgust: first row, second column.
    assert display.text_[0, 1].get_text() == "1"
    assert display.text_[1, 0].get_text() == "0"


def test_scikit_learns_layout_is_scikit_learns(ax):
    from matplotlib.figure import Figure

    y_true, y_pred = [0, 1, 1, 2], [0, 1, 2, 2]
    ours = ConfusionMatrixDisplay.from_predictions(y_true, y_pred, layout="scikit-learn", ax=ax)
    theirs = ScikitLearnDisplay(confusion_matrix(y_true, y_pred), display_labels=EMOTIONS[:3]).plot(
        ax=Figure().subplots()
    )

    for axis in ("xaxis", "yaxis"):
        assert tick_texts(getattr(ours.ax_, axis)) == tick_texts(getattr(theirs.ax_, axis))
    assert ours.ax_.get_xlabel() == theirs.ax_.get_xlabel()
    assert ours.ax_.get_ylabel() == theirs.ax_.get_ylabel()
    for mine, other in zip(ours.text_.flat, theirs.text_.flat, strict=True):
        assert mine.get_text() == other.get_text()


def test_a_picture_is_saved_in_the_layout_that_was_asked_for(ax):
    display = ConfusionMatrixDisplay([[1]]).plot(ax, layout="scikit-learn")
    saved = display.to_bytes(dpi=40)

    assert saved != ConfusionMatrixDisplay([[1]]).to_bytes(dpi=40)
    assert saved == display.to_bytes(dpi=40)


def test_a_style_with_a_grid_draws_none_through_the_numbers():
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"axes.grid": True}):
        shown = ConfusionMatrixDisplay([[3, 1], [0, 2]]).plot(Figure().subplots())

    lines = [*shown.ax_.get_xgridlines(), *shown.ax_.get_ygridlines()]
    assert not any(line.get_visible() for line in lines)


def test_an_estimators_classes_are_all_shown(ax, mlp, faces):
    X, y = faces
    display = ConfusionMatrixDisplay.from_estimator(mlp, X[y == 3], y[y == 3], ax=ax)

    assert display.target_names == list(EMOTIONS)
    assert display.confusion_matrix.sum() == display.confusion_matrix[3].sum() == (y == 3).sum()


def test_images_of_a_class_that_the_estimator_does_not_know_are_shown_too(ax, mlp, faces):
    X, y = faces
    display = ConfusionMatrixDisplay.from_estimator(mlp, X, np.where(y == 3, 9, y), ax=ax)

    assert display.target_names == [*EMOTIONS, "9"]
    assert display.confusion_matrix.sum() == len(y)
    assert display.confusion_matrix[7].sum() == (y == 3).sum()


def test_labels_of_another_kind_than_the_estimators_are_refused(ax, mlp, faces):
    with pytest.raises(ValueError, match="y_true holds '0a' and y_pred"):
        ConfusionMatrixDisplay.from_estimator(mlp, faces[0], [f"{y}a" for y in faces[1]], ax=ax)


def test_text_stands_out_from_its_cell(ax):
    display = ConfusionMatrixDisplay([[90, 10], [0, 5]]).plot(ax)

    colours = [[text.get_color() for text in row] for row in display.text_]
    assert colours == [["white", "black"], ["black", "black"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1, 2]],), r"confusion_matrix has shape \(1, 2\); expected a square"),
        ((np.ma.masked_equal([[1, 0], [2, 3]], 0),), "confusion_matrix is a masked array with 1"),
        (([[1]], ["a", "b"]), "target_names has 2 names for 1 classes"),
        (([[1, np.nan], [0, 2]],), "confusion_matrix holds a number that is negative or not fin"),
        (([[1, np.inf], [0, 2]],), "confusion_matrix holds a number that is negative or not fin"),
        (([[1, -2], [0, 2]],), "confusion_matrix holds a number that is negative or not fin"),
        (([["1", "2"], ["0", "2"]],), "confusion_matrix must hold numbers, but its dtype is <U1"),
    ],
)
def test_what_is_no_matrix_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ConfusionMatrixDisplay(*arguments)


@pytest.mark.parametrize("normalize", [None, *SUMS])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64, np.float16])
def test_counts_of_any_type_are_shown_alike(dtype, normalize):
    from matplotlib.figure import Figure

    counts = [[120, 100], [10, 220]]

    def shown(dtype):
        display = ConfusionMatrixDisplay(np.array(counts, dtype), normalize=normalize)
        display.plot(Figure().subplots())
        return [[text.get_text() for text in row] for row in display.text_]

    assert shown(dtype) == shown(np.float64)


def test_an_unknown_normalize_is_refused():
    with pytest.raises(ValueError, match="normalize is 'rows'; expected None or one of"):
        ConfusionMatrixDisplay([[1]], normalize="rows")


def test_an_unknown_layout_is_refused(ax):
    with pytest.raises(ValueError, match="layout is 'sideways'; expected one of"):
        ConfusionMatrixDisplay([[1]]).plot(ax, layout="sideways")


def test_a_data_frames_classes_are_found_by_name():
    names, counts = ["happy", "sad"], np.array([[5, 1], [0, 7]])
    turned = pd.DataFrame(counts, names, names).loc[["sad", "happy"]]
    assert ConfusionMatrixDisplay(turned).target_names == ["sad", "happy"]
    np.testing.assert_array_equal(
        ConfusionMatrixDisplay(turned).confusion_matrix, counts[::-1, ::-1]
    )
    np.testing.assert_array_equal(ConfusionMatrixDisplay(turned, names).confusion_matrix, counts)
