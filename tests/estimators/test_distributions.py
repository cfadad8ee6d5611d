"""Soft targets: what they mean, what they are held to, and that they pass wherever weights do."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fernet import EMOTIONS, FERMLPClassifier
from fernet.callbacks import Callback
from fernet.estimators.distributions import check_distribution, warn_of_order

X, Y = load_digits(return_X_y=True)
X, Y = (X[:300] * 15.9).astype(np.uint8), Y[:300]
ONE_HOT = np.eye(10)[Y]
SOFT = 0.6 * ONE_HOT + 0.4 * np.eye(10)[(Y + 1) % 10]
WEIGHT = np.random.default_rng(0).uniform(0, 2, 300)


def weights(model):
    return model.network_.params


def assert_same_training(a, b):
    np.testing.assert_array_equal(weights(a), weights(b))
    for part in ("iterations", "epochs"):
        columns, others = getattr(a.history_, part), getattr(b.history_, part)
        assert {k: v for k, v in columns.items() if k != "seconds"} == {
            k: v for k, v in others.items() if k != "seconds"
        }


# -- what they mean --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"label_smoothing": 0.1, "dropout": 0.2, "ema_decay": 0.9},
        {"class_weight": "balanced", "clip_norm": 1.0, "augmentation": "flip"},
        {"class_weight": {3: 2.0, 8: 0.0}, "early_stopping": True, "n_iter_no_change": 2},
    ],
    ids=str,
)
def test_one_hot_rows_give_the_bits_of_their_labels(make, parameters):
    soft = make(**parameters).fit(X, Y, WEIGHT, label_distribution=ONE_HOT)
    assert_same_training(soft, make(**parameters).fit(X, Y, WEIGHT))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.2]), st.integers(2, 5))
def test_one_hot_rows_give_the_bits_of_their_labels_for_any_labels(seed, smoothing, n_classes):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(n_classes), rng.integers(n_classes, size=40)])
    rows = rng.integers(0, 256, (len(labels), 9)).astype(np.uint8)
    model = FERMLPClassifier((5,), max_iter=2, label_smoothing=smoothing, random_state=0)
    hard = weights(model.fit(rows, labels)).copy()
    soft = model.fit(rows, labels, label_distribution=np.eye(n_classes)[labels])
    np.testing.assert_array_equal(weights(soft), hard)


def test_probabilities_come_near_the_shares(make):
    model = make(max_iter=60, solver="adam", learning_rate_init=0.01, batch_size=50)
    proba = model.fit(X, Y, label_distribution=SOFT).predict_proba(X)
    assert np.abs(proba - SOFT).mean() < 0.03
    assert model.score(X, Y) > 0.9


def test_a_share_of_each_label_is_what_repeated_images_of_these_labels_are(make):
    one_step = {"batch_size": 600, "max_iter": 1, "shuffle": False}
    soft = make(**one_step).fit(X, Y, label_distribution=SOFT)
    both, shares = np.concatenate([Y, (Y + 1) % 10]), np.repeat([0.6, 0.4], 300)
    repeated = make(**one_step).fit(np.concatenate([X, X]), both, shares)
    np.testing.assert_allclose(weights(soft), weights(repeated), atol=1e-5)
    assert soft.loss_curve_[0] == pytest.approx(repeated.loss_curve_[0], rel=1e-5)


def test_a_classs_weight_acts_on_its_share(make):
    of_class = {3: 3.0, 8: 0.5, 5: 0.0}
    masses = SOFT * [of_class.get(label, 1.0) for label in range(10)]
    factor = masses.sum(axis=1, keepdims=True)
    by_class = make(class_weight=of_class).fit(X, Y, label_distribution=SOFT)
    by_sample = make().fit(X, Y, factor[:, 0], label_distribution=masses / factor)
    np.testing.assert_allclose(weights(by_class), weights(by_sample), atol=1e-5)


@pytest.mark.parametrize(("class_weight", "share"), [("balanced", 0.5), ({0: 1.0, 1: 9.0}, 0.69)])
def test_what_classes_weigh_is_what_is_learnt(class_weight, share):
    rng = np.random.default_rng(0)
    noise, shares = rng.integers(0, 256, (1000, 16), dtype=np.uint8), rng.dirichlet([8, 2], 1000)
    model = FERMLPClassifier(
        (), max_iter=20, learning_rate_init=0.05, weight_decay=0.3, class_weight=class_weight,
        random_state=0,
    )  # fmt: skip
    model.fit(noise, np.arange(1000) % 2, label_distribution=shares)
    assert abs(model.predict_proba(noise)[:, 1].mean() - share) < 0.03


def test_accuracy_goes_by_the_labels_and_validation_loss_by_the_shares(make):
    model = make(early_stopping=True, validation_fraction=0.3, n_iter_no_change=20, max_iter=20)
    seen = {}

    class Look(Callback):
        def on_epoch_end(self, trainer):
            seen["held out"] = trainer.validation.indices

    model.set_params(callbacks=Look()).fit(X, Y, label_distribution=SOFT)
    held_out = seen["held out"]
    assert model.best_validation_score_ == model.score(X[held_out], Y[held_out])
    best = int(np.argmax(model.validation_scores_))
    loss = -(SOFT[held_out] * model.predict_log_proba(X[held_out])).sum(axis=1).mean()
    assert model.history_.epochs["validation_loss"][best] == pytest.approx(loss, rel=1e-5)


def test_a_frozen_backbone_learns_from_shares_too(make):
    model = make().fit(X, Y).set_params(freeze="backbone")
    backbone = model.coefs_[0].copy()
    head = model.coefs_[-1].copy()
    model.fit(X, Y, label_distribution=SOFT)
    np.testing.assert_array_equal(model.coefs_[0], backbone)
    assert (model.coefs_[-1] != head).any()
    assert np.median(model.predict_proba(X).max(axis=1)) < 0.9


def test_partial_fits_are_the_epochs_of_one_fit(make):
    whole = make(max_iter=3).fit(X, Y, label_distribution=SOFT)
    parts = make(max_iter=3)
    for _ in range(3):
        parts.partial_fit(X, Y, label_distribution=SOFT)
    np.testing.assert_array_equal(weights(parts), weights(whole))


# -- columns ---------------------------------------------------------------------------------


def test_a_data_frames_columns_are_found_by_name(make):
    names = np.array(list("jihgfedcba"))
    frame = pd.DataFrame(SOFT, columns=names)
    named = make().fit(X, names[Y], label_distribution=frame)
    ordered = make().fit(X, names[Y], label_distribution=SOFT[:, ::-1])
    np.testing.assert_array_equal(weights(named), weights(ordered))


def test_so_are_those_of_an_arrow_table(make):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    names = np.array(list("jihgfedcba"))
    table = pyarrow.table(dict(zip(names.tolist(), SOFT.T.copy(), strict=True)))
    named = make().fit(X, names[Y], label_distribution=table)
    ordered = make().fit(X, names[Y], label_distribution=SOFT[:, ::-1])
    np.testing.assert_array_equal(weights(named), weights(ordered))


def test_a_data_frame_may_name_a_class_that_no_image_has_as_its_label(make):
    seen = Y != 7
    frame = pd.DataFrame(SOFT[seen], columns=range(10))
    model = make().fit(X[seen], Y[seen], label_distribution=frame)
    assert model.classes_.tolist() == list(range(10))
    model.partial_fit(X, Y, label_distribution=SOFT)


@pytest.mark.parametrize("names", [EMOTIONS, [str(number) for number in range(7)]], ids=str)
def test_classes_stay_numbers_where_columns_are_named_by_emotions_or_by_text(make, names):
    labels, shares = Y % 7, np.eye(7)[Y % 7]
    frame = pd.DataFrame(shares, columns=names)[sorted(names)]
    model = make().fit(X, labels, label_distribution=frame)
    assert model.classes_.tolist() == list(range(7))
    np.testing.assert_array_equal(
        weights(model), weights(make().fit(X, labels, label_distribution=shares))
    )
    model.set_params(warm_start=True).fit(X, labels, label_distribution=frame)
    assert model.classes_.tolist() == list(range(7))


def test_columns_of_numbers_are_no_names_of_words(make):
    frame = pd.DataFrame(SOFT, columns=range(10))
    with pytest.raises(
        ValueError, match=r"columns \[0, .* labels are such as '.'; expected columns"
    ):
        make().fit(X, np.array(list("jihgfedcba"))[Y], label_distribution=frame)


def test_the_columns_are_those_of_announced_classes(make):
    seen = Y != 7
    model = make()
    model.partial_fit(X[seen], Y[seen], classes=range(10), label_distribution=SOFT[seen])
    assert model.classes_.tolist() == list(range(10))


# -- scikit-learn ----------------------------------------------------------------------------


@pytest.mark.parametrize("as_frame", [False, True])
def test_they_are_routed_through_cross_validation(make, as_frame):
    given_ = pd.DataFrame(SOFT) if as_frame else SOFT
    folds = StratifiedKFold(3)
    with sklearn.config_context(enable_metadata_routing=True):
        model = make().set_fit_request(label_distribution=True)
        found = cross_validate(
            model, X, Y, cv=folds, params={"label_distribution": given_}, return_estimator=True
        )
    for (training, test), fitted, score in zip(
        folds.split(X, Y), found["estimator"], found["test_score"], strict=True
    ):
        alone = make().fit(X[training], Y[training], label_distribution=SOFT[training])
        np.testing.assert_array_equal(weights(fitted), weights(alone))
        assert score == alone.score(X[test], Y[test])


def test_they_reach_a_pipelines_last_step(make):
    with sklearn.config_context(enable_metadata_routing=True):
        model = make().set_fit_request(label_distribution=True)
        pipeline = make_pipeline(FunctionTransformer(), model)
        pipeline.fit(X, Y, label_distribution=SOFT)
    alone = make().fit(X, Y, label_distribution=SOFT)
    np.testing.assert_array_equal(weights(pipeline[-1]), weights(alone))


# -- what is refused --------------------------------------------------------------------------


def test_distributions_in_place_of_labels_are_sent_to_their_place(make):
    with pytest.raises(ValueError, match=r"y has shape \(300, 10\).*label_distribution="):
        make().fit(X, SOFT)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (SOFT[:299], r"shape \(299, 10\); expected \(300, 10\)"),
        (SOFT[:, :9], r"shape \(300, 9\); expected \(300, 10\)"),
        (10 * SOFT, r"label_distribution\[0\] sums to 10, and 299 more rows.*divide votes"),
        (
            np.where(np.arange(300)[:, None] == 7, 0, SOFT),
            r"label_distribution\[7\] sums to 0; exp",
        ),
        (SOFT - np.eye(10)[[0]] + np.eye(10)[[1]], r"label_distribution\[0\] is.*from 0 to 1"),
        (np.where(SOFT > 0.5, np.nan, SOFT), "label_distribution contains NaN"),
        (SOFT[0], r"shape \(10,\); expected \(300, 10\)"),
        (
            pd.DataFrame(SOFT, columns=list("abcdefghij")),
            r"columns \['a', .* labels are such as 0; expected columns that are named by labels",
        ),
        (pd.DataFrame(SOFT, columns=[*range(9), 8]), "label_distribution has two columns 8"),
        (pd.DataFrame(SOFT, columns=[*range(9), 11]), "y holds labels \\[9\\]"),
    ],
)
def test_what_is_no_distribution_is_refused(make, values, says):
    model = make()
    with pytest.raises(ValueError, match=says):
        model.fit(X, Y, label_distribution=values)
    assert not hasattr(model, "classes_")


def test_a_data_frame_of_other_classes_than_the_fitted_is_refused(make):
    model = make(warm_start=True).fit(X, Y)
    before = weights(model).copy()
    with pytest.raises(ValueError, match=r"columns \[0, .* 11\]; expected the classes"):
        model.fit(X, Y, label_distribution=pd.DataFrame(SOFT, columns=[*range(9), 11]))
    np.testing.assert_array_equal(weights(model), before)


@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_shares_of_votes_pass_in_any_precision(n, n_classes, seed):
    votes = np.random.default_rng(seed).multinomial(10, np.full(n_classes, 1 / n_classes), n)
    for dtype in (np.float64, np.float32):
        shares = (votes / votes.sum(axis=1, keepdims=True)).astype(dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = check_distribution(shares, n, np.arange(n_classes))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, shares.astype(np.float32))


@given(st.integers(1, 20), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_probabilities_kept_as_float16_are_shares_again(n, n_classes, seed):
    given = np.random.default_rng(seed).dirichlet(np.ones(n_classes), n).astype(np.float16)
    found = check_distribution(given, n, np.arange(n_classes))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(found, given, atol=2e-3)


# -- columns in another order than the classes -----------------------------------------------

WORDS = np.array(EMOTIONS)
OF_FER2013 = "FER2013's order"


def fit_words(make, labels, shares, **parameters):
    pixels = np.resize(X, (len(labels), X.shape[1]))
    return make(max_iter=1, **parameters).fit(pixels, labels, label_distribution=shares)


def test_columns_in_the_order_of_fer2013_are_told_beside_words(make):
    target = np.arange(210) % 7
    shares = 0.6 * np.eye(7)[target] + 0.4 / 7
    says = rf"57% of the images, and would be for 100% if .*'surprise', 'neutral'\], {OF_FER2013}"
    with pytest.warns(UserWarning, match=says):
        fit_words(make, WORDS[target], shares)
    fit_words(make, target, shares)
    fit_words(make, WORDS[target], pd.DataFrame(shares, columns=WORDS))
    fit_words(make, WORDS[target], shares[:, np.argsort(WORDS)])


def test_so_is_any_other_order_by_its_columns():
    target = np.arange(90) % 3
    shares = np.float32(np.eye(3))[target][:, [1, 2, 0]]
    with pytest.warns(UserWarning, match=r"0% of .* for 100% if .* were \['b', 'c', 'a'\];"):
        warn_of_order(shares, target, np.array(["a", "b", "c"]))


@pytest.mark.parametrize("labels", [np.arange(210) % 6, (np.arange(210) + 1) % 7])
def test_labels_that_are_numbered_otherwise_than_named_columns_are_told(make, labels):
    emotions = [0, 2, 3, 4, 5, 6] if labels.max() == 5 else [6, 0, 1, 2, 3, 4, 5]
    shares = pd.DataFrame(np.eye(7)[np.array(emotions)[labels]], columns=WORDS)
    says = r"and would be for 100% .*; they are taken for \[0.*as they are named, so y may number"
    with pytest.warns(UserWarning, match=says):
        fit_words(make, labels, shares)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 400),
    n_classes=st.sampled_from([2, 3, 7, 8, 30]),
    kind=st.sampled_from(["random", "one class", "mixed", "ties", "poor teacher"]),
)
@settings(max_examples=200, deadline=None)
def test_shares_that_say_little_of_the_labels_warn_of_nothing(seed, n, n_classes, kind):
    rng = np.random.default_rng(seed)
    target = rng.choice(n_classes, n, p=rng.dirichlet(np.full(n_classes, 0.5)))
    hard, others = np.eye(n_classes)[target], np.eye(n_classes)[rng.permutation(target)]
    lam = rng.random((n, 1))
    shares = {
        "random": rng.dirichlet(np.ones(n_classes), n),
        "one class": np.tile(np.eye(n_classes)[rng.integers(n_classes)], (n, 1)),
        "mixed": lam * hard + (1 - lam) * others,
        "ties": np.full((n, n_classes), 1 / n_classes),
        "poor teacher": np.where(lam < 0.2, hard, rng.dirichlet(np.arange(1, n_classes + 1), n)),
    }[kind]
    warn_of_order(shares, target, np.arange(n_classes))
