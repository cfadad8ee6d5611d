"""Views of an image: what they show, and probabilities averaged over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet._training.scaling import PixelScaling
from fernet.datasets import make_faces
from fernet.estimators.views import NAMED_VIEWS, View, axis_matrices, find_views, gather_view

FACES = make_faces(60, random_state=0)
X, Y = FACES.images[:, 8:40:2, 8:40:2].copy(), FACES.target
MODELS = {
    "mlp": FERMLPClassifier((8,), max_iter=2, random_state=0),
    "cnn": FERCNNClassifier(filters=[(4, 1)], hidden_layer_sizes=(), max_iter=1, random_state=0),
}
VIEWS = st.builds(View, st.floats(0.5, 2), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    return clone(MODELS[request.param]).fit(X, Y)


def seen(images, view, *, mirrored=False, scaling=None):
    n, shape = len(images), (*images.shape[1:], 1)[:3]
    out = np.empty((n, np.prod(shape)), dtype=np.float32)
    rows = images.reshape(n, -1)
    indices = np.arange(n, dtype=np.int64)
    gather_view(rows, indices, view, shape, scaling or PixelScaling(), out, mirrored=mirrored)
    return out.reshape(n, *shape)


@settings(max_examples=40)
@given(
    view=VIEWS,
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])),
    dtype=st.sampled_from([np.uint8, np.float32, np.float64]),
    mirrored=st.booleans(),
)
def test_the_matrices_of_a_view_show_what_the_kernel_does(view, shape, dtype, mirrored):
    images = np.random.default_rng(0).integers(0, 256, (2, *shape)).astype(dtype)
    rows, columns = axis_matrices(view, shape)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
    expected = np.einsum("ri,nijc,sj->nrsc", rows, images.astype(np.float64), columns)
    if mirrored:
        expected = expected[:, :, ::-1]
    np.testing.assert_allclose(seen(images, view, mirrored=mirrored), expected, atol=0.05)


def test_a_zoom_enlarges_and_a_move_moves():
    image = np.zeros((1, 24, 24), dtype=np.uint8)
    image[:, 8:16, 8:16] = 255
    larger = seen(image, View(1.5))[0, ..., 0] > 127
    assert larger[6:18, 6:18].all()
    assert larger.sum() == 12 * 12
    moved = seen(image, View(1.0, 2 / 24, -1 / 24))[0, ..., 0]
    np.testing.assert_allclose(moved[10:18, 7:15], 255, atol=0.01)
    assert moved.sum() == pytest.approx(64 * 255, rel=1e-4)


def test_names_stand_for_views():
    assert [view.zoom for view in find_views("zooms")] == [0.93, 1, 1.07]
    shifts = find_views("shifts")
    assert len(set(shifts)) == 9
    assert View(1.0) in shifts
    assert {abs(move) for view in shifts for move in view[1:]} == {0, 1 / 24}
    assert find_views(None) == (View(1.0),)


@pytest.mark.parametrize("flips", [False, True])
@pytest.mark.parametrize("views", [*NAMED_VIEWS, [1, (0.9, 0.1, -0.1)]])
def test_probabilities_are_the_mean_over_the_views(model, views, flips):
    model = clone(model).set_params(average_flips=flips).fit(X, Y)
    one_by_one = []
    for view in find_views(views):
        images = seen(X, view)[..., 0]
        one_by_one.append(model.predict_proba(images))

    several = model.set_params(average_views=views).predict_proba(X)

    assert several.dtype == np.float32
    np.testing.assert_allclose(several, np.mean(one_by_one, axis=0), atol=2e-5)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), several, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(model.predict(X), model.classes_[several.argmax(axis=1)])


def test_the_image_alone_is_one_view(model):
    expected = model.predict_proba(X)
    for views in ([1], [(1.0, 0, 0)]):
        found = clone(model).set_params(average_views=views)
        found._fitted = model._fitted
        np.testing.assert_array_equal(found.predict_proba(X), expected)


def test_a_row_does_not_depend_on_its_neighbours(model):
    twin = clone(model).set_params(average_views="zooms", average_flips=True)
    twin._fitted = model._fitted
    together = twin.predict_proba(X)
    for rows in (slice(0, 1), slice(7, 20), [33, 2]):
        np.testing.assert_array_equal(twin.predict_proba(X[rows]), together[rows])


def test_all_views_of_a_few_images_go_through_the_network_at_once(model, monkeypatch):
    twin = clone(model).set_params(average_views="shifts", average_flips=True)
    twin._fitted = model._fitted
    session, batches = twin._fitted.session, []
    predict_batches = session.predict_batches

    def watched(n_rows, fill):
        def noted(start, stop, out):
            batches.append(stop - start)
            fill(start, stop, out)

        return predict_batches(n_rows, noted)

    monkeypatch.setattr(session, "predict_batches", watched)
    twin.predict_proba(X[:2])
    assert batches == [2 * 9 * 2]


@pytest.mark.parametrize("views", ["shifts", (0.9, (1.1, 0.0, -0.05)), None])
def test_a_file_keeps_the_views(tmp_path, model, views):
    model = clone(model).set_params(average_views=views).fit(X, Y)
    save_model(model, tmp_path / "m")
    twin = load_model(tmp_path / "m")
    assert twin.average_views == views
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    "views", ["zoom", [], [0.1], [(1, 2, 0)], [(1, 2)], ["1"], 3, [True, None]]
)
def test_what_is_no_view_is_refused(model, views):
    with pytest.raises(ValueError, match="average_views"):
        clone(model).set_params(average_views=views).fit(X, Y)
    twin = clone(model).set_params(average_views=views)
    twin._fitted = model._fitted
    with pytest.raises(ValueError, match="average_views"):
        twin.predict(X)


def test_rows_that_are_no_images_have_no_views():
    rows = X.reshape(60, -1)[:, :250]
    with pytest.raises(ValueError, match="average_views is 'zooms', but 250 features are no"):
        FERMLPClassifier((), average_views="zooms").fit(rows, Y)
    model = FERMLPClassifier((), max_iter=1).fit(rows, Y).set_params(average_views="zooms")
    with pytest.raises(ValueError, match=r"no square images; only images have views"):
        model.predict(rows)
