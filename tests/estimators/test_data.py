"""What classifiers learn from: kinds of input, and weights of samples and classes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from fernet import FERMLPClassifier
from fernet._training.scaling import PixelScaling

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = (DIGITS * 15.9).astype(np.uint8)
X, X_TEST, Y, Y_TEST = train_test_split(DIGITS, LABELS, random_state=0, stratify=LABELS)


def weights(model):
    return model.network_.params


# -- kinds of input ---------------------------------------------------------------------------


def test_images_and_rows_are_the_same(make):
    images = make().fit(X.reshape(-1, 8, 8), Y)
    np.testing.assert_array_equal(weights(images), weights(make().fit(X, Y)))
    np.testing.assert_array_equal(
        images.predict_proba(X_TEST.reshape(-1, 8, 8)), images.predict_proba(X_TEST)
    )


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.int8])
def test_whole_numbers_of_any_width_are_pixels(make, dtype):
    small = X // 2
    np.testing.assert_array_equal(
        weights(make().fit(small.astype(dtype), Y)), weights(make().fit(small, Y))
    )


def test_whole_numbers_beyond_a_byte_are_scaled_too(make):
    model = make(max_iter=10).fit(X.astype(np.int32) * 300 - 9000, Y)
    assert model.score(X_TEST.astype(np.int32) * 300 - 9000, Y_TEST) > 0.9


def test_floats_are_taken_as_given(make):
    model = make().fit(X / 255, Y)
    assert model.scaling_.offset_ is None
    assert model.scaling_.scale_ is None


def test_a_scaling_learnt_from_pixels_applies_whatever_the_dtype(make):
    model = make().fit(X, Y)
    assert model.scaling_.offset_.shape == (64,)
    for dtype in (np.float32, np.float64, np.int64):
        np.testing.assert_array_equal(
            model.predict_proba(X_TEST.astype(dtype)), model.predict_proba(X_TEST)
        )


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_layout_and_write_protection_make_no_difference(make, dtype, tmp_path):
    data = (X / (1 if dtype == np.uint8 else 255)).astype(dtype)
    expected = weights(make().fit(data, Y))
    fortran = np.asfortranarray(data)
    strided = np.repeat(data, 2, axis=1)[:, ::2]
    np.save(tmp_path / "x.npy", data)
    memmap = np.load(tmp_path / "x.npy", mmap_mode="r")
    for variant in (fortran, strided, memmap):
        np.testing.assert_array_equal(weights(make().fit(variant, Y)), expected)


@pytest.mark.parametrize("shape", [(8, 8, 3), (4, 12, 4), (2, 96), (192, 1, 1)])
def test_images_of_any_shape_train_with_augmentation_and_average_flips(make, shape):
    images = np.tile(X, 3).reshape(-1, *shape)
    model = make(augmentation="flip", average_flips=True, max_iter=1).fit(images, Y)
    assert model.n_features_in_ == 192
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    np.testing.assert_array_equal(model.predict_proba(images), model.predict_proba(mirrored))


def test_double_precision_floats_train_with_augmentation(make):
    double, single = (make(augmentation="flip").fit((X / 255).astype(d), Y) for d in "df")
    np.testing.assert_array_equal(weights(double), weights(single))


@pytest.mark.parametrize(
    "labels", [list("abcdefghij"), np.arange(10) * 5 - 7, [f"é{i}" for i in range(10)]]
)
def test_labels_may_be_anything(make, labels):
    names = np.array(labels)[Y]
    model = make(max_iter=10).fit(X, names)
    assert set(model.predict(X_TEST)) <= set(labels)
    assert (model.predict(X_TEST) == np.array(labels)[Y_TEST]).mean() > 0.8


# -- weights of samples and classes -------------------------------------------------------------


def test_a_weight_is_a_number_of_repetitions(make):
    data, labels = X[:200] / 255, Y[:200]
    times = np.random.default_rng(0).integers(0, 4, 200)
    full_batch = {"batch_size": 1000, "max_iter": 20, "class_weight": "balanced"}
    weighted = make(**full_batch).fit(data, labels, sample_weight=times)
    repeated = make(**full_batch).fit(data.repeat(times, 0), labels.repeat(times))
    np.testing.assert_allclose(
        weighted.predict_proba(data), repeated.predict_proba(data), rtol=1e-4
    )


@pytest.mark.parametrize("nothing", [0.0, 1e-50], ids=["zero", "nothing in float32"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_sample_that_weighs_nothing_is_as_good_as_absent(make, nothing, early_stopping):
    kept = np.arange(len(X)) % 9 == 0
    model = make(shuffle=False, early_stopping=early_stopping)
    weighted = clone(model).fit(X, Y, sample_weight=np.where(kept, 1.0, nothing))
    removed = clone(model).fit(X[kept], Y[kept], sample_weight=np.ones(kept.sum()))
    np.testing.assert_array_equal(weights(weighted), weights(removed))
    assert weighted.validation_scores_ == removed.validation_scores_


def test_what_class_weights_lift_from_nothing_is_validated_on(make):
    data, labels = X[Y > 0], Y[Y > 0].copy()
    labels[0], weight = 0, np.full(len(data), 1e-50)
    weight[0] = 1.0
    settings = {"early_stopping": True, "validation_fraction": 0.1, "max_iter": 2}
    model = make(class_weight="balanced", **settings).fit(data, labels, sample_weight=weight)
    assert all(0 <= score <= 1 for score in model.validation_scores_)
    assert np.isfinite(model.history_.epochs["validation_loss"]).all()


@pytest.mark.parametrize("nothing", [0.0, 1e-50], ids=["zero", "nothing in float32"])
def test_a_sample_that_weighs_nothing_bears_on_no_scaling_and_no_range(make, nothing):
    grey = X / 255 / 2
    grey[0, 0] = 300.5
    weighs = np.arange(len(X)) > 0
    model = make().fit(grey, Y, sample_weight=np.where(weighs, 1.0, nothing))
    others = make().fit(grey[weighs], Y[weighs])
    assert model.scaling_.is_identity == others.scaling_.is_identity
    assert model.input_range_ == others.input_range_


def test_class_weights_are_sample_weights(make):
    by_class = make(class_weight={3: 2.0, 8: 0.5}).fit(X, Y)
    by_sample = make().fit(X, Y, sample_weight=np.where(Y == 3, 2.0, np.where(Y == 8, 0.5, 1.0)))
    np.testing.assert_array_equal(weights(by_class), weights(by_sample))


@pytest.mark.parametrize("batch_size", [1, 2, 300])
def test_a_class_weighs_as_much_in_batches_of_any_size(batch_size):
    noise, labels = np.zeros((300, 4), np.float32), np.arange(300) % 2
    model = FERMLPClassifier(
        (), batch_size=batch_size, max_iter=2400 // (300 // batch_size), class_weight={1: 3.0},
        weight_decay=0.0, learning_rate_init=0.02, solver="adam", random_state=0,
    ).fit(noise, labels)  # fmt: skip
    assert model.predict_proba(noise[:1])[0, 1] == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize("batch_size", [1, 7, 60])
def test_the_loss_of_an_epoch_is_the_weighted_mean_over_all_samples(make, batch_size):
    data, labels = X[:60] / 255, Y[:60]
    weight = np.random.default_rng(0).uniform(0, 9, 60)
    still = {"learning_rate_init": 1e-30, "weight_decay": 0.0, "max_iter": 1, "dropout": 0.0}
    model = make(batch_size=batch_size, **still).fit(data, labels, sample_weight=weight)
    expected = log_loss(labels, model.predict_proba(data), sample_weight=weight)
    assert model.loss_curve_[0] == pytest.approx(expected, rel=1e-5)


def test_balanced_weights_lift_a_rare_class(make):
    rare = (Y != 3) | (np.arange(len(Y)) % 12 == 0)
    kwargs = {"max_iter": 4, "hidden_layer_sizes": ()}
    plain = make(**kwargs).fit(X[rare], Y[rare])
    balanced = make(class_weight="balanced", **kwargs).fit(X[rare], Y[rare])
    threes = X_TEST[Y_TEST == 3]
    assert (balanced.predict(threes) == 3).mean() > (plain.predict(threes) == 3).mean()


@pytest.mark.parametrize("augmentation", [None, {"mixup": 1.0}, {"cutmix": 1.0}])
def test_classes_weigh_as_much_where_images_are_mixed(augmentation):
    rng = np.random.default_rng(0)
    noise, y = rng.integers(0, 256, (1000, 16), dtype=np.uint8), rng.integers(0, 2, 1000)
    model = FERMLPClassifier(
        (), max_iter=20, learning_rate_init=0.05, weight_decay=0.3, class_weight={0: 9.0, 1: 1.0},
        augmentation=augmentation, random_state=0,
    )  # fmt: skip
    share = model.fit(noise, y).predict_proba(noise)[:, 0].mean()
    assert 0.86 < share < 0.94


def test_the_std_of_the_pixels_is_the_one_asked_for(make):
    one, three = (make(scaled_std=std, max_iter=1).fit(X, Y) for std in (1.0, 3.0))
    np.testing.assert_allclose(three.scaling_.scale_, 3 * one.scaling_.scale_, rtol=1e-6)
    np.testing.assert_array_equal(three.scaling_.offset_, one.scaling_.offset_)


def test_each_pixel_may_have_that_std(make):
    scaling = make(scaling="per_pixel", scaled_std=2.0, max_iter=1).fit(X, Y).scaling_
    expected = PixelScaling("per_pixel", 2.0).fit(X).scale_
    np.testing.assert_array_equal(scaling.scale_, expected)
    assert len(np.unique(expected)) > 1
