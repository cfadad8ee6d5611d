"""FERMLPClassifier: learning, and what its parameters do."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fernet import FERMLPClassifier
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.schedules import OneCycleSchedule

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS * 15.9).astype(np.uint8)
X, X_TEST, Y, Y_TEST = train_test_split(DIGITS, LABELS, random_state=0, stratify=LABELS)


def make(**kwargs):
    return FERMLPClassifier(
        **{"hidden_layer_sizes": (32,), "max_iter": 5, "random_state": 0} | kwargs
    )


def weights(model):
    return model.network_.params


LEARNING = [
    {},
    {"dropout": 0.2, "weight_decay": 0.01, "learning_rate_decay": 0.95},
    {"solver": "adam", "learning_rate_init": 0.003},
    {"nesterov": True, "schedule": "cosine", "label_smoothing": 0.1},
    {"schedule": OneCycleSchedule(), "clip_norm": 1.0, "ema_decay": 0.99},
    {"augmentation": Augmentation(shift=0.5, rotation=5), "early_stopping": True},
    {"hidden_layer_sizes": (32, 16), "class_weight": "balanced", "schedule": "constant"},
]


@pytest.mark.parametrize("parameters", LEARNING, ids=lambda p: " ".join(p) or "defaults")
def test_it_learns_digits(parameters):
    model = make(max_iter=20, **parameters).fit(X, Y)
    assert model.score(X_TEST, Y_TEST) > 0.93


def test_softmax_regression_has_no_hidden_layer():
    model = make(hidden_layer_sizes=()).fit(X, Y)
    assert [w.shape for w in model.coefs_] == [(64, 10)]


def test_one_hidden_layer_may_be_a_number():
    np.testing.assert_array_equal(
        weights(make(hidden_layer_sizes=9).fit(X, Y)),
        weights(make(hidden_layer_sizes=[9]).fit(X, Y)),
    )


def test_fitted_attributes_are_those_of_scikit_learns_mlp():
    model = make(hidden_layer_sizes=(32, 16), max_iter=3).fit(X, Y)
    assert model.classes_.tolist() == list(range(10))
    assert model.n_features_in_ == 64
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert [w.shape for w in model.coefs_] == [(64, 32), (32, 16), (16, 10)]
    assert [b.shape for b in model.intercepts_] == [(32,), (16,), (10,)]
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, 10, "softmax")
    assert model.best_validation_score_ is None
    assert model.validation_scores_ is None
    assert np.shares_memory(model.coefs_[0], weights(model))


@pytest.mark.parametrize("name", ["coefs_", "loss_curve_", "n_iter_", "n_outputs_", "network_"])
def test_fitted_attributes_are_absent_before_fit(name):
    assert not hasattr(make(), name)


# -- kinds of input ---------------------------------------------------------------------------


def test_images_and_rows_are_the_same():
    images = make().fit(X.reshape(-1, 8, 8), Y)
    np.testing.assert_array_equal(weights(images), weights(make().fit(X, Y)))
    np.testing.assert_array_equal(
        images.predict_proba(X_TEST.reshape(-1, 8, 8)), images.predict_proba(X_TEST)
    )


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.int8])
def test_whole_numbers_of_any_width_are_pixels(dtype):
    small = X // 2
    np.testing.assert_array_equal(
        weights(make().fit(small.astype(dtype), Y)), weights(make().fit(small, Y))
    )


def test_whole_numbers_beyond_a_byte_are_scaled_too():
    model = make(max_iter=10).fit(X.astype(np.int32) * 300 - 9000, Y)
    assert model.score(X_TEST.astype(np.int32) * 300 - 9000, Y_TEST) > 0.9


def test_floats_are_taken_as_given():
    model = make().fit(X / 255, Y)
    assert model.scaling_.offset_ is None
    assert model.scaling_.scale_ is None


def test_a_scaling_learnt_from_pixels_applies_whatever_the_dtype():
    model = make().fit(X, Y)
    assert model.scaling_.offset_.shape == (64,)
    for dtype in (np.float32, np.float64, np.int64):
        np.testing.assert_array_equal(
            model.predict_proba(X_TEST.astype(dtype)), model.predict_proba(X_TEST)
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_layout_and_write_protection_make_no_difference(dtype, tmp_path):
    data = (X / (1 if dtype == np.uint8 else 255)).astype(dtype)
    expected = weights(make().fit(data, Y))
    fortran = np.asfortranarray(data)
    strided = np.repeat(data, 2, axis=1)[:, ::2]
    np.save(tmp_path / "x.npy", data)
    memmap = np.load(tmp_path / "x.npy", mmap_mode="r")
    for variant in (fortran, strided, memmap):
        np.testing.assert_array_equal(weights(make().fit(variant, Y)), expected)


def test_colour_images_train_with_augmentation():
    colour = np.repeat(X.reshape(-1, 8, 8, 1), 3, axis=3)
    model = make(augmentation="flip").fit(colour, Y)
    assert model.n_features_in_ == 192
    np.testing.assert_array_equal(
        weights(make(augmentation="flip").fit(colour.reshape(-1, 192), Y)), weights(model)
    )


def test_double_precision_floats_train_with_augmentation():
    double, single = (make(augmentation="flip").fit((X / 255).astype(d), Y) for d in "df")
    np.testing.assert_array_equal(weights(double), weights(single))


@pytest.mark.parametrize(
    "labels", [list("abcdefghij"), np.arange(10) * 5 - 7, [f"é{i}" for i in range(10)]]
)
def test_labels_may_be_anything(labels):
    names = np.array(labels)[Y]
    model = make(max_iter=10).fit(X, names)
    assert set(model.predict(X_TEST)) <= set(labels)
    assert (model.predict(X_TEST) == np.array(labels)[Y_TEST]).mean() > 0.8


# -- predictions --------------------------------------------------------------------------------


FITTED = make().fit(X, Y)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, len(X_TEST)), st.integers(0, 99))
def test_a_prediction_does_not_depend_on_the_other_rows(n_rows, seed):
    rows = np.random.default_rng(seed).permutation(len(X_TEST))[:n_rows]
    np.testing.assert_array_equal(
        FITTED.predict_proba(X_TEST[rows]), FITTED.predict_proba(X_TEST)[rows]
    )


def test_probabilities_sum_to_one_and_agree_with_labels_and_logarithms():
    model = make().fit(X, Y)
    proba = model.predict_proba(X_TEST)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(proba.argmax(axis=1), model.predict(X_TEST))
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X_TEST)), proba, rtol=1e-4, atol=1e-9)


def test_logarithms_stay_finite_where_probabilities_vanish():
    model = make().fit(X, Y)
    for view in model.coefs_:
        view *= 30
    assert (model.predict_proba(X_TEST) == 0).any()
    assert np.isfinite(model.predict_log_proba(X_TEST)).all()


# -- weights of samples and classes -------------------------------------------------------------


def test_a_weight_is_a_number_of_repetitions():
    data, labels = X[:200] / 255, Y[:200]
    times = np.random.default_rng(0).integers(0, 4, 200)
    full_batch = {"batch_size": 1000, "max_iter": 20, "class_weight": "balanced"}
    weighted = make(**full_batch).fit(data, labels, sample_weight=times)
    repeated = make(**full_batch).fit(data.repeat(times, 0), labels.repeat(times))
    np.testing.assert_allclose(
        weighted.predict_proba(data), repeated.predict_proba(data), rtol=1e-4
    )


def test_a_sample_of_weight_zero_is_as_good_as_absent():
    weight = np.ones(len(X))
    weight[::3] = 0
    kept = weight > 0
    weighted = make(shuffle=False).fit(X, Y, sample_weight=weight)
    removed = make(shuffle=False).fit(X[kept], Y[kept], sample_weight=weight[kept])
    np.testing.assert_array_equal(weights(weighted), weights(removed))


def test_class_weights_are_sample_weights():
    by_class = make(class_weight={3: 2.0, 8: 0.5}).fit(X, Y)
    by_sample = make().fit(X, Y, sample_weight=np.where(Y == 3, 2.0, np.where(Y == 8, 0.5, 1.0)))
    np.testing.assert_array_equal(weights(by_class), weights(by_sample))


def test_balanced_weights_lift_a_rare_class():
    rare = (Y != 3) | (np.arange(len(Y)) % 12 == 0)
    kwargs = {"max_iter": 4, "hidden_layer_sizes": ()}
    plain = make(**kwargs).fit(X[rare], Y[rare])
    balanced = make(class_weight="balanced", **kwargs).fit(X[rare], Y[rare])
    threes = X_TEST[Y_TEST == 3]
    assert (balanced.predict(threes) == 3).mean() > (plain.predict(threes) == 3).mean()


# -- early stopping, validation, continuing -----------------------------------------------------


def test_early_stopping_stops_and_keeps_the_best_epoch():
    model = make(early_stopping=True, n_iter_no_change=3, max_iter=200).fit(X, Y)
    scores = model.validation_scores_
    assert model.n_iter_ < 200
    assert model.best_validation_score_ == max(scores)
    assert len(scores) - 1 - int(np.argmax(scores)) == 3


def test_validation_data_of_ones_own_take_the_place_of_the_split():
    model = make(early_stopping=True).fit(X, Y, X_val=X_TEST, y_val=Y_TEST)
    assert model.score(X_TEST, Y_TEST) == model.best_validation_score_
    assert len(model.history_.iterations["loss"]) == model.n_iter_ * -(-len(X) // 100)


def test_validation_data_without_early_stopping_are_watched_only():
    watched = make().fit(X, Y, X_val=X_TEST.reshape(-1, 8, 8), y_val=Y_TEST)
    np.testing.assert_array_equal(weights(watched), weights(make().fit(X, Y)))
    assert watched.validation_scores_[-1] == watched.score(X_TEST, Y_TEST)


def test_the_scaling_is_learnt_without_the_validation_rows():
    model = make(early_stopping=True, validation_fraction=0.5).fit(X, Y)
    assert not np.array_equal(model.scaling_.offset_, X.mean(axis=0, dtype=np.float64).astype("f"))


def test_warm_start_goes_on_where_the_last_fit_ended():
    model = make(warm_start=True, max_iter=3).fit(X, Y)
    first = weights(model).copy()
    loss = model.loss_curve_[-1]
    model.fit(X, Y)
    assert model.n_iter_ == 6
    assert model.history_.epochs["epoch"] == [1, 2, 3, 4, 5, 6]
    assert model.loss_curve_[3] < loss
    assert (weights(model) != first).any()


def test_without_warm_start_fit_begins_anew():
    model = make().fit(X, Y)
    first = weights(model).copy()
    np.testing.assert_array_equal(weights(model.fit(X, Y)), first)
    assert model.n_iter_ == 5


@pytest.mark.parametrize("parameters", [{}, {"solver": "adam"}, {"ema_decay": 0.9}])
def test_partial_fits_are_the_epochs_of_one_fit(parameters):
    kwargs = {"learning_rate_decay": 0.9, "dropout": 0.1, "max_iter": 4, **parameters}
    whole = make(**kwargs).fit(X, Y)
    parts = make(**kwargs)
    for _ in range(4):
        parts.partial_fit(X, Y)
    np.testing.assert_array_equal(weights(parts), weights(whole))
    assert parts.n_iter_ == 4


def test_partial_fit_may_go_beyond_max_iter_and_through_a_pickle():
    model = make(max_iter=1)
    for _ in range(3):
        model = copy.deepcopy(model.partial_fit(X, Y))
    assert model.n_iter_ == 3


def test_partial_fit_is_told_of_classes_to_come():
    few = Y < 4
    model = make().partial_fit(X[few], Y[few], classes=np.arange(10))
    assert model.predict_proba(X).shape == (len(X), 10)
    model.partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"classes are \[0, 1\]"):
        model.partial_fit(X, Y, classes=[0, 1])


def test_partial_fit_ignores_early_stopping():
    assert make(early_stopping=True).partial_fit(X, Y).validation_scores_ is None


# -- reproducibility ----------------------------------------------------------------------------


def test_the_seed_decides_every_bit():
    kwargs = {"dropout": 0.3, "augmentation": "standard", "early_stopping": True}
    a, b = (make(**kwargs).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(weights(a), weights(b))
    assert (weights(make(**kwargs | {"random_state": 1}).fit(X, Y)) != weights(a)).any()


def test_a_random_state_may_be_a_generator_or_global():
    model = make(random_state=np.random.RandomState(0), max_iter=1).fit(X, Y)
    np.testing.assert_array_equal(weights(model), weights(make(max_iter=1).fit(X, Y)))
    np.random.seed(0)  # noqa: NPY002 - the global generator is what is tested
    model = make(random_state=None, max_iter=1).fit(X, Y)
    np.testing.assert_array_equal(weights(model), weights(make(max_iter=1).fit(X, Y)))


# -- what is refused ----------------------------------------------------------------------------

SENSELESS = [
    {"hidden_layer_sizes": (32, 0)},
    {"hidden_layer_sizes": (32, 1.5)},
    {"dropout": 1.0},
    {"weight_decay": -1},
    {"solver": "lbfgs"},
    {"learning_rate_init": 0},
    {"learning_rate_decay": 1.5},
    {"learning_rate_decay": 0.0},
    {"schedule": "linear"},
    {"momentum": 1.0},
    {"batch_size": 0},
    {"max_iter": 0},
    {"validation_fraction": 1.0},
    {"n_iter_no_change": 0},
    {"label_smoothing": 1},
    {"clip_norm": 0.0},
    {"ema_decay": 1.0},
    {"augmentation": "heavy"},
    {"augmentation": {"turn": 3}},
    {"augmentation": {"shift": -3}},
    {"class_weight": "even"},
    {"class_weight": {11: 1.0}},
    {"class_weight": {3: -1.0}},
    {"callbacks": [print]},
    {"callbacks": 3},
    {"checkpoint": 3},
]


@pytest.mark.parametrize("parameters", SENSELESS, ids=str)
def test_senseless_parameters_are_refused_by_name_when_fitting(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match="shift" if "shift" in str(parameters) else name):
        make(**parameters).fit(X, Y)


BAD_DATA = {
    "sizes": ((X, Y[:-1]), "inconsistent"),
    "features": ((X, Y, None, X_TEST[:, :9], Y_TEST), "9 features"),
    "half of the validation data": ((X, Y, None, X_TEST), "y_val is missing"),
    "validation label": ((X, Y, None, X_TEST, Y_TEST + 1), r"y_val holds labels \[10\]"),
    "nan": ((np.full((3, 4), np.nan), [0, 1, 2]), "NaN"),
    "weights": ((X, Y, -np.ones(len(X))), "[Nn]egative"),
    "weights of zero": ((X, Y, np.zeros(len(X))), "zero"),
    "continuous labels": ((X, Y + 0.5), "continuous"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_refused_and_leave_a_fitted_model_as_it_was(case):
    data, message = BAD_DATA[case]
    model = make(max_iter=1).fit(X / 255, Y)
    before, proba = dict(vars(model)), model.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        model.fit(*data)
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    np.testing.assert_array_equal(model.predict_proba(X), proba)


def test_bad_data_leave_an_unfitted_model_unfitted():
    model = make()
    with pytest.raises(ValueError, match="validation_fraction"):
        model.set_params(early_stopping=True).fit(X[:3], [0, 1, 2])
    assert vars(model).keys() == vars(make()).keys()


def test_augmentation_needs_square_images():
    with pytest.raises(ValueError, match="50 features are no square image"):
        make(augmentation="flip").fit(X[:, :50], Y)
    assert make(augmentation="flip", max_iter=1).fit(X[:, :40].reshape(-1, 8, 5), Y).n_iter_ == 1


def test_divergence_leaves_a_warm_model_as_it_was():
    model = make(warm_start=True).fit(X, Y)
    proba = model.predict_proba(X)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="learning rate of 1e"):
        model.set_params(learning_rate_init=1e30).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), proba)


# -- callbacks and progress -----------------------------------------------------------------------


class Count(Callback):
    epochs = 0

    def on_epoch_end(self, trainer):
        self.epochs += 1
        trainer.stop = self.epochs == 2


@pytest.mark.parametrize("wrap", [lambda c: c, lambda c: [c], lambda c: (c,)])
def test_callbacks_are_called_and_may_stop(wrap):
    callback = Count()
    assert make(callbacks=wrap(callback)).fit(X, Y).n_iter_ == 2
    assert callback.epochs == 2


def test_verbose_prints_a_line_an_epoch(capsys):
    make(verbose=1).fit(X, Y)
    assert len(capsys.readouterr().out.splitlines()) == 5
    make().fit(X, Y)
    assert capsys.readouterr().out == ""


def test_cloning_takes_the_parameters_and_nothing_else():
    model = make(augmentation=Augmentation(shift=1), callbacks=[Callback()]).fit(X, Y)
    twin = clone(model)
    assert not hasattr(twin, "network_")
    assert twin.get_params().keys() == model.get_params().keys()
    assert twin.augmentation == model.augmentation
