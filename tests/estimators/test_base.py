"""Life among scikit-learn's other parts: pipelines, searches, workers, pickles, routing."""

from __future__ import annotations

import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import FERMLPClassifier

X, Y = load_digits(return_X_y=True)
X, Y = (X * 15.9).astype(np.uint8)[:600], Y[:600]
MODEL = FERMLPClassifier((16,), max_iter=3, random_state=0)


def test_it_sits_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), clone(MODEL).set_params(max_iter=20)).fit(X, Y)
    assert pipeline.score(X, Y) > 0.9
    assert pipeline[-1].scaling_.is_identity


def search(backend, n_jobs):
    grid = {"learning_rate_init": [0.001, 0.01], "hidden_layer_sizes": [(8,), (16,)]}
    with joblib.parallel_backend(backend, n_jobs=n_jobs):
        return GridSearchCV(MODEL, grid, cv=2, n_jobs=n_jobs).fit(X, Y)


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_a_grid_search_finds_the_same_on_any_backend(backend):
    expected, got = search("sequential", 1), search(backend, 2)
    np.testing.assert_array_equal(
        got.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(
        got.best_estimator_.network_.params, expected.best_estimator_.network_.params
    )


def test_a_halving_search_spends_epochs():
    grid = {"learning_rate_init": [0.0001, 0.001, 0.01]}
    halving = HalvingGridSearchCV(
        MODEL, grid, cv=2, resource="max_iter", max_resources=9, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        halving.fit(X, Y)
    assert halving.best_estimator_.n_iter_ == 9
    assert halving.best_params_["learning_rate_init"] == 0.01


@pytest.mark.filterwarnings("ignore")
def test_a_search_survives_a_learning_rate_that_diverges():
    grid = {"learning_rate_init": [0.01, 1e30]}
    result = GridSearchCV(MODEL, grid, cv=2, error_score=np.nan).fit(X, Y)
    assert result.best_params_ == {"learning_rate_init": 0.01}
    assert np.isnan(result.cv_results_["mean_test_score"]).tolist() == [False, True]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickled_model_predicts_the_same(protocol):
    model = clone(MODEL).fit(X, Y)
    again = pickle.loads(pickle.dumps(model, protocol))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.history_ == model.history_


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_a_dumped_model_predicts_the_same(tmp_path, mmap_mode):
    model = clone(MODEL).fit(X, Y)
    joblib.dump(model, tmp_path / "model")
    again = joblib.load(tmp_path / "model", mmap_mode=mmap_mode)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    again.partial_fit(X, Y)


def test_skops_keeps_a_model_and_needs_to_trust_our_own_types_alone(make):
    skops = pytest.importorskip("skops.io", reason="skops is not installed: pip install skops")
    model = make().fit(X, Y)

    raw = skops.dumps(model)
    types = skops.get_untrusted_types(data=raw)
    again = skops.loads(raw, trusted=types)

    assert all(name.startswith("fernet.") for name in types)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.history_ == model.history_
    again.partial_fit(X, Y)


def test_feature_names_are_kept_and_checked():
    frame = pd.DataFrame(X).rename(columns=lambda i: f"pixel{i}")
    model = clone(MODEL).fit(frame, Y)
    assert model.feature_names_in_[3] == "pixel3"
    np.testing.assert_array_equal(model.network_.params, clone(MODEL).fit(X, Y).network_.params)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[frame.columns[::-1]])


def test_a_data_frame_of_whole_numbers_holds_pixels():
    assert not clone(MODEL).fit(pd.DataFrame(X.astype(np.int64)), Y).scaling_.is_identity
    assert clone(MODEL).fit(pd.DataFrame(X / 255), Y).scaling_.is_identity


def test_averaged_flips_are_the_mean_over_image_and_mirror_image():
    model = clone(MODEL).fit(X, Y)
    mirrored = np.ascontiguousarray(X.reshape(-1, 8, 8)[:, :, ::-1]).reshape(X.shape)
    expected = (model.predict_proba(X) + model.predict_proba(mirrored)) / 2
    model.set_params(average_flips=True)
    np.testing.assert_array_equal(model.predict_proba(X), expected)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), expected, rtol=1e-5)
    np.testing.assert_array_equal(model.predict(X), model.classes_[expected.argmax(axis=1)])
    np.testing.assert_array_equal(model.predict_proba(mirrored), expected)


def test_averaged_flips_need_square_images():
    with pytest.raises(ValueError, match="average_flips is True, but 63 features"):
        clone(MODEL).set_params(average_flips=True).fit(X[:, :63], Y)
    model = clone(MODEL).fit(X[:, :63], Y).set_params(average_flips=True)
    with pytest.raises(ValueError, match="63 features are no square images"):
        model.predict(X[:, :63])


def test_it_shows_itself_in_a_notebook():
    html = clone(MODEL).fit(X, Y)._repr_html_()
    assert "FERMLPClassifier" in html
    assert "hidden_layer_sizes" in html


@pytest.fixture
def metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("metadata_routing")
def test_weights_are_routed_through_cross_validation():
    model = clone(MODEL).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
    weight = np.where(Y < 5, 1.0, 0.0)
    weighted = cross_val_score(model, X, Y, cv=2, params={"sample_weight": weight})
    assert (weighted < cross_val_score(clone(MODEL), X, Y, cv=2, params={})).all()


@pytest.mark.usefixtures("metadata_routing")
def test_validation_data_are_routed_through_a_pipeline_and_transformed_by_it():
    model = clone(MODEL).set_params(early_stopping=True, monitor="balanced_accuracy")
    model.set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
    pipeline = make_pipeline(StandardScaler(), model, transform_input=["X_val"])
    weight = np.where(Y[400:] < 5, 2.0, 1.0)
    pipeline.fit(X[:400], Y[:400], X_val=X[400:], y_val=Y[400:], sample_weight_val=weight)
    accuracy = accuracy_score(Y[400:], pipeline.predict(X[400:]), sample_weight=weight)
    assert pipeline[-1].best_validation_score_ == pytest.approx(accuracy)


@pytest.mark.usefixtures("metadata_routing")
def test_classes_are_routed_to_partial_fit():
    request = clone(MODEL).set_partial_fit_request(classes=True).get_metadata_routing()
    assert request.partial_fit.requests["classes"] is True


def test_predictions_keep_their_buffers_until_the_network_is_another():
    model = clone(MODEL).fit(X, Y)
    session = model._fitted.session
    model.predict(X)
    prepared = session._prepared
    model.predict(X)
    assert model._fitted.session is session
    assert session._prepared is prepared
    assert vars(prepared.own)
    model.partial_fit(X, Y)
    assert model._fitted.session is not session
    assert model._fitted.session.network is model.network_
