"""Data sets as data frames, as scikit-learn's loaders have them."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet.datasets import load_fer2013, make_faces


@pytest.fixture(params=["drawn", "csv"])
def load(request, tmp_path, csv_bytes, faces):
    if request.param == "drawn":
        return lambda **options: make_faces(20, random_state=0, **options)
    path = tmp_path / "faces.csv"
    path.write_bytes(csv_bytes(faces))
    return lambda **options: load_fer2013(path, "all", **options)


def test_frames_hold_what_the_arrays_hold(load):
    arrays, frames = load(), load(as_frame=True)
    np.testing.assert_array_equal(frames.data.to_numpy(), arrays.data)
    np.testing.assert_array_equal(frames.target.to_numpy(), arrays.target)
    np.testing.assert_array_equal(frames.images, arrays.images)
    assert set(frames.data.dtypes) == {np.dtype(np.uint8)}
    assert (frames.target.dtype, frames.target.name) == (np.int64, "target")
    assert frames.feature_names == frames.data.columns.tolist()
    assert frames.frame.columns.tolist() == [*frames.feature_names, "target"]
    assert frames.frame.drop(columns="target").equals(frames.data)
    for name in ("usage", "target_names", "DESCR"):
        assert np.array_equal(frames[name], arrays[name])


def test_columns_are_named_by_row_and_column(load):
    faces = load(as_frame=True)
    assert faces.data.loc[1, "pixel_5_40"] == faces.images[1, 5, 40]
    assert len(set(faces.feature_names)) == 48 * 48


def test_frame_and_series_alone(load):
    X, y = load(as_frame=True, return_X_y=True)
    faces = load(as_frame=True)
    assert X.equals(faces.data)
    assert y.equals(faces.target)


def test_an_estimator_learns_from_the_frame_and_knows_its_columns(load):
    X, y = load(as_frame=True, return_X_y=True)
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, y)
    plain = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X.to_numpy(), y.to_numpy())
    assert model.feature_names_in_.tolist() == X.columns.tolist()
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X.to_numpy()))
