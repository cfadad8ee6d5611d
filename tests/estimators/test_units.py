"""The same faces in another type, container or unit: the same answers, or a word about it."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from fernet import EmotionRecognizer, FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.datasets import make_faces

X, Y = make_faces(160, random_state=0, return_X_y=True)
IMAGES = X.reshape(-1, 48, 48)
UNIT = (X / 255).astype(np.float32)
HELD_IN = {
    "float64": X.astype(float),
    "float16": X.astype(np.float16),
    "int64": X.astype(np.int64),
    "big-endian": X.astype(">f4"),
    "objects": X.astype(object),
    "objects of floats": X.astype(float).astype(object),
    "frame": pd.DataFrame(X),
    "frame of floats": pd.DataFrame(X.astype(float)),
    "frame of objects": pd.DataFrame(X.astype(object)),
    "Fortran order": np.asfortranarray(X),
    "images": IMAGES,
    "images of floats": IMAGES.astype(float),
    "list of images": list(IMAGES),
    "list of rows": X.tolist(),
    "images with a channel": IMAGES[..., None],
}


def mlp(**params):
    return FERMLPClassifier((16,), **{"max_iter": 2, "random_state": 0, **params})


def cnn(**params):
    sizes = {"filters": [(4, 1)], "hidden_layer_sizes": ()}
    return FERCNNClassifier(**{**sizes, "max_iter": 1, "random_state": 0, **params})


def messages(action):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    return [warning for warning in caught if "spans" in str(warning.message)]


@pytest.fixture(scope="module")
def of_pixels():
    return mlp().fit(X, Y)


@pytest.fixture(scope="module")
def of_unit():
    return mlp().fit(UNIT, Y)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("held", HELD_IN.values(), ids=HELD_IN)
def test_pixels_are_learnt_alike_whatever_holds_them(held, of_pixels):
    model = mlp().fit(held, Y)
    np.testing.assert_array_equal(model.predict_proba(X), of_pixels.predict_proba(X))
    assert model.input_range_ == of_pixels.input_range_ == (X.min(), X.max())


def test_light_ends_at_black_and_white_of_all_that_was_learnt_not_of_a_bright_part():
    answers = []
    for black, level in ((0, 1), (-1, 1 / 127.5)):
        light = {"brightness": 90.0, "contrast": 0.5}
        model = mlp(scaling="standard", augmentation=light).fit(X * level + black, Y)
        model.partial_fit(np.maximum(X, 128) * level + black, Y)
        answers.append(model.predict_proba(X * level + black))
    np.testing.assert_allclose(*answers, atol=1e-3)


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("held", HELD_IN.values(), ids=HELD_IN)
def test_pixels_are_predicted_alike_whatever_holds_them(held, of_pixels):
    found = []
    assert messages(lambda: found.append(of_pixels.predict_proba(held))) == []
    np.testing.assert_array_equal(found[0], of_pixels.predict_proba(X))


def test_pixels_with_fractions_are_scaled_as_pixels():
    resized = np.clip(X + 0.25, 0, 255)
    assert not mlp().fit(resized, Y).scaling_.is_identity
    assert mlp().fit(UNIT, Y).scaling_.is_identity


def test_validation_data_are_read_as_training_data_are():
    val = {"X_val": X[:40].astype(object), "y_val": Y[:40]}
    plain = {"X_val": X[:40], "y_val": Y[:40]}
    a, b = mlp().fit(X, Y, **val), mlp().fit(X, Y, **plain)
    assert a.history_.epochs["validation_loss"] == b.history_.epochs["validation_loss"]


class Batch(Callback):
    """Keeps the training images as they are varied in the first step."""

    def on_train_begin(self, trainer):
        data = trainer.training
        self.rows = np.empty((len(data), data.X.shape[1]), np.float32)
        data.gather_augmented(data.indices, self.rows, seed=0, epoch=0, step=0)


def test_binary_images_are_varied_in_a_unit_of_their_own():
    drawing, rows = X[:20] > 128, []
    for held in (drawing, drawing.astype(np.uint8), drawing.astype(np.float32)):
        batch = Batch()
        light = {"brightness": 30.0, "contrast": 0.2}
        mlp(augmentation=light, callbacks=batch, scaling=None).fit(held, Y[:20])
        rows.append(batch.rows)
    # Bytes end at black.
    np.testing.assert_allclose(rows[0], rows[2].clip(0, None), atol=1e-6)
    np.testing.assert_array_equal(rows[1], rows[0])


def test_partial_fits_of_floats_are_those_of_bytes():
    a, b = mlp(), mlp()
    for part in (slice(0, 80), slice(80, 160)):
        a.partial_fit(X[part], Y[part], classes=np.arange(7))
        b.partial_fit(X[part].astype(float), Y[part], classes=np.arange(7))
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_another_unit_in_a_prediction_is_told_once(method, of_pixels, of_unit):
    (told,) = messages(lambda: getattr(of_pixels, method)(UNIT))
    assert told.filename == __file__
    assert "span 0 to 255" in str(told.message)
    assert len(messages(lambda: getattr(of_unit, method)(X))) == 1


def test_another_unit_is_told_in_a_score_and_names_its_caller(of_pixels):
    (told,) = messages(lambda: of_pixels.score(UNIT, Y))
    assert told.filename == __file__


def test_another_unit_in_validation_data_is_told_by_their_name():
    (told,) = messages(lambda: mlp().fit(X, Y, X_val=UNIT[:40], y_val=Y[:40]))
    assert str(told.message).startswith("X_val spans")


def test_another_unit_in_a_later_training_is_told(of_pixels):
    assert messages(lambda: copy.deepcopy(of_pixels).partial_fit(UNIT, Y))
    assert messages(lambda: copy.deepcopy(of_pixels).set_params(warm_start=True).fit(UNIT, Y))


def test_folds_flat_and_dark_faces_are_no_other_unit(of_pixels):
    dark = np.minimum(X, 20)
    assert messages(lambda: of_pixels.predict(dark)) == []
    assert messages(lambda: of_pixels.predict(np.zeros_like(X[:2]))) == []
    assert messages(lambda: cross_val_score(mlp(), UNIT, Y, cv=2)) == []


def through_a_file(model, tmp_path):
    save_model(model, tmp_path / "m.safetensors")
    return load_model(tmp_path / "m.safetensors")


def through_joblib(model, tmp_path):
    held = io.BytesIO()
    joblib.dump(model, held)
    held.seek(0)
    return joblib.load(held)


@pytest.mark.parametrize(
    "through",
    [through_a_file, through_joblib, lambda model, _: pickle.loads(pickle.dumps(model))],
    ids=["file", "joblib", "pickle"],
)
def test_a_model_that_comes_back_knows_its_unit(through, of_unit, tmp_path):
    assert through(of_unit, tmp_path).input_range_ == of_unit.input_range_


@pytest.mark.parametrize("scaling", ["standard", None])
def test_all_scalings_come_back_from_a_file(scaling, tmp_path):
    model = mlp(scaling=scaling).fit(UNIT, Y)
    again = through_a_file(model, tmp_path)
    assert again.scaling == scaling
    np.testing.assert_array_equal(again.predict_proba(UNIT), model.predict_proba(UNIT))


def test_standard_scaling_trains_where_features_differ_in_size():
    sizes = {"max_iter": 20, "batch_size": 10}
    with pytest.raises(ValueError, match=r"diverged.* scaling='standard'"):
        make_pipeline(PCA(20, random_state=0), mlp(**sizes)).fit(X, Y)
    model = make_pipeline(PCA(20, random_state=0), mlp(scaling="standard", **sizes)).fit(X, Y)
    assert model.score(X, Y) > 0.6


def test_without_scaling_pixels_are_taken_as_given():
    assert mlp(scaling=None, learning_rate_init=1e-6).fit(X, Y).scaling_.is_identity


def test_the_recogniser_speaks_the_models_unit(of_pixels, of_unit):
    def emotions():
        found = EmotionRecognizer(of_unit).predict(list(IMAGES))
        names = EmotionRecognizer(of_unit).emotions_
        assert [r.emotion for r in found] == [names[i] for i in of_unit.predict(UNIT)]

    assert messages(emotions) == []


# -- axes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [mlp, cnn])
@pytest.mark.parametrize("channels", [1, 3])
def test_channels_first_are_refused_wherever_images_come_in(make, channels):
    first = np.stack([IMAGES // share for share in range(1, channels + 1)], axis=1)
    last = first.transpose(0, 2, 3, 1)
    model = make().fit(last, Y)
    for action in (
        lambda: make().fit(first, Y),
        lambda: make().partial_fit(first, Y),
        lambda: make().fit(last, Y, X_val=first, y_val=Y),
        lambda: model.predict(first),
        lambda: copy.deepcopy(model).partial_fit(first, Y),
    ):
        with pytest.raises(ValueError, match=r"move channels last: np\.asarray\(X(_val)?\)"):
            action()


@pytest.mark.parametrize("make", [mlp, cnn])
@pytest.mark.parametrize("one", [IMAGES[0], IMAGES[0].tolist(), IMAGES[0][..., None]])
def test_one_image_is_asked_for_as_several(make, one):
    model = make().fit(IMAGES, Y)
    with pytest.raises(ValueError, match=r"X is one image, of shape \(48, 48.*give X\[None\]"):
        model.predict(one)


@pytest.mark.parametrize("make", [mlp, cnn])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_one_row_is_asked_for_as_several(make, dtype):
    model = make().fit(IMAGES, Y)
    with pytest.raises(ValueError, match=r"^Reshape your data: X is one row of 2304; give "):
        model.predict_proba(IMAGES[0].ravel().astype(dtype))


def test_one_image_to_learn_from_is_asked_for_as_several():
    with pytest.raises(ValueError, match=r"X is one image, of shape \(48, 48\); give X\[None\]"):
        mlp().fit(IMAGES[0], [3])


@pytest.mark.parametrize("make", [mlp, cnn])
def test_images_of_another_shape_and_as_many_pixels_are_refused(make):
    model = make().fit(IMAGES, Y)
    with pytest.raises(ValueError, match=r"shape \(24, 96, 1\); expected \(48, 48, 1\)"):
        model.predict(X.reshape(-1, 24, 96))


@pytest.mark.parametrize("white", [1.0, 255.0])
@pytest.mark.parametrize("beyond", [-0.02, 1.002])
def test_one_pixel_beyond_black_or_white_changes_no_augmentation(white, beyond):
    X, y = make_faces(100, random_state=0, return_X_y=True)
    X = (X / 255 * white).astype(np.float32)
    resized = X.copy()
    resized[0, 0] = beyond * white
    augmentation = Augmentation(brightness=200, contrast=0.5)
    losses = [
        FERMLPClassifier((), max_iter=1, random_state=0, augmentation=augmentation)
        .fit(data, y)
        .loss_
        for data in (X, resized)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
