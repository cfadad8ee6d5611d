"""What is fitted is one object: replaced as a whole, or not at all."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import io
import pickle
import sys
import warnings

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.utils.validation import check_is_fitted

from fernet import FERMLPClassifier, load_model, save_model
from fernet.callbacks import Callback

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=60)
X = (RNG.integers(0, 60, (60, 16)) + 60 * Y[:, None]).astype(np.uint8)


def make(**kwargs):
    kwargs = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0} | kwargs
    return FERMLPClassifier(**kwargs)


# -- being there, or not ---------------------------------------------------------------------

ATTRIBUTES = [
    name
    for name, _ in inspect.getmembers(FERMLPClassifier, lambda member: isinstance(member, property))
    if name.endswith("_") and not name.startswith("_")
]
ONLY_SOMETIMES = {"feature_names_in_", "model_info_"}


def test_there_are_no_fitted_attributes_before_fitting():
    assert {"classes_", "network_", "n_features_in_", "coefs_"} <= set(ATTRIBUTES)
    assert [name for name in ATTRIBUTES if hasattr(make(), name)] == []
    with pytest.raises(NotFittedError):
        check_is_fitted(make())


def test_all_fitted_attributes_are_there_after_fitting():
    model = make().fit(X, Y)
    check_is_fitted(model)
    assert {name for name in ATTRIBUTES if not hasattr(model, name)} == ONLY_SOMETIMES


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_fitted_attributes_are_read_and_not_set(name):
    with pytest.raises(AttributeError):
        setattr(make().fit(X, Y), name, 3)


@pytest.mark.skipif(
    not importlib.util.find_spec("sklearn.callback"),
    reason="scikit-learn before 1.9 shows less in notebooks",
)
def test_a_notebook_shows_what_is_fitted():
    assert "n_features_in_" in make().fit(X, Y)._repr_html_()


def test_a_clone_has_learnt_nothing():
    assert clone(make().fit(X, Y).add_classes([7]))._fitted is None


# -- through files and copies ----------------------------------------------------------------


def through_a_file(model, folder):
    save_model(model, folder / "model.safetensors")
    return load_model(folder / "model.safetensors")


def through_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


ROUND_TRIPS = {
    "file": through_a_file,
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "joblib": through_joblib,
    "deepcopy": lambda model, folder: copy.deepcopy(model),
}
LIVES = {
    "fitted": lambda model: model.fit(X, Y),
    "partly fitted": lambda model: model.partial_fit(X, Y),
    "with a class added": lambda model: model.fit(X, Y).add_classes([7]),
    "with classes merged": lambda model: model.fit(X, Y).merge_classes({2: [1, 2]}),
    "with a class added and partly fitted": lambda model: (
        model.fit(X, Y).add_classes([7]).partial_fit(X, Y)
    ),
    "with a class added and fitted": lambda model: model.fit(X, Y).add_classes([7]).fit(X, Y),
}


@pytest.mark.parametrize("round_trip", ROUND_TRIPS.values(), ids=list(ROUND_TRIPS))
@pytest.mark.parametrize("live", LIVES.values(), ids=list(LIVES))
def test_the_next_fit_is_the_same_after_a_round_trip(tmp_path, live, round_trip):
    model = live(make())
    again = round_trip(model, tmp_path)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    there = np.isin(Y, model.classes_)
    for twin in (model, again):
        twin.fit(X[there], Y[there])
    assert again.n_iter_ == model.n_iter_
    np.testing.assert_array_equal(again.network_.params, model.network_.params)


@pytest.mark.parametrize("name", ["pickle", "joblib", "deepcopy"])
def test_partial_fit_goes_on_with_its_optimizer_after_a_round_trip(tmp_path, name):
    model = make(solver="adam", ema_decay=0.9).partial_fit(X, Y)
    again = ROUND_TRIPS[name](model, tmp_path)
    for twin in (model, again):
        twin.partial_fit(X, Y)
    np.testing.assert_array_equal(again.network_.params, model.network_.params)


def test_prediction_buffers_are_not_pickled():
    model = make().fit(X, Y)
    before = len(pickle.dumps(model))
    model.predict(X)
    assert len(pickle.dumps(model)) == before


def test_fit_starts_anew_after_partial_fit_whether_or_not_classes_were_edited():
    plain = make().partial_fit(X, Y)
    edited = make().fit(X, Y).add_classes([7]).partial_fit(X, Y)
    for model in (plain, edited):
        assert model.fit(X, Y).n_iter_ == 2
    np.testing.assert_array_equal(plain.network_.params, edited.network_.params)


# -- what a file says ------------------------------------------------------------------------


@pytest.fixture
def loaded(tmp_path):
    save_model(make().fit(X, Y), tmp_path / "m", training_data={"name": "of the file"})
    return load_model(tmp_path / "m")


@pytest.mark.parametrize(
    "learn",
    [
        lambda model: model.fit(X[:30], Y[:30]),
        lambda model: model.set_params(warm_start=True).fit(X[:30], Y[:30]),
        lambda model: model.partial_fit(X[:30], Y[:30]),
        lambda model: model.drop_classes([1]),
    ],
    ids=["fit", "warm fit", "partial_fit", "drop_classes"],
)
def test_what_a_file_says_is_forgotten_by_whatever_changes_the_weights(loaded, learn):
    assert loaded.model_info_["training_data"]["name"] == "of the file"
    assert not hasattr(learn(loaded), "model_info_")


def test_what_a_file_says_survives_what_leaves_the_weights(loaded):
    loaded.set_params(batch_size=7).predict(X)
    assert pickle.loads(pickle.dumps(loaded)).model_info_ == loaded.model_info_
    with pytest.raises(ValueError, match="expected labels among"):
        loaded.partial_fit(X, Y + 5)
    assert hasattr(loaded, "model_info_")


def test_a_file_without_the_word_starts_anew(tmp_path):
    arrays, document = make().fit(X, Y)._serialize()
    assert "fit_continues" not in document
    assert FERMLPClassifier._deserialize(arrays, document).fit(X, Y).n_iter_ == 2


# -- failures --------------------------------------------------------------------------------


class Fail(Callback):
    def __init__(self, error, hook):
        self.error = error
        setattr(self, hook, self.fail)

    def fail(self, trainer):
        raise self.error


def with_callback(model, callback, call):
    call(model.set_params(callbacks=callback))


FAILURES = {
    "labels that are none": lambda m: m.fit(X, Y * 0.5),
    "other features": lambda m: m.set_params(warm_start=True).fit(X[:, :9], Y[:50]),
    "one class": lambda m: m.fit(X, Y, sample_weight=-np.ones(60)),
    "validation images of another size": lambda m: m.fit(X, Y, X_val=X[:, :9], y_val=Y),
    "labels to validate missing": lambda m: m.fit(X, Y, X_val=X),
    "a parameter": lambda m: m.set_params(dropout=2).fit(X, Y),
    "divergence": lambda m: m.set_params(learning_rate_init=1e30, callbacks=None).fit(X, Y),
    "a callback in fit": lambda m: with_callback(
        m, Fail(RuntimeError(), "on_epoch_end"), lambda m: m.fit(X, Y)
    ),
    "a callback in a continued fit": lambda m: with_callback(
        m.set_params(warm_start=True), Fail(RuntimeError(), "on_step_end"), lambda m: m.fit(X, Y)
    ),
    "an exit at the end of fit": lambda m: with_callback(
        m, Fail(SystemExit(), "on_train_end"), lambda m: m.fit(X, Y)
    ),
    "a callback in partial_fit": lambda m: with_callback(
        m, Fail(RuntimeError(), "on_epoch_end"), lambda m: m.partial_fit(X, Y)
    ),
    "Ctrl-C in partial_fit": lambda m: with_callback(
        m, Fail(KeyboardInterrupt(), "on_step_end"), lambda m: m.partial_fit(X, Y)
    ),
    "partial_fit of negative weights": lambda m: m.partial_fit(X, Y, sample_weight=-np.ones(60)),
    "adding nothing": lambda m: m.add_classes([]),
    "merging nothing": lambda m: m.merge_classes({}),
    "dropping an unknown class": lambda m: m.drop_classes(["x"]),
    "saving where nothing is": lambda m: save_model(m, "/nowhere/at/all"),
}
BEGINNINGS = {"unfitted": lambda model: model} | LIVES


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=60, deadline=None)
@given(begin=st.sampled_from(list(BEGINNINGS)), fail=st.sampled_from(list(FAILURES)))
def test_what_fails_leaves_the_fitted_state_in_its_place(begin, fail):
    model = BEGINNINGS[begin](make())
    before, weights = model._fitted, None
    if before is not None:
        weights, scaling = before.network.values.copy(), before.scaling.offset_.copy()
    attributes = set(vars(model))
    with pytest.raises((ValueError, RuntimeError, SystemExit, OSError, KeyboardInterrupt)):
        FAILURES[fail](model)
    assert model._fitted is before
    assert set(vars(model)) == attributes
    if before is not None:
        np.testing.assert_array_equal(before.network.values, weights)
        np.testing.assert_array_equal(before.scaling.offset_, scaling)
    model.set_params(**make().get_params())
    assert (
        model.partial_fit(X, Y % 2 * 2).n_iter_
        == (0 if before is None else len(before.history)) + 1
    )


# -- a life of any length --------------------------------------------------------------------

STEPS = {
    # How it is called, and whether the next fit goes on.
    "fit": (lambda m: m.fit(X, Y), False),
    "partial_fit": (lambda m: m.partial_fit(X, Y), False),
    "add": (lambda m: m.add_classes([int(m.classes_.max()) + 1]), True),
    "rename": (lambda m: m.merge_classes({int(m.classes_.max()) + 1: [m.classes_.max()]}), True),
    "pickle": (lambda m: pickle.loads(pickle.dumps(m)), None),
    "copy": (copy.copy, None),
    "predict": (lambda m: m if len(m.predict(X)) else None, None),
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(list(STEPS)), max_size=5))
def test_the_next_fit_goes_on_exactly_if_classes_were_edited_last(steps):
    model, goes_on = make(max_iter=1).fit(X, Y).add_classes([3]).add_classes([4]), True
    for name in steps:
        call, told = STEPS[name]
        model = call(model) if name != "rename" or model.classes_.max() > 2 else model
        if told is not None and (name != "rename" or model.classes_.max() > 2):
            goes_on = told
    n_iter = model.n_iter_
    assert model.fit(X, Y).n_iter_ == (n_iter + 1 if goes_on else 1)


def test_a_shallow_copy_learns_for_itself():
    model = make().fit(X, Y)
    before = model.network_.values.copy()
    copy.copy(model).set_params(warm_start=True).fit(X, Y)
    np.testing.assert_array_equal(model.network_.values, before)


def test_bytes_of_a_model_file_do_not_depend_on_what_was_done_with_it(tmp_path):
    model = make().fit(X, Y)
    arrays, document = model._serialize()
    model.predict(X)
    model.add_classes([5])
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    again = model._serialize()
    assert again[1] == document
    assert again[0].keys() == arrays.keys()


# -- several threads -------------------------------------------------------------------------


def pickled_while_a_session_is_made(state, moment):
    """Pickle, and make the session after so many bytecodes; also tell whether it came to that."""
    n_done = 0

    def trace(frame, event, argument):
        nonlocal n_done
        if not frame.f_code.co_qualname.startswith("FittedState.__getstate__"):
            return None
        frame.f_trace_opcodes = True
        if event == "call" and sys.version_info[:2] == (3, 12):
            sys.settrace(trace)  # only where tracing begins is that heeded
        if event == "opcode":
            n_done += 1
            if n_done == moment:
                assert state.session is not None
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return pickle.dumps(state), n_done >= moment
    finally:
        sys.settrace(before)


def test_it_pickles_while_another_thread_asks_it_for_the_first_time():
    fitted = pickle.dumps(make().fit(X, Y)._fitted)
    moment, is_there_more = 1, True
    while is_there_more:
        data, is_there_more = pickled_while_a_session_is_made(pickle.loads(fitted), moment)
        assert "session" not in vars(pickle.loads(data))
        moment += 1
    assert moment > 5


def test_ctrl_c_leaves_fit_with_the_weights_so_far_and_ends_a_loop_of_partial_fits():
    model = make(max_iter=5, callbacks=[Fail(KeyboardInterrupt(), "on_epoch_end")])
    with pytest.warns(UserWarning, match="training interrupted after epoch 1") as caught:
        assert model.fit(X, Y).n_iter_ == 1
    assert [warning.filename for warning in caught] == [__file__]
    before = model._fitted
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, Y)
    assert model._fitted is before


def test_ctrl_c_ends_a_search_where_its_warning_is_an_error():
    model = make(max_iter=5, callbacks=[Fail(KeyboardInterrupt(), "on_epoch_end")])
    with pytest.warns(UserWarning, match="training interrupted"):
        assert len(cross_val_score(model, X, Y, cv=2)) == 2
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "training interrupted")
        with pytest.raises(UserWarning, match="training interrupted after epoch 1"):
            cross_val_score(model, X, Y, cv=2, error_score="raise")
