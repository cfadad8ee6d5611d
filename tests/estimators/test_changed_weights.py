"""Predictions are prepared once, and still are those of the weights that there are."""

from __future__ import annotations

import copy
import pickle

import joblib
import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.callbacks import Callback
from fernet.datasets import make_faces

X, Y = make_faces(60, random_state=0, return_X_y=True)


def make(**kwargs):
    layers = {"filters": [(4, 1), (20, 2)], "hidden_layer_sizes": (8,), "batch_norm": True}
    return FERCNNClassifier(**layers, max_iter=1, random_state=0, **kwargs)


@pytest.fixture(scope="module")
def fitted():
    return make().fit(X, Y)


@pytest.fixture
def model(fitted):
    """One that has predicted, and whose weights nobody has asked for."""
    model = copy.deepcopy(fitted)
    model.predict(X[:2])
    assert not model._fitted.network.is_shared
    return model


def anew(model):
    """Predict with a copy of these weights that has prepared nothing."""
    return copy.deepcopy(model).predict_proba(X[:5])


def assert_it_predicts_otherwise_and_right(model, before):
    after = model.predict_proba(X[:5])
    assert (after != before).any()
    np.testing.assert_array_equal(after, anew(model))


# -- written to ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        lambda model: model.coefs_[0],
        lambda model: model.coefs_[-1],
        lambda model: model.intercepts_[-1],
        lambda model: model.network_.values,
        lambda model: model.network_.node_params[-1]["weight"],
        lambda model: dict(model.network_.named_state())["batch_norm_1.running_var"],
    ],
)
def test_weights_written_to_through_an_attribute_count_at_once(model, array):
    before = model.predict_proba(X[:5])
    view = array(model)
    for _ in range(2):
        view *= np.float32(1.5)
        view[..., 0] += np.float32(0.25)
        assert_it_predicts_otherwise_and_right(model, before)
        before = model.predict_proba(X[:5])


def test_an_array_that_was_asked_for_before_the_first_prediction_counts_too(fitted):
    model = copy.deepcopy(fitted)
    weight = model.coefs_[1]
    before = model.predict_proba(X[:5])
    weight[...] = 0
    assert_it_predicts_otherwise_and_right(model, before)


def test_a_network_that_a_callback_has_kept_is_not_the_models():
    class Keeps(Callback):
        def on_epoch_end(self, trainer):
            self.network = trainer.network

    callback = Keeps()
    model = make(callbacks=[callback]).fit(X, Y)
    before = model.predict_proba(X[:5])
    callback.network.values[...] = 0
    np.testing.assert_array_equal(model.predict_proba(X[:5]), before)


# -- replaced --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.set_params(random_state=1).fit(X, Y),
        lambda model: model.partial_fit(X, Y),
        lambda model: model.set_params(warm_start=True).fit(X, Y),
        lambda model: model.set_params(freeze="backbone").fit(X, Y),
    ],
    ids=["fit", "partial_fit", "warm fit", "frozen fit"],
)
def test_learning_drops_what_was_prepared(model, change):
    before = model.predict_proba(X[:5])
    change(model)
    assert_it_predicts_otherwise_and_right(model, before)


def test_so_does_editing_the_classes(model):
    before = model.predict_proba(X[:5])
    assert model.drop_classes([0]).predict_proba(X[:5]).shape == (5, 6)
    np.testing.assert_array_equal(model.predict_proba(X[:5])[:, :0], before[:, :0])


def test_so_does_loading_a_state(model):
    other = make().set_params(random_state=5).fit(X, Y)
    model.predict(X[:1])
    model.__setstate__(other.__getstate__())
    np.testing.assert_array_equal(model.predict_proba(X[:5]), other.predict_proba(X[:5]))


# -- not taken along -------------------------------------------------------------------------


def test_it_is_not_saved(model, tmp_path):
    unprepared = copy.deepcopy(model)
    assert len(pickle.dumps(model)) == len(pickle.dumps(unprepared))
    assert "session" not in vars(unprepared._fitted)
    for name, twin in (("a", model), ("b", unprepared)):
        save_model(twin, tmp_path / name)
        joblib.dump(twin, tmp_path / f"{name}.joblib")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    sizes = {(tmp_path / f"{name}.joblib").stat().st_size for name in "ab"}
    assert len(sizes) == 1
    np.testing.assert_array_equal(load_model(tmp_path / "a").predict_proba(X[:5]), anew(model))


def test_looking_at_sizes_gives_no_weights_away():
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, Y)
    assert (model.n_layers_, model.n_outputs_) == (3, 7)
    assert not model._fitted.network.is_shared


# -- set as items, as in scikit-learn --------------------------------------------------------


@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
@pytest.mark.parametrize("index", [-1, slice(-1, None)], ids=str)
def test_an_item_that_is_set_is_written_to_the_network(model, name, index):
    before = model.predict_proba(X[:5])
    new = getattr(model, name)[-1] + np.arange(7, dtype=np.float64)
    getattr(model, name)[index] = [new] if isinstance(index, slice) else new
    np.testing.assert_array_equal(getattr(model, name)[-1], new.astype(np.float32))
    assert_it_predicts_otherwise_and_right(model, before)


@pytest.mark.parametrize(
    "value", [np.zeros((1, 7)), np.float32(0), [[0] * 6] * 7, np.full((8, 7), "a"), None], ids=repr
)
def test_an_item_of_another_shape_or_type_is_refused(model, value):
    before = model.predict_proba(X[:5])
    with pytest.raises(ValueError, match=r"for a network's parameters; expected numbers of shape"):
        model.coefs_[-1] = value
    with pytest.raises(ValueError, match="got 1 arrays for 2 of a network's parameters"):
        model.coefs_[-2:] = [model.coefs_[-1]]
    np.testing.assert_array_equal(model.predict_proba(X[:5]), before)


def test_weights_are_a_list_in_use(model):
    weights = model.coefs_
    assert isinstance(weights, list)
    assert len(weights) == len(list(weights)) == len(weights[:-1]) + 1
    for twin in (copy.deepcopy(weights), pickle.loads(pickle.dumps(weights))):
        assert all(map(np.array_equal, twin, weights))
        twin[0] = np.zeros_like(twin[0])
    assert model.coefs_[0].any()
